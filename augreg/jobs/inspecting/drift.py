"""How far numbers of outputs are from those of their inputs, in units that are the same for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from augreg.jobs.inspecting.numbers import SHARES, Numbers

LARGE: Final = 0.8
"""Effect from which on a difference is large, of means (d) as of shares (h): Cohen 1988, pages 40 and 198."""

TINY: Final = 1e-7
"""Of the larger mean: a difference below it is one of rounding."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One number, before and after.

    Args:
        name: what it is.
        before, after: means over samples, of :data:`augreg.jobs.inspecting.numbers.SHARES` a share of the samples; None
            where there is nothing to compare with.
        deviation: the standard deviation over the inputs' samples, or, without inputs, over the outputs.
        effect: the difference in units of the deviation within both (Cohen's d), of shares Cohen's h; infinite where
            all samples had one value and have another one now; None without inputs.

    """

    name: str
    before: float | None
    after: float
    deviation: float
    effect: float | None

    @property
    def large(self) -> bool:
        """Whether it is so large that one should look."""
        return self.effect is not None and abs(self.effect) >= LARGE

    def to_json(self) -> dict[str, Any]:
        """Return plain data; JSON has no infinity, so that it is "inf" or "-inf" there."""
        finite = self.effect is None or math.isfinite(self.effect)
        said = {"before": self.before, "after": self.after, "deviation": self.deviation}
        return {**said, "effect": self.effect if finite else str(self.effect), "large": self.large}


def drifts(before: Sequence[Numbers] | None, after: Sequence[Numbers]) -> list[Drift]:
    """Return what is measured of all samples, in the order in which it was measured first.

    Args:
        before: the numbers of the inputs, None where they are not known.
        after: those of the outputs.

    >>> found = drifts([{"words": 4.0}, {"words": 6.0}], [{"words": 8.0}, {"words": 10.0}])[0]
    >>> found.before, found.after, found.effect, found.large
    (5.0, 9.0, 4.0, True)

    """
    names = dict.fromkeys(name for numbers in after for name in numbers)
    return [_drift(name, _values(name, before or ()), _values(name, after)) for name in names]


def _values(name: str, numbers: Iterable[Numbers]) -> list[float]:
    return [one[name] for one in numbers if name in one]


def _drift(name: str, before: Sequence[float], after: Sequence[float]) -> Drift:
    new = float(np.mean(after))
    if not before:
        return Drift(name, None, new, float(np.std(after)), None)
    old = float(np.mean(before))
    effect = of_shares(old, new) if name in SHARES else _of_means(before, after, old, new)
    return Drift(name, old, new, float(np.std(before)), effect)


def of_shares(before: float, after: float) -> float:
    """Return Cohen's h of two shares: half of it is the difference of angles whose squared sines they are.

    >>> round(of_shares(0.5, 1.0), 3)
    1.571

    """
    return 2.0 * (math.asin(math.sqrt(after)) - math.asin(math.sqrt(before)))


def _of_means(before: Sequence[float], after: Sequence[float], old: float, new: float) -> float:
    if abs(new - old) <= TINY * max(abs(old), abs(new)):
        return 0.0
    within = math.sqrt((float(np.var(before)) + float(np.var(after))) / 2.0)
    return (new - old) / within if within > TINY * max(abs(old), abs(new)) else math.copysign(math.inf, new - old)


def classes(before: Mapping[str, int], after: Mapping[str, int]) -> list[Drift]:
    """Return the share of each folder in inputs and in outputs; [] where there are fewer than two folders."""
    names = sorted({*before, *after})
    if len(names) < 2:
        return []
    olds, news = sum(before.values()) or 1, sum(after.values()) or 1
    shares = [(name, before.get(name, 0) / olds, after.get(name, 0) / news) for name in names]
    return [Drift(name, old, new, 0.0, of_shares(old, new)) for name, old, new in shares]
