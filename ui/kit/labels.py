"""How a counter's label is set in large type: its number alone, its words smaller. Pure."""

import re

from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId
from ui.kit.i18n import Language, pick


def split_label(counter: CounterId, label: Text, language: Language) -> tuple[str, str]:
    """Split a counter's label into what stands beside its number and what stands below.

    "23号综合窗口" gives 号 and 综合窗口, "Window 23 (comprehensive)" nothing and Window; a
    label that does not hold the number stands below as it is.
    """
    words = pick(label, language)
    if language is Language.ZH:
        found = re.fullmatch(rf"{counter}(?!\d)(号?)(.*)", words)
        return (found[1], found[2]) if found else ("", words)
    found = re.fullmatch(rf"(.*?)\s*\b{counter}\b.*", words)
    return "", (found[1] if found else words)
