"""Edits of a step that is for a part of each text only: the words that spans mark, or all but these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import Block, bounds, ranges
from augreg_text.edits import Edits

Bools = NDArray[np.bool_]


def locked_outside(mask: Bools | None, block: Block, allowed: Sequence[Bools]) -> Bools:
    """Return the mask of code points that must stay with all that may not be changed, bool (points,).

    Args:
        mask: those that must stay anyway; None: none.
        block: the texts.
        allowed: bool (characters,) for each text.

    """
    found = np.zeros(len(block.points), dtype=bool) if mask is None else mask.copy()
    for begin, free in zip(block.first.tolist(), allowed, strict=True):
        found[begin : begin + len(free)] |= ~free
    return found


def kept_to(edits: Edits, allowed: Sequence[Bools]) -> Edits:
    """Return the edits that lie where the texts may be changed; deletions are cut to what may go.

    A word is deleted with the blank beside it, and a phrase replaced with those in it, which may stand outside. An
    insertion belongs to the character before and to the one behind it: one of them must be free.

    >>> import numpy as np
    >>> from augreg_text import Edits
    >>> from augreg_text.confined import kept_to
    >>> edits = Edits.of([[[0, 4, ""], [5, 6, "x"], [8, 8, "y"]]])
    >>> kept_to(edits, [np.array([True, True, True, False, False, False, False, False, True])])[0]
    [[0, 3, ''], [8, 8, 'y']]

    """
    row = np.repeat(np.arange(len(edits)), edits.counts)
    # One place that is not free stands before each text, and behind the last.
    border = np.zeros(1, dtype=bool)
    free = np.concatenate([part for each in allowed for part in (border, each)] + [border])
    first = bounds(np.array([len(each) + 1 for each in allowed], dtype=np.int64))[:-1] + 1
    shift = first[row]
    starts, ends = edits.starts + shift, edits.ends + shift
    places = np.append(free.nonzero()[0], len(free))
    gone = (edits.lengths == 0) & (ends > starts)
    starts = np.where(gone, np.minimum(places[np.searchsorted(places, starts)], ends), starts)
    last = places[np.maximum(np.searchsorted(places, ends) - 1, 0)] + 1
    ends = np.where(gone, np.clip(last, starts, ends), ends)
    total = np.append(0, np.cumsum(free))
    whole = total[ends] - total[starts] == ends - starts
    beside = free[starts - 1] | free[starts]
    keep = np.where(edits.starts == edits.ends, beside, whole & (ends > starts))
    return _some(replace(edits, starts=starts - shift, ends=ends - shift), keep.nonzero()[0], row)


def _some(edits: Edits, which: NDArray[np.int64], row: NDArray[np.int64]) -> Edits:
    """Return some of the edits; ``row`` says to which text each belongs."""
    lengths = edits.lengths[which]
    return Edits(
        np.bincount(row[which], minlength=len(edits)).astype(np.int64),
        edits.starts[which],
        edits.ends[which],
        lengths,
        edits.points[ranges(bounds(edits.lengths)[which], lengths)],
        None if edits.sources is None else edits.sources[which],
    )
