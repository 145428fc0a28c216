"""The interval of a difference over seeds and over samples: what would hold for other trainings and other samples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augreg.learn.intervals import Interval, quantile


def crossed(
    differences: NDArray[np.float64], units: Sequence[Sequence[int]], seeds: Sequence[int], level: float
) -> Interval:
    """Return the mean difference with an interval for both that it hangs on.

    All seeds are scored on the same samples. An interval over the seeds alone would take what is peculiar to these
    samples for an effect: with a dozen of them nearly every policy would be "better" or "worse". So the variance of the
    mean over units of samples is added to that over seeds (what both share is counted twice, to be on the safe side),
    with Satterthwaite's degrees of freedom.

    Args:
        differences: (seeds, samples), how much better each sample was recognized: -1, 0 or 1.
        units: the samples, by which of them belong together; at least 2.
        seeds: the seeds.
        level: the confidence.

    >>> import numpy as np
    >>> found = crossed(np.array([[1.0, 0, 1, 0], [1, 0, 0, 0]]), [[0], [1], [2], [3]], [0, 1], 0.95)
    >>> found.mean, found.above
    (0.375, False)

    """
    many, count = differences.shape
    mean, rows = float(differences.mean()), differences.mean(1)
    if many < 2 or len(units) < 2:
        return Interval(mean, None, tuple(rows.tolist()), tuple(seeds))
    # A twelfth of the squared step for each side, as in `interval`: equal rows are no proof that all would be equal.
    of_seeds = (float(rows.var(ddof=1)) + 1 / count**2 / 6) / many
    sums = np.array([float((differences[:, list(unit)].mean(0) - mean).sum()) for unit in units])
    of_samples = len(units) / (len(units) - 1) * float(sums @ sums) / count**2
    both = of_seeds + of_samples
    freedom = both**2 / (of_seeds**2 / (many - 1) + of_samples**2 / (len(units) - 1))
    half = quantile(0.5 + level / 2, max(1, math.floor(freedom))) * math.sqrt(both)
    return Interval(mean, half, tuple(rows.tolist()), tuple(seeds))
