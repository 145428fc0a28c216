"""Chooses from candidates those that stand for the others best: facility location, by lazy greedy search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError, nearest

Vectors = NDArray[np.float64]

FEW: Final = 8
AT_ONCE: Final = 128
"""Candidates whose gains are computed at once: first few, since most often the best is among those that promise most,
then twice as many each time, since a product of matrices takes less time than that many of vectors."""

TIE: Final = 1e-9
"""Gains that differ by less are equal, as a share of the largest distance to the mean: rounding alone makes
copies of one row differ by some 1e-11 of it."""

NEAR: Final = 1e-12
"""Squared distances below are 0, on the same scale: they are differences of numbers about 1."""


def facility_location(
    features: Any,
    size: int,
    *,
    covered: Any = None,
    groups: Sequence[str] | None = None,
    quotas: Mapping[str, int] | None = None,
) -> NDArray[np.int64]:
    """Return the candidates that are chosen, the most useful first.

    Chosen are those by which the sum of the distances of all candidates to the nearest that is chosen, or covered,
    falls most: so many that are alike get one that stands for them, and what sources show already gets none. Each next
    one is the best given the ones before; of equal ones the first. The sum falls by at least 63 % (1 - 1/e) of what
    the best set of this size could do, with quotas by at least half (Nemhauser, Wolsey and Fisher 1978; Fisher et al.
    1978). A candidate's use only becomes less as others are chosen, so that most need not be computed again (Minoux
    1978).

    It seeks what is unlike the rest. Candidates whose label an augmentation has destroyed are that, too: sort them out
    first, by :class:`augreg.learn.gates.Gates`.

    Args:
        features: (n, d), finite: distances between rows are Euclidean.
        size: how many are to be chosen.
        covered: (m, d), features of what is there already, such as the sources. None: nothing is.
        groups: of each candidate, such as its class; for quotas.
        quotas: group -> most that are chosen of it. All groups are named.

    Raises:
        ConfigError: shapes, numbers or names are wrong, or quotas leave fewer than ``size``.

    >>> import numpy as np
    >>> from augreg.learn.select import facility_location
    >>> points = np.array([[0.0], [0.1], [5.0], [5.1], [5.2], [9.0]])
    >>> facility_location(points, 3, covered=[[0.0]]).tolist()
    [3, 5, 1]
    >>> facility_location(points, 2, groups=list("aabbbb"), quotas={"a": 1, "b": 1}).tolist()
    [2, 0]

    """
    rows = _matrix("features", features)
    there = _matrix("covered", covered, rows.shape[1]) if covered is not None and len(covered) else rows[:0]
    left = _places(len(rows), groups, quotas)
    _check_size(size, len(rows), left, groups)
    search = _Search(*_scaled(rows, there))
    names = np.array(groups if left else [""] * len(rows), object)
    chosen: list[int] = []
    while len(chosen) < size:
        for full in [name for name, most in left.items() if not most]:
            search.open &= names != full
            del left[full]
        chosen.append(search.best())
        search.take(chosen[-1])
        if names[chosen[-1]] in left:
            left[names[chosen[-1]]] -= 1
    return np.array(chosen, np.int64)


class _Search:
    """What is known of the candidates.

    Attributes:
        apart: distance of each to the nearest that is chosen or covered, (n,).
        bounds: by how much each would make the sum of them fall, or did once, which was more.
        fresh: whether a bound is what it says now.
        open: whether it may still be chosen.

    """

    def __init__(self, rows: Vectors, apart: Vectors) -> None:
        self.rows, self.apart = rows, apart
        self._squares = (rows**2).sum(1)
        self.bounds = np.full(len(rows), np.inf)
        self.fresh = np.zeros(len(rows), bool)
        self.open = np.ones(len(rows), bool)

    def best(self) -> int:
        """Return the candidate by which the sum falls most, the first of equal ones."""
        most, many = -np.inf, FEW
        while len(stale := np.flatnonzero(self.open & ~self.fresh & (self.bounds >= most - TIE))):
            if len(stale) > many:
                stale = stale[np.argpartition(-self.bounds[stale], many)[:many]]
            many = min(2 * many, AT_ONCE)
            falls = np.maximum(self.apart[:, None] - self._distances(stale), 0.0)
            self.bounds[stale], self.fresh[stale] = falls.sum(0), True
            most = max(most, float(self.bounds[stale].max()))
        return int(np.flatnonzero(self.open & self.fresh & (self.bounds >= most - TIE))[0])

    def take(self, place: int) -> None:
        """Choose a candidate."""
        self.apart = np.minimum(self.apart, self._distances(np.array([place]))[:, 0])
        self.open[place] = False
        self.fresh[:] = False

    def _distances(self, places: NDArray[np.int64]) -> Vectors:
        """Return the distances of all candidates (rows) to some (columns)."""
        return _roots(self._squares[:, None] + self._squares[places] - 2.0 * (self.rows @ self.rows[places].T))


def _roots(squares: Vectors) -> Vectors:
    return np.asarray(np.sqrt(np.where(squares < NEAR, 0.0, squares)))


def _scaled(rows: Vectors, there: Vectors) -> tuple[Vectors, Vectors]:
    """Return candidates about their mean, the farthest at distance 1, and how far each is from what is covered.

    Where nothing is covered all are as far as two of them can be, so that the first choice is the one in the middle.
    """
    middle = rows.mean(0)
    rows, there = rows - middle, there - middle
    reach = float(np.sqrt((rows**2).sum(1).max())) or 1.0
    rows, there = rows / reach, there / reach
    apart = np.full(len(rows), 2.0 if not len(there) else np.inf)
    squares = (rows**2).sum(1)
    for start in range(0, len(there), AT_ONCE):
        part = there[start : start + AT_ONCE]
        found = _roots(squares[:, None] + (part**2).sum(1) - 2.0 * (rows @ part.T))
        apart = np.minimum(apart, found.min(1))
    return rows, apart


def _matrix(name: str, given: Any, width: int | None = None) -> Vectors:
    found = np.asarray(given)
    if found.ndim != 2 or not len(found) or found.dtype.kind not in "biuf":
        raise ConfigError(f"{name} is {found.dtype} of shape {found.shape}. Give numbers (n, d), one row for each.")
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(1))[0])
        raise ConfigError(f"{name} is not finite in row {row}. Leave out what has no features.")
    if width is not None and found.shape[1] != width:
        raise ConfigError(f"{name} has {found.shape[1]} columns, and features have {width}. Compute both alike.")
    return found.astype(np.float64)


def _places(count: int, groups: Sequence[str] | None, quotas: Mapping[str, int] | None) -> dict[str, int]:
    """Return group -> how many may still be chosen of it; nothing where there are no quotas."""
    if quotas is None:
        return {}
    if groups is None:
        raise ConfigError("quotas are of groups, and groups is missing. Give the group of each candidate.")
    if len(groups) != count:
        raise ConfigError(f"groups has {len(groups)} entries, and features has {count} rows. Give one for each row.")
    for name in groups:
        if name not in quotas:
            raise ConfigError(f"quotas do not name the group {name!r}.{nearest(name, quotas)} Give 0 for none of it.")
    for name, most in quotas.items():
        if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 0:
            raise ConfigError(f"quotas[{name!r}]={most!r} is not a number of candidates; give an integer >= 0.")
    return {name: int(most) for name, most in quotas.items()}


def _check_size(size: int, count: int, left: Mapping[str, int], groups: Sequence[str] | None) -> None:
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise ConfigError(f"size={size!r} is not a number of candidates; give an integer >= 1.")
    there = sum(min(left[name], held) for name, held in Counter(groups).items()) if left and groups else count
    if size > there:
        why = "the quotas leave" if there < count else "there are"
        raise ConfigError(f"size={size}, and {why} {there} candidates. Give at most {there}, or more candidates.")
