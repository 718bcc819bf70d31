"""Frozen values, changed by making new ones, as flows do with every event. Pure."""

from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["replace"]

Value = TypeVar("Value")

if TYPE_CHECKING:  # so that names and types of what is changed are checked
    from dataclasses import replace
else:

    def replace(value: Value, /, **changes: Any) -> Value:
        """Return a copy with other values in some fields; TypeError for a name it has not.

        As `dataclasses.replace`, several times as fast, for dataclasses whose fields are all given
        to `__init__` and which have neither slots nor a `__post_init__`. A flow's state has twenty
        fields, and is replaced a few times with every event.
        """
        made = object.__new__(type(value))
        fields = value.__dict__ | changes
        if len(fields) != len(value.__dict__):
            raise TypeError(f"{type(value).__name__} has no {sorted(changes)}")
        object.__setattr__(made, "__dict__", fields)
        return made
