"""What a visitor can say about a service beside the stars: the national set, by code.

The codes and their wording are those of the national "good and bad reviews" exchange; two levels
never share a code. Codes travel and are stored, words are for people.
"""

from collections.abc import Mapping

from hallserver.protocol.errors import Text

LOWEST_GOOD_STARS = 3
"""Below this a rating is a bad one, and has to say why."""

TAGS: Mapping[int, Mapping[str, Text]] = {
    5: {
        "510": Text("一窗受理一次办结", "All done at one window, in one visit"),
        "511": Text("可以先受理后补材料", "Accepted first, papers handed in later"),
        "512": Text("不用提交证明", "No certificates needed"),
        "513": Text("可以全程网上办理", "Can be done entirely online"),
        "516": Text("无需材料直接办理", "No papers needed at all"),
        "517": Text("服务热情效率高", "Friendly and quick"),
    },
    4: {
        "406": Text("填写一张表单就可完成申报", "One form was enough"),
        "407": Text("在线提交材料窗口核验", "Papers sent online, checked here"),
        "408": Text("一张清单告知全部申报材料", "One list named all papers"),
        "410": Text("可以在线预约办理", "Can be booked online"),
        "411": Text("跑大厅一次办完", "Done in one visit"),
        "413": Text("服务态度较好", "Rather friendly"),
    },
    3: {
        "307": Text("一次性告知需要补正的材料", "Told at once what was missing"),
        "308": Text("提供申报材料样本", "Samples of the papers provided"),
        "309": Text("在承诺的时间内办结", "Done within the promised time"),
        "310": Text("办事指南指引准确", "The guide was right"),
        "313": Text("跑动次数与承诺的一致", "No more visits than promised"),
        "314": Text("服务态度一般", "Neither friendly nor unfriendly"),
    },
    2: {
        "207": Text("没有提供材料样本", "No samples of the papers"),
        "208": Text("没有提供材料清单", "No list of the papers"),
        "209": Text("未在承诺时间内办结", "Not done within the promised time"),
        "212": Text("在线预约后到大厅重复取号排队", "Booked online, had to queue again"),
        "213": Text("窗口人员业务不熟练", "Staff did not know the matter well"),
        "214": Text("服务态度生硬", "Unfriendly"),
    },
    1: {
        "108": Text("在办事指南之外增加新的审批条件", "Conditions that the guide does not name"),
        "109": Text("需提供办事指南之外的申报材料", "Papers that the guide does not name"),
        "110": Text("无理由超过法定办理时间", "Longer than the law allows, no reason given"),
        "113": Text("多头跑窗口和部门", "Sent from window to window"),
        "114": Text("跑动次数与承诺的不一致", "More visits than promised"),
        "115": Text("服务态度差效率低", "Unfriendly and slow"),
    },
}
"""Tags by stars: code to words, in the order in which they are shown."""


def needs_tag(stars: int) -> bool:
    """Whether a rating with so many stars has to give at least one reason."""
    return stars < LOWEST_GOOD_STARS
