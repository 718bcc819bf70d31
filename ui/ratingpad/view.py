"""What the QML of a rating pad binds to, made from the flow's state. Pure."""

from dataclasses import dataclass

from hallserver.client.updates import LinkState
from hallserver.protocol.errors import Text
from ui.kit.i18n import Language, pick
from ui.kit.labels import split_label
from ui.ratingpad.flow import Page, State
from ui.ratingpad.texts import TEXTS

HURRY_S = 10.0
"""Only this long before a page leaves by itself does it show that it will."""

_MESSAGES = {
    Page.SENDING: ("info", "wait", "ratingpad.sending", None),
    Page.KEPT: ("ok", "check", "ratingpad.kept", "ratingpad.kept_text"),
    Page.THANKS: ("ok", "check", "ratingpad.thanks", "ratingpad.thanks_text"),
    Page.REFUSED: ("warn", "info", "ratingpad.refused", "ratingpad.refused_text"),
}


@dataclass(frozen=True)
class Message:
    """A page that only says something: which colours, which glyph, what."""

    kind: str
    glyph: str
    title: str
    text: str


def pad_view(state: State, language: Language) -> dict[str, object]:
    """Describe the pad in plain types, by the names that QML binds to."""
    clerk = state.clerk or (state.snapshot.clerk if state.snapshot else None)
    label = state.label or Text(f"{state.counter}号窗口", f"Window {state.counter}")
    message = _message(state, language)
    return {
        "page": state.page.value,
        "isMessage": state.page in _MESSAGES,
        "counter": pick(label, language),
        "counterNumber": str(state.counter),
        "counterWords": "".join(split_label(state.counter, label, language)),
        "clerk": pick(clerk.name, language) if clerk else "",
        "staffNumber": clerk.staff_number if clerk else "",
        "number": state.ticket.number if state.ticket else "",
        "chosenStars": state.stars,
        "reasons": _reasons(state, language),
        "isExpanded": state.is_expanded,
        "hasMore": any(not tag.is_core for tag in state.tags.of(state.stars)),
        "maySend": state.may_send,
        "mayReopen": state.may_reopen,
        "notice": _notice(state, language),
        "hurry": _hurry(state),
        "kind": message.kind,
        "glyph": message.glyph,
        "title": message.title,
        "text": message.text,
    }


def _reasons(state: State, language: Language) -> list[dict[str, object]]:
    if state.page is not Page.REASONS:
        return []
    return [
        {"code": tag.code, "text": pick(tag.text, language), "chosen": tag.code in state.chosen}
        for tag in state.tags.of(state.stars)
        if tag.is_core is not state.is_expanded
    ]


def _message(state: State, language: Language) -> Message:
    if state.page not in _MESSAGES:
        return Message("info", "", "", "")
    kind, glyph, title_key, text_key = _MESSAGES[state.page]
    text = pick(TEXTS[text_key], language) if text_key else ""
    if state.refusal is not None:
        text = pick(state.refusal, language)
        title_key = "ratingpad.already" if state.page is Page.THANKS else title_key
    return Message(kind, glyph, pick(TEXTS[title_key], language), text)


def _notice(state: State, language: Language) -> str:
    if state.link in (LinkState.LIVE, LinkState.CONNECTING):
        return ""
    key = "ratingpad.stale" if state.link is LinkState.STALE else "ratingpad.outdated"
    return pick(TEXTS[key], language)


def _hurry(state: State) -> float:
    """Return how much is left of a question's last seconds, 1 to 0; -1 before."""
    ends_in_s = state.page_ends_in_s
    if state.page not in (Page.ASK, Page.REASONS) or ends_in_s is None or ends_in_s > HURRY_S:
        return -1.0
    return ends_in_s / HURRY_S
