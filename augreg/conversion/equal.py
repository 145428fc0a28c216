"""What the tables of the libraries are written with: what equals a transform here, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Step = tuple[str, Mapping[str, Any]]
"""An augmenter of ours and its parameters."""


EDGE: Final = "at its edges the picture is continued in another way, which shows in the last pixels"


class NoEqualError(Exception):
    """Nothing here does the same with these parameters; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Same:
    """What does the same at the same parameters."""

    steps: Sequence[Step]
    """One, or several that stand for one and happen together."""
    differs: tuple[str, ...] = ()
    """What is not quite the same: rounding, how parameters are drawn, what happens to pictures that are too small."""


class Given:
    """The parameters of a transform, each of which must be looked at."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._rest = dict(params)

    def take(self, name: str, default: Any = None) -> Any:
        """Return a parameter, *default* where it is not said."""
        return self._rest.pop(name, default)

    def drop(self, *names: str) -> None:
        """Leave parameters out that mean nothing here."""
        for name in names:
            self._rest.pop(name, None)

    def need(self, name: str, *allowed: Any) -> None:
        """Take a parameter that must have one of these values. Raises NoEqualError."""
        value = plain(self._rest.pop(name, allowed[0]))
        if value not in [plain(one) for one in allowed]:
            raise NoEqualError(f"{name}={value!r} has no counterpart")

    def end(self) -> None:
        """Raise NoEqualError for a parameter that nobody has looked at."""
        if self._rest:
            name, value = next(iter(self._rest.items()))
            raise NoEqualError(f"{name}={value!r} is a parameter that is not known here")


Rule = Callable[[Given], Same]
"""Makes our steps of a transform's parameters; raises NoEqualError."""


def plain(value: Any) -> Any:
    """Return a value in lists, numbers and texts."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def fixed(name: str, differs: Sequence[str] = (), **params: Any) -> Rule:
    """Return the rule for a transform without parameters."""

    def rule(_: Given) -> Same:
        return Same([(name, params)], tuple(differs))

    return rule


def interval(value: Any) -> list[float]:
    """Return a range of two numbers; one number is both ends. Raises NoEqualError."""
    ends = plain(value)
    if isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, (int, float)) for end in ends):
        return ends
    if isinstance(ends, (int, float)) and not isinstance(ends, bool):
        return [ends, ends]
    raise NoEqualError(f"{value!r} is no range of two numbers")


def scaled(value: Any, by: float) -> list[float]:
    """Return a range in another unit."""
    return [round(end / by, 10) for end in interval(value)]


def is_point(ends: Sequence[float]) -> bool:
    """Return whether a range is one number, so that it does not matter how it is drawn from."""
    return ends[0] == ends[1]


def uneven(ends: Sequence[float], what: str) -> tuple[str, ...]:
    """Return what differs where we draw evenly in logarithms and they evenly."""
    return () if is_point(ends) else (f"{what}: drawn evenly in its logarithm, there evenly",)


def share(fill: Any) -> Any:
    """Return a color of 0 to 255 as shares of white. Raises NoEqualError for words such as "random"."""
    value = plain(fill)
    if isinstance(value, list):
        return [share(one) for one in value]
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NoEqualError(f"fill={fill!r} has no counterpart")
    return round(value / 255.0, 10)
