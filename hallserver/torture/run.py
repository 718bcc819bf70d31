"""The run: harm after harm, each watched until the hall is well again; quiet and audit between."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy.exc import DBAPIError

from hallserver.domain.plan import HallPlan
from hallserver.torture.audit import audit
from hallserver.torture.figures import Figures
from hallserver.torture.fold import check_fold
from hallserver.torture.hall import TorturedHall, TroubleError, choose_cast
from hallserver.torture.harm import Counts, Harm, Target, draw_harms
from hallserver.torture.journal import Head
from hallserver.torture.record import read_rows
from hallserver.torture.servers import Database

LOOK_S = 0.03
BEGIN_WITHIN_S = 120.0
WELL_WITHIN_S = 60.0
"""A hall that is not well again by now never will be."""
QUIET_WITHIN_S = 60.0
SCREENS_S = 0.5
SETTLED_WITHIN_S = 10.0
"""From everybody being still to every screen showing what the journal says."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    hall_file: Path
    directory: Path
    counts: Counts
    clients: int
    seed: int
    quiet_every: int
    pause_s: float
    answer_within_s: float
    sync_within_s: float
    database: Database


class BrokenError(Exception):
    """The hall did not become well; nothing more can be tried."""


class StoppedError(Exception):
    """The run was asked to end early."""


