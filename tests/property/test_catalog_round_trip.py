"""Items go out into a spreadsheet and come in as they were; no file brings the import down."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hallserver.config import parse_plan
from hallserver.config.catalog import (
    CatalogError,
    CatalogUnreadableError,
    catalog_workbook,
    import_catalog,
)
from hallserver.config.catalog.blocks import with_items
from tests.helpers.hall_files import FULL_HALL

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

VISITED = ("invoice", "passport", "photo")
# Text that spreadsheets and TOML take for something else.
TRICKY = (
    "=1+1",
    "#REF!",
    "TRUE",
    "007",
    "1e5",
    "'quoted",
    '"',
    "\\",
    "_x000D_",
    "_x005F_x0041_",
    "@a",
)


def texts(most):
    free = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=most)
    return st.one_of(st.sampled_from(TRICKY), free).filter(
        lambda text: text.strip() == text != "" and text.isprintable()
    )


def bilingual(most):
    return st.fixed_dictionaries({"zh": texts(most), "en": texts(most)})


minutes = st.one_of(st.integers(1, 100_000), st.integers(1, 200).map(lambda days: days * 480))
visited = st.fixed_dictionaries(
    {"service": st.sampled_from(VISITED), "kind": st.sampled_from(["front", "window"])},
    optional={"promised_min": minutes},
)
reviewed = st.fixed_dictionaries(
    {"service": st.just("review"), "kind": st.just("back")}, optional={"promised_min": minutes}
)
steps = st.tuples(visited, reviewed, st.lists(st.one_of(visited, reviewed), max_size=9)).map(
    lambda drawn: [drawn[0], drawn[1], *drawn[2]]
)
items = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
        "name": bilingual(60),
        "steps": steps,
    },
    optional={"materials": st.lists(bilingual(120), min_size=1, max_size=4, unique_by=str)},
)
catalogs = st.lists(
    items,
    min_size=1,
    max_size=5,
    unique_by=(lambda item: item["id"], lambda item: str(sorted(item["name"].items()))),
)


def imported(workbook, hall):
    with tempfile.TemporaryDirectory() as folder:
        book, file = Path(folder, "items.xlsx"), Path(folder, "hall.toml")
        book.write_bytes(workbook)
        file.write_bytes(hall)
        return import_catalog(book, file)


@pytest.mark.slow
@QUICK
@given(catalogs)
def test_export_and_import_is_the_identity(catalog):
    hall = with_items(FULL_HALL, catalog).encode()
    change = imported(catalog_workbook(parse_plan(hall).items), hall)
    assert change.is_nothing
    assert change.data == hall


@pytest.mark.slow
@QUICK
@given(catalogs, catalogs)
def test_a_catalogue_put_into_another_hall_is_the_same_there(here, there):
    before = with_items(FULL_HALL, there)
    wanted = parse_plan(with_items(FULL_HALL, here).encode()).items
    change = imported(catalog_workbook(wanted), before.encode())
    plan = parse_plan(change.data)
    assert plan.items == wanted
    assert [plan.services, plan.tidal] == [
        getattr(parse_plan(before.encode()), name) for name in ("services", "tidal")
    ]
    # What is not an item is there byte for byte, in its order.
    outside = FULL_HALL[: FULL_HALL.index("[[item]]")], FULL_HALL[FULL_HALL.index("[[tidal]]") :]
    assert change.data.decode().startswith(outside[0])
    assert change.data.decode().endswith(outside[1])
    assert set(change.new) | set(change.changed) | set(change.unchanged) == {i.id for i in wanted}


WORKBOOK = catalog_workbook(parse_plan(FULL_HALL.encode()).items)


@settings(QUICK, max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=8
    )
)
def test_a_workbook_with_broken_bytes_is_told_or_taken(changes):
    data = bytearray(WORKBOOK)
    for at, value in changes:
        data[at] = value
    try:
        said = imported(bytes(data), FULL_HALL.encode()).unchanged
    except (CatalogUnreadableError, CatalogError) as error:
        said = str(error)
    assert said
