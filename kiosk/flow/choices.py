"""What there is to choose from, sheet by sheet, out of the hall's catalog."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeVar

from hallserver.protocol.ids import DepartmentId, ServiceId, ZoneId
from hallserver.protocol.snapshots import (
    Catalog,
    CatalogDepartment,
    CatalogService,
    CatalogZone,
    HallLoad,
)

SERVICES_A_SHEET = 10
"""So that thirty services of one zone take three sheets: four taps at most."""

DEPARTMENTS_A_SHEET = 16
"""So that 31 departments take two sheets: two taps, one more to turn, are four with the service."""

FREQUENT = 4
SEARCH_RESULTS = 6
MAX_TYPED = 8

_T = TypeVar("_T")


def sheets(count: int, a_sheet: int) -> int:
    """Count the sheets for so many choices; one at least."""
    return max(1, -(-count // a_sheet))


def sheet_of(choices: Sequence[_T], sheet: int, a_sheet: int) -> tuple[_T, ...]:
    """Return the choices on one sheet, counted from 0."""
    return tuple(choices[sheet * a_sheet : (sheet + 1) * a_sheet])


def find_service(catalog: Catalog, service: ServiceId) -> CatalogService | None:
    """Look a service up."""
    return next((item for item in catalog.services if item.id == service), None)


def find_department(catalog: Catalog, department: DepartmentId) -> CatalogDepartment | None:
    """Look a department up."""
    return next((item for item in catalog.departments if item.id == department), None)


def find_zone(catalog: Catalog, zone: ZoneId) -> CatalogZone | None:
    """Look a zone up."""
    return next((item for item in catalog.zones if item.id == zone), None)


def zones(catalog: Catalog) -> tuple[CatalogZone, ...]:
    """List the zones in which numbers are called; the self-service zone has none."""
    served = {service.zone for service in catalog.offered}
    return tuple(zone for zone in catalog.zones if zone.id in served)


def departments(catalog: Catalog) -> tuple[CatalogDepartment, ...]:
    """List the departments that people can take a number for."""
    served = {service.department for service in catalog.offered}
    return tuple(item for item in catalog.departments if item.id in served)


def services_of(
    catalog: Catalog, of: ZoneId | DepartmentId, *, is_zone: bool
) -> tuple[CatalogService, ...]:
    """List the services of a zone or of a department, in the order of the hall file."""
    return tuple(
        service
        for service in catalog.offered
        if (service.zone if is_zone else service.department) == of
    )


def frequent(catalog: Catalog) -> tuple[CatalogService, ...]:
    """Pick the services for the start page: each zone's first ones in turn.

    The hall file lists a zone's services by weight, so their places on the screen stay the same
    all day; tiles that move with the load would be touched wrongly.
    """
    by_zone = [services_of(catalog, zone.id, is_zone=True) for zone in zones(catalog)]
    in_turn = [service for row in zip_longest(*by_zone) for service in row if service is not None]
    return tuple(in_turn[:FREQUENT])


def search(catalog: Catalog, typed: str) -> tuple[CatalogService, ...]:
    """Find services by the initials of their pinyin: those that begin so before the others."""
    if not typed:
        return ()
    begin = [service for service in catalog.offered if service.initials.startswith(typed)]
    within = [
        service
        for service in catalog.offered
        if typed in service.initials and not service.initials.startswith(typed)
    ]
    return tuple(begin + within)


def next_letters(catalog: Catalog, typed: str) -> frozenset[str]:
    """Say which letters, typed next, still find something."""
    if len(typed) >= MAX_TYPED:
        return frozenset()
    found: set[str] = set()
    for service in catalog.offered:
        at = service.initials.find(typed)
        while at >= 0:
            found.update(service.initials[at + len(typed) : at + len(typed) + 1])
            at = service.initials.find(typed, at + 1)
    return frozenset(found)


def waiting(load: HallLoad | None, services: Sequence[CatalogService]) -> int | None:
    """Count who waits for any of these; None while the hall has not said."""
    if load is None:
        return None
    known = [load.services[service.id] for service in services if service.id in load.services]
    return sum(item.waiting for item in known)
