"""The business day."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.invariant import invariant
from hallserver.domain.state import HallState


def _open_day(state: HallState, _: ev.Recorded, event: ev.DayOpened) -> None:
    state.begin(event.day)
    state.day = event.day
    state.unreported = event.closed


def _close_day(state: HallState, _: ev.Recorded, event: ev.DayClosed) -> None:
    invariant(event.day == state.day, "the day that closes is the day that is open")
    invariant(not state.held, "nobody holds a ticket after the close of the day")
    invariant(not state.desk_of_clerk, "nobody is signed in after the close of the day")
    invariant(not state.staff, "no staff is signed in after the close of the day")
    state.day = None


def _report(state: HallState, _: ev.Recorded, event: ev.MorningReportDue) -> None:
    invariant(event.day == state.unreported, f"the report on {event.day} is due once")
    state.unreported = None


def _skip(state: HallState, _: ev.Recorded, event: ev.NumbersSkipped) -> None:
    state.numbering.skip(event.count)
    state.night.numbering.skip(event.count)
    state.skipped = event
    # The last number of a service may be gone by this.
    services = [service.id for service in state.plan.services]
    state.touched_numbers.update(services)
    state.touched_services.update(dict.fromkeys(services, state.seq))
    state.is_catalog_touched = True


def _close_kiosks(state: HallState, _: ev.Recorded, event: ev.KiosksClosed) -> None:
    state.notice = event.message


def _open_kiosks(state: HallState, _: ev.Recorded, __: ev.KiosksOpened) -> None:
    state.notice = None


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.DayOpened: _open_day,
    ev.DayClosed: _close_day,
    ev.MorningReportDue: _report,
    ev.NumbersSkipped: _skip,
    ev.KiosksClosed: _close_kiosks,
    ev.KiosksOpened: _open_kiosks,
}
