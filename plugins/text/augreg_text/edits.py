"""Edits: what an augmenter does to a text, as (start, end, replacement), and how a batch of them is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import Block, bounds, decode, encode
from augreg_text.unicode import Points

Ints = NDArray[np.int64]
Row = Sequence[Sequence[Any]]

CHUNK: Final = 512
"""Texts that are worked on at a time, so that their code points stay in the processor's cache."""


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

    """

    counts: Ints
    starts: Ints
    ends: Ints
    lengths: Ints
    points: Points
    sources: Ints | None = None

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
        columns = (
            [getattr(part, name) for part in parts] for name in ("counts", "starts", "ends", "lengths", "points")
        )
        return cls(*(np.concatenate(column) for column in columns), sources)

    def run(self, texts: Sequence[str]) -> list[str]:
        """Carry out the edits. A text without edits comes back as the same object."""
        if len(texts) > CHUNK:
            rows = [np.arange(a, min(a + CHUNK, len(texts))) for a in range(0, len(texts), CHUNK)]
            return [new for part in rows for new in self.take(part).run(texts[part[0] : part[-1] + 1])]
        if not len(self.starts):
            return list(texts)
        block = Block.of(texts)
        offset = np.repeat(block.first, self.counts)
        points = self._splice(block.points, self.starts + offset, self.ends + offset)
        grown = np.bincount(
            np.repeat(np.arange(len(texts)), self.counts),
            weights=self.lengths - (self.ends - self.starts),
            minlength=len(texts),
        ).astype(np.int64)
        sizes = block.sizes + grown
        ends = np.cumsum(sizes + 1)
        whole = decode(points)
        pieces = zip(texts, self.counts.tolist(), (ends - sizes).tolist(), ends.tolist(), strict=True)
        return [whole[a:b] if count else text for text, count, a, b in pieces]

    def _splice(self, points: Points, starts: Ints, ends: Ints) -> Points:
        """Return ``points`` with the stretches starts..ends replaced."""
        dtype = np.result_type(points.dtype, self.points.dtype)
        if (self.lengths == 1).all() and (ends - starts == 1).all():
            out = points.astype(dtype)
            out[starts] = self.points
            return out
        if not len(self.points):
            return np.delete(points, ranges(starts, ends - starts))
        # Stretches that stay and replacements, in turn.
        begin = np.empty(2 * len(starts) + 1, dtype=np.int64)
        begin[0], begin[2::2] = 0, ends
        begin[1::2] = len(points) + bounds(self.lengths)[:-1]
        length = np.empty_like(begin)
        length[:-1:2] = starts - begin[:-1:2]
        length[-1] = len(points) - begin[-1]
        length[1::2] = self.lengths
        return np.concatenate([points.astype(dtype), self.points.astype(dtype)])[ranges(begin, length)]


def _or_none(part: Edits) -> Ints:
    return np.full(len(part.starts), -1) if part.sources is None else part.sources


def ranges(begin: Ints, length: Ints) -> Ints:
    """Return begin[0], begin[0] + 1, ... (length[0] of them), then the same for every further pair."""
    end = np.cumsum(length)
    total = int(end[-1]) if len(end) else 0
    return np.arange(total) + np.repeat(begin - (end - length), length)
