"""Edits: what an augmenter does to a text, as (start, end, replacement), and how a batch of them is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import Block, bounds, decode, encode, ranges
from augreg_text.unicode import Points

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Row = Sequence[Sequence[Any]]

CHUNK: Final = 1024
"""Texts that are worked on at a time, so that their code points stay in the processor's cache."""
_UNUSED: Final = b"\xff"
_RARE: Final = 20


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
        blocks: the texts for which they were drawn, where known: then these need not be joined again.

    """

    counts: Ints
    starts: Ints
    ends: Ints
    lengths: Ints
    points: Points
    sources: Ints | None = None
    blocks: tuple[Block, ...] = field(default=(), repr=False)

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
        return cls(*(np.concatenate(column) for column in columns), sources, sum((p.blocks for p in parts), ()))

    def drawn_for(self, block: Block) -> Edits:
        """Return these edits with the texts for which they were drawn."""
        # Without what it found out about them: the edits may live as long as a trace.
        kept = Block(block.texts, block.joined, block.points, block.first, block.sizes)
        return Edits(self.counts, self.starts, self.ends, self.lengths, self.points, self.sources, (kept,))

    def run(self, texts: Sequence[str]) -> tuple[list[str], Ints]:
        """Carry out the edits: return the new texts and their sizes. A text without edits is the same object."""
        if len(self.blocks) == 1 and self.blocks[0].texts == texts:
            return self._run(texts, self.blocks[0])
        blocks: Iterable[Block] = self.blocks
        if [text for block in self.blocks for text in block.texts] != texts:
            blocks = (Block.of(texts[a : a + CHUNK]) for a in range(0, len(texts), CHUNK))
        data: list[str] = []
        sizes = [np.zeros(0, dtype=np.int64)]
        for part, block in self._beside(blocks):
            new, size = part._run(texts[len(data) : len(data) + len(block)], block)
            data += new
            sizes.append(size)
        return data, np.concatenate(sizes)

    def _beside(self, blocks: Iterable[Block]) -> Iterator[tuple[Edits, Block]]:
        """Part the edits as blocks part their texts."""
        row = edit = point = 0
        for block in blocks:
            counts = self.counts[row : row + len(block)]
            edits = slice(edit, edit + int(counts.sum()))
            lengths = self.lengths[edits]
            points = self.points[point : point + int(lengths.sum())]
            sources = None if self.sources is None else self.sources[edits]
            yield Edits(counts, self.starts[edits], self.ends[edits], lengths, points, sources), block
            row, edit, point = row + len(block), edits.stop, point + len(points)

    def _run(self, texts: Sequence[str], block: Block) -> tuple[list[str], Ints]:
        if not len(self.starts):
            return list(texts), block.sizes
        offset = block.first.repeat(self.counts)
        points, sizes = self._splice(block, self.starts + offset, self.ends + offset)
        ends = (sizes + 1).cumsum()
        whole = decode(points)
        first, last = (ends - sizes).tolist(), ends.tolist()
        if self.counts.all():
            return [whole[a:b] for a, b in zip(first, last, strict=True)], sizes
        pieces = zip(texts, self.counts.tolist(), first, last, strict=True)
        return [whole[a:b] if count else text for text, count, a, b in pieces], sizes

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
        kept = _without(points, ranges(starts, old)) if old.any() else points
        if not len(self.points):
            return kept, sizes
        new = ranges(starts + moved[:-1], self.lengths)
        out = np.empty(len(kept) + len(new), dtype=dtype)
        out[_others(len(out), new)] = kept
        out[new] = self.points
        return out, sizes


def _without(points: Points, places: Ints) -> Points:
    """Return code points less those at some places."""
    if points.dtype != np.uint8 or _UNUSED in points.tobytes():
        return points[_others(len(points), places)]
    # bytes drops a value that stands nowhere else faster than numpy picks the others.
    marked = bytearray(points)
    np.frombuffer(marked, dtype=np.uint8)[places] = _UNUSED[0]
    rare = len(places) < len(points) // _RARE
    left = marked.replace(_UNUSED, b"") if rare else marked.translate(None, _UNUSED)
    return np.frombuffer(left, dtype=np.uint8)


def _others(count: int, places: Ints) -> Bools:
    """Return the mask of all but some places."""
    found = np.ones(count, dtype=bool)
    found[places] = False
    return found


def _or_none(part: Edits) -> Ints:
    return np.full(len(part.starts), -1) if part.sources is None else part.sources
