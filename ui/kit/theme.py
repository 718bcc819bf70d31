"""Carries the values of `tokens` and `sizes` into the QML singletons `Theme` and `Texts`.

The QML side declares names without values, so that there is one source. A name that is on one
side only is a bug and stops the program at start.
"""

from collections.abc import Mapping
from dataclasses import asdict

from PySide6.QtCore import QObject
from PySide6.QtQml import QQmlEngine

from ui.kit.sizes import Sizes
from ui.kit.tokens import FONT_FAMILY, MOTION, Palette

MODULE = "Jiaohao.Kit"


class KitError(RuntimeError):
    """The kit and its QML module do not fit together, or a QML file does not load."""


def camel_case(name: str) -> str:
    """Turn `text_title` into `textTitle`, as QML names its properties."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def theme_values(palette: Palette, sizes: Sizes) -> dict[str, object]:
    """List every property of the QML singleton `Theme` with its value."""
    tokens = {**asdict(palette), **asdict(sizes), **asdict(MOTION), "family": FONT_FAMILY}
    return {camel_case(name): value for name, value in tokens.items()}


def _singleton(engine: QQmlEngine, name: str) -> QObject:
    found = engine.singletonInstance(MODULE, name)
    if not isinstance(found, QObject):
        raise KitError(f"QML module {MODULE} has no singleton {name}")
    return found


def declared_properties(instance: QObject) -> set[str]:
    """Name the properties that a QML object declares itself."""
    meta = instance.metaObject()
    return {str(meta.property(i).name()) for i in range(meta.propertyCount())} - {"objectName"}


def apply_theme(engine: QQmlEngine, palette: Palette, sizes: Sizes) -> None:
    """Set every property of `Theme`. Raises KitError when names are missing on either side."""
    theme = _singleton(engine, "Theme")
    values = theme_values(palette, sizes)
    if odd := declared_properties(theme) ^ set(values):
        raise KitError(f"Theme.qml and the tokens differ in {sorted(odd)}")
    for name, value in values.items():
        theme.setProperty(name, value)


def apply_texts(engine: QQmlEngine, texts: Mapping[str, str]) -> None:
    """Give `Texts` its table, already in one language."""
    _singleton(engine, "Texts").setProperty("table", dict(texts))
