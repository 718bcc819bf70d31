import base64

import pytest

from hallserver.passwords import Cost, StoredHash, hash_password, is_password, weakness

CHEAP = Cost(n=16, r=1, p=1)
SALT = bytes(range(16))


def test_the_right_password_is_recognised_and_no_other():
    stored = hash_password("Abc-12345", SALT, CHEAP)
    assert is_password("Abc-12345", stored)
    assert not is_password("Abc-12346", stored)
    assert not is_password("", stored)


def test_a_hash_is_what_rfc_7914_says():
    # RFC 7914 section 12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1). Our salts are
    # longer than that one, so the vector is checked through the comparison.
    vector = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    salt = b"SodiumChloride"
    stored = StoredHash(Cost(16384, 8, 1), salt, vector[:32])
    assert stored.matches("pleaseletmein")
    assert not stored.matches("pleaseletmeout")


def test_two_salts_make_two_hashes():
    other = bytes(16)
    assert hash_password("Abc-12345", SALT, CHEAP) != hash_password("Abc-12345", other, CHEAP)


def test_a_stored_hash_is_read_as_it_was_written():
    read = StoredHash.read(hash_password("Abc-12345", SALT, CHEAP))
    assert (read.cost, read.salt, len(read.digest)) == (CHEAP, SALT, 32)
    assert not read.is_costly_enough


def test_the_default_cost_is_costly_enough():
    assert StoredHash(Cost(), SALT, bytes(32)).is_costly_enough


def spelled(n="16384", r="8", p="1", salt=SALT, digest=bytes(32), scheme="scrypt"):
    words = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join((scheme, n, r, p, *words))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "secret",
        "scrypt$16384$8$1$AAAA",
        spelled(scheme="md5"),
        spelled(n="16383"),
        spelled(n="0"),
        spelled(n="1"),
        spelled(n=str(2**40)),
        spelled(n="-2"),
        spelled(n="９"),
        spelled(r="0"),
        spelled(r="1000"),
        spelled(p="x"),
        spelled(salt=b"short"),
        spelled(digest=b"short"),
        spelled() + "$",
        spelled().replace("A", "!"),
        "scrypt$16384$8$1$é$é",
        "scrypt$" + "9" * 5000 + "$8$1$AAAA$AAAA",
    ],
)
def test_what_is_not_a_hash_is_refused_and_not_repeated(stored):
    with pytest.raises(ValueError, match=r"^(not of the form|a scrypt parameter|salt)") as caught:
        is_password("Abc-12345", stored)
    assert "Abc-12345" not in str(caught.value)


def test_a_salt_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="salt"):
        hash_password("Abc-12345", b"salt")


@pytest.mark.parametrize("password", ["Abc-123", "abcdefgh", "abcd1234", "ABCD1234", "12345678"])
def test_weak_passwords_are_named_as_such(password):
    assert weakness(password)


@pytest.mark.parametrize("password", ["Abcd1234", "abcd-1234", "AB cd ef gh"])
def test_strong_passwords_pass(password):
    assert weakness(password) is None
