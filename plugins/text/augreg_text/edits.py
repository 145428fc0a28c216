"""Edits: what an augmenter does to a text, as (start, end, replacement), and how a batch of them is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import Block, bounds, decode, encode, ranges
from augreg_text.unicode import Points

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Row = Sequence[Sequence[Any]]

TEXTS_AT_A_TIME: Final = 1024
"""Texts that are worked on at a time, so that what is found out about them stays in the processor's cache."""
_REMOVAL_MARK: Final = b"\xff"
"""Stands for a code point to take out, in texts below U+0100 without "ÿ" itself."""
_REPLACE_ONE_IN: Final = 20
"""Where fewer than one code point in this many goes, ``bytes.replace`` skips to them; ``translate`` looks at all."""


@dataclass(frozen=True, eq=False)
class Edits:
    """Edits of n texts, flat: those of a text stand together, ascending, and don't overlap.

    A row reads ``[[start, end, replacement], ...]``: the code points ``start`` to ``end`` (half-open) give way
    to the replacement. A fourth entry says that the replacement is moved from there in the same text, so that
    spans travel with it.

    Args:
        counts: int64 (n,), edits of each text.
        starts, ends: int64 (m,), places within the text.
        lengths: int64 (m,), code points of each replacement.
        points: the replacements, one after the other.
        sources: int64 (m,), where a moved replacement comes from, -1 for others; None when nothing is moved.
        block: the texts for which they were drawn, where known: then these need not be joined again.

    """

    counts: Ints
    starts: Ints
    ends: Ints
    lengths: Ints
    points: Points
    sources: Ints | None = None
    block: Block | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, i: int) -> list[list[Any]]:
        one = self.take(np.asarray([i]))
        text, edges = decode(one.points), bounds(one.lengths).tolist()
        row = [
            [start, end, text[a:b]]
            for start, end, a, b in zip(one.starts.tolist(), one.ends.tolist(), edges, edges[1:], strict=False)
        ]
        for edit, source in zip(row, [] if one.sources is None else one.sources.tolist(), strict=False):
            edit.extend([source] if source >= 0 else [])
        return row

    def take(self, rows: Ints) -> Edits:
        """Return the edits of some texts, in the order of ``rows``."""
        rows = np.asarray(rows, dtype=np.int64)
        if len(rows) == len(self) and (rows == np.arange(len(self))).all():
            return self
        which = ranges(bounds(self.counts)[rows], self.counts[rows])
        letters = ranges(bounds(self.lengths)[which], self.lengths[which])
        return Edits(
            self.counts[rows],
            self.starts[which],
            self.ends[which],
            self.lengths[which],
            self.points[letters],
            None if self.sources is None else self.sources[which],
        )

    @classmethod
    def of(cls, rows: Edits | Sequence[Row] | NDArray[Any]) -> Edits:
        """Return edits from their rows, as a trace holds them; edits themselves come back as they are."""
        if isinstance(rows, Edits):
            return rows
        flat = [edit for row in rows for edit in row]
        texts = [str(edit[2]) for edit in flat]
        sources = np.asarray([int(edit[3]) if len(edit) > 3 else -1 for edit in flat], dtype=np.int64)
        return cls(
            np.asarray([len(row) for row in rows], dtype=np.int64),
            np.asarray([int(edit[0]) for edit in flat], dtype=np.int64),
            np.asarray([int(edit[1]) for edit in flat], dtype=np.int64),
            np.asarray([len(text) for text in texts], dtype=np.int64),
            encode("".join(texts)),
            sources if (sources >= 0).any() else None,
        )

    @classmethod
    def from_texts(
        cls, counts: Ints, starts: Ints, ends: Ints, texts: Sequence[str], sources: Ints | None = None
    ) -> Edits:
        """Return edits whose replacements are strings."""
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return cls(counts, starts, ends, lengths, encode("".join(texts)), sources)

    @classmethod
    def concat(cls, parts: Sequence[Edits]) -> Edits:
        """Return the edits of several groups of texts, one group after the other."""
        sources = None
        if any(part.sources is not None for part in parts):
            sources = np.concatenate([_or_none(part) for part in parts])
        return cls(
            np.concatenate([part.counts for part in parts]),
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.points for part in parts]),
            sources,
        )

    def drawn_for(self, block: Block) -> Edits:
        """Return these edits with the texts for which they were drawn."""
        return replace(self, block=block.bare())

    def flat(self) -> Edits:
        """Return the edits themselves; other kinds are laid out in order by this."""
        return self

    def run(self, texts: Sequence[str]) -> tuple[list[str], Ints]:
        """Carry out the edits: return the new texts and their sizes. A text without edits is the same object."""
        if self.block is not None and self.block.texts == texts:
            return self._run(texts, self.block)
        if len(texts) <= TEXTS_AT_A_TIME:
            return self._run(texts, Block.of(texts))
        data: list[str] = []
        sizes = []
        for a in range(0, len(texts), TEXTS_AT_A_TIME):
            part = texts[a : a + TEXTS_AT_A_TIME]
            new, size = self.take(np.arange(a, a + len(part)))._run(part, Block.of(part))
            data += new
            sizes.append(size)
        return data, np.concatenate(sizes)

    def _run(self, texts: Sequence[str], block: Block) -> tuple[list[str], Ints]:
        if not len(self.starts):
            return list(texts), block.sizes
        offset = block.first.repeat(self.counts)
        points, sizes = self._splice(block, self.starts + offset, self.ends + offset)
        return cut(texts, self.counts, points, sizes), sizes

    def _splice(self, block: Block, starts: Ints, ends: Ints) -> tuple[Points, Ints]:
        """Return the points of a block with the stretches starts..ends replaced, and the sizes of the texts."""
        points = block.points
        dtype = points.dtype if points.dtype == self.points.dtype else np.dtype(np.uint32)
        old = ends - starts
        if (old == self.lengths).all():
            out = points.astype(dtype)
            out[ranges(starts, old)] = self.points
            return out, block.sizes
        moved = bounds(self.lengths - old)
        sizes = block.sizes + np.diff(moved[bounds(self.counts)])
        kept = without(points, ranges(starts, old)) if old.any() else points
        if not len(self.points):
            return kept, sizes
        new = ranges(starts + moved[:-1], self.lengths)
        out = np.empty(len(kept) + len(new), dtype=dtype)
        out[others(len(out), new)] = kept
        out[new] = self.points
        return out, sizes


