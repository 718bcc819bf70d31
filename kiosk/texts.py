"""What the kiosk's pages say in fixed words, in both languages. Pure."""

from collections.abc import Mapping

from hallserver.protocol.errors import Text
from hallserver.protocol.states import ServiceStatus

WORDS: Mapping[str, Text] = {
    "choose": Text("请选择要办理的事项", "Choose your service"),
    "frequent": Text("常办事项", "Often asked for"),
    "areas": Text("按区域选择", "By area"),
    "by_department": Text("按部门查找", "Departments"),
    "by_letters": Text("按拼音查找", "By pinyin"),
    "previous": Text("上一页", "Previous"),
    "next": Text("下一页", "Next"),
    "which_department": Text("请选择部门", "Choose the department"),
    "search": Text("输入事项拼音首字母", "First letters of its pinyin"),
    "search_example": Text("例如：身份证输入 SFZ", "For example SFZ for 身份证"),
    "search_none": Text("没有找到，请少输几个字母", "Nothing found; try fewer letters"),
    "search_more": Text("还有更多，请继续输入", "More match; go on typing"),
    "card_invite": Text("放上身份证，点一下就取号", "With your ID card: one touch"),
    "card_notice": Text(
        "仅用于防止重复取号，不保存姓名和证件号",
        "Name and ID number are not kept",
    ),
    "card_held": Text("已读身份证，请拿好并选择事项", "Card read. Take it, then choose"),
    "card_forget": Text("不用身份证", "Without card"),
    "card_off": Text("身份证阅读器暂不可用，请直接点选", "Card reader out of use; just choose"),
    "scan_invite": Text("扫号票查进度、评价", "Scan your ticket: progress, rating"),
    "privacy": Text("隐私说明", "Privacy"),
    "take_number": Text("取号", "Take a number"),
    "or_card": Text("或把身份证放在感应区", "or lay your ID card on the reader"),
    "reserving": Text("正在取号", "Taking your number"),
    "printing": Text("正在打印号票", "Printing your ticket"),
    "checking_in": Text("正在签到", "Checking in"),
    "looking": Text("正在查询", "Looking it up"),
    "sending": Text("正在提交评价", "Handing in your rating"),
    "please_wait": Text("请稍候", "Please wait"),
    "your_number": Text("您的号码", "Your number"),
    "ahead": Text("前面还有", "Ahead of you"),
    "people": Text("人", ""),
    "nobody_ahead": Text("前面无人等候，请留意叫号", "You are next. Watch the screens"),
    "go_to": Text("请到", "Please go to"),
    "take_paper": Text("请取走下方的号票", "Please take your ticket below"),
    "no_paper": Text(
        "打印机没有确认出票。如未拿到号票，请记住号码，它仍然有效。",
        "The printer did not confirm. Without paper, remember this number: it is valid.",
    ),
    "done": Text("完成", "Done"),
    "void_number": Text("号码已作废", "This number is void"),
    "void_advice": Text("不会叫到这个号。", "It will not be called."),
    "rate": Text("请评价本次服务", "How was the service?"),
    "rate_free": Text("评价自愿，由您本人点选", "Voluntary, and yours alone"),
    "rate_why": Text("请选择原因（至少一项）", "Please say why (one at least)"),
    "rate_more": Text("想说得更具体吗？（可不选）", "Anything in particular? (optional)"),
    "submit": Text("提交评价", "Hand in"),
    "thanks": Text("谢谢您的评价", "Thank you"),
    "thanks_text": Text("您的意见会帮助我们改进服务。", "Your rating helps us to do better."),
    "still_there": Text("您还在吗？", "Are you still there?"),
    "still_there_text": Text(
        "为保护您的隐私，稍后将回到首页", "To protect your privacy, this page will close"
    ),
    "still_here": Text("我还在", "I am here"),
    "seconds": Text("秒", "s"),
    "printer_off": Text("本机暂不能取号", "No tickets here at the moment"),
    "code_chosen": Text("您扫描的事项", "The service of your code"),
}
"""Every word of a page by its key. Both languages are shown: one leads, the other is smaller."""

PRIVACY: tuple[Text, ...] = (
    Text(
        "读取身份证只为一个目的：同一人同一事项不重复排队。",
        "Your card is read for one purpose: nobody queues twice for the same service.",
    ),
    Text(
        "证件号在读卡时立即换算成不可还原的代码，姓名、住址、照片不读取、不保存。",
        "The ID number is at once turned into a code that cannot be turned back. "
        "Name, address and photo are neither used nor kept.",
    ),
    Text(
        "号票、屏幕、广播只出现排队号码。",
        "Tickets, screens and announcements show queue numbers only.",
    ),
    Text(
        "不愿放身份证，也可以直接点选事项取号，效果相同。",
        "Without a card you can simply choose on the screen; your number is as good.",
    ),
)
"""The notice about a card's data, as paragraphs."""

NOT_NOW = {
    ServiceStatus.NIGHT: Text("取下次的号", "For later"),
    ServiceStatus.CLOSED: Text("现已停止取号", "No numbers now"),
    ServiceStatus.USED_UP: Text("排队号已取完", "No numbers left"),
}
"""Said of a service instead of how many wait for it."""
MANY_WAITING = Text("等候 {count} 人", "{count} waiting")
NONE_WAITING = Text("无需等候", "No queue")
SHEET = Text("{sheet} / {sheets}", "{sheet} / {sheets}")
FLOOR = Text("{floor}楼", "F{floor}")
WINDOW = Text("{counter}号窗口", "Window {counter}")
