"""What the voices of the zones have said, and what they need not say any more."""

from collections.abc import Iterator

from hallserver.domain import events as ev
from hallserver.domain.acts.base import Act, Decision, Room, refuse
from hallserver.domain.announcements import Outcome
from hallserver.domain.instant import Now
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId
from hallserver.protocol.replies import Done


def _acknowledge(
    room: Room, client: ClientId, command: c.AcknowledgeAnnouncement, _: Now
) -> Decision:
    screen = room.plan.find_callscreen(client)
    if screen is None or command.zone not in screen.zones:
        return refuse(RejectionCode.NOT_PERMITTED)
    named = frozenset(command.call_seqs)
    said = [
        announcement.call_seq
        for calls in room.state.voices.pending(command.zone)
        for announcement in calls
        if announcement.call_seq in named
    ]
    if command.outcome is c.VoiceOutcome.FAILED:
        ends = [(Outcome.DROPPED, ev.EndReason.FAILED)] * len(said)
    else:
        merged = [(Outcome.MERGED, ev.EndReason.SPOKEN)] * len(said)
        ends = [(Outcome.ANNOUNCED, ev.EndReason.SPOKEN), *merged[1:]]
    ended = (
        ev.AnnouncementEnded(command.zone, seq, outcome, reason)
        for seq, (outcome, reason) in zip(said, ends, strict=False)
    )
    return Decision(Done(), tuple(ended))


def due(room: Room, now: Now) -> Iterator[ev.Event]:
    """Withdraw what nobody has said in time: it is never said as if it were new.

    Comes before everything else that falls due: what ends a call ends its announcement too.
    """
    for zone, seq in room.state.voices.too_old(now.elapsed_ms):
        yield ev.AnnouncementEnded(zone, seq, Outcome.WITHDRAWN, ev.EndReason.TOO_OLD)


ACTS: dict[type[c.Command], Act] = {
    c.AcknowledgeAnnouncement: _acknowledge,
}
