"""Samples inside the fields of a record: in lists, in messages of conversations, or at a path that a schema names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

Place = tuple[str | int, ...]
"""Where a value stands in a record: the names of fields and the positions in lists, from outside."""

PLAIN: Final = frozenset((str, int, float, bool, bytes, complex, type(None)))
"""Types of values that hold nothing; a list of them is passed over at once."""


def spelled(place: Place) -> str:
    """Return a place as people write it, ``messages[0].content[1].image``; random numbers hang on it.

    >>> spelled(("messages", 0, "content"))
    'messages[0].content'

    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place[1:])
    return f"{place[0]}{''.join(parts)}"


def walk(
    value: Any, place: Place, is_sample: Callable[[Any], bool], skip: Collection[str] = ()
) -> Iterator[tuple[Place, Any]]:
    """Yield the samples inside lists and dictionaries, with their places, in order; not what is in fields to skip."""
    if type(value) in (list, tuple):
        if set(map(type, value)) <= PLAIN:
            return
        pairs: Iterator[tuple[Any, Any]] = enumerate(value)
    else:
        pairs = iter(value.items())
    for name, inner in pairs:
        if name in skip:
            continue
        if is_sample(inner):
            yield (*place, name), inner
        elif type(inner) in (list, tuple, dict):
            yield from walk(inner, (*place, name), is_sample, skip)


def at_path(value: Any, place: Place, path: Sequence[str]) -> Iterator[tuple[Place, Any]]:
    """Yield the values at a path of fields; of a list, that of every element which has it."""
    if isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from at_path(inner, (*place, i), path)
    elif not path:
        yield place, value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from at_path(value[path[0]], (*place, path[0]), path[1:])


def with_value(holder: Any, place: Place, new: Any) -> Any:
    """Return a copy of lists and dictionaries in which one place holds another value; the rest is shared."""
    if not place:
        return new
    name = place[0]
    inner = with_value(holder[name], place[1:], new)
    if isinstance(holder, Mapping):
        return {**holder, name: inner}
    if isinstance(holder, np.ndarray) and holder.dtype.kind == "O":
        changed = holder.copy()
        changed[name] = inner
        return changed
    copied = [inner if i == name else value for i, value in enumerate(holder)]
    if isinstance(holder, np.ndarray):
        return np.asarray(copied)  # strings: an array has the width of its longest
    return type(holder)(*copied) if hasattr(holder, "_fields") else type(holder)(copied)
