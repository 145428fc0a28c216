"""Fused operators as lists of stages, of which each does something to some rows and leaves the others alone.

A plugin whose operator (:class:`augreg.contract.operator.Op`) runs several steps over a row at once keeps a tuple of
*stages*. Stage j is *idle* on the rows on which its step did not fire. Three things are the same for all of them:

- :class:`DrawnStage` is a stage that is one augmenter with what it drew;
- :func:`append_stages` puts stages behind others, and makes one of the two that meet if they join;
- :func:`routes` says which rows go through which stages, so that no row notices on which others a stage is idle.

Take a chain of filters (n factors, 1.0 where idle) and other effects. Filters join, by multiplication:

>>> import numpy as np
>>> class Filter:
...     def __init__(self, factors): self.factors = np.asarray(factors)
...     def take(self, rows): return Filter(self.factors[rows])
...     idle = property(lambda self: self.factors == 1.0)
>>> class Echo:
...     def __init__(self, on): self.idle = ~np.asarray(on)
...     def take(self, rows): return Echo(~self.idle[rows])
>>> def join(a, b):
...     return Filter(a.factors * b.factors) if isinstance(a, Filter) and isinstance(b, Filter) else None
>>> stages = (Filter([2.0, 2.0]), Echo([True, False]), Filter([3.0, 3.0]))
>>> for rows, kept in routes(stages, np.stack([stage.idle for stage in stages]), join):
...     print(rows, [type(stage).__name__ for stage in kept])
[0] ['Filter', 'Echo', 'Filter']
[1] ['Filter']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from augreg.data.batch import BatchInfo
from augreg.data.params import Params

Rows = NDArray[np.int64]
"""Indices of rows."""

A = TypeVar("A")


class Stage(Protocol):
    """What :func:`routes` needs of a stage over n rows."""

    def take(self, rows: Rows, /) -> Self:
        """Return the stage of some rows."""
        ...


S = TypeVar("S", bound=Stage)


@dataclass(frozen=True, eq=False)
class DrawnStage(Generic[A]):
    """An augmenter with its parameters, over n rows.

    Args:
        augmenter: what is done to the rows on which it fires.
        params: the parameters, one row for every sample that they were drawn for.
        place: int64 (n,), each row's row of the parameters, or -1 where the stage is idle.

    """

    augmenter: A
    params: Params
    place: Rows

    @classmethod
    def of(cls, augmenter: A, params: Params) -> Self:
        """Return the stage over the samples that the parameters were drawn for."""
        return cls(augmenter, params, np.arange(params.n))

    def __len__(self) -> int:
        return len(self.place)

    def take(self, rows: Rows) -> Self:
        """Return the stage of some rows."""
        return type(self)(self.augmenter, self.params, self.place[rows])

    def expand(self, rows: Rows, over: Sized) -> Self:
        """Spread over ``len(over)`` rows: this stage's k-th row at ``rows[k]``, idle elsewhere."""
        place = np.full(len(over), -1, dtype=np.int64)
        place[rows] = self.place
        return type(self)(self.augmenter, self.params, place)

    @property
    def idle(self) -> NDArray[np.bool_]:
        """Bool (n,): rows that the stage leaves alone."""
        return self.place < 0

    def drawn(self, rows: Rows) -> Params:
        """Return the parameters of some rows, on none of which the stage is idle."""
        places = self.place[rows]
        whole = len(places) == self.params.n and bool((places == np.arange(len(places))).all())
        return self.params if whole else self.params.take(places)


Join = Callable[[S, S], S | None]
"""Returns two stages as one, or None if they stay two.

Whether they join may hang on their kind and configuration, never on their rows."""


def append_stages(stages: Sequence[S], more: Sequence[S], join: Join[S]) -> tuple[S, ...]:
    """Return ``stages`` and then ``more``; the two that meet become one if they join.

    Stages that are numbers, and join by multiplication where both are whole:

    >>> from augreg.kernel import append_stages
    >>> def join(a, b):
    ...     return a * b if isinstance(a, int) and isinstance(b, int) else None
    >>> append_stages((0.5, 2), (3, 0.1), join)
    (0.5, 6, 0.1)

    """
    if not stages or not more:
        return (*stages, *more)
    both = join(stages[-1], more[0])
    return (*stages, *more) if both is None else (*stages[:-1], both, *more[1:])


