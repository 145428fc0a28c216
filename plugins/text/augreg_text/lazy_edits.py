"""Edits kept as they were drawn, and laid out in order only when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from augreg.kernel import Column
from augreg_text.block import Block
from augreg_text.edits import Edits, Ints, cut, others, without
from augreg_text.unicode import Points


@dataclass(frozen=True, eq=False)
class UniformEdits:
    """Edits that all take ``old`` code points away and put ``new`` in; in any order.

    To carry them out needs neither their order nor their place in the text, unless something comes in between.

    Args:
        block: the texts.
        counts: int64 (n,), edits of each text.
        places: int64 (m,), where in the block each begins; none overlap.
        old, new: how many code points, of all alike.
        points: the replacements, one after the other: (m * new,).

    """

    block: Block
    counts: Ints
    places: Ints
    old: int
    points: Points
    new: int

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, i: int) -> list[list[Any]]:
        return self.flat()[i]

    def take(self, rows: Ints) -> Edits:
        """See :meth:`augreg_text.edits.Edits.take`."""
        return self.flat().take(rows)

    def flat(self) -> Edits:
        """Return the edits in order."""
        return self._flat

    def run(self, texts: Sequence[str]) -> tuple[list[str], Ints]:
        """See :meth:`augreg_text.edits.Edits.run`."""
        if self.block.texts != texts:
            return self._flat.run(texts)
        if not len(self.places):
            return list(texts), self.block.sizes
        points, sizes = self._splice()
        return cut(texts, self.counts, points, sizes), sizes

    @cached_property
    def _order(self) -> Ints:
        return self.places.argsort(kind="stable")

    @cached_property
    def _flat(self) -> Edits:
        starts = self.places[self._order] - self.block.first.repeat(self.counts)
        points = self.points.reshape(-1, self.new)[self._order].ravel() if self.new else self.points
        return Edits(self.counts, starts, starts + self.old, np.full(len(starts), self.new), points)

    def _splice(self) -> tuple[Points, Ints]:
        """Return the points of the block with the edits carried out, and the sizes of the texts."""
        points, places, new = self.block.points, self.places, self.points
        stretch = places if self.old < 2 else (places[:, None] + np.arange(self.old)).ravel()
        dtype = points.dtype if points.dtype == new.dtype else np.dtype(np.uint32)
        if self.old == self.new:
            out = points.astype(dtype)
            out[stretch] = new
            return out, self.block.sizes
        sizes = self.block.sizes + self.counts * (self.new - self.old)
        kept = without(points, stretch) if self.old else points
        if not self.new:
            return kept, sizes
        order = self._order
        at = places[order] + np.arange(len(order)) * (self.new - self.old)
        if self.new > 1:
            at = (at[:, None] + np.arange(self.new)).ravel()
        out = np.empty(len(kept) + len(at), dtype=dtype)
        out[others(len(out), at)] = kept
        out[at] = new.reshape(-1, self.new)[order].ravel()
        return out, sizes


@dataclass(frozen=True, eq=False)
class GroupedEdits:
    """Edits of several groups of texts; ``rows`` says which texts of the batch are those of each group, ascending."""

    rows: tuple[Ints, ...]
    parts: tuple[Edits | UniformEdits, ...]

    def __len__(self) -> int:
        return sum(map(len, self.rows))

    def __getitem__(self, i: int) -> list[list[Any]]:
        return self._flat[i]

    def take(self, rows: Ints) -> Edits:
        """See :meth:`augreg_text.edits.Edits.take`."""
        return self._flat.take(rows)

    def flat(self) -> Edits:
        """Return the edits in order."""
        return self._flat

    @cached_property
    def _flat(self) -> Edits:
        order = np.concatenate(self.rows).argsort(kind="stable")
        return Edits.concat([part.flat() for part in self.parts]).take(order)

    def run(self, texts: Sequence[str]) -> tuple[list[str], Ints]:
        """See :meth:`augreg_text.edits.Edits.run`."""
        data, sizes = list(texts), np.zeros(len(texts), dtype=np.int64)
        for rows, part in zip(self.rows, self.parts, strict=True):
            a, b = int(rows[0]), int(rows[-1]) + 1
            if b - a == len(rows):
                data[a:b], sizes[a:b] = part.run(texts[a:b])
                continue
            places = rows.tolist()
            new, sizes[rows] = part.run([texts[i] for i in places])
            for i, text in zip(places, new, strict=True):
                data[i] = text
        return data, sizes


AnyEdits = Edits | UniformEdits | GroupedEdits


def edits_of(rows: Column) -> AnyEdits:
    """Return edits from their rows, as a trace holds them; edits themselves come back as they are."""
    return (
        rows if isinstance(rows, (Edits, UniformEdits, GroupedEdits)) else Edits.of([rows[i] for i in range(len(rows))])
    )
