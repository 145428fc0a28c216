"""Operators: what a step lowers to so that it can run together with its neighbours."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Protocol, Self, TypeGuard, runtime_checkable

import numpy as np

from augreg.data.batch import Batch, BatchInfo


@runtime_checkable
class Op(Protocol):
    """A drawn step over n samples that composes with the next one.

    The core knows only these five methods; what is inside (matrices, tables, index vectors, responses) belongs
    to the plugin. Operators are values: no method changes ``self``. One that has ``lists = True`` takes sounds on the
    CPU as a list of rows too, see :class:`augreg.data.batch.Batch`.
    """

    def take(self, rows: np.ndarray) -> Self:
        """Return the operator of some samples, in the order of ``rows``."""
        ...

    def expand(self, rows: np.ndarray, info: BatchInfo) -> Self:
        """Spread over all samples of ``info``: this operator's k-th sample at ``rows[k]``, the identity elsewhere."""
        ...

    def then(self, other: Op) -> Op | None:
        """Return the operator that does this one and then ``other``, or None if they don't compose.

        Whether they compose may depend on the kind and the configuration, never on the samples: otherwise a
        sample's result would depend on its neighbours.
        """
        ...

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the operator (shapes, rates), without touching data or targets."""
        ...

    def run(self, batch: Batch) -> Batch:
        """Carry it out on data and targets; the input is not modified. An identity row is returned exactly."""
        ...


@runtime_checkable
class Choosing(Op, Protocol):
    """An operator that chooses along time, and so need not be given what it does not choose.

    Rows on the CPU that ``run`` is given may be :class:`augreg.data.lazy.LazyRow`: it reads of them what it needs.
    """

    def split(self, rows: np.ndarray) -> tuple[Op, Op]:
        """Return what chooses for the samples ``rows``, and the operator over all samples that is left to do then.

        The first runs on those samples alone, on the CPU, and takes what it chooses; the second may run on a device.
        Both together give, bit for bit, what the operator gives.
        """
        ...


def chooses(op: Op) -> TypeGuard[Choosing]:
    """Whether an operator chooses along time; asked of every type once, since Python takes long to tell."""
    return _choosing(type(op))


@cache
def _choosing(kind: type) -> bool:
    return issubclass(kind, Choosing)


@runtime_checkable
class Comparing(Op, Protocol):
    """An operator that can tell whether it moves two samples of unlike sizes to the same places.

    Fields of a record that are tied, as a depth map is to its photo, may have different sizes. Steps whose operators
    cannot tell are refused there.
    """

    def alike(self, info: BatchInfo, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return for pairs of samples whether they are moved alike, in shares of their sides: bool (k,).

        ``info`` are the facts of all samples before the operator; ``first`` and ``second``, int64 (k,), say which.
        """
        ...


def compares(op: Op) -> TypeGuard[Comparing]:
    """Whether an operator can compare what it does to two samples."""
    return _comparing(type(op))


@cache
def _comparing(kind: type) -> bool:
    return issubclass(kind, Comparing)


@runtime_checkable
class Gathering(Op, Protocol):
    """An operator that can be one with others that do their work on other samples.

    Where every sample of a batch meets one of several operators, as in a policy, those of one family become one
    operator at once, without a composition for each.
    """

    @property
    def family(self) -> Hashable:
        """Operators of one type with equal families can be gathered; None: this one cannot."""
        ...

    def gathered(self, parts: Sequence[tuple[np.ndarray, Self]], info: BatchInfo) -> Self:
        """Return the operator over all samples of ``info`` that does to the rows of each part what that part does.

        It does what their ``expand``, composed by ``then`` in any order, does. No row is in two parts; this operator
        is one of them, and all are of its family.
        """
        ...


def gathers(op: Op) -> TypeGuard[Gathering]:
    """Whether an operator may be gathered with others."""
    return _gathering(type(op))


@cache
def _gathering(kind: type) -> bool:
    return issubclass(kind, Op) and hasattr(kind, "family") and hasattr(kind, "gathered")
