"""What a hall's own rules must agree on: hours, quotas, routes of steps, who may serve what.

The checks of `checks` say that everything named is there; these say that it makes sense together.
A check that meets a value which is `WRONG`, or a name that is not there, leaves it: that has been
reported.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hallserver.config.build import week_of
from hallserver.config.fields import WRONG, Report, did_you_mean, echo, spell
from hallserver.config.lines import Place
from hallserver.config.tables import Row, Rows, named
from hallserver.domain.rules import (
    ALWAYS,
    AppointmentRules,
    Mix,
    Order,
    Period,
    Policy,
    StepKind,
)

NOON_MIN = 720
DAY_MIN = 1440

Week = Sequence[Sequence[Period]]


def clock(minutes: int) -> str:
    """Write minutes after midnight as people do: 540 is "09:00"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def check_policy(row: Row, report: Report) -> None:
    """Check one policy by itself."""
    mix = row.values["mix"] or Policy("").mix
    if row.values["ratio"] not in (None, WRONG) and mix not in (Mix.RATIO, WRONG):
        text = f"is not used with mix {echo(str(mix))}"
        report.add((*row.at, "ratio"), text, 'write mix = "ratio"')


def _check_policies(rows: Rows, report: Report) -> None:
    for row in rows["policy"]:
        check_policy(row, report)
    weighing = {
        row.values["id"] for row in rows["policy"] if row.values["order"] in (Order.WEIGHT, WRONG)
    }
    whole_hall = [row.values["policy"] for row in rows["rules"]]
    for row in rows["counter"]:
        policy = row.values["policy"]
        chosen = whole_hall[0] if policy is None and whole_hall else policy
        if row.values["weights"] in (None, WRONG) or chosen is WRONG or chosen in weighing:
            continue
        hint = 'give the counter a policy with order = "weight"'
        report.add((*row.at, "weights"), "are not used by this counter's policy", hint)


def _weeks(rows: Rows) -> dict[str, Week]:
    """Return the week of each schedule that was read without a mistake."""
    weeks: dict[str, Week] = {ALWAYS.id: ALWAYS.week}
    for row in rows["schedule"]:
        if WRONG not in row.values.values():
            weeks[row.values["id"]] = week_of(row.values)
    return weeks


def _check_schedules(rows: Rows, report: Report) -> None:
    for row in rows["schedule"]:
        if WRONG in row.values.values():
            continue
        week, before_end = week_of(row.values), row.values["last_ticket_min"]
        if not any(week):
            report.add(row.at, "is never open", 'write workdays = ["09:00-12:00", "13:00-17:00"]')
        # The last ticket of a day is given within its last period.
        shortest = min((day[-1].ends - day[-1].begins for day in week if day), default=DAY_MIN)
        if before_end is not None and before_end >= shortest:
            text = f"{before_end} minutes are longer than a last period of {shortest}"
            report.add((*row.at, "last_ticket_min"), text, "nobody would get a number in it")


def _check_calendar(rows: Rows, report: Report) -> None:
    for row in rows["calendar"]:
        off = {day for _, day in named(row, "days_off")}
        for at, day in named(row, "working_days"):
            if day in off:
                report.add(at, f"{day} is also one of the days off", "leave it in one of the two")


def _week_of_service(rows: Rows, row: Row, weeks: dict[str, Week]) -> Week | None:
    """Return the hours of a service, None when it is not known which it has."""
    schedule = row.values["schedule"]
    if schedule is None:
        schedule = next((each.values["schedule"] for each in rows["rules"]), WRONG)
    return weeks.get(ALWAYS.id if schedule is None else schedule)


def _check_services(rows: Rows, report: Report) -> None:
    weeks = _weeks(rows)
    back_only = _served(rows, is_back_office=True) - _served(rows, is_back_office=False)
    for row in rows["service"]:
        for key in ("appointments", "night_tickets"):
            if row.raw.get(key) and row.values["id"] in back_only:
                report.add((*row.at, key), "visitors do not come: only back offices serve this")
        _check_quotas(row, report)
        week = _week_of_service(rows, row, weeks)
        if week is not None:
            _check_hours(row, week, report)


def _check_quotas(row: Row, report: Report) -> None:
    day, morning, afternoon, start, width = (
        row.values[key]
        for key in ("quota_day", "quota_morning", "quota_afternoon", "start", "width")
    )
    if WRONG in (day, morning, afternoon):
        return
    halves = {"quota_morning": morning, "quota_afternoon": afternoon}
    if day is not None:
        for key, half in halves.items():
            if half is not None and half > day:
                report.add((*row.at, key), f"{half} are more than quota_day = {day}")
        if morning is not None and afternoon is not None and morning + afternoon < day:
            text = (
                f"{day} a day cannot be reached: morning and afternoon give {morning + afternoon}"
            )
            report.add((*row.at, "quota_day"), text, "leave it out, or raise one of the halves")
    if WRONG in (start, width):
        return
    numbers = 10**width - start
    for key, quota in ({"quota_day": day} | halves).items():
        if quota is not None and quota > numbers:
            text = f"{quota} are more than the {numbers} numbers from {start} with {width} digits"
            report.add((*row.at, key), text, "give the numbers more digits (width)")


