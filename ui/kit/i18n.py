"""What screens say, in both languages of the hall, as tables that a test can walk. Pure."""

from collections.abc import Mapping
from enum import StrEnum, unique

from devices.faults import FaultCode
from hallserver.protocol.errors import Text


@unique
class Language(StrEnum):
    """The languages of the hall."""

    ZH = "zh"
    EN = "en"


def pick(text: Text, language: Language) -> str:
    """Return one language of a text."""
    return text.zh if language is Language.ZH else text.en


KIT_TEXTS: Mapping[str, Text] = {
    "kit.back": Text("返回", "Back"),
    "kit.home": Text("回到首页", "Start page"),
    "kit.confirm": Text("确定", "Confirm"),
    "kit.cancel": Text("取消", "Cancel"),
    "kit.delete": Text("删除", "Delete"),
    "kit.next_page": Text("下一页", "Next page"),
    "kit.previous_page": Text("上一页", "Previous page"),
    "kit.other_language": Text("English", "中文"),
    "kit.please_wait": Text("请稍候…", "Please wait…"),
    "kit.stale": Text(
        "信息暂未更新，正在重新连接，请留意窗口叫号",
        "Not up to date, reconnecting. Please listen for calls at the windows.",
    ),
    "kit.people_waiting": Text("等候人数", "Waiting"),
    "kit.failsafe_title": Text("本机正在恢复", "This device is restarting"),
    "kit.failsafe_text": Text(
        "请稍候片刻，或使用旁边的机器、到咨询台办理。",
        "Please wait a moment, use the device beside it, or ask at the information desk.",
    ),
}
"""Texts of the shared components, by key `<room>.<name>`. Rooms bring tables of their own."""

STAR_WORDS: Mapping[int, Text] = {
    5: Text("非常满意", "Very good"),
    4: Text("满意", "Good"),
    3: Text("基本满意", "Fair"),
    2: Text("不满意", "Poor"),
    1: Text("非常不满意", "Very poor"),
}
"""The five legal levels of a rating, by stars. The English is short: it stands below stars."""

_ASK = Text("请到咨询台求助。", "Please ask at the information desk.")


def _fault(what: Text, instead: Text = _ASK) -> Text:
    return Text(what.zh + instead.zh, f"{what.en} {instead.en}")


_OTHER_KIOSK = Text(
    "请使用旁边的取号机，或到咨询台取号。",
    "Please use the next kiosk, or ask at the information desk.",
)
_TOUCH_INSTEAD = Text(
    "请在屏幕上点选事项取号。", "Please choose your service on the screen instead."
)
_CARD_AGAIN = Text(
    "请把身份证平放在感应区，听到提示后再拿开。",
    "Please lay the card flat on the reader and leave it until you are told.",
)

FAULT_SENTENCES: Mapping[FaultCode, Text] = {
    FaultCode.PORT_MISSING: _fault(
        Text("本机有一个设备未连接。", "A device of this kiosk is not connected."), _OTHER_KIOSK
    ),
    FaultCode.PORT_BUSY: _fault(
        Text("本机有一个设备正被占用。", "A device of this kiosk is in use."), _OTHER_KIOSK
    ),
    FaultCode.NO_ANSWER: _fault(
        Text("本机有一个设备没有响应。", "A device of this kiosk does not answer."), _OTHER_KIOSK
    ),
    FaultCode.GARBLED: _fault(
        Text("设备数据有误。", "A device of this kiosk sent unreadable data."),
        Text(
            "请再试一次，仍不行请到咨询台求助。",
            "Please try once more, or ask at the information desk.",
        ),
    ),
    FaultCode.CARD_LIFTED: _fault(
        Text("身份证拿开得太早，没有读完。", "The card was lifted before it was read."), _CARD_AGAIN
    ),
    FaultCode.CARD_UNREADABLE: _fault(
        Text("这张证件无法读取。", "This card cannot be read."), _TOUCH_INSTEAD
    ),
    FaultCode.CARD_KIND_UNKNOWN: _fault(
        Text("本机不能识别这种证件。", "This kind of card is not known here."), _TOUCH_INSTEAD
    ),
    FaultCode.CARD_DATA_WRONG: _fault(
        Text("证件内容读取有误。", "The card was read with errors."), _CARD_AGAIN
    ),
    FaultCode.READER_UNLICENSED: _fault(
        Text("身份证阅读器暂不能使用。", "The card reader cannot be used at present."),
        _TOUCH_INSTEAD,
    ),
    FaultCode.READER_BROKEN: _fault(
        Text("身份证阅读器有故障。", "The card reader is out of order."), _TOUCH_INSTEAD
    ),
    FaultCode.READER_REFUSED: _fault(
        Text("身份证没有读成功。", "The card could not be read this time."), _CARD_AGAIN
    ),
    FaultCode.CAMERA_MISSING: _fault(
        Text("扫码摄像头未连接。", "The scanning camera is not connected."), _TOUCH_INSTEAD
    ),
    FaultCode.CAMERA_BLACK: _fault(
        Text("扫码摄像头没有图像。", "The scanning camera shows no picture."), _TOUCH_INSTEAD
    ),
    FaultCode.SCAN_REFUSED: _fault(
        Text("扫码器没有读成功。", "The scanner could not read this time."),
        Text("请把二维码对准扫码口再试一次。", "Please hold the code to the scanner once more."),
    ),
    FaultCode.PAPER_END: _fault(
        Text("本机的号票纸已用完。", "This kiosk is out of ticket paper."), _OTHER_KIOSK
    ),
    FaultCode.COVER_OPEN: _fault(
        Text("打印机的盖子没有合上。", "The printer's cover is open."), _OTHER_KIOSK
    ),
    FaultCode.CUTTER: _fault(
        Text("打印机的切纸刀卡住了。", "The printer's cutter is stuck."), _OTHER_KIOSK
    ),
    FaultCode.PRINTER_OFFLINE: _fault(
        Text("打印机没有响应。", "The printer does not answer."), _OTHER_KIOSK
    ),
    FaultCode.PRINTER_HOT: _fault(
        Text("打印机过热，正在冷却。", "The printer is too hot and cools down."),
        Text(
            "请等一分钟再试，或使用旁边的取号机。",
            "Please try again in a minute or use the next kiosk.",
        ),
    ),
    FaultCode.PRINTER_BROKEN: _fault(
        Text("打印机有故障。", "The printer is out of order."), _OTHER_KIOSK
    ),
    FaultCode.PAPER_JAM: _fault(
        Text("打印机卡纸了。", "The paper is jammed in the printer."), _OTHER_KIOSK
    ),
}
"""What happened and what to do now, for the person in front of the device."""


def fault_sentence(code: FaultCode, language: Language) -> str:
    """Say a device fault to the person in front of the device."""
    return pick(FAULT_SENTENCES[code], language)


def in_language(table: Mapping[str, Text], language: Language) -> dict[str, str]:
    """Flatten a table to one language, as screens are given it."""
    return {key: pick(text, language) for key, text in table.items()}
