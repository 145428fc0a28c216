"""Padded stacks and the true lengths of their samples: rows cut to what is true, and results padded anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.base import Modality

SHARES: Final = ("_lens", "_len")
"""Ends of names under which SpeechBrain keeps lengths, as shares of the longest."""


def length_names(field: str) -> tuple[str, ...]:
    """Return the usual names of the column that holds the lengths of a field."""
    return (f"{field}_lengths", f"{field}_length", f"{field}_lens", f"{field}_len", "lengths", "length", "wav_lens")


class Padded:
    """A stack whose samples are padded behind their true ends.

    Args:
        stack: tensor or array (N, ...).
        lengths: N integers, in steps of the axis; or floating-point shares in (0, 1] of the padded length.
        axis: the axis of one sample that is padded.
        name: what the lengths are called in messages.

    Raises:
        SampleError: the lengths do not fit the stack, or may be something else.

    """

    def __init__(self, stack: Any, lengths: Any, axis: int, name: str) -> None:
        self.stack, self.given, self.axis = stack, lengths, axis
        self.room = int(stack.shape[1 + axis])
        self.counts, self.shares = _counts(lengths, len(stack), self.room, name)
        self.rows = [_cut(row, axis, n) for row, n in zip(stack, self.counts, strict=True)]

    def restored(self, rows: Sequence[Any]) -> tuple[Any, Any]:
        """Return the padded stack of new rows, and their lengths in the kind that came in."""
        if all(new is old for new, old in zip(rows, self.rows, strict=True)):
            return self.stack, self.given
        counts = [int(row.shape[self.axis]) for row in rows]
        room = self.room if counts == self.counts else max(counts)
        stack = _stacked(rows, self.axis, room)
        return stack, self.given if counts == self.counts else self._lengths(counts, room)

    def _lengths(self, counts: list[int], room: int) -> Any:
        found = [n / room for n in counts] if self.shares else counts
        if isinstance(self.given, torch.Tensor):
            return torch.tensor(found, dtype=self.given.dtype, device=self.given.device)
        if isinstance(self.given, np.ndarray):
            return np.asarray(found, dtype=self.given.dtype)
        return tuple(found) if isinstance(self.given, tuple) else found


def padded_axis(modality: Modality) -> int | None:
    """Return the axis of a sample that stacks pad: its time; None for what has no time."""
    return modality.axes.index("T") if "T" in modality.axes else None


def _counts(lengths: Any, n: int, room: int, name: str) -> tuple[list[int], bool]:
    """Return lengths as integers, and whether they were shares of the padded length."""
    array = lengths.detach().cpu().numpy() if isinstance(lengths, torch.Tensor) else np.asarray(lengths)
    if array.shape != (n,) or array.dtype.kind not in "iuf":
        raise SampleError(
            f"{name}={lengths!r} does not fit a stack of {n} samples: give one length per sample, e.g. [8000, 16000]."
        )
    shares = array.dtype.kind == "f" and bool(((array > 0) & (array <= 1)).all()) and n > 0
    counts = np.round(array * room) if shares else array
    if not (np.isfinite(counts) & (counts == np.floor(counts)) & (counts >= 0) & (counts <= room)).all():
        raise SampleError(
            f"{name}={array.tolist()} are no lengths of a stack that is padded to {room}: give integers from 0 to "
            f"{room}, or shares of it in (0, 1]. A column of another meaning needs another name."
        )
    return counts.astype(int).tolist(), shares


def _cut(row: Any, axis: int, n: int) -> Any:
    """Return a view of the first ``n`` entries along an axis."""
    return row[(*(slice(None),) * axis, slice(0, n))]


def _stacked(rows: Sequence[Any], axis: int, room: int) -> Any:
    """Return rows as one stack, with zeros behind those that are shorter than ``room``."""
    first = rows[0]
    sides = {(*row.shape[:axis], *row.shape[axis + 1 :]) for row in rows}
    if len(sides) > 1:
        raise SampleError(
            f"steps gave the samples of a padded stack different shapes, {sorted(tuple(row.shape) for row in rows)}; "
            "they differ in more than their length. Pass a list."
        )
    shape = (len(rows), *first.shape[:axis], room, *first.shape[axis + 1 :])
    new = first.new_zeros(shape) if isinstance(first, torch.Tensor) else np.zeros(shape, dtype=first.dtype)
    for out, row in zip(new, rows, strict=True):
        _cut(out, axis, row.shape[axis])[...] = row
    return new
