"""What a call screen says. Pure."""

from collections.abc import Mapping

from hallserver.protocol.errors import Text
from hallserver.protocol.states import TicketState

TEXTS: Mapping[str, Text] = {
    "callscreen.counter": Text("窗口", "Window"),
    "callscreen.former": Text("已叫号码", "Called"),
    "callscreen.nobody": Text("请留意屏幕叫号", "Please watch for your number"),
    "callscreen.connecting": Text("正在连接…", "Connecting…"),
}

STALE = Text("连接中断，信息停在 {clock}", "Connection lost, as of {clock}")
STALE_UNHEARD = Text("连接中断，请留意窗口叫号", "Connection lost, please listen at the windows")
OUTDATED = Text("本屏暂停更新，请留意窗口叫号", "Not updated, please listen at the windows")

STATUS: Mapping[TicketState, Text] = {
    TicketState.CALLED: Text("请前往", "Please go"),
    TicketState.SERVING: Text("办理中", "Serving"),
    TicketState.PARKED: Text("办理中", "Serving"),
    TicketState.COMPLETED: Text("已办结", "Done"),
    TicketState.NO_SHOW: Text("过号", "Missed"),
}
"""What became of a call. States without words have left the board."""

RECALLED = Text("再次呼叫", "Called again")
GO_UP = Text("请上{floor}楼", "Up to floor {floor}")
GO_DOWN = Text("请下{floor}楼", "Down to floor {floor}")
