"""What the kiosk says beyond the hall's own refusals, in both languages."""

from collections.abc import Mapping

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.states import TicketState
from kiosk.flow.events import Device, ForeignCode
from ui.kit.i18n import FAULT_SENTENCES

ASK_AT_DESK = Text("如需帮助，请到咨询台。", "For help, please ask at the information desk.")

TOOK_TOO_LONG = Text("没有取到号", "No number was taken")
TOOK_TOO_LONG_ADVICE = Text(
    "大厅系统没有及时回答，本次未取号。请再试一次，或到咨询台取号。",
    "The hall's system did not answer in time. Please try again, or ask at the information desk.",
)
NOT_FOUND_OUT = Text("暂时查不到", "Not known at the moment")
NOT_FOUND_OUT_ADVICE = Text(
    "大厅系统没有及时回答。您的号码不受影响，请留意叫号。",
    "The hall's system did not answer in time. Your number is not affected; listen for its call.",
)
RATING_KEPT = Text("评价已保存", "Your rating is kept")
RATING_KEPT_ADVICE = Text(
    "网络较慢，评价会自动送达，无需重复提交。谢谢！",
    "The line is slow. Your rating will be handed in by itself; no need to repeat it. Thank you!",
)
TOO_MUCH_WAITS = Text(
    "本机积压的请求太多，请稍候再试，或使用旁边的取号机。",
    "Too much is waiting on this kiosk. Please try later, or use the next kiosk.",
)
NO_SUCH_SERVICE = Text(
    "本大厅没有这个二维码对应的事项，请在屏幕上选择。",
    "This hall has no service with that code. Please choose on the screen.",
)

REFUSAL_ADVICE: Mapping[RejectionCode, Text] = {
    RejectionCode.ALREADY_WAITING: Text(
        "把号票上的二维码对准扫码口，可查看前面还有几人。号票遗失请到咨询台。",
        "Hold the code of your ticket to the scanner to see how many are ahead. "
        "If it is lost, ask at the information desk.",
    ),
    RejectionCode.FORGED_TICKET: Text(
        "请出示本大厅今天打印的号票。", "Please show a ticket printed in this hall today."
    ),
    RejectionCode.ALREADY_RATED: Text("每次服务评价一次。", "Each service is rated once."),
    RejectionCode.NOT_SERVED_YET: Text(
        "请留意叫号，办理完成后再来评价。", "Listen for your call, and come back afterwards."
    ),
}
"""What to do instead, where the hall's own sentence does not say it."""

FOREIGN_CODES: Mapping[ForeignCode, Text] = {
    ForeignCode.CERTIFICATE: Text(
        "这是电子证照的二维码，本机不能用它取号。请放身份证，或在屏幕上选择事项。",
        "This is an electronic certificate; no number can be taken with it. "
        "Please use an ID card or choose on the screen.",
    ),
    ForeignCode.LINK: Text(
        "这不是本大厅的二维码，本机不会打开网址。请在屏幕上选择事项。",
        "This code is not of this hall, and web addresses are not opened here. "
        "Please choose on the screen.",
    ),
    ForeignCode.OTHER: Text(
        "这不是本大厅的二维码。请出示号票，或在屏幕上选择事项。",
        "This code is not of this hall. Please show your ticket, or choose on the screen.",
    ),
}

LINK_TITLES: Mapping[LinkState, Text] = {
    LinkState.CONNECTING: Text("正在连接大厅系统", "Connecting to the hall"),
    LinkState.LIVE: Text("正在准备", "Getting ready"),
    LinkState.STALE: Text("暂时不能取号", "No numbers here at the moment"),
    LinkState.UPDATE_CLIENT: Text("本机需要更新", "This kiosk needs an update"),
    LinkState.UPDATE_SERVER: Text("大厅系统需要更新", "The hall's system needs an update"),
}
LINK_ADVICE: Mapping[LinkState, Text] = {
    LinkState.CONNECTING: Text("请稍候…", "Please wait…"),
    LinkState.LIVE: Text("请稍候…", "Please wait…"),
    LinkState.STALE: Text(
        "与大厅系统的连接中断，恢复后自动继续。请稍候，或到咨询台取号。已取的号码仍然有效。",
        "The line to the hall's system is down; this kiosk goes on by itself when it is back. "
        "Please wait, or take a number at the information desk. Numbers already taken stay valid.",
    ),
    LinkState.UPDATE_CLIENT: Text(
        "本机软件版本过旧，请使用其他取号机，或到咨询台取号。",
        "This kiosk's software is too old. Please use another kiosk, or the information desk.",
    ),
    LinkState.UPDATE_SERVER: Text(
        "大厅系统版本过旧，本机暂停取号，请到咨询台取号。",
        "The hall's system is too old for this kiosk. Please ask at the information desk.",
    ),
}

TICKET_STATES: Mapping[TicketState, Text] = {
    TicketState.RESERVED: Text("号码有效，请留意叫号", "Valid. Please listen for your call"),
    TicketState.WAITING: Text("正在排队，请留意叫号", "In line. Please listen for your call"),
    TicketState.CALLED: Text("已叫到您，请前往窗口", "You are called. Please go to the window"),
    TicketState.SERVING: Text("正在办理", "Being served"),
    TicketState.PARKED: Text("暂停办理，请留意叫号", "On hold. Please listen for your call"),
    TicketState.COMPLETED: Text("已办理完成", "Completed"),
    TicketState.NO_SHOW: Text(
        "已过号，请到咨询台", "You missed your call. Please ask at the information desk"
    ),
    TicketState.VOIDED: Text("此号已作废，请重新取号", "Void. Please take a new number"),
    TicketState.CANCELLED: Text("此号已取消，请重新取号", "Cancelled. Please take a new number"),
    TicketState.EXPIRED: Text("此号已过期，请重新取号", "Expired. Please take a new number"),
}

_BY_DEVICE: Mapping[Device, Text] = {
    Device.READER: Text(
        "身份证阅读器暂不能使用，请在屏幕上点选事项取号。",
        "The card reader cannot be used at present. Please choose your service on the screen.",
    ),
    Device.SCANNER: Text(
        "扫码口暂不能使用，请在屏幕上点选事项取号。",
        "The scanner cannot be used at present. Please choose your service on the screen.",
    ),
    Device.PRINTER: Text(
        "打印机暂不能使用。请使用旁边的取号机，或到咨询台取号。",
        "The printer cannot be used at present. Please use the next kiosk, "
        "or ask at the information desk.",
    ),
}
_ABOUT_THE_PORT = frozenset(
    {FaultCode.PORT_MISSING, FaultCode.PORT_BUSY, FaultCode.NO_ANSWER, FaultCode.GARBLED}
)


def fault_text(device: Device, code: FaultCode) -> Text:
    """Say a device's fault; what is wrong with its cable is not for the person in front."""
    return _BY_DEVICE[device] if code in _ABOUT_THE_PORT else FAULT_SENTENCES[code]
