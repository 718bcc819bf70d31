"""Closing all kiosks at once, with a word why."""

from typing import Annotated

import msgspec
from msgspec import Meta

from hallserver.protocol.bounds import MAX_NOTICE_CHARS
from hallserver.protocol.commands.base import CommandBase

NoticeSentence = Annotated[
    str, Meta(min_length=1, max_length=MAX_NOTICE_CHARS, pattern=r"^[^\x00-\x1f\x7f]+\Z")
]


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the kiosks say while they are closed, in Chinese and in English."""

    zh: NoticeSentence
    en: NoticeSentence


class CloseKiosks(CommandBase, frozen=True, tag=True):
    """A supervisor has the kiosks give no more numbers today, and says why. Guides still may."""

    message: Notice


class OpenKiosks(CommandBase, frozen=True, tag=True):
    """The kiosks give numbers again."""