def _check_hours(row: Row, week: Week, report: Report) -> None:
    halves = (("quota_morning", 0, NOON_MIN), ("quota_afternoon", NOON_MIN, DAY_MIN))
    for key, begins, ends in halves:
        is_open = any(p.begins < ends and p.ends > begins for day in week for p in day)
        if row.values[key] not in (None, WRONG) and not is_open:
            report.add((*row.at, key), "this half of the day is never open by the schedule")
    if row.values["has_night_tickets"] is True and _is_open_always(week):
        text = "the schedule never closes, so there is no night"
        report.add((*row.at, "night_tickets"), text, "give the service a schedule that closes")
    rules = row.values["appointments"]
    if isinstance(rules, AppointmentRules):
        _check_slots((*row.at, "appointments"), rules.slot_min, week, report)


def _is_open_always(week: Week) -> bool:
    return all(sum(period.ends - period.begins for period in day) == DAY_MIN for day in week)


def _check_slots(at: Place, slot_min: int, week: Week, report: Report) -> None:
    for period in sorted({period for day in week for period in day}, key=lambda p: p.begins):
        if (period.ends - period.begins) % slot_min:
            span = f"{clock(period.begins)}-{clock(period.ends)}"
            text = f"slots of {slot_min} minutes do not fill {span}"
            report.add((*at, "slot_min"), text, "take one that divides the opening periods")
            return


def _check_counter_lists(rows: Rows, report: Report) -> None:
    """A green channel and weights are about services that the counter serves."""
    known = {row.values["id"] for row in rows["service"]}
    for row in rows["counter"]:
        if row.values["services"] is WRONG:
            continue
        own = {service for _, service in named(row, "services")}
        said = list(named(row, "green_channel"))
        weights = row.values["weights"]
        if isinstance(weights, dict):
            said += [((*row.at, "weights", service), service) for service in weights]
        for at, service in said:
            if service in known and service not in own:
                text = f"{echo(service)} is not one of this counter's services"
                report.add(at, text, did_you_mean(service, own))


def _steps(rows: Rows) -> Iterator[tuple[Place, int, Any]]:
    """Give each step that was read without a mistake: its place, its index, itself."""
    for row in rows["item"]:
        for at, step in named(row, "steps"):
            index = at[-1]
            if isinstance(index, int):
                yield at, index, step


def _check_steps(rows: Rows, report: Report) -> None:
    known = {row.values["id"] for row in rows["service"]}
    ordinary, back = _served(rows, is_back_office=False), _served(rows, is_back_office=True)
    for at, index, step in _steps(rows):
        is_back = step.kind is StepKind.BACK
        if is_back and index == 0:
            text = "the first step is one that visitors come to"
            report.add((*at, "kind"), text, 'begin with kind = "front"')
        if step.service not in known or step.service in (back if is_back else ordinary):
            continue
        served = ordinary | back
        if step.service not in served:
            continue  # that no counter serves it at all has been reported
        kind, other = ("back-office", "an ordinary") if is_back else ("ordinary", "a back-office")
        text = f"no {kind} counter serves {echo(step.service)}, only {other} one"
        report.add((*at, "service"), text, f"this step is {step.kind}")


def _served(rows: Rows, *, is_back_office: bool) -> set[str]:
    return {
        service
        for row in rows["counter"]
        if row.values["is_back_office"] is is_back_office
        for _, service in named(row, "services")
    }


def _check_back_offices(rows: Rows, report: Report) -> None:
    """Who comes for a service that is no step of a route would never be called there aloud."""
    reviewed = {step.service for _, _, step in _steps(rows) if step.kind is StepKind.BACK}
    known = {row.values["id"] for row in rows["service"]}
    has_wrong_steps = any(WRONG in _listed(row.values["steps"]) for row in rows["item"])
    for row in rows["counter"]:
        if row.values["is_back_office"] is not True or has_wrong_steps:
            continue
        for at, service in named(row, "services"):
            if service in known and service not in reviewed:
                text = f"{echo(service)} is no back step of any item: a back office calls nobody"
                report.add(at, text, did_you_mean(service, reviewed))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple) else (value,)


def _check_tidal(rows: Rows, report: Report) -> None:
    counters = {row.values["id"]: row for row in rows["counter"]}
    zone_of = {row.values["id"]: row.values["zone"] for row in rows["service"]}
    for row in rows["tidal"]:
        number = row.values["counter"]
        if number is WRONG or not counters:
            continue
        counter = counters.get(number)
        at = (*row.at, "counter")
        if counter is None:
            known = (str(each) for each in counters if each is not WRONG)
            report.add(at, f"there is no counter {number}", did_you_mean(str(number), known))
        elif counter.values["is_back_office"] is True:
            report.add(at, f"counter {number} is a back office: visitors cannot go there")
        else:
            _check_tidal_services(row, counter, zone_of, report)


def _check_tidal_services(row: Row, counter: Row, zone_of: dict[Any, Any], report: Report) -> None:
    own = {service for _, service in named(counter, "services")}
    zone = counter.values["zone"]
    for at, service in named(row, "services"):
        home = zone_of.get(service, zone)
        if service in own:
            report.add(at, f"{spell(counter.at)} serves {echo(service)} already")
        elif home != zone and WRONG not in (home, zone) and not counter.values["is_comprehensive"]:
            text = f"{echo(service)} belongs to zone {echo(home)}, the counter to {echo(zone)}"
            report.add(at, text, "only a counter with comprehensive = true serves other zones")


RULE_CHECKS: tuple[Callable[[Rows, Report], None], ...] = (
    _check_policies,
    _check_schedules,
    _check_calendar,
    _check_services,
    _check_counter_lists,
    _check_steps,
    _check_back_offices,
    _check_tidal,
)
