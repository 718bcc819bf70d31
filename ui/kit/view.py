"""The two ways between a flow and its QML: what is shown goes down, what is tapped comes up."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtQml import QQmlPropertyMap


class View:
    """What a screen shows, by name. QML binds to `view.<name>` and follows every change.

    Hand it to `Kit.load_window` among the properties; QML is given its `map`.
    """

    def __init__(self) -> None:
        self.map = QQmlPropertyMap.create()

    def show(self, values: Mapping[str, object]) -> None:
        """Set the given names; those that did not change wake no binding."""
        for name, value in values.items():
            if not self.map.contains(name) or self.map.value(name) != value:
                self.map.insert(name, value)

    def value(self, name: str) -> object:
        """Return what is shown under a name; None when nothing is."""
        return self.map.value(name)


class Actions(QObject):
    """What a person did, as `(name, value)`. QML calls `actions.act("name", value)`."""

    acted = Signal(str, object)

    @Slot(str)
    @Slot(str, "QVariant")
    def act(self, name: str, value: object = None) -> None:
        """Report what was done, with a value of plain types."""
        self.acted.emit(name, value)
