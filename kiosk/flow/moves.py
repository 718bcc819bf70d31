"""The few moves that everything else is made of. Each returns the new state and what to do."""

from hallserver.client.updates import LinkState
from hallserver.protocol.commands import Command
from hallserver.protocol.errors import Text
from kiosk.flow.effects import Effect, Submit
from kiosk.flow.events import Tag
from kiosk.flow.pages import Home, OutOfService, Page
from kiosk.flow.state import DEAF_S, MAX_OWED, NOTICE_S, KioskState, Notice
from ui.kit.values import replace

Moved = tuple[KioskState, tuple[Effect, ...]]


def stay(state: KioskState) -> Moved:
    """Change nothing more."""
    return state, ()


def go(state: KioskState, page: Page) -> Moved:
    """Show another page; what is touched in the next moment was meant for the last one."""
    return (
        replace(
            state,
            page=page,
            page_since_s=state.now_s,
            touched_s=state.now_s,
            deaf_until_s=state.now_s + DEAF_S,
            notice=None,
        ),
        (),
    )


def go_home(state: KioskState) -> Moved:
    """End the visit: nothing of the person stays."""
    is_able = state.link is LinkState.LIVE and state.catalog is not None
    clean = replace(state, person=None, priority=None, language=state.house_language)
    return go(clean, Home() if is_able else OutOfService())


def notify(state: KioskState, text: Text, *, is_good: bool) -> Moved:
    """Say something above the page for a while."""
    notice = Notice(text, is_good, state.now_s + NOTICE_S)
    return replace(state, notice=notice, touched_s=state.now_s), ()


def submit(state: KioskState, command: Command) -> tuple[KioskState, Tag, tuple[Effect, ...]]:
    """Ask the hall; return the tag that the answer will carry."""
    tag = state.next_tag
    return replace(state, next_tag=Tag(tag + 1)), tag, (Submit(tag, command),)


def tell(state: KioskState, command: Command) -> Moved:
    """Tell the hall something that it must come to know, whatever the screen does meanwhile."""
    state, _, effects = submit(state, command)
    return state, effects


def owe(state: KioskState, command: Command) -> KioskState:
    """Remember to tell it later.

    Beyond the bound it is given up: an unconfirmed number becomes valid when it is shown, an
    unvoided one is never called.
    """
    if len(state.owed) >= MAX_OWED:
        return state
    return replace(state, owed=(*state.owed, command))
