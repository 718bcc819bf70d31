"""Refusals: a code for programs and a sentence for people, in both languages of the hall."""

from enum import StrEnum, unique

import msgspec


class Text(msgspec.Struct, frozen=True):
    """One sentence or name in Chinese and in English."""

    zh: str
    en: str


@unique
class RejectionCode(StrEnum):
    """Why a command was refused. The hall is unchanged after any of them."""

    MALFORMED = "malformed"
    CLIENT_TOO_OLD = "client_too_old"
    CLIENT_TOO_NEW = "client_too_new"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_TICKET = "unknown_ticket"
    FORGED_TICKET = "forged_ticket"
    OTHER_DAY_TICKET = "other_day_ticket"
    ALREADY_WAITING = "already_waiting"
    NUMBERS_USED_UP = "numbers_used_up"
    CLOSED_NOW = "closed_now"
    KIOSKS_CLOSED = "kiosks_closed"
    DISK_LOW = "disk_low"
    TOO_MANY_COMPANIONS = "too_many_companions"
    CARD_NEEDED = "card_needed"
    UNKNOWN_ITEM = "unknown_item"
    ALREADY_CALLED = "already_called"
    WRONG_STATE = "wrong_state"
    NOT_SIGNED_IN = "not_signed_in"
    NO_PERMISSION = "no_permission"
    WRONG_PASSWORD = "wrong_password"
    COUNTER_TAKEN = "counter_taken"
    CLERK_ELSEWHERE = "clerk_elsewhere"
    COUNTER_BUSY = "counter_busy"
    NOT_AT_THIS_COUNTER = "not_at_this_counter"
    NOBODY_WAITING = "nobody_waiting"
    RECALL_LIMIT = "recall_limit"
    NOT_SERVED_YET = "not_served_yet"
    ALREADY_RATED = "already_rated"
    NOT_BOOKABLE = "not_bookable"
    DAY_NOT_BOOKABLE = "day_not_bookable"
    UNKNOWN_SLOT = "unknown_slot"
    SLOT_PASSED = "slot_passed"
    SLOT_FULL = "slot_full"
    ALREADY_BOOKED = "already_booked"
    NO_APPOINTMENT = "no_appointment"
    APPOINTMENT_TOO_EARLY = "appointment_too_early"
    APPOINTMENT_OTHER_DAY = "appointment_other_day"
    ALREADY_CHECKED_IN = "already_checked_in"
    UNKNOWN_PRIORITY = "unknown_priority"
    NOT_CALLED_YET = "not_called_yet"
    SAME_NUMBER = "same_number"
    UNDO_TOO_LATE = "undo_too_late"
    REINSTATE_REFUSED = "reinstate_refused"
    REINSTATE_LIMIT = "reinstate_limit"
    UNKNOWN_COUNTER = "unknown_counter"
    COUNTER_LACKS_SERVICE = "counter_lacks_service"
    COUNTER_UNSTAFFED = "counter_unstaffed"
    SERVICE_NOT_SERVED = "service_not_served"
    TRANSFER_TO_ITSELF = "transfer_to_itself"
    ALREADY_RETURNING = "already_returning"
    PARK_LIMIT = "park_limit"
    COUNTER_PAUSED = "counter_paused"

    SERVICE_UNSERVED = "service_unserved"
    PROPOSAL_ENDED = "proposal_ended"


