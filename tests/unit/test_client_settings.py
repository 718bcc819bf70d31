"""A client program's arguments, and what is said when they cannot be used."""

import argparse
import logging

import pytest

from hallserver.client.settings import (
    LinkSettings,
    SettingsError,
    add_link_arguments,
    link_settings,
    open_outbox,
    open_record,
)
from hallserver.client.store import MemoryOutboxStore, SqliteOutboxStore


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "password"
    path.write_text("s3cret\n")
    return path


def parsed(*arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_link_arguments(parser)
    return parser.parse_args([str(argument) for argument in arguments])


def arguments(secret, broker="127.0.0.1:1883", client="kiosk-01") -> list[object]:
    return ["--client", client, "--broker", broker, "--password-file", secret]


@pytest.mark.parametrize(
    ("broker", "host", "port"),
    [
        ("127.0.0.1:1883", "127.0.0.1", 1883),
        ("localhost:65535", "localhost", 65535),
        ("[::1]:8883", "::1", 8883),
    ],
)
def test_a_broker_on_this_machine_needs_no_tls(secret, broker, host, port):
    settings = link_settings(parsed(*arguments(secret, broker)))
    assert settings == LinkSettings("kiosk-01", host, port, "s3cret")


def test_the_password_is_in_no_repr(secret):
    assert "s3cret" not in repr(link_settings(parsed(*arguments(secret))))


@pytest.mark.parametrize(
    "broker", ["10.1.2.3:8883", "hall.example:8883", "localhost.evil.example:1"]
)
def test_another_machine_needs_tls_and_the_reason_is_said(secret, tmp_path, broker):
    with pytest.raises(SettingsError, match=r"password .* readable.*--ca-file"):
        link_settings(parsed(*arguments(secret, broker)))
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    assert link_settings(parsed(*arguments(secret, broker), "--ca-file", authority)).ca_file
    assert link_settings(parsed(*arguments(secret, broker), "--insecure")).ca_file is None


@pytest.mark.parametrize(
    "broker", ["", "host", "host:", ":1883", "host:0", "host:65536", "host:x", "host:-1", "host:１"]
)
def test_a_broker_that_is_no_address_is_refused(secret, broker):
    with pytest.raises(SettingsError, match="expected HOST:PORT"):
        link_settings(parsed(*arguments(secret, broker)))


@pytest.mark.parametrize("client", ["server", "kiosk", "window-1", "kiosk-1 ", "KIOSK-1"])
def test_a_client_that_no_hall_has_is_refused(secret, client):
    with pytest.raises(SettingsError, match="expected kiosk-N"):
        link_settings(parsed(*arguments(secret, client=client)))


def test_an_authority_file_that_is_not_there_is_said(secret, tmp_path):
    with pytest.raises(SettingsError, match="there is no such file"):
        link_settings(parsed(*arguments(secret), "--ca-file", tmp_path / "none.pem"))


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 257, b"\xff\xfe", None])
def test_a_password_file_without_a_password_is_said_without_quoting_it(tmp_path, content):
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="--password-file") as caught:
        link_settings(parsed(*arguments(path)))
    assert "xxx" not in str(caught.value)


def test_without_a_state_directory_commands_are_kept_in_memory(secret):
    assert isinstance(open_outbox(parsed(*arguments(secret))), MemoryOutboxStore)


def test_with_a_state_directory_they_are_kept_on_disk_per_client(secret, tmp_path):
    store = open_outbox(parsed(*arguments(secret), "--state-dir", tmp_path / "state"))
    assert isinstance(store, SqliteOutboxStore)
    store.close()
    assert (tmp_path / "state" / "kiosk-01.outbox.sqlite").exists()


def test_a_state_directory_that_cannot_be_used_is_said_and_does_not_stop_a_kiosk(secret, caplog):
    with caplog.at_level(logging.ERROR):
        store = open_outbox(parsed(*arguments(secret), "--state-dir", secret))
    assert isinstance(store, MemoryOutboxStore)
    assert "memory only" in caplog.text


def test_without_a_record_file_nothing_is_written(secret):
    open_record(parsed(*arguments(secret))).note("anything", value=1)
