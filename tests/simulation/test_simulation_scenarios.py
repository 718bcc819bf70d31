"""What the simulation once found, each as a short script of its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hallserver.client.updates import SnapshotArrived, Update
from hallserver.protocol import commands as c
from hallserver.protocol.snapshots import CounterSnapshot
from hallserver.protocol.states import TicketState
from kiosk.flow import pages as pg
from tests.simulation.counter import CounterTerminal
from tests.simulation.day import Day, Result
from tests.simulation.kiosk import Kiosk, PrintFate
from tests.simulation.shape import draw


def a_day_with_one_kiosk() -> tuple[Day, Kiosk]:
    """Return a calm day on which everybody goes to the same kiosk."""
    shapes = (draw(seed, minutes=3).plain for seed in range(1, 60))
    shape = next(each for each in shapes if len(each.plan.kiosks) == 1)
    nature = replace(shape.nature, card=0.0, walks_away=0.0, no_show=0.0)
    day = Day(replace(shape, faults={}, nature=nature))
    return day, day.kiosks[0]


def once_on(page: type, kiosk: Kiosk, do: Callable[[], None]) -> None:
    """Have `do` called when the kiosk shows such a page for the first time."""

    def watch(_kiosk: Kiosk, shown: object) -> None:
        if isinstance(shown, page):
            kiosk.on_page = None
            do()

    kiosk.on_page = watch


def fail_first(kiosk: Kiosk, fate: PrintFate) -> None:
    """Have the first ticket printed so, and the others well."""
    fates = iter([fate])
    kiosk.trouble.draw_fate = lambda: next(fates, PrintFate.FINE)


@pytest.mark.parametrize("fate", [PrintFate.UNCERTAIN_NONE, PrintFate.HANGS])
@pytest.mark.parametrize("is_power_cut", [False, True])
def test_a_number_shown_without_paper_counts_although_the_kiosk_dies_at_that_moment(
    fate, is_power_cut
):
    day, kiosk = a_day_with_one_kiosk()
    fail_first(kiosk, fate)

    def die() -> None:
        day.world.after(0.0, die_now)

    def die_now() -> None:
        kiosk.die(1.0, is_power_cut=is_power_cut, is_paper_coming=False)

    once_on(pg.TicketOut, kiosk, die)
    assert isinstance(day.run(), Result)


@pytest.mark.parametrize("fate", [PrintFate.UNCERTAIN_NONE, PrintFate.HANGS, PrintFate.FINE])
@pytest.mark.parametrize("after_s", [0.001, 0.5])
@pytest.mark.parametrize("is_power_cut", [False, True])
def test_a_number_shown_as_valid_counts_once_its_confirmation_is_stored(
    fate, after_s, is_power_cut
):
    day, kiosk = a_day_with_one_kiosk()
    fail_first(kiosk, fate)

    def die() -> None:
        kiosk.die(1.0, is_power_cut=is_power_cut, is_paper_coming=False)

    once_on(pg.TicketOut, kiosk, lambda: day.world.after(after_s, die))
    assert isinstance(day.run(), Result)


@pytest.mark.parametrize("page", [pg.Reserving, pg.Printing])
@pytest.mark.parametrize("after_s", [0.0, 0.000_3, 0.05, 0.9, 1.12])
@pytest.mark.parametrize("is_power_cut", [False, True])
def test_a_kiosk_may_die_anywhere_between_finger_and_paper(page, after_s, is_power_cut):
    day, kiosk = a_day_with_one_kiosk()

    def die() -> None:
        kiosk.die(1.0, is_power_cut=is_power_cut, is_paper_coming=after_s > 0.5)

    once_on(page, kiosk, lambda: day.world.after(after_s, die))
    assert isinstance(day.run(), Result)


def test_a_day_ends_although_nobody_looks_up_and_all_who_missed_their_call_come_again():
    day, _ = a_day_with_one_kiosk()
    shape = day.shape
    nature = replace(shape.nature, inattentive=1.0, returns=1.0, checks_after_s=(1_700.0, 1_900.0))
    day = Day(replace(shape, nature=nature))
    counts = day.run().counts
    assert counts["missed, comes again"] > 1
    assert counts["missed"] > 1


def test_an_undone_call_goes_from_its_terminal_although_the_calls_snapshot_was_lost():
    day, _ = a_day_with_one_kiosk()
    undone = []
    for terminal in day.terminals:
        lose_the_first_call_and_undo_it(terminal, undone)
    counts = day.run().counts
    assert undone
    assert counts["TicketReleased"] >= len(undone)


def lose_the_first_call_and_undo_it(terminal: CounterTerminal, undone: list[str]) -> None:
    """Lose the snapshot of a terminal's first call; the clerk, who knows of it, takes it back."""
    take = terminal.take
    lost: list[str] = []

    def take_all_but_one(update: Update) -> None:
        snapshot = update.snapshot if isinstance(update, SnapshotArrived) else None
        active = snapshot.active if isinstance(snapshot, CounterSnapshot) else None
        if active is not None and active.state is TicketState.CALLED:
            lost.append(active.ticket)
            if active.ticket == lost[0]:
                return
        take(update)
        shown = terminal.state.active
        if not undone and shown is not None and terminal.state.may_ask:
            undone.append(shown.ticket)
            terminal.ask(c.UndoCall(shown.ticket))

    terminal.take = take_all_but_one
