"""Why this one? One true sentence in each language, for every call and everybody else."""

from hallserver.domain.past import CallMade
from hallserver.domain.plan import HallPlan, counter_label
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Ticket
from hallserver.domain.why import Claim, claim
from hallserver.protocol.commands import CallWish
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, PriorityId, ServiceId, TicketId
from hallserver.protocol.states import TicketState

SENTENCES: dict[Claim, Text] = {
    Claim.NOT_TAKEN: Text(
        "呼叫{it}号时，{other}号还没有取号。",
        "{other} had not been taken yet when {it} was called.",
    ),
    Claim.NO_PAPER: Text(
        "呼叫{it}号时，{other}号的号票还没有确认打印，不能呼叫。",
        "When {it} was called, the paper of {other} was not confirmed yet, so it could not be.",
    ),
    Claim.AT_A_COUNTER: Text(
        "呼叫{it}号时，{other}号已经被叫到{others_counter}。",
        "When {it} was called, {other} had already been called to {others_counter}.",
    ),
    Claim.PARKED: Text(
        "呼叫{it}号时，{other}号已由{others_counter}受理并暂时挂起，不在排队。",
        "When {it} was called, {other} had been set aside by {others_counter} and was not in line.",
    ),
    Claim.MISSED: Text(
        "{other}号此前叫号未到，呼叫{it}号时还没有恢复排队。",
        "{other} had missed its call and was not back in line when {it} was called.",
    ),
    Claim.COMPLETED: Text(
        "呼叫{it}号时，{other}号已经办结。",
        "When {it} was called, {other} had already been completed.",
    ),
    Claim.OVER: Text(
        "呼叫{it}号时，{other}号{others_end}，不再排队。",
        "When {it} was called, {other} had been {others_end} and was not in line.",
    ),
    Claim.OTHER_SERVICE: Text(
        "{other}号等候的是“{others_service}”，{counter}当时不办理此事项。",
        "{other} waited for “{others_service}”, which {counter} did not serve at that time.",
    ),
    Claim.OTHER_COUNTER: Text(
        "{other}号已转到{others_own_counter}，只能由该窗口呼叫。",
        "{other} had been sent to {others_own_counter}, and only that window may call it.",
    ),
    Claim.BY_CLERK: Text(
        "{it}号是{counter}工作人员指定呼叫的，原因：{wish}。",
        "{it} was called out of turn by the clerk of {counter}; the reason: {wish}.",
    ),
    Claim.AGED: Text(
        "{it}号已等候{its_wait}，达到{limit}的上限，{other}号未达到。",
        "{it} had waited {its_wait}, which reaches the limit of {limit}; {other} had not.",
    ),
    Claim.AGED_LONGER: Text(
        "两个号的等候都达到了{limit}的上限，{it}号等候{its_wait}，不短于{other}号的{others_wait}。",
        "Both had reached the limit of {limit}; {it} had waited {its_wait}, no less than "
        "{other} with {others_wait}.",
    ),
    Claim.ADDRESSED: Text(
        "{it}号是专门转到{counter}的，该窗口先呼叫转来的号。",
        "{it} had been sent to {counter} itself, which calls those first.",
    ),
    Claim.APPOINTMENT: Text(
        "{it}号有预约且预约时段已到，先于没有预约的{other}号。",
        "{it} had an appointment whose time had come, and goes before {other}, which had none.",
    ),
    Claim.EARLIER_APPOINTMENT: Text(
        "{it}号的预约时段早于{other}号的预约时段。",
        "The appointment of {it} was earlier than that of {other}.",
    ),
    Claim.APPOINTMENT_TO_COME: Text(
        "呼叫{it}号时，{other}号的预约时段还没有开始。",
        "When {it} was called, the appointment of {other} had not begun yet.",
    ),
    Claim.GREEN_CHANNEL: Text(
        "{counter}的绿色通道先呼叫“{its_service}”，{it}号办理此事项。",
        "The green channel of {counter} takes “{its_service}” first, which {it} waited for.",
    ),
    Claim.CLASS: Text(
        "{it}号属于“{its_class}”，按规定先于{other}号所属的“{others_class}”。",
        "{it} belongs to “{its_class}”, who are called before “{others_class}” like {other}.",
    ),
    Claim.PRIORITY_TURN: Text(
        "{counter}按普通{ordinary}位、优先{priority}位轮流呼叫，当时轮到优先的{it}号。",
        "{counter} calls {ordinary} ordinary, then {priority} priority visitors in turn; it was "
        "the turn of priority, and so of {it}.",
    ),
    Claim.ORDINARY_TURN: Text(
        "{counter}按普通{ordinary}位、优先{priority}位轮流呼叫，当时轮到普通的{it}号。",
        "{counter} calls {ordinary} ordinary, then {priority} priority visitors in turn; it was "
        "the turn of ordinary ones, and so of {it}.",
    ),
    Claim.SERVICE_ORDER: Text(
        "{counter}先办理“{its_service}”（{it}号），再办理“{others_service}”（{other}号）。",
        "{counter} takes “{its_service}” ({it}) before “{others_service}” ({other}).",
    ),
    Claim.TARGET: Text(
        "{counter}先呼叫已等时间占目标时间比例最大的事项，当时是{it}号的“{its_service}”。",
        "{counter} takes the service whose target waiting time is used up most; that was "
        "“{its_service}”, which {it} waited for.",
    ),
    Claim.WEIGHT: Text(
        "{counter}先呼叫按权重计算等候最久的事项，当时是{it}号的“{its_service}”。",
        "{counter} takes the service with the longest weighted wait; that was “{its_service}”, "
        "which {it} waited for.",
    ),
    Claim.TAKEN_EARLIER: Text("{it}号取号早于{other}号。", "{it} was taken earlier than {other}."),
    Claim.REINSTATED_BEHIND: Text(
        "{other}号叫号未到，恢复排队后按规定排在{it}号之后。",
        "{other} had missed its call and by the hall's rule came back in line behind {it}.",
    ),
    Claim.SENT_BEHIND: Text(
        "{other}号由窗口转来，按规定排在{it}号之后。",
        "{other} had been sent on by a window and by the hall's rule stood behind {it}.",
    ),
    Claim.CAME_BACK_AHEAD: Text(
        "{it}号此前已叫过号，回到队伍后按规定排在{other}号之前。",
        "{it} had been called before, came back in line and by the hall's rule stood ahead of "
        "{other}.",
    ),
    Claim.AHEAD: Text("{it}号在队伍中排在{other}号之前。", "{it} stood ahead of {other} in line."),
}

