"""Substitution by table: character -> alternatives, gathered for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import Block, bounds, encode
from augreg_text.unicode import Points, through

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CharTable:
    """Alternatives for single characters, laid flat.

    ``slots``: number of a character's entry by code point, 0 for characters without one; the last element
    stands for all code points beyond. ``first``, ``sizes``: by entry, where its alternatives begin in
    ``lengths`` and how many there are. ``points`` holds the alternatives, ``begin`` where each begins. ``others``
    is what the table was made of.
    """

    slots: NDArray[np.int32]
    first: Ints
    sizes: Ints
    points: Points
    begin: Ints
    lengths: Ints
    others: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, table: Mapping[str, Sequence[str]]) -> CharTable:
        """Build the table; keys are single code points."""
        kept = {char: tuple(others) for char, others in table.items() if others}
        entries = [(ord(char), others) for char, others in kept.items()]
        slots = np.zeros(max((point for point, _ in entries), default=0) + 2, dtype=np.int32)
        for number, (point, _) in enumerate(entries, 1):
            slots[point] = number
        flat = [other for _, others in entries for other in others]
        sizes = np.asarray([0] + [len(others) for _, others in entries], dtype=np.int64)
        lengths = np.asarray([len(other) for other in flat], dtype=np.int64)
        return cls(slots, bounds(sizes)[:-1], sizes, encode("".join(flat)), bounds(lengths)[:-1], lengths, kept)

    def entries(self, points: Points) -> NDArray[np.int32]:
        """Return the number of each character's entry, 0 where it has none."""
        return self.slots.take(points, mode="clip")

    def holds(self, block: Block) -> NDArray[np.bool_]:
        """Return which characters of a block have an entry."""
        if self._only_letters:
            found = block.letters.copy()
            found[block.beyond] = self.entries(block.points[block.beyond]) > 0
            return found
        if block.points.dtype == np.uint8:
            return through(self._latin, block.points).view(np.bool_)
        return self.entries(block.points) > 0

    @cached_property
    def _latin(self) -> bytes:
        return (self.entries(np.arange(256, dtype=np.uint32)) > 0).tobytes()

    @cached_property
    def _only_letters(self) -> bool:
        """Whether the ASCII characters that have an entry are the letters, all of them."""
        return all((self._latin[i] > 0) == chr(i).isalpha() for i in range(128))

    @cached_property
    def single(self) -> bool:
        """Whether all alternatives are single characters: then ``points`` holds one each."""
        return len(self.points) == len(self.lengths) and bool((self.lengths == 1).all())

    def pick(self, points: Points, unit: NDArray[np.float64]) -> Ints:
        """Return the number of one alternative for each character, picked by a number in [0, 1)."""
        entries = self.entries(points)
        return self.first[entries] + (unit * self.sizes[entries]).astype(np.int64)
