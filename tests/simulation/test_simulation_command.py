"""`jiaohao simulate`: what it takes, what it says, and how its exit codes tell harm apart."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest

from hallserver import cli
from hallserver.cli_simulate import EXIT_OF_HARM, declare, exit_code
from hallserver.domain import events as ev
from tests.helpers.checkout import ROOT
from tests.simulation.broker import Broker
from tests.simulation.command import TWO_TRACES, Wanted, read_wanted, shape_of, simulate
from tests.simulation.day import Day, Result
from tests.simulation.mutants import CallsTwice, StarvesOne, StumblesOverRecalls
from tests.simulation.parts import PRODUCT
from tests.simulation.report import Failure, run_day
from tests.simulation.shape import PROFILES, FaultKind, draw
from tests.simulation.world import DAY_S, Harm

ONE = range(1, 2)


def ignore(_line: str) -> None:
    pass


def parsed(*arguments: str) -> Wanted:
    parser = argparse.ArgumentParser()
    declare(parser)
    return read_wanted(vars(parser.parse_args(arguments)))


def run_program(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "hallserver.cli", "simulate", *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_arguments_one_small_day_with_all_faults_is_lived():
    assert parsed() == Wanted(range(1, 2), 1, "all", "small", None, False, False)


def test_all_that_can_be_asked_for_is_read():
    assert parsed(
        *shlex.split("--seeds 3-5 --days 2 --faults none --profile rush --minutes 30"),
        *shlex.split("--trace --twice"),
    ) == Wanted(range(3, 6), 2, "none", "rush", 30.0, True, True)


@pytest.mark.parametrize(
    "line",
    ["--seeds x", "--seeds 5-3", "--days 0", "--days 400", "--minutes 0.1", "--no-such-thing"],
)
def test_arguments_that_make_no_sense_are_refused_as_usage(line, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["simulate", *line.split()])
    assert ended.value.code == 2
    assert "usage: jiaohao" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--profile huge", "no profile 'huge'; there are: small, example, rush"),
        ("--faults rain,clock", "no fault rain; there are: server-kill, commit-kill"),
    ],
)
def test_a_profile_or_fault_that_is_not_there_is_named_with_those_that_are(line, said, capsys):
    assert cli.main(["simulate", *line.split()]) == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"jiaohao: {said}")
    assert told.out == ""


def test_an_installed_package_says_that_the_simulation_is_not_in_it(tmp_path):
    shutil.copytree(ROOT / "hallserver", tmp_path / "hallserver")
    done = run_program(cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("jiaohao: the simulation is not installed: run this in a source")


def test_it_is_found_from_any_folder_and_a_second_run_has_the_same_trace(tmp_path):
    first, again = (
        run_program(
            *("--seeds", "4", "--minutes", "8"),
            cwd=tmp_path,
            PYTHONPATH=str(ROOT),
            PYTHONHASHSEED=hash_seed,
        )
        for hash_seed in ("1", "2")
    )
    assert first.returncode == again.returncode == 0
    traces = [run.stdout.partition("trace ")[2].split()[0] for run in (first, again)]
    assert traces[0] == traces[1]
    assert len(traces[0]) == 64


def test_the_help_says_what_each_exit_code_means(capsys):
    with pytest.raises(SystemExit):
        cli.main(["simulate", "--help"])
    told = capsys.readouterr().out
    for harm, code in EXIT_OF_HARM.items():
        assert f"\n  {code}   {harm}: " in told
    for profile in PROFILES:
        assert f"\n  {profile} " in told


@pytest.mark.parametrize(
    ("hall", "seed", "harm", "code"),
    [
        (CallsTwice, 4, Harm.SAFETY, 1),
        (StarvesOne, 3, Harm.LIVENESS, 3),
        (StumblesOverRecalls, 1, Harm.CRASH, 4),
    ],
    ids=["safety", "liveness", "crash"],
)
def test_harm_that_is_planted_has_the_exit_code_of_its_kind(hall, seed, harm, code):
    said = []
    wanted = Wanted(range(seed, seed + 1), faults="none", minutes=6)
    harms = simulate(wanted, said.append, replace(PRODUCT, hall=hall))
    assert harms == {harm}
    assert exit_code(harms) == code
    assert any(f"broke ({harm}): " in line for line in said)


def test_of_several_kinds_of_harm_the_gravest_is_told():
    assert exit_code(()) == 0
    assert exit_code({Harm.LIVENESS, Harm.CRASH}) == 4
    assert exit_code(set(Harm)) == 1


class MoodyBroker(Broker):
    """Draws how slow each connection is from chance that no seed gives."""

    def __init__(self, world):
        super().__init__(world)
        self._lags = Random()


def test_a_run_that_cannot_be_lived_again_is_found_when_it_is_lived_twice():
    said = []
    wanted = Wanted(ONE, faults="none", minutes=6, is_twice=True)
    assert simulate(wanted, said.append, replace(PRODUCT, broker=MoodyBroker)) == {Harm.CRASH}
    assert said[-1].endswith(TWO_TRACES)


def test_the_trace_is_printed_line_by_line_with_what_broke():
    said = []
    wanted = Wanted(range(4, 5), faults="none", minutes=6, is_traced=True)
    assert simulate(wanted, said.append) == set()
    assert len([line for line in said if " journal " in line]) > 100
    assert said[-1].startswith("  trace ")
    assert simulate(wanted, said.append, replace(PRODUCT, hall=CallsTwice)) == {Harm.SAFETY}
    assert said[-1].startswith("broke (safety): nobody is called twice")


def test_a_failures_command_lives_the_same_days_again():
    shape = replace(draw(1, 6, days=2), faults={})
    failure = run_day(shape, replace(PRODUCT, hall=CallsTwice))
    assert isinstance(failure, Failure)
    program, command, *arguments = shlex.split(failure.command)
    assert (program, command) == ("jiaohao", "simulate")
    wanted = parsed(*arguments)
    assert wanted.is_traced
    assert shape_of(wanted, wanted.seeds[0]) == shape


def test_days_in_a_row_open_and_close_one_after_the_other():
    shape = replace(draw(2, 6, days=3), faults={})
    day = Day(shape)
    assert isinstance(day.run(), Result)
    lines = list(day.journal.lines())
    opened = [line.event.day for line in lines if isinstance(line.event, ev.DayOpened)]
    assert opened == ["20261123", "20261124", "20261125", "20261126"]
    for name, arrivals in zip(opened, shape.days, strict=False):
        reserved = [line for line in lines if isinstance(line.event, ev.TicketReserved)]
        of_day = [line for line in reserved if line.day == name]
        assert len(of_day) >= len(arrivals)
        ordinals = {line.event.series: 0 for line in of_day}
        for line in of_day:
            ordinals[line.event.series] += 1
            assert line.event.ordinal == ordinals[line.event.series]
    mornings = [line.wall_ms for line in lines if isinstance(line.event, ev.ClerkSignedIn)]
    assert {wall_ms // int(DAY_S * 1_000) for wall_ms in mornings} >= {20_780, 20_781, 20_782}


def test_each_further_day_has_its_own_visitors_and_the_first_stays_as_it_was():
    one, three = draw(5), draw(5, days=3)
    assert three.days[0] == one.days[0]
    assert len(set(three.days)) == 3


def test_days_in_a_row_with_faults_keep_every_promise_and_settle():
    assert simulate(Wanted(range(1, 6), days=3, minutes=6), ignore) == set()


@pytest.mark.parametrize("profile", ["example", "rush"])
def test_a_few_minutes_of_a_big_hall_keep_every_promise_and_settle(profile):
    wanted = Wanted(ONE, profile=profile, minutes=3)
    shape = shape_of(wanted, 1)
    windows = [each for each in shape.plan.counters if not each.rules.is_back_office]
    assert len(windows) == 92
    shape = replace(shape, days=tuple(arrivals[:60] for arrivals in shape.days))
    assert isinstance(run_day(shape), Result)


def test_faults_are_chosen_by_their_names():
    chosen = shape_of(Wanted(ONE, faults="link-cut,clock"), 1).faults
    assert set(chosen) <= {FaultKind.LINK_CUT, FaultKind.CLOCK}
    assert shape_of(Wanted(ONE, faults="none"), 1).faults == {}
    assert shape_of(Wanted(ONE), 1).faults == draw(1).faults
