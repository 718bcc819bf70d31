"""The words on the clerk's terminal, Chinese large and English small. Pure."""

from hallserver.client.updates import LinkState
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId
from hallserver.protocol.states import TicketState
from ui.counter.flow import Act

KEY_WORDS: dict[Act, Text] = {
    Act.NEXT: Text("叫号", "Next"),
    Act.RECALL: Text("重呼", "Recall"),
    Act.ARRIVE: Text("开始办理", "Start"),
    Act.COMPLETE: Text("办结", "Complete"),
    Act.NO_SHOW: Text("过号", "No-show"),
    Act.SIGN_OUT: Text("退出", "Sign out"),
}

KEY_NAMES: dict[Act, str] = {
    Act.NEXT: "F1",
    Act.RECALL: "F2",
    Act.ARRIVE: "F3",
    Act.COMPLETE: "F4",
    Act.NO_SHOW: "F5",
    Act.SIGN_OUT: "F12",
}

UNDER_WAY = Text("发送中…", "Sending…")

STATE_WORDS: dict[TicketState | None, Text] = {
    None: Text("空闲", "Free"),
    TicketState.CALLED: Text("已呼叫", "Called"),
    TicketState.SERVING: Text("办理中", "Serving"),
}
OTHER_STATE = Text("处理中", "In progress")

LINK_WORDS: dict[LinkState, Text] = {
    LinkState.CONNECTING: Text("正在连接…", "Connecting…"),
    LinkState.LIVE: Text("已连接", "Connected"),
    LinkState.STALE: Text("连接中断", "Disconnected"),
    LinkState.UPDATE_CLIENT: Text("需更新本机", "Update this device"),
    LinkState.UPDATE_SERVER: Text("需更新服务器", "Update the server"),
}

BANNER = Text(
    "与大厅服务器的连接已中断，以下内容可能已过时，正在重新连接…",
    "The hall server is away. What is shown may be out of date. Reconnecting…",
)

ACCOUNT = Text("账号", "Account")
PASSWORD = Text("密码", "Password")
SIGN_IN = Text("登录", "Sign in")
SIGNING_IN = Text("正在登录…", "Signing in…")
SIGN_IN_TITLE = Text("工作人员登录", "Staff sign-in")
STAFF_NUMBER = Text("工号 {}", "No. {}")

WAITING = Text("等候人数", "Waiting")
NEXT_NUMBERS = Text("接下来", "Next")
NOBODY = Text("暂无等候", "Nobody is waiting")
LAST_NUMBER = Text("上一号 {}", "Last {}")
RECALLED = Text("已呼叫 · 重呼 {} 次", "Called · recalled {}×")
CURRENT = Text("当前号码", "Current number")
NO_NUMBER = Text("当前无号码", "No current number")
PRESS_NEXT = Text("按 F1 叫下一位", "Press F1 to call the next visitor")

WINDOW_TITLE = Text("窗口叫号", "Counter terminal")


def counter_label(counter: CounterId) -> Text:
    """Name a counter before the hall has told its label."""
    return Text(f"{counter}号窗口", f"Window {counter}")
