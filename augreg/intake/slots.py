"""Where a role's values stand in a record: in a field, at a path, or one in each dictionary of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from augreg.intake.nested import Place, with_value


class _Absent:
    """The mark of what is not there, which is not the same as None."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Slot:
    """Where values of a role stand.

    Args:
        path: as the schema writes it.
        place: the field or the nested value; of a list of dictionaries, that list.
        inner: the names within each dictionary of the list; empty if the value is one.
        value: the value; of a list, the list of dictionaries. :data:`ABSENT` if it is not there.

    """

    path: str
    place: Place
    inner: tuple[str, ...]
    value: Any

    @property
    def spread(self) -> bool:
        """Whether there is one value in each dictionary of a list."""
        return bool(self.inner)

    def entries(self) -> list[Any]:
        """Return the values of a list of dictionaries, None where one lacks it."""
        return [_inner(element, self.inner) for element in self.value]

    @property
    def present(self) -> bool:
        """Whether there is a value; one in any of the dictionaries will do, and an empty list has none to miss."""
        if self.value is ABSENT:
            return False
        return not self.spread or not self.value or any(each is not None for each in self.entries())


def _inner(element: Any, inner: Sequence[str]) -> Any:
    for name in inner:
        if not isinstance(element, Mapping) or name not in element:
            return None
        element = element[name]
    return element


def find_slot(fields: Mapping[str, Any], path: str) -> Slot:
    """Return where the values at a path stand: ``objects.bbox`` is a field of a field, or one in each of a list.

    >>> from augreg.intake.slots import find_slot
    >>> find_slot({"objects": [{"bbox": [0, 0, 2, 2]}]}, "objects.bbox").entries()
    [[0, 0, 2, 2]]

    """
    if path in fields:
        return Slot(path, (path,), (), fields[path])
    names = path.split(".")
    value: Any = fields
    for i, name in enumerate(names):
        if isinstance(value, (list, tuple)) and all(isinstance(each, Mapping) for each in value):
            return Slot(path, tuple(names[:i]), tuple(names[i:]), value)
        if not isinstance(value, Mapping) or name not in value:
            return Slot(path, tuple(names), (), ABSENT)
        value = value[name]
    return Slot(path, tuple(names), (), value)


def with_inner(element: Mapping[str, Any], inner: Sequence[str], new: Any) -> Mapping[str, Any]:
    """Return a copy of a dictionary with another value at a path."""
    return with_value(element, tuple(inner), new) if _inner(element, inner[:-1]) is not None else element
