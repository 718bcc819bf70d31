"""Ticket faces for the printer's tests: plain ones, hard ones, and made-up ones."""

from hypothesis import strategies as st

from devices.printer.face import MAX_WHERE_LINES, TicketFace, TicketLanguage

TOKEN = "JH1.20251124.A001.c2lnbmF0dXJlMTIzNDU2Nzg5MA"


def plain_face(number: str = "A001", people_ahead: int = 12) -> TicketFace:
    """Return a ticket as most people get it."""
    return TicketFace(
        hall_title="邵阳市政务服务中心",
        zone="民生事务",
        department="市人力资源和社会保障局",
        service_zh="社会保险参保登记",
        service_en="Social insurance registration",
        number=number,
        people_ahead=people_ahead,
        where_lines=("1楼 民生事务 21–30号窗口",),
        issued_text="2025-11-24 09:31",
        hint="请留意屏幕与广播叫号",
        missed_call_rule="过号3位后可在原窗口重新排队",
        qr_text=TOKEN.replace("A001", number),
    )


def long_face() -> TicketFace:
    """Return a ticket that has much to say, still as a real hall might."""
    return TicketFace(
        hall_title="邵阳市政务服务中心（市公共资源交易中心）",
        zone="商事登记",
        department="市市场监督管理局（知识产权局）行政审批服务科",
        service_zh="企业名称变更、法定代表人变更及经营范围变更登记一件事联办（含外商投资企业）",
        service_en="One-stop change of company name, legal representative and business scope",
        number="SD1024",
        people_ahead=128,
        where_lines=("2楼 商事登记 45、46、47、52–60号窗口", "综合窗口 61号（等候区B）"),
        issued_text="2025-11-24 10:02",
        hint="请在二楼B区等候，留意屏幕与广播叫号",
        missed_call_rule="过号作废，请重新取号",
        qr_text=TOKEN.replace("A001", "SD1024"),
        note="补打 Reprint",
    )


def english_face() -> TicketFace:
    """Return a ticket in English."""
    return TicketFace(
        hall_title="Shaoyang Government Service Center",
        zone="Public services",
        department="Municipal Bureau of Natural Resources and Planning",
        service_zh="不动产登记",
        service_en="Real estate registration",
        number="B7",
        people_ahead=0,
        where_lines=("Floor 1 · Windows 8–12",),
        issued_text="24 Nov 2025 09:31",
        hint="Please watch the screens and listen for your number.",
        missed_call_rule="If you miss your call, ask at the guide desk.",
        qr_text=TOKEN,
        language=TicketLanguage.EN,
    )


def short_face() -> TicketFace:
    """Return a ticket that says as little as one can."""
    return TicketFace(
        hall_title="厅",
        zone="",
        department="",
        service_zh="税",
        service_en="",
        number="7",
        people_ahead=1,
        where_lines=(),
        issued_text="09:31",
        hint="",
        missed_call_rule="",
        qr_text="7",
    )


_HANZI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
_LATIN = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -–,.()")
_MARKS = st.sampled_from("，。、（）《》“”：；·—")
_RARE = st.sampled_from("㙍䶮龘𠮷𬱖𫖯㛃〇")


def texts(max_size: int = 60) -> st.SearchStrategy[str]:
    """Make texts as a hall's configuration may hold them, with anything in them."""
    chars = st.one_of(_HANZI, _LATIN, _MARKS, _RARE, st.characters(exclude_categories=["Cs"]))
    return st.text(chars, max_size=max_size)


def faces() -> st.SearchStrategy[TicketFace]:
    """Make faces with every field free within its limits."""
    return st.builds(
        TicketFace,
        hall_title=texts(),
        zone=texts(20),
        department=texts(40),
        service_zh=texts(80),
        service_en=texts(120),
        number=st.text(
            st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789综"), min_size=1, max_size=10
        ),
        people_ahead=st.integers(0, 99999),
        where_lines=st.lists(texts(50), max_size=MAX_WHERE_LINES).map(tuple),
        issued_text=texts(24),
        hint=texts(),
        missed_call_rule=texts(),
        qr_text=st.text(
            st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200
        ),
        note=texts(30),
        language=st.sampled_from(TicketLanguage),
    )
