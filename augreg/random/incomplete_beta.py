"""The regularized incomplete beta function, with the same bits on every machine, as `exact` has logarithms."""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np

from augreg.random.exact import Floats, exp, horner, log

# Coefficients of Stirling's series, B_2k / (2k (2k - 1)); at x >= 16 what is left out is below 1e-17.
_STIRLING: Final = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_HALF_LOG_2PI: Final = 0.9189385332046727
_FROM: Final = 16

_STEPS: Final = 200
"""Of the continued fraction. It needs about the root of the larger parameter; 200 do for parameters up to 1000."""
_TINY: Final = 1e-300
"""Stands for 0 in a denominator of the continued fraction."""


def log_gamma(x: float) -> float:
    """Return the logarithm of the gamma function of x > 0, by Stirling's series behind the recurrence.

    >>> from augreg.random.incomplete_beta import log_gamma
    >>> round(log_gamma(5.0), 12)  # log 24
    3.178053830348

    """
    shift = max(0, _FROM - int(x))
    y = x + shift
    series = float(horner(np.array([1.0 / (y * y)]), _STIRLING)[0]) / y
    found = (y - 0.5) * float(log(y)) - y + _HALF_LOG_2PI + series
    return found - float(log(prod(x + i for i in range(shift)))) if shift else found


def incomplete_beta(a: float, b: float, x: Floats) -> Floats:
    """Return I_x(a, b) for x from 0 to 1: the share of a Beta(a, b) distribution below x, to about 1e-13.

    >>> import numpy as np
    >>> from augreg.random.incomplete_beta import incomplete_beta
    >>> incomplete_beta(1.0, 1.0, np.array([0.0, 0.25, 1.0])).round(12).tolist()
    [0.0, 0.25, 1.0]

    """
    # The fraction converges fast below the mean; above it the other tail is computed.
    low = x <= (a + 1.0) / (a + b + 2.0)
    below, above = _tail(a, b, np.where(low, x, 0.0)), _tail(b, a, np.where(low, 0.0, 1.0 - x))
    return np.where(low, below, 1.0 - above)


def _tail(a: float, b: float, x: Floats) -> Floats:
    """Return I_x(a, b) by its continued fraction (Lentz's method, Numerical Recipes 6.4)."""
    inside = x > 0.0
    safe = np.where(inside, x, 0.25)
    front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(safe) + b * log(1.0 - safe)) / a
    return np.where(inside, front * _fraction(a, b, safe), 0.0)


def _fraction(a: float, b: float, x: Floats) -> Floats:
    c = np.ones_like(x)
    d = 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    found = d
    for m in range(1, _STEPS + 1):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 / _nonzero(1.0 + term * d)
            c = _nonzero(1.0 + term / c)
            found = found * (d * c)
    return found


def _nonzero(x: Floats) -> Floats:
    return np.where(np.abs(x) < _TINY, _TINY, x)
