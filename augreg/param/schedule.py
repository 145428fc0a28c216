"""Schedules: a number that changes from epoch to epoch, as data.

``{linear: [0, 1], epochs: 30}`` goes from 0 to 1 in even steps and then stays; ``cosine`` does so with soft ends,
``tanh`` as MADAug does, fast at first (after so many epochs it has made 76 % of its way), and
``{points: [[0, 0], [10, 0.5]]}`` joins points (epoch, value) by straight lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest

FORMS: Final = ("linear", "cosine", "tanh", "points")
WORDS: Final = (*FORMS, "epochs")

EXPECTED: Final = (
    "a schedule is {linear: [from, to], epochs: 30}, cosine or tanh alike, or {points: [[epoch, value], ...]}"
)

# Decimal numbers have the same digits on every machine, which the cosine of a C library has not; 40 of them leave the
# last bit of a float in no doubt.
_DIGITS: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)
_PI: Final = Decimal("3.141592653589793238462643383279502884197169")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A number by epoch; before its first and after its last point it stays what it is there.

    Args:
        form: one of :data:`FORMS`.
        points: (epoch, value), in order of the epochs; those of linear, cosine and tanh are start and end.

    >>> from augreg.param.schedule import read
    >>> rising = read({"linear": [0, 1], "epochs": 4}, "p", 0, 1)
    >>> [rising.at(epoch) for epoch in range(6)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    >>> rising
    {'linear': [0.0, 1.0], 'epochs': 4}

    """

    form: str
    points: tuple[tuple[float, float], ...]

    def at(self, epoch: int) -> float:
        """Return the value in an epoch: the float that is nearest to it, on every machine."""
        return _at(self, epoch)

    @property
    def values(self) -> list[float]:
        """The values at its points; all others lie between them."""
        return [value for _, value in self.points]

    def plain(self) -> dict[str, Any]:
        """Return it as it is written."""
        if self.form == "points":
            return {"points": [list(point) for point in self.points]}
        return {self.form: self.values, "epochs": self.points[1][0]}

    def __repr__(self) -> str:
        return repr(self.plain())


def read(value: Any, where: str, low: float | None, high: float | None) -> Schedule:
    """Return the schedule that a mapping says.

    Args:
        value: the mapping, or a schedule.
        where: what it is the value of, for messages.
        low, high: between what its values must lie.

    Raises:
        ConfigError: naming what is wrong with it.

    >>> from augreg.param.schedule import read
    >>> read({"linaer": [0, 1], "epochs": 4}, "p", 0, 1)
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: p: a schedule has no 'linaer'. Did you mean 'linear'? Valid: linear, cosine, ...

    """
    found = value if isinstance(value, Schedule) else _parsed(value, where)
    for number in found.values:
        if (low is not None and number < low) or (high is not None and number > high):
            bounds = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
            raise ConfigError(f"{where}={found!r}: {number:g} is not valid; give values of {bounds}.")
    return found


def in_epoch(value: Any, epoch: int) -> Any:
    """Return what a value is in an epoch: a schedule's number, both ends of a pair, anything else as it is.

    >>> from augreg.param.schedule import in_epoch, read
    >>> in_epoch((0.0, read({"linear": [0, 1], "epochs": 4}, "level", 0, 1)), 2)
    (0.0, 0.5)

    """
    if isinstance(value, Schedule):
        return value.at(epoch)
    return tuple(in_epoch(end, epoch) for end in value) if is_scheduled(value) else value


def is_scheduled(value: Any) -> bool:
    """Whether a value changes from epoch to epoch: a schedule, or a pair with one in it.

    >>> from augreg.param.schedule import is_scheduled
    >>> is_scheduled((0.0, 1.0))
    False

    """
    return isinstance(value, Schedule) or (isinstance(value, tuple) and any(isinstance(v, Schedule) for v in value))


def in_order(low: float | Schedule, high: float | Schedule) -> bool:
    """Whether one end of a pair is not above the other in any epoch.

    Straight lines are compared where either bends, which decides for all epochs. Curves are compared by their extremes,
    which is more than is needed, but decides.

    >>> from augreg.param.schedule import in_order, read
    >>> in_order(0.2, read({"linear": [0, 1], "epochs": 4}, "level", 0, 1))
    False

    """
    ends = [end if isinstance(end, Schedule) else Schedule("points", ((0, end),)) for end in (low, high)]
    if all(end.form in ("linear", "points") for end in ends):
        # The lines bend between whole epochs, too.
        epochs = [epoch for end in ends for epoch, _ in end.points]
        return all(_line(ends[0], epoch) <= _line(ends[1], epoch) for epoch in epochs)
    return max(ends[0].values) <= min(ends[1].values)