WISHES: dict[CallWish, Text] = {
    CallWish.VISITOR_ASKED: Text("群众请求", "the visitor asked for it"),
    CallWish.URGENT: Text("情况紧急", "it was urgent"),
    CallWish.RETURNED: Text("补齐材料后返回", "the visitor came back with what was missing"),
    CallWish.MISTAKE: Text("纠正工作差错", "a mistake was made good"),
    CallWish.OTHER: Text("其他", "another one"),
}

_ENDS = {
    TicketState.VOIDED: Text("已作废", "taken back"),
    TicketState.CANCELLED: Text("已取消", "cancelled"),
    TicketState.EXPIRED: Text("已过期", "expired"),
}
_ORDINARY = Text("普通群众", "ordinary visitors")
_NONE = Text("", "")


def explain(state: HallState, call: CallMade, other: TicketId) -> Text:
    """Say why a call was not for another ticket of the day."""
    sentence = SENTENCES[claim(state, call, other)]
    facts = _facts(state, call, other)
    return Text(
        sentence.zh.format_map({name: text.zh for name, text in facts.items()}),
        sentence.en.format_map({name: text.en for name, text in facts.items()}),
    )


def _facts(state: HallState, call: CallMade, other: TicketId) -> dict[str, Text]:
    plan, policy = state.plan, call.policy
    it = state.past.before(call.ticket, call.seq)[-1].ticket
    past = state.past.before(other, call.seq)
    then = past[-1].ticket if past else state.tickets[other]
    return {
        "it": _same(it.number),
        "other": _same(then.number),
        "counter": _counter(plan, call.counter),
        "others_counter": _counter(plan, then.counter),
        "others_own_counter": _counter(plan, then.for_counter),
        "its_service": _service(plan, it.service),
        "others_service": _service(plan, then.service),
        "its_class": _class(plan, it.priority),
        "others_class": _class(plan, then.priority),
        "others_end": _ENDS.get(then.state, _NONE),
        "its_wait": _waited(call, it),
        "others_wait": _waited(call, then),
        "limit": _duration(policy.ageing_s or 0),
        "ordinary": _same(str(policy.ordinary)),
        "priority": _same(str(policy.priority)),
        "wish": _NONE if call.wish is None else WISHES[call.wish],
    }


def _same(text: str) -> Text:
    return Text(text, text)


def _counter(plan: HallPlan, counter: CounterId | None) -> Text:
    """Name a counter, also one that the hall file has lost since."""
    if counter is None:
        return _NONE
    found = plan.find_counter(counter)
    return counter_label(counter) if found is None else found.label


def _service(plan: HallPlan, service: ServiceId) -> Text:
    found = plan.find_service(service)
    return _same(service) if found is None else found.name


def _class(plan: HallPlan, priority: PriorityId | None) -> Text:
    if priority is None:
        return _ORDINARY
    found = plan.find_priority(priority)
    return _same(priority) if found is None else found.name


def _waited(call: CallMade, ticket: Ticket) -> Text:
    return _duration((call.elapsed_ms - ticket.waiting.counts_from_ms) // 1000)


def _duration(seconds: int) -> Text:
    """Say a duration to the second that it has reached."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return Text(f"{rest}秒", f"{rest} s")
    if not rest:
        return Text(f"{minutes}分钟", f"{minutes} min")
    return Text(f"{minutes}分{rest}秒", f"{minutes} min {rest} s")
