"""Tied samples of unlike sizes: a step must move them to the same places, in shares of their sides, or is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from augreg.contract.augmenter import AugmenterBase
from augreg.contract.operator import compares
from augreg.data.batch import BatchInfo
from augreg.data.params import Params
from augreg.errors import SampleError
from augreg.modalities.base import Modality
from augreg.pipeline import Execution

Pairs = Sequence[tuple[int, int]]
"""Rows of samples, and of those of their records that are tied to them."""


def check_tied(
    execution: Execution, modality: Modality, info: BatchInfo, params: Params, rows: np.ndarray, pairs: Pairs
) -> None:
    """Refuse what would move tied samples differently, because they differ in size.

    Args:
        execution: a step that moves what is in samples.
        modality, info: of all samples, before the step.
        params: what was drawn for the samples ``rows``.
        pairs: see :data:`Pairs`.

    Raises:
        SampleError: the message names the step and the sizes.

    """
    if not modality.same_places:
        return
    place = {row: k for k, row in enumerate(rows.tolist())}
    both = np.array([pair for pair in pairs if pair[0] in place and pair[1] in place], dtype=np.int64).reshape(-1, 2)
    shapes = info.shapes.copy()
    if modality.channel_axis is not None:
        shapes[:, modality.channel_axis] = 0
    both = both[(shapes[both[:, 0]] != shapes[both[:, 1]]).any(axis=1)]
    if not len(both):
        return
    some, pairs_of = np.unique(both, return_inverse=True)
    facts, drawn = info.take(some), params.take(np.array([place[row] for row in some.tolist()]))
    op = cast(AugmenterBase, execution.augmenter).lower(facts, drawn) if execution.fuses else None
    first, second = pairs_of.reshape(-1, 2).T
    alike = op.alike(facts, first, second) if op is not None and compares(op) else np.zeros(len(both), dtype=bool)
    for a, b in both[~alike].tolist():
        raise refused(execution, info.shapes[a].tolist(), info.shapes[b].tolist())


def check_apart(execution: Execution, chosen: np.ndarray, pairs: Pairs) -> None:
    """Refuse to mix samples among which are two that are tied: they share a key, by which partners are found.

    Raises:
        SampleError: the message names the step.

    """
    there = set(chosen.tolist())
    if any(a in there and b in there for a, b in pairs):
        raise SampleError(
            f"{execution.built.name} mixes samples of one kind, and two tied fields of a record are of one kind, so "
            "that each might be mixed with the other's partners. Leave the step out, or augment the fields in calls of "
            "their own."
        )


def refused(execution: Execution, mine: Sequence[int], theirs: Sequence[int]) -> SampleError:
    """Return the error for a step that cannot do the same to two shapes."""
    return SampleError(
        f"{execution.built.name} cannot do the same to tied fields of different sizes: shapes "
        f"{tuple(mine)} and {tuple(theirs)}. Resize one before."
    )
