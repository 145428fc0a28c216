"""log, exp and the normal quantile with the same bits on every machine.

numpy's own differ between AVX2 and AVX-512 builds of their loops. These use only + - * / sqrt frexp ldexp rint
and comparisons, all of which IEEE 754 rounds correctly, one numpy call per operation so that none is contracted
to a fused multiply-add.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, ldexp
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# ln 2 split so that k * LN2_HI is exact for |k| < 2**11 (Cody and Waite 1980).
LN2_HI: Final = float.fromhex("0x1.62e42fee00000p-1")
LN2_LO: Final = float.fromhex("0x1.a39ef35793c76p-33")
INV_LN2: Final = float.fromhex("0x1.71547652b82fep+0")
SQRT_HALF: Final = float.fromhex("0x1.6a09e667f3bcdp-1")
# Beyond these exp is infinite, or below the smallest normal number (taken as 0).
EXP_MAX: Final = 709.782712893384
EXP_MIN: Final = -708.3964185322641

_ATANH: Final = tuple(1.0 / n for n in range(3, 25, 2))
_EXP: Final = tuple(
    1.0 / f for f in (2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800)
)


def horner(x: Floats, coefficients: Sequence[float]) -> Floats:
    """Polynomial with the given coefficients, lowest power first, by Horner's rule."""
    total = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        total += coefficient
        total *= x
    total += coefficients[0]
    return total


def log(x: ArrayLike) -> Floats:
    """Natural logarithm of float64 x > 0, within 2 units in the last place; -inf at 0.

    x = 2**k m with m in [sqrt 1/2, sqrt 2), s = (m - 1)/(m + 1), log x = k ln 2 + 2 s (1 + s²/3 + s⁴/5 + ...).
    """
    x = np.asarray(x, dtype=np.float64)
    mantissa, exponent = np.frexp(x)
    small = mantissa < SQRT_HALF
    mantissa = np.where(small, mantissa * 2.0, mantissa)
    k = (exponent - small).astype(np.float64)
    # (m - 1) is exact; writing s f / 2 as f minus a correction keeps the leading term exact.
    f = mantissa - 1.0
    s = f / (mantissa + 1.0)
    square = s * s
    tail = s * (square * horner(square, _ATANH)) * 2.0
    # 2 s = f - f s exactly in real arithmetic.
    result = k * LN2_HI + (f - (f * s - (tail + k * LN2_LO)))
    return np.where(x > 0.0, result, -np.inf)


def exp(x: ArrayLike) -> Floats:
    """Exponential of float64 x, within 1 unit in the last place; 0 below -708.39, inf above 709.78.

    x = k ln 2 + r with |r| <= ln 2 / 2, exp x = 2**k (1 + r + r²/2! + ... + r¹³/13!).
    """
    x = np.asarray(x, dtype=np.float64)
    inside = np.minimum(np.maximum(x, EXP_MIN), EXP_MAX)
    k = np.rint(inside * INV_LN2)
    r = (inside - k * LN2_HI) - k * LN2_LO
    series = 1.0 + (r + r * r * horner(r, _EXP))
    # Two steps, because 2**1024 on its own would overflow before it meets a series below 1.
    half = np.ldexp(series, (k - 1.0).astype(np.int32)) * 2.0
    return np.where(x > EXP_MAX, np.inf, np.where(x < EXP_MIN, 0.0, half))


def exp_one(x: float) -> float:
    """Exponential of one number, with the bits of :func:`exp`: the same operations on Python's floats, in their order.

    numpy takes twenty times as long to start as to compute it.
    """
    if not EXP_MIN <= x <= EXP_MAX:
        return inf if x > EXP_MAX else 0.0
    k = round(x * INV_LN2)  # to the even one of two neighbors, as rint does
    r = (x - k * LN2_HI) - k * LN2_LO
    total = r * _EXP[-1]
    for coefficient in _EXP[-2:0:-1]:
        total = (total + coefficient) * r
    return ldexp(1.0 + (r + r * r * (total + _EXP[0])), k - 1) * 2.0


# Wichura 1988, algorithm AS 241 (PPND16): numerators and denominators of three rational approximations.
_CENTRE: Final = (
    (
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ),
    (
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ),
)  # fmt: skip
_TAIL: Final = (
    (
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ),
    (
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ),
)  # fmt: skip
_FAR: Final = (
    (
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ),
    (
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ),
)  # fmt: skip


def _ratio(x: Floats, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Floats:
    return horner(x, coefficients[0]) / horner(x, coefficients[1])


def normal_quantile(p: ArrayLike) -> Floats:
    """Inverse of the standard normal distribution function at float64 p in (0, 1), to about 1e-16 relative.

    Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37, 1988.
    """
    p = np.asarray(p, dtype=np.float64)
    q = p - 0.5
    result = q * _ratio(0.180625 - q * q, _CENTRE)
    outside = np.abs(q) > 0.425
    if outside.any():
        result = np.array(result)
        result[outside] = _tail_quantile(p[outside])
    return result


def _tail_quantile(p: Floats) -> Floats:
    r = np.sqrt(-log(np.minimum(p, 1.0 - p)))
    magnitude = _ratio(r - 1.6, _TAIL)
    far = r > 5.0
    if far.any():
        magnitude[far] = _ratio(r[far] - 5.0, _FAR)
    return np.where(p < 0.5, -magnitude, magnitude)