SENTENCES: dict[RejectionCode, Text] = {
    RejectionCode.MALFORMED: Text(
        "请求有误，未作任何更改。请重试或联系工作人员。",
        "The request was not understood; nothing was changed. Please try again or ask the staff.",
    ),
    RejectionCode.CLIENT_TOO_OLD: Text(
        "本设备的软件版本过旧，请更新本设备。",
        "The software of this device is too old. Please update this device.",
    ),
    RejectionCode.CLIENT_TOO_NEW: Text(
        "大厅服务器的软件版本过旧，请更新服务器。",
        "The hall server's software is too old. Please update the server.",
    ),
    RejectionCode.NOT_PERMITTED: Text("本设备无权进行此操作。", "This device may not do that."),
    RejectionCode.UNKNOWN_SERVICE: Text(
        "本大厅不办理此事项，请到咨询台询问。",
        "This hall does not offer that service. Please ask at the information desk.",
    ),
    RejectionCode.UNKNOWN_TICKET: Text(
        "没有找到这个号码，请到咨询台询问。",
        "This number was not found. Please ask at the information desk.",
    ),
    RejectionCode.FORGED_TICKET: Text(
        "此二维码不是本大厅的号票。", "This QR code is not a ticket of this hall."
    ),
    RejectionCode.OTHER_DAY_TICKET: Text(
        "此号票不是今天的，请重新取号。",
        "This ticket is from another day. Please take a new number.",
    ),
    RejectionCode.ALREADY_WAITING: Text(
        "您已取过此事项的号，正在排队，请勿重复取号。",
        "You already hold a number for this service and are in line.",
    ),
    RejectionCode.NUMBERS_USED_UP: Text(
        "今天此事项的排队号已取完，请明天再来。",
        "All numbers of this service are taken for today. Please come again tomorrow.",
    ),
    RejectionCode.CLOSED_NOW: Text(
        "现在不能取此事项的号，请到咨询台询问开放时间。",
        "No numbers for this service now. Please ask at the information desk when to come.",
    ),
    RejectionCode.KIOSKS_CLOSED: Text(
        "取号机已暂停取号，请到咨询台询问。",
        "The kiosks give no numbers now. Please ask at the information desk.",
    ),
    RejectionCode.DISK_LOW: Text(
        "系统存储空间不足，暂停取号，请联系工作人员。",
        "No new numbers now: the server's disk is full. Please tell the staff.",
    ),
    RejectionCode.TOO_MANY_COMPANIONS: Text(
        "同行人数超过上限，请分开取号。",
        "Too many companions for one number. Please take another one for them.",
    ),
    RejectionCode.CARD_NEEDED: Text(
        "请先刷身份证；无法刷证时，请导办人员选择原因后取号。",
        "Please present an ID card first. Without one, a guide can give a number with a reason.",
    ),
    RejectionCode.UNKNOWN_ITEM: Text(
        "本大厅不办理这一件事，请到咨询台询问。",
        "This hall does not offer that matter. Please ask at the information desk.",
    ),
    RejectionCode.ALREADY_CALLED: Text(
        "您的号码已被叫到，不能取消，请到窗口说明。",
        "Your number has been called and cannot be cancelled here. Please tell the window.",
    ),
    RejectionCode.WRONG_STATE: Text(
        "该号码当前状态不能进行此操作。",
        "That cannot be done with this number at the moment.",
    ),
    RejectionCode.NOT_SIGNED_IN: Text(
        "窗口尚未登录，请先登录。", "Nobody is signed in at this window. Please sign in first."
    ),
    RejectionCode.NO_PERMISSION: Text(
        "您的账号没有此操作的权限，请联系主管。",
        "Your account may not do that. Please ask a supervisor.",
    ),
    RejectionCode.WRONG_PASSWORD: Text(
        "账号或密码不正确。", "The account or the password is not right."
    ),
    RejectionCode.COUNTER_TAKEN: Text(
        "本窗口已有工作人员登录，请先退出。",
        "Another clerk is signed in at this window. Please sign out first.",
    ),
    RejectionCode.CLERK_ELSEWHERE: Text(
        "您已在其他窗口登录，请先在那里退出。",
        "You are signed in at another window. Please sign out there first.",
    ),
    RejectionCode.COUNTER_BUSY: Text(
        "当前号码尚未办结，请先办结或标记过号。",
        "The present number is not finished. Complete it or mark it as missed first.",
    ),
    RejectionCode.NOT_AT_THIS_COUNTER: Text(
        "该号码不在本窗口办理。", "That number is not at this window."
    ),
    RejectionCode.NOBODY_WAITING: Text("当前无人等候。", "Nobody is waiting for this window."),
    RejectionCode.RECALL_LIMIT: Text(
        "重呼次数已达上限，可标记过号。",
        "The number was recalled as often as allowed. It can be marked as missed.",
    ),
    RejectionCode.NOT_SERVED_YET: Text(
        "办理完成后才能评价。", "A service can be rated once it has been completed."
    ),
    RejectionCode.UNKNOWN_PRIORITY: Text(
        "本大厅没有这类优先，请从列表中选择。",
        "This hall has no such priority class. Please choose one from the list.",
    ),
    RejectionCode.NOT_CALLED_YET: Text(
        "该号码今天还没有被呼叫过，请核对号码。",
        "That number has not been called today. Please check the number.",
    ),
    RejectionCode.SAME_NUMBER: Text(
        "两个号码相同，请输入另一个号码。",
        "Both numbers are the same. Please enter another one.",
    ),
    RejectionCode.ALREADY_RATED: Text(
        "此次服务已经评价过，谢谢。", "This service has been rated already. Thank you."
    ),
    RejectionCode.NOT_BOOKABLE: Text(
        "此事项不办理预约，请到大厅直接取号。",
        "This service takes no appointments. Please take a number in the hall.",
    ),
    RejectionCode.DAY_NOT_BOOKABLE: Text(
        "这一天不能预约此事项，请选择其他日期。",
        "This service cannot be booked for that day. Please choose another day.",
    ),
    RejectionCode.UNKNOWN_SLOT: Text(
        "没有这个预约时段，请选择其他时段。",
        "There is no such time to book. Please choose another one.",
    ),
    RejectionCode.SLOT_PASSED: Text(
        "该预约时段已过，请选择其他时段。",
        "That time has passed. Please choose another one.",
    ),
    RejectionCode.SLOT_FULL: Text(
        "该时段已约满，请选择其他时段。",
        "That time is fully booked. Please choose another one.",
    ),
    RejectionCode.ALREADY_BOOKED: Text(
        "当天已预约此事项，请按时前来，或先取消。",
        "It is booked for that day already. Please come then, or cancel it.",
    ),
    RejectionCode.NO_APPOINTMENT: Text(
        "没有查到今天的预约，请取号或到咨询台询问。",
        "No appointment was found for today. Please take a number or ask.",
    ),
    RejectionCode.APPOINTMENT_TOO_EARLY: Text(
        "还没到签到时间，请稍后再来签到。",
        "It is too early to check in. Please come again a little later.",
    ),
    RejectionCode.APPOINTMENT_OTHER_DAY: Text(
        "您的预约不是今天，请在预约当天签到。",
        "Your appointment is on another day. Please check in on that day.",
    ),
    RejectionCode.ALREADY_CHECKED_IN: Text(
        "您的预约已签到，请留意叫号。",
        "You have checked in already. Please listen for your call.",
    ),
    RejectionCode.UNDO_TOO_LATE: Text(
        "呼叫已超过可撤回的时间，可重呼或标记过号。",
        "This call can no longer be taken back. Recall the number or mark it as missed.",
    ),
    RejectionCode.REINSTATE_REFUSED: Text(
        "本事项过号作废，请重新取号。",
        "A missed number of this service is no longer valid. Please take a new number.",
    ),
    RejectionCode.REINSTATE_LIMIT: Text(
        "该号码过号次数已达上限，请重新取号。",
        "This number was missed as often as allowed. Please take a new number.",
    ),
    RejectionCode.UNKNOWN_COUNTER: Text(
        "没有这个窗口，请核对窗口号。",
        "There is no such window. Please check its number.",
    ),
    RejectionCode.COUNTER_LACKS_SERVICE: Text(
        "该窗口不办理此事项，请选择其他窗口或只选择事项。",
        "That window does not offer the service. Choose another window, or the service alone.",
    ),
    RejectionCode.COUNTER_UNSTAFFED: Text(
        "该窗口目前无人，请选择其他窗口或只选择事项。",
        "Nobody is at that window now. Choose another window, or the service alone.",
    ),
    RejectionCode.SERVICE_NOT_SERVED: Text(
        "目前没有窗口办理此事项，请联系主管。",
        "No window offers that service now. Please ask a supervisor.",
    ),
    RejectionCode.TRANSFER_TO_ITSELF: Text(
        "该号码已在本窗口办理此事项，请选择其他事项或窗口。",
        "The number is at this window for this service. Choose another service or window.",
    ),
    RejectionCode.ALREADY_RETURNING: Text(
        "该号码办完后要回到原窗口，只能转出，不能再要求返回。",
        "This number goes back to the window that sent it. Transfer it without a return.",
    ),
    RejectionCode.PARK_LIMIT: Text(
        "本窗口挂起的号码已达上限，请先恢复一个。",
        "This window has parked as many numbers as allowed. Resume one of them first.",
    ),
    RejectionCode.COUNTER_PAUSED: Text(
        "本窗口已暂停服务，请先恢复。",
        "This window is paused. Please end the pause first.",
    ),
    RejectionCode.SERVICE_UNSERVED: Text(
        "有事项将无窗口办理，请先安排到其他窗口。",
        "A service would have no window. Please give it to another one first.",
    ),
    RejectionCode.PROPOSAL_ENDED: Text(
        "此建议已处理或已撤回，无需再操作。",
        "This proposal has been dealt with or withdrawn. There is nothing left to do.",
    ),
}