def cut(texts: Sequence[str], counts: Ints, points: Points, sizes: Ints) -> list[str]:
    """Cut the points of a block into its texts; where no edit was counted, the text itself comes back."""
    whole = decode(points)
    new = whole.split("\n")[1:-1]
    if len(new) != len(texts):
        # A text has line feeds of its own.
        ends = (sizes + 1).cumsum()
        new = [whole[a:b] for a, b in zip((ends - sizes).tolist(), ends.tolist(), strict=True)]
    if counts.all():
        return new
    return [text if count else old for old, text, count in zip(texts, new, counts.tolist(), strict=True)]


def without(points: Points, places: Ints) -> Points:
    """Return code points less those at some places."""
    if points.dtype != np.uint8 or _REMOVAL_MARK in points.tobytes():
        return points[others(len(points), places)]
    # bytes drops a value that stands nowhere else faster than numpy picks the others.
    marked = bytearray(points)
    np.frombuffer(marked, dtype=np.uint8)[places] = _REMOVAL_MARK[0]
    rare = len(places) < len(points) // _REPLACE_ONE_IN
    left = marked.replace(_REMOVAL_MARK, b"") if rare else marked.translate(None, _REMOVAL_MARK)
    return np.frombuffer(left, dtype=np.uint8)


def others(count: int, places: Ints) -> Bools:
    """Return the mask of all but some places."""
    found = np.ones(count, dtype=bool)
    found[places] = False
    return found


def _or_none(part: Edits) -> Ints:
    return np.full(len(part.starts), -1) if part.sources is None else part.sources
