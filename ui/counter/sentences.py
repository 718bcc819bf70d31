"""What the terminal says to the clerk after a press, in both languages. Pure."""

from hallserver.client.updates import LinkState
from hallserver.protocol.commands import Command, Recall
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.replies import Done, Reply, SignedIn, TicketAtCounter
from hallserver.protocol.states import TicketState

OUTBOX_FULL = Text(
    "未送出：待发送的操作过多，请稍候再试。",
    "Not sent: too many operations are waiting. Please try again in a moment.",
)
SHIFT_ENDED = Text(
    "本窗口的登录已结束，请重新登录。",
    "The shift at this window has ended. Please sign in again.",
)
_AWAY = Text("与服务器的连接已中断，此操作未执行。", "The hall server is away; nothing was done.")
_UNCONFIRMED = Text(
    "连接已中断，上一操作待确认，请勿重复操作。",
    "The hall server is away; the last operation is not confirmed yet. Please do not repeat it.",
)
SIGNED_OUT = Text("已退出登录。", "Signed out.")

_MUST_UPDATE = {
    LinkState.UPDATE_CLIENT: SENTENCES[RejectionCode.CLIENT_TOO_OLD],
    LinkState.UPDATE_SERVER: SENTENCES[RejectionCode.CLIENT_TOO_NEW],
}

ABOUT_THE_LINK = (_AWAY, _UNCONFIRMED, *_MUST_UPDATE.values())
"""Sentences that are no longer true once the link is live."""

_OBEYED = {
    TicketState.CALLED: Text("已呼叫 {}", "Called {}"),
    TicketState.SERVING: Text("{} 开始办理", "Serving {}"),
    TicketState.COMPLETED: Text("{} 已办结", "{} completed"),
    TicketState.NO_SHOW: Text("{} 已过号", "{} marked as no-show"),
}


def away(link: LinkState, *, is_pending: bool) -> Text:
    """Say why a press does nothing now."""
    return _MUST_UPDATE.get(link, _UNCONFIRMED if is_pending else _AWAY)


def obeyed(command: Command, reply: Reply) -> Text | None:
    """Say that a press was obeyed."""
    match reply:
        case SignedIn(name=name):
            return Text(f"{name.zh}，您好。", f"Welcome, {name.en}.")
        case Done():
            return SIGNED_OUT
        case TicketAtCounter(number=number, recalls=recalls) if isinstance(command, Recall):
            return Text(f"已重呼 {number}（第 {recalls} 次）", f"Recalled {number} ({recalls}×)")
        case TicketAtCounter(number=number, state=state) if state in _OBEYED:
            return Text(_OBEYED[state].zh.format(number), _OBEYED[state].en.format(number))
        case _:
            return None
