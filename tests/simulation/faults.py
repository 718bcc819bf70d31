"""Strikes of fate: at drawn times, by kind, until the day heals.

Each kind has chance of its own, so that switching one off leaves the others as they were as far
as the day lets them.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import msgspec

from devices.faults import FaultCode
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import COMMAND, SERVER_CLIENT, topic
from kiosk.flow import pages as pg
from tests.simulation.journal import Fate
from tests.simulation.kiosk import Kiosk, PrintFate
from tests.simulation.shape import FaultKind
from tests.simulation.wire import Connection, Message, Weather
from tests.simulation.world import DAY_S, World

if TYPE_CHECKING:
    from tests.simulation.day import Day

KEEPALIVE_LIMIT_S = (7.5, 10.0)
"""A broker that fell silent is left after 1.5 to 2 keepalives of 5 s."""
NOT_BEFORE_S = 10.0

PRINTER_FAULTS = (FaultCode.PAPER_END, FaultCode.COVER_OPEN, FaultCode.CUTTER, FaultCode.NO_ANSWER)


class Fates:
    """Plans the strikes of one day and carries them out until `heal`."""

    def __init__(self, day: "Day") -> None:
        self._day = day
        self._world: World = day.world
        self._rng: dict[FaultKind, Random] = {
            kind: day.world.rng(f"fault/{kind}") for kind in FaultKind
        }
        self.struck: Counter[FaultKind] = Counter()
        self._is_over = False
        self._mend: list[Callable[[], None]] = []
        self._strike: dict[FaultKind, Callable[[Random], None]] = {
            FaultKind.SERVER_KILL: self._kill_server,
            FaultKind.COMMIT_KILL: self._kill_at_commit,
            FaultKind.BROKER_KILL: self._kill_broker,
            FaultKind.LINK_CUT: self._cut,
            FaultKind.LINK_FREEZE: self._freeze,
            FaultKind.DELAY: lambda rng: self._roughen(rng, delay_s=rng.uniform(0.2, 2.5)),
            FaultKind.DROP: lambda rng: self._roughen(rng, drop=rng.uniform(0.05, 0.6)),
            FaultKind.REPEAT: self._repeat,
            FaultKind.REORDER: lambda rng: self._roughen(
                rng, reorder=rng.uniform(0.2, 0.8), delay_s=rng.uniform(0.2, 2.0)
            ),
            FaultKind.GARBAGE: self._garbage,
            FaultKind.KIOSK_KILL: self._kill_kiosk,
            FaultKind.TERMINAL_KILL: lambda rng: self._kill_client(rng, "counter"),
            FaultKind.PAD_KILL: lambda rng: self._kill_client(rng, "pad"),
            FaultKind.SCREEN_KILL: lambda rng: self._kill_client(rng, "callscreen"),
            FaultKind.PRINTER: self._break_printer,
            FaultKind.CLOCK: self._set_clock,
            FaultKind.DISK: self._break_disk,
            FaultKind.DAY_LEAP: self._leap,
        }

    def plan(self, until_s: float) -> None:
        """Draw when everything strikes from now on."""
        self._is_over = False
        for kind, rate in self._day.shape.faults.items():
            rng = self._rng[kind]
            at_s = self._world.now_s + NOT_BEFORE_S + rng.expovariate(rate / 60)
            while at_s < until_s:
                self._world.at(at_s, self._strikes, kind)
                at_s += rng.expovariate(rate / 60)

    def heal(self) -> None:
        """End everything that lasts; nothing strikes from now on."""
        self._is_over = True
        mend, self._mend = self._mend, []
        for each in mend:
            each()
        day = self._day
        day.journal.next_fate = None
        day.journal.is_disk_full = False
        day.server.slow_commit_s = 0.0
        day.server.publishes_before_death = None
        self._world.wall_offset_s = self._world.right_offset_s
        day.broker.no_carrier.clear()
        for connection in list(day.broker.connections.values()):
            if connection.unfaithful_s >= 0:
                # MQTT promises that QoS 1 arrives: what lost some is no connection to go on with.
                day.broker.cut(connection)
        day.server.look()

    def _strikes(self, kind: FaultKind) -> None:
        if not self._is_over:
            self.struck[kind] += 1
            self._strike[kind](self._rng[kind])

    def _for(self, seconds: float, end: Callable[[], None]) -> None:
        """Have `end` called after a while, or when the day heals."""
        is_done = False

        def once() -> None:
            nonlocal is_done
            if not is_done:
                is_done = True
                end()

        self._mend.append(once)
        self._world.after(seconds, once)

    # Processes.

    def _kill_server(self, rng: Random) -> None:
        self._day.server.restart_s = rng.choice(((0.3, 3.0), (0.3, 3.0), (5.0, 70.0)))
        self._day.server.die("killed")

    def _kill_at_commit(self, rng: Random) -> None:
        way = rng.random()
        if way < 0.4:
            self._day.journal.next_fate = Fate.DIES_BEFORE
        elif way < 0.7:
            self._day.journal.next_fate = Fate.DIES_AFTER
        else:
            self._day.server.publishes_before_death = rng.randint(0, 6)

    def _kill_broker(self, rng: Random) -> None:
        broker = self._day.broker
        if not broker.is_up:
            return
        keeps = rng.choice(("lost", "kept", "saved"))
        self._world.say("broker", f"dies, store {keeps}")
        broker.die()
        self._for(rng.choice((0.5, 3.0, 12.0)), lambda: broker.restart(keeps))

    def _kill_kiosk(self, rng: Random) -> None:
        kiosk = rng.choice(self._day.kiosks)
        restart_s = rng.uniform(0.5, 20)
        is_power_cut, is_paper_coming = rng.random() < 0.5, rng.random() < 0.5

        def kill() -> None:
            if self._is_over:
                return
            kiosk.die(restart_s, is_power_cut=is_power_cut, is_paper_coming=is_paper_coming)

        way = rng.random()
        if way < 0.25:
            kill()
            return
        if way < 0.4 and kiosk.link is not None:
            kiosk.link.at_answer = kill
            return
        # Wait for the moment at which it hurts most.
        page = rng.choice((pg.Reserving, pg.Printing, pg.Printing, pg.TicketOut))
        delay_s = rng.choice((0.0, 0.000_1, 0.000_5, 0.01, 0.5, 1.0, 1.15, 3.0))

        def watch(_kiosk: Kiosk, shown: object) -> None:
            if isinstance(shown, page):
                kiosk.on_page = None
                self._world.after(delay_s, kill)

        kiosk.on_page = watch

    def _kill_client(self, rng: Random, role: str) -> None:
        clients = [each for each in self._day.clients if each.client.startswith(role)]
        if clients:
            rng.choice(clients).die(rng.uniform(0.5, 15))

    # The wire.

    def _connection(self, rng: Random) -> Connection | None:
        names = sorted(self._day.broker.connections)
        if not names:
            return None
        name = SERVER_CLIENT if rng.random() < 0.15 else rng.choice(names)
        return self._day.broker.connections.get(ClientId(name))

    def _cut(self, rng: Random) -> None:
        connection = self._connection(rng)
        if connection is None:
            return
        out_s = rng.choice((0.0, 0.0, 2.0, 15.0, 40.0))
        self._day.broker.no_carrier[connection.client] = self._world.now_s + out_s
        self._world.say(connection.client, f"cut off for {out_s} s")
        self._day.broker.cut(connection)

    def _freeze(self, rng: Random) -> None:
        connection = self._connection(rng)
        if connection is None or connection.up.is_frozen:
            return
        for_s, limit_s = rng.uniform(0.5, 14.0), rng.uniform(*KEEPALIVE_LIMIT_S)
        self._world.say(connection.client, f"frozen for {min(for_s, limit_s):.1f} s")
        self._day.broker.freeze(connection)

        def end() -> None:
            if for_s < limit_s or self._is_over:
                self._day.broker.thaw(connection)
            else:
                self._day.broker.cut(connection)

        self._for(min(for_s, limit_s), end)

    def _roughen(
        self,
        rng: Random,
        *,
        drop: float = 0.0,
        repeat: float = 0.0,
        reorder: float = 0.0,
        delay_s: float = 0.0,
    ) -> None:
        connection = self._connection(rng)
        if connection is None or connection.down.weather is not None:
            return
        weather = Weather(rng, drop, repeat, reorder, delay_s)
        self._world.say(connection.client, f"rough: {drop=:.1f} {repeat=:.1f} {reorder=:.1f}")
        self._day.broker.change_weather(connection, weather)

        def end() -> None:
            self._day.broker.change_weather(connection, None)
            if connection.unfaithful_s >= 0:
                self._day.broker.cut(connection)

        self._for(rng.uniform(5, 60), end)

    def _repeat(self, rng: Random) -> None:
        if rng.random() < 0.5:
            self._roughen(rng, repeat=rng.uniform(0.1, 0.8))
            return
        sent = tuple(self._day.auditor.messages)
        for _ in range(min(len(sent), rng.randint(1, 6))):
            topic_name, payload = rng.choice(sent[-400:])
            self._day.broker.to_server(Message(topic_name, payload))

    def _garbage(self, rng: Random) -> None:
        client = rng.choice(self._day.kiosks).client
        if rng.random() < 0.5:
            client = rng.choice(self._day.clients).client
        name = topic(COMMAND, client=client)
        for _ in range(rng.randint(1, 4)):
            body = rng.choice(_GARBAGE)
            payload = body if isinstance(body, bytes) else _command(rng, body)
            self._day.broker.to_server(Message(name, payload))
        if rng.random() < 0.2:
            for _ in range(rng.randint(70, 300)):
                self._day.broker.to_server(Message(name, _command(rng, {"type": "Recall"})))
        foreign = rng.choice(("jiaohao/command/nobody", "jiaohao/command/callscreen-01", "other"))
        self._day.broker.to_server(Message(foreign, _command(rng, {"type": "SignOut"})))

    # Devices and clocks.

    def _break_printer(self, rng: Random) -> None:
        kiosk = rng.choice(self._day.kiosks)
        trouble = kiosk.trouble
        fates = rng.choice(
            (
                (PrintFate.NOT_PRINTED,),
                (PrintFate.UNCERTAIN_PAPER, PrintFate.UNCERTAIN_NONE),
                (PrintFate.FINE, PrintFate.NOT_PRINTED, PrintFate.UNCERTAIN_PAPER),
                (PrintFate.HANGS, PrintFate.FINE),
            )
        )
        trouble.draw_fate = lambda: rng.choice(fates)
        is_known = rng.random() < 0.5
        trouble.fault = rng.choice(PRINTER_FAULTS) if is_known else None
        self._world.say(kiosk.client, f"printer: {trouble.fault or 'as if well'}")
        if kiosk.is_up and kiosk.printer is not None:
            kiosk.printer.look()

        def mend() -> None:
            trouble.draw_fate = lambda: PrintFate.FINE
            trouble.fault = None
            if kiosk.is_up and kiosk.printer is not None:
                kiosk.printer.look()

        self._for(rng.uniform(15, 90), mend)

    def _set_clock(self, rng: Random) -> None:
        world = self._world
        by_s = rng.choice((-7200.0, -90.0, -1.0, 1.0, 30.0, 3600.0, 5 * 3600.0))
        off_s = world.wall_offset_s - world.right_offset_s
        if abs(off_s + by_s) > 5 * 3600:  # the business day stays the same
            by_s = -off_s
        world.wall_offset_s += by_s
        world.say("clock", f"set by {by_s} s")
        self._day.server.look()

    def _leap(self, rng: Random) -> None:
        """The wall clock jumps beyond the day, and is set right a little later."""
        world = self._world
        if self._day.has_leapt:
            return
        self._day.has_leapt = True
        world.wall_offset_s += rng.choice((1, 2)) * DAY_S
        world.say("clock", "leaps to another day")
        self._day.server.look()

        def right() -> None:
            world.wall_offset_s = world.right_offset_s

        self._for(rng.uniform(5, 120), right)

    def _break_disk(self, rng: Random) -> None:
        day = self._day
        if rng.random() < 0.5:
            day.server.slow_commit_s = rng.choice((0.2, 1.5, 6.0))
            self._world.say("disk", f"takes {day.server.slow_commit_s} s")
            self._for(rng.uniform(5, 30), self._quick_disk)
        else:
            day.journal.is_disk_full = True
            self._world.say("disk", "is full")
            self._for(rng.uniform(1, 20), self._free_disk)

    def _quick_disk(self) -> None:
        self._day.server.slow_commit_s = 0.0

    def _free_disk(self) -> None:
        self._day.journal.is_disk_full = False


_GARBAGE: tuple[bytes | dict[str, object], ...] = (
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[" * 3_000,
    b"x" * 5_000,
    {"type": "CallNext", "counter": 3},
    {"type": "SignOut", "schema": 99},
    {"type": "ReserveTicket", "service": "no such"},
    {"type": "ReserveTicket", "service": 7},
    {"type": "ConfirmPrinted", "ticket": "20200101-A001"},
    {"type": "VoidTicket", "ticket": "?", "reason": "left"},
    {"type": "RateService", "token": "JH1.x.y", "stars": 5},
    {"type": "RateAtCounter", "ticket": "nothing", "stars": 9},
    {"type": "SignIn", "clerk": "clerk-1", "password": "wrong"},
)


def _command(rng: Random, command: dict[str, object]) -> bytes:
    body = dict(command)
    schema = body.pop("schema", 1)
    name = f"garbage-{rng.getrandbits(60):015x}"
    return msgspec.json.encode({"schema": schema, "id": name, "command": body})
