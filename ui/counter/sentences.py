"""What the terminal says to the clerk after a press, in both languages. Pure."""

from hallserver.client.updates import LinkState
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.replies import Done, Explanation, Reply, SignedIn, TicketAtCounter
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
    TicketState.PARKED: Text("{} 已挂起", "{} set aside"),
}

_WAITS_AGAIN: dict[type[c.Command], Text] = {
    c.Complete: Text("{} 本环节已办结，转入后续环节", "{}: done here, waits for what comes next"),
    c.UndoCall: Text("已撤回对 {} 的呼叫", "Call of {} taken back"),
    c.Transfer: Text("{} 已转移", "{} transferred"),
    c.Reinstate: Text("{} 已恢复排队", "{} waits again"),
}

_DONE: dict[type[c.Command], Text] = {
    c.SignOut: SIGNED_OUT,
    c.PauseCounter: Text("本窗口已暂停服务。", "This window is paused."),
    c.ResumeCounter: Text("本窗口已恢复服务。", "This window is open again."),
    c.GrantPriority: Text("优先类别已设置。", "The priority class is set."),
}


def away(link: LinkState, *, is_pending: bool) -> Text:
    """Say why a press does nothing now."""
    return _MUST_UPDATE.get(link, _UNCONFIRMED if is_pending else _AWAY)


def obeyed(command: c.Command, reply: Reply) -> Text | None:
    """Say that a press was obeyed."""
    match reply:
        case SignedIn(name=name):
            return Text(f"{name.zh}，您好。", f"Welcome, {name.en}.")
        case Done():
            return _DONE.get(type(command))
        case Explanation(text=text):
            return text
        case TicketAtCounter(number=number, recalls=recalls) if isinstance(command, c.Recall):
            return Text(f"已重呼 {number}（第 {recalls} 次）", f"Recalled {number} ({recalls}×)")
        case TicketAtCounter(number=number, state=state):
            said = _OBEYED.get(state) or _WAITS_AGAIN.get(type(command))
            return said and Text(said.zh.format(number), said.en.format(number))
        case _:
            return None
