"""The reasons of a rating, by stars: data with a version, since provinces revise the set. Pure.

A rating of one or two stars (差评) is only complete with a reason; the code travels in the
command's `tags`. The stars are ours; official exchanges number the levels in two opposite
directions, so they are mapped where the exchange is spoken and nowhere else.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from hallserver.protocol.bounds import MAX_TAG_CHARS, MAX_TAGS
from hallserver.protocol.errors import Text

WORST_STARS_NEEDING_TAG = 2
"""From this many stars down a rating needs a reason."""


class RatingTagsError(ValueError):
    """The table of reasons is not usable; the text says what and where."""


@dataclass(frozen=True)
class RatingTag:
    """One reason: its official code and its words."""

    code: str
    text: Text
    is_core: bool


@dataclass(frozen=True)
class RatingTags:
    """All reasons of one version, core ones first within each level."""

    version: str
    by_stars: Mapping[int, tuple[RatingTag, ...]]

    def of(self, stars: int) -> tuple[RatingTag, ...]:
        """Return the reasons that can go with so many stars."""
        return self.by_stars.get(stars, ())


class _Tag(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    zh: str
    en: str
    core: bool = False


class _Level(msgspec.Struct, forbid_unknown_fields=True):
    stars: int
    tags: list[_Tag]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: str
    level: list[_Level]


def needs_tag(stars: int) -> bool:
    """Say whether a rating is only complete with a reason."""
    return stars <= WORST_STARS_NEEDING_TAG


def parse_rating_tags(toml: str) -> RatingTags:
    """Read a table of reasons.

    Raises RatingTagsError: not such a file, a code twice or too long, more than `MAX_TAGS` in a
    level, or none where a rating needs one.
    """
    try:
        file = msgspec.convert(tomllib.loads(toml), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RatingTagsError(f"not a table of rating reasons: {error}") from error
    by_stars: dict[int, tuple[RatingTag, ...]] = {}
    seen: set[str] = set()
    for level in file.level:
        if level.stars not in range(1, 6) or level.stars in by_stars:
            raise RatingTagsError(f"level of {level.stars} stars is unknown or there twice")
        if len(level.tags) > MAX_TAGS:
            raise RatingTagsError(f"{level.stars} stars: more than {MAX_TAGS} reasons")
        for tag in level.tags:
            if tag.code in seen or not 1 <= len(tag.code) <= MAX_TAG_CHARS:
                raise RatingTagsError(f"code {tag.code!r} is there twice or of a wrong length")
            seen.add(tag.code)
        tags = [RatingTag(tag.code, Text(tag.zh, tag.en), tag.core) for tag in level.tags]
        by_stars[level.stars] = tuple(sorted(tags, key=lambda tag: not tag.is_core))
    for stars in range(1, WORST_STARS_NEEDING_TAG + 1):
        if not by_stars.get(stars):
            raise RatingTagsError(f"{stars} stars need at least one reason to choose from")
    return RatingTags(file.version, by_stars)
