"""What a rating pad says. Pure."""

from collections.abc import Mapping

from hallserver.protocol.errors import Text

TEXTS: Mapping[str, Text] = {
    "ratingpad.ask": Text("您对本次服务满意吗？", "How was the service?"),
    "ratingpad.voluntary": Text("评价自愿，请由本人点选", "Voluntary, and yours alone"),
    "ratingpad.skip": Text("不评价", "Not now"),
    "ratingpad.why": Text("请告诉我们原因", "Please tell us why"),
    "ratingpad.at_least_one": Text("至少选一项，可多选", "Choose one or more"),
    "ratingpad.more": Text("更多原因", "More"),
    "ratingpad.fewer": Text("前面的原因", "First ones"),
    "ratingpad.send": Text("提交", "Send"),
    "ratingpad.sending": Text("正在提交…", "Sending…"),
    "ratingpad.thanks": Text("谢谢您的评价", "Thank you"),
    "ratingpad.thanks_text": Text(
        "您的意见会帮助我们改进服务。", "Your rating helps us to do better."
    ),
    "ratingpad.already": Text("谢谢，已评价过", "Thank you, already rated"),
    "ratingpad.kept": Text("评价已保存", "Your rating is kept"),
    "ratingpad.kept_text": Text(
        "网络恢复后自动提交，您可以离开了。",
        "It is sent once the network is back. You may go.",
    ),
    "ratingpad.refused": Text("这次没有评价成功", "The rating was not accepted"),
    "ratingpad.refused_text": Text(
        "本机暂时不能评价，请扫描号票上的二维码评价。",
        "This pad cannot take it now. Please use the code on your ticket.",
    ),
    "ratingpad.reopen": Text("评价刚才的服务", "Rate the last service"),
    "ratingpad.clerk": Text("工作人员", "Clerk"),
    "ratingpad.staff_number": Text("工号", "No."),
    "ratingpad.idle": Text("办理完成后，请在这里评价", "You can rate the service here afterwards"),
    "ratingpad.closed": Text("本窗口暂停服务", "This window is closed"),
    "ratingpad.closed_text": Text(
        "请留意屏幕叫号，或到咨询台询问。",
        "Please watch the screens or ask at the information desk.",
    ),
    "ratingpad.stale": Text("网络中断，正在重新连接", "Connection lost, reconnecting"),
    "ratingpad.outdated": Text("本机需要更新，请告知工作人员", "This pad has to be updated"),
}
