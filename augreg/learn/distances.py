"""How far two sets of samples are apart in the features of a model: Fréchet distance against that of two halves."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LARGEST: Final = 16
"""Directions in which sets are compared: covariances of more cannot be told from a few hundred samples."""


def frechet(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Return the Fréchet distance of two normal distributions with the means and covariances of two sets.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` (Dowson and Landau, 1982); Heusel et al. (2017, arXiv:1706.08500)
    compare sets of pictures by it.

    Args:
        one, two: float64 (n, d), a row for each sample.

    >>> import numpy as np
    >>> from augreg.learn.distances import frechet
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> round(frechet(x, x + [3, 4]), 6)  # moved by 5: the means are 5 apart, all else is equal
    25.0

    """
    gap = one.mean(0) - two.mean(0)
    first, second = (np.atleast_2d(np.cov(held, rowvar=False)) for held in (one, two))
    # The eigenvalues of C1 C2 are real and not negative, as both are covariances; rounding may say otherwise.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(first @ second).real, 0.0))
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * roots.sum())


def shift(plain: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return how many times as far another set is from half of the plain one as its other half is.

    Near 1 means: no farther than samples of one set are from each other. Both are compared along the directions in
    which the plain set varies most.

    Args:
        plain: float64 (n, d), in random order.
        other: float64 (m, d).

    >>> import numpy as np
    >>> from augreg.learn.distances import shift
    >>> x = np.random.default_rng(0).normal(size=(900, 2))
    >>> shift(x[:600], x[600:]) < 3 < 100 < shift(x[:600], x[600:] + 1)
    True

    """
    middle = plain.mean(0)
    values, directions = np.linalg.eigh(np.cov(plain, rowvar=False).reshape(plain.shape[1], -1))
    kept = directions[:, values > values[-1] * 1e-6][:, -LARGEST:]
    first, second = ((held - middle) @ kept for held in (plain, other))
    half = len(first) // 2
    # Of features that do not vary both are 0: then nothing is apart.
    apart = frechet(first[:half], first[half:])
    return frechet(second, first[half:]) / apart if apart > 0 else 1.0