def _parsed(value: Any, where: str) -> Schedule:
    if not isinstance(value, Mapping) or not value:
        raise ConfigError(f"{where}={value!r} is no schedule; {EXPECTED}.")
    for key in value:
        if key not in WORDS:
            raise ConfigError(f"{where}: a schedule has no {key!r}.{nearest(str(key), WORDS)} Valid: {listing(WORDS)}.")
    forms = [key for key in value if key != "epochs"]
    if len(forms) != 1 or ("epochs" in value) == (forms == ["points"]):
        raise ConfigError(f"{where}={dict(value)!r} is not valid; {EXPECTED}.")
    form, said = forms[0], value[forms[0]]
    points = _points(said) if form == "points" else _ends(said, value["epochs"])
    if points is None:
        what = "epochs that grow from one point to the next" if form == "points" else "two numbers, and epochs above 0"
        raise ConfigError(f"{where}={dict(value)!r} is not valid: {form} takes {what}; {EXPECTED}.")
    return Schedule(form, points)


def _ends(said: Any, epochs: Any) -> tuple[tuple[float, float], ...] | None:
    pair = list(said) if isinstance(said, (list, tuple)) else []
    if len(pair) != 2 or not all(map(_is_number, (*pair, epochs))) or epochs <= 0:
        return None
    return (0, float(pair[0])), (epochs, float(pair[1]))


def _points(said: Any) -> tuple[tuple[float, float], ...] | None:
    listed = list(said) if isinstance(said, (list, tuple)) else []
    pairs = [tuple(point) if isinstance(point, (list, tuple)) else () for point in listed]
    if not pairs or not all(len(pair) == 2 and all(map(_is_number, pair)) for pair in pairs):
        return None
    if any(first[0] >= second[0] for first, second in pairwise(pairs)):
        return None
    return tuple((epoch, float(value)) for epoch, value in pairs)


def _is_number(value: Any) -> bool:
    small = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**63
    return small and math.isfinite(value)


@lru_cache(maxsize=4096)
def _at(schedule: Schedule, epoch: int) -> float:
    if schedule.form in ("linear", "points"):
        return float(_line(schedule, epoch))
    (_, start), (epochs, end) = schedule.points
    if epoch <= 0:
        return start
    share = Fraction(epoch) / Fraction(epochs)
    with localcontext(_DIGITS):  # whatever the caller's own says
        x = Decimal(share.numerator) / Decimal(share.denominator)
        way = _half_wave(min(x, Decimal(1))) if schedule.form == "cosine" else _tanh(x)
        found = float(Decimal(start) + (Decimal(end) - Decimal(start)) * way)
    return end if way == 1 else min(max(found, min(start, end)), max(start, end))


def _line(schedule: Schedule, epoch: float) -> Fraction:
    """Return the value on the straight lines between the points, without any rounding."""
    points = [(Fraction(at), Fraction(value)) for at, value in schedule.points]
    before = [point for point in points if point[0] <= epoch]
    after = [point for point in points if point[0] > epoch]
    if not before or not after:
        return (before or points)[-1 if before else 0][1]
    (at, value), (then, goal) = before[-1], after[0]
    return value + (goal - value) * (Fraction(epoch) - at) / (then - at)


def _half_wave(x: Decimal) -> Decimal:
    """Return (1 - cos(pi x)) / 2 for 0 <= x <= 1, by the series: below 40 digits after some thirty terms."""
    if x == 1:
        return x
    square, term, total = (_PI * x) ** 2, Decimal(1), Decimal(1)
    for n in range(1, 60, 2):
        term = -term * square / (n * (n + 1))
        total += term
    return (1 - total) / 2


def _tanh(x: Decimal) -> Decimal:
    """Return the hyperbolic tangent of x > 0: 1 - 2 / (e**2x + 1), which is 1 to 40 digits from 50 on."""
    return Decimal(1) if x > 50 else 1 - 2 / ((2 * x).exp() + 1)