class Route(NamedTuple, Generic[S]):
    """Some rows of a batch, ascending, and the stages, of these rows alone, through which they go."""

    rows: Rows
    stages: tuple[S, ...]


def routes(stages: Sequence[S], idle: NDArray[np.bool_], join: Join[S]) -> list[Route[S]]:
    """Return which rows go through which stages; every row is on one route.

    A stage that is idle on a row would keep those before and behind it from becoming one there, which they do where
    the row stands alone, and its step was never part of the operator. The row would be rounded (interpolated,
    clipped) once more because of its neighbors in the batch. So such a stage is left out for the row. Rows for which
    the same stages are left out stay together, and may still be idle in others.

    Args:
        stages: stages over n rows; none that meet here join.
        idle: bool (stages, n), where a stage does nothing to a row.
        join: see :data:`Join`.

    A stage that does nothing to the second row is left out for it, and those around it become one there:

    >>> import numpy as np
    >>> from augreg.kernel import routes
    >>> class Number(float):
    ...     def take(self, rows): return self
    >>> stages = (Number(2), Number(0.5), Number(3))
    >>> idle = np.array([[False, False], [False, True], [False, False]])
    >>> for rows, kept in routes(stages, idle, lambda a, b: Number(a * b) if a > 1 and b > 1 else None):
    ...     print(rows, kept)
    [0] (2.0, 0.5, 3.0)
    [1] (6.0,)

    """
    everyone = np.arange(idle.shape[1])
    if len(stages) < 3 or not idle[1:-1].any():
        return [Route(everyone, tuple(stages))]
    joins = cache(lambda first, last: join(stages[first], stages[last]) is not None)
    patterns, pattern = np.unique(idle.T, axis=0, return_inverse=True)
    out = np.array([_left_out(still, joins) for still in patterns.tolist()])[pattern.ravel()]
    if not out.any():
        return [Route(everyone, tuple(stages))]
    kinds, kind = np.unique(out, axis=0, return_inverse=True)
    members = [np.flatnonzero(kind.ravel() == k) for k in range(len(kinds))]
    return [Route(rows, _kept(stages, left, rows, join)) for rows, left in zip(members, kinds.tolist(), strict=True)]


def _left_out(idle: list[bool], joins: Callable[[int, int], bool]) -> list[bool]:
    """Return which stages are left out for a row: those between two that are not idle, and join."""
    out = [False] * len(idle)
    for first, last in pairwise(j for j, still in enumerate(idle) if not still):
        if last > first + 1 and joins(first, last):
            out[first + 1 : last] = [True] * (last - first - 1)
    return out


def _kept(stages: Sequence[S], left_out: list[bool], rows: Rows, join: Join[S]) -> tuple[S, ...]:
    found: tuple[S, ...] = ()
    for stage, left in zip(stages, left_out, strict=True):
        if not left:
            found = append_stages(found, (stage.take(rows),), join)
    return found


def gather_targets(info: BatchInfo, parts: Iterable[tuple[Rows, BatchInfo]]) -> dict[str, list[Any]]:
    """Return the targets of a batch of which ``parts`` (rows, and the facts of these rows alone) have new ones.

    >>> import numpy as np
    >>> from augreg.kernel import gather_targets, make_batch
    >>> info = make_batch("text", ["a", "b", "c"], targets={"label": [1, 2, 3]}).info
    >>> part = make_batch("text", ["C"], targets={"label": [30]}).info
    >>> gather_targets(info, [(np.array([2]), part)])
    {'label': [1, 2, 30]}

    """
    found = {name: list(info.target(name)) for name in info.targets}
    for rows, part in parts:
        for name, entries in found.items():
            for i, entry in zip(rows.tolist(), part.target(name), strict=True):
                entries[i] = entry
    return found