class Torture:
    """One run. `play` gives its figures; `close` ends whatever runs."""

    def __init__(self, plan: HallPlan, options: Options, say: Say) -> None:
        """Start broker and server. Raises TroubleError, BrokerError, OSError."""
        self._options = options
        self._say = say
        self._stopped = threading.Event()
        self._quiets = 0
        self.figures = Figures(
            options.seed, options.clients, options.answer_within_s, options.sync_within_s
        )
        cast = choose_cast(plan, options.clients)
        self._hall = TorturedHall(
            plan,
            options.hall_file,
            options.directory,
            cast,
            pause_s=options.pause_s,
            database=options.database,
        )

    def stop(self) -> None:
        """End the harm early, and audit; may be called from a signal handler."""
        self._stopped.set()

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise StoppedError

    def play(self) -> Figures:
        """Run the plan to its end or to the first broken promise, audit, and end everything."""
        began_s = time.monotonic()
        try:
            self._begin()
            self._harm_all()
        except StoppedError:
            self._say("stopping …")
        except BrokenError as error:
            self.figures.complaints.append(str(error))
        try:
            if not self.figures.complaints:
                self._stopped.clear()
                self._let_settle_and_audit()
        except StoppedError:
            self.figures.complaints.append("stopped before the last audit")
        except BrokenError as error:
            self.figures.complaints.append(str(error))
        self.close()
        self._check_outboxes()
        self.figures.took_s = time.monotonic() - began_s
        self._take_counts()
        return self.figures

    def close(self) -> None:
        """End every process. May be called twice."""
        self._hall.close()

    def _begin(self) -> None:
        if self._hall.probe.ask(BEGIN_WITHIN_S) is None:
            words = self._hall.servers.last_words()
            raise TroubleError(f"the hall server did not come up:\n{words}")
        self._hall.let_clients_in(self._options.seed)
        self._wait_for_sync(self._head(), 0, BEGIN_WITHIN_S, "the beginning")
        self._say(
            f"{self._options.clients} clients in {len(self._hall.processes)} processes, "
            f"server and broker are up: {self._options.directory}"
        )

    def _harm_all(self) -> None:
        harms = draw_harms(self._options.counts, self._options.seed)
        for number, harm in enumerate(harms, 1):
            self._pause(harm.after_s)
            self._harm(harm)
            self._take_counts()
            self._hall.check()
            self._say(self._progress(number, len(harms)))
            if number % self._options.quiet_every == 0 and number < len(harms):
                self._let_settle_and_audit()
                if self.figures.complaints:
                    return
                self._hall.let_work()

    def _progress(self, number: int, harms: int) -> str:
        figures = self.figures
        answer = figures.answer_s[-1] if figures.answer_s else 0.0
        sync = figures.sync_s[-1] if figures.sync_s else 0.0
        told = sum(client.told for client in self._hall.watch.clients.values())
        return (
            f"{number:5}/{harms}  server {figures.server_kills:4}  broker {figures.broker_kills:4}"
            f"  clients {figures.client_kills:3}  answered after {answer:5.2f} s  "
            f"in sync after {sync:5.2f} s  {told} answers  late {len(figures.late)}"
        )

    # Harm, and until the hall is well again.

    def _harm(self, harm: Harm) -> None:
        chance = Random(harm.draw)
        match harm.target:
            case Target.SERVER:
                self._harm_server(harm)
            case Target.BROKER | Target.BOTH:
                self._harm_broker(harm, chance)
            case Target.CLIENT:
                self._harm_client(chance)
            case Target.STANDSTILL:
                self._stand_still(harm)

    def _kill_server(self) -> int:
        self._hall.servers.kill(self._pause)
        self.figures.server_kills += 1
        return time.monotonic_ns()

    def _harm_server(self, harm: Harm) -> None:
        head = self._head()
        killed_ns = self._kill_server()
        for after_s in harm.again_after_s:
            self._pause(after_s)
            killed_ns = self._kill_server()
            self.figures.server_kills_in_start += 1
        self.figures.note_answer(self._wait_for_answer(killed_ns), self._name("server kill"))
        synced = self._wait_for_sync(self._since(head), killed_ns, WELL_WITHIN_S, "a server kill")
        self.figures.sync_after_server_s.append(synced)

    def _harm_broker(self, harm: Harm, chance: Random) -> None:
        head = self._head()
        steps = [
            (max(0.0, -harm.apart_s), "kill"),
            (max(0.0, -harm.apart_s) + harm.absence_s, "start"),
        ]
        if harm.target is Target.BOTH:
            steps.append((max(0.0, harm.apart_s), "server"))
            self.figures.both += 1
        now_s = 0.0
        for at_s, what in sorted(steps, key=lambda step: step[0]):
            self._pause(at_s - now_s)
            now_s = at_s
            if what == "kill":
                self._hall.kill_broker(chance, saves=harm.saves, pause=self._pause)
                self.figures.broker_kills += 1
                self.figures.fates[harm.store.value] += 1
                killed_ns = time.monotonic_ns()
            elif what == "start":
                self._hall.start_broker(chance, harm.store)
            else:
                self._kill_server()
        returned_ns = time.monotonic_ns()
        answered_s = self._wait_for_answer(returned_ns)
        if harm.target is Target.BOTH:
            self.figures.note_answer(answered_s, self._name("kill of both"))
        what = self._name(f"broker kill, store {harm.store.value}")
        synced_s = self._wait_for_sync(
            self._since(head), killed_ns, WELL_WITHIN_S, what, returned_ns
        )
        self.figures.note_sync(synced_s, what)

    def _harm_client(self, chance: Random) -> None:
        self._hall.kill_client(chance.randrange(len(self._hall.processes)), self._pause)
        killed_ns = time.monotonic_ns()
        self.figures.client_kills += 1
        # Nothing is said anew to those who were there: what a snapshot is of may be long ago.
        head = Head(0, self._head().epoch)
        synced = self._wait_for_sync(head, 0, WELL_WITHIN_S, "a client kill", killed_ns)
        self.figures.sync_after_client_s.append(synced)

    def _stand_still(self, harm: Harm) -> None:
        self.figures.standstills += 1
        go_on = self._hall.servers.stop()
        try:
            self._pause(harm.absence_s)
        finally:
            go_on()
        went_on_ns = time.monotonic_ns()
        self._wait_for_answer(went_on_ns)
        head = Head(0, self._head().epoch)
        self._wait_for_sync(head, 0, WELL_WITHIN_S, "a standstill", went_on_ns)

    def _name(self, what: str) -> str:
        return f"{what} {self.figures.server_kills}+{self.figures.broker_kills}"

    def _head(self) -> Head:
        """Read where the journal stands, while the server writes or dies."""
        deadline_s = time.monotonic() + WELL_WITHIN_S
        while True:
            try:
                return self._hall.reader.head()
            except DBAPIError as error:
                if time.monotonic() > deadline_s:
                    raise BrokenError(f"the journal cannot be read: {error}") from error
                self._pause(LOOK_S)

    def _since(self, head: Head) -> Head:
        """Return what was in the journal at `head`, as the server of now says it."""
        return Head(head.seq, self._head().epoch)

    def _wait_for_answer(self, since_ns: int) -> float:
        answered_ns = self._hall.probe.ask(WELL_WITHIN_S)
        if answered_ns is None:
            words = self._hall.servers.last_words()
            raise BrokenError(f"the server did not answer for {WELL_WITHIN_S:.0f} s:\n{words}")
        return (answered_ns - since_ns) / 1e9

    def _wait_for_sync(
        self, head: Head, after_ns: int, within_s: float, what: str, since_ns: int | None = None
    ) -> float:
        deadline_s = time.monotonic() + within_s
        watch = self._hall.watch
        while True:
            watch.look()
            synced_ns = watch.in_sync_at_ns(head, after_ns)
            if synced_ns is not None:
                return max(0.0, (synced_ns - (since_ns or after_ns)) / 1e9)
            if time.monotonic() > deadline_s:
                missing = ", ".join(watch.not_in_sync(head, after_ns))
                raise BrokenError(f"after {what} never in sync with {head}: {missing}")
            self._pause(LOOK_S)

    # Quiet, and the audit.

    def _let_settle_and_audit(self) -> None:
        self._quiets += 1
        self._hall.ask_for_quiet(self._quiets)
        deadline_s = time.monotonic() + QUIET_WITHIN_S
        watch = self._hall.watch
        while watch.not_still(self._quiets):
            if time.monotonic() > deadline_s:
                busy = ", ".join(watch.not_still(self._quiets))
                raise BrokenError(f"commands without an answer after the harm was over: {busy}")
            self._pause(LOOK_S)
            watch.look()
        self._pause(SCREENS_S)
        self._check_screens()
        self._audit()

    def _check_screens(self) -> None:
        """Wait until every screen shows what the journal gives when it is folded anew."""
        deadline_s = time.monotonic() + SETTLED_WITHIN_S
        watch = self._hall.watch
        while True:
            # Before the look: folding a long day takes a while, and what it finds is then old.
            is_last = time.monotonic() > deadline_s
            watch.look()
            seen = {name: client.whole for name, client in watch.clients.items()}
            lines = self._hall.reader.read().lines
            complaints = list(check_fold(self._hall.plan, lines, seen))
            if not complaints:
                return
            if is_last:
                self.figures.complaints += complaints
                return
            self._pause(SCREENS_S)

    def _audit(self) -> None:
        records = {
            str(client): read_rows(self._hall.records / f"{client}.jsonl")
            for client in self._hall.cast.everybody
        }
        self.figures.findings = audit(records, self._hall.reader.read())
        self.figures.complaints += self.figures.findings.complaints
        self.figures.audits += 1

    def _check_outboxes(self) -> None:
        left = self._hall.left_in_outboxes()
        if left and not self.figures.complaints:
            self.figures.complaints.append(f"commands are left in the outboxes: {left}")

    def _take_counts(self) -> None:
        hall, figures = self._hall, self.figures
        figures.stores_set_aside = hall.broker.stores_set_aside
        figures.torn = hall.watch.torn
        figures.lives = sum(client.lives for client in hall.watch.clients.values())
        for code in hall.servers.exits[len(figures.server_exits) :]:
            figures.server_exits.append(code)
            figures.complaints.append(f"the server ended by itself with {code}")
