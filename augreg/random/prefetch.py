"""What a pipeline drew in its last call, drawn together in the next."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from augreg.random import philox
from augreg.random.keys import Keys, stream_key

Draw = tuple[str, str, int]
"""Path and name of a draw, and how many blocks of four words it takes; 0 for the first word alone."""


class _Drawing(Protocol):
    """What there is to know of the generator that asks."""

    seed: int
    epoch: int
    copy: int
    path: str


class Prefetch:
    """The words of draws that were made in the last call, for all samples in one pass of the generator.

    The fixed cost of a draw is that of fifty numpy calls, so a pipeline that runs again has what it drew last time
    computed together. Nothing else depends on it: a word is the same, prefetched or not.

    Args:
        keys: sample keys (n,).
        wanted: the draws to prefetch; it becomes those of this call. Threads may share it: what one of them takes from
            the other is drawn by itself.

    """

    __slots__ = ("_expected", "_known", "keys", "wanted")

    MAX_SAMPLES: Final = 256
    """With more samples the fixed cost is small beside that of numbers which nobody asks for this time."""
    MAX_BLOCKS: Final = 8
    """The same of draws of more blocks than this."""

    def __init__(self, keys: Keys, wanted: set[Draw]) -> None:
        self.keys, self.wanted = keys, wanted
        self._expected = list(wanted)
        wanted.clear()
        self._known: dict[Draw, NDArray[np.unsignedinteger]] | None = None

    def words(self, rng: _Drawing, name: str, blocks: int = 0) -> NDArray[np.unsignedinteger] | None:
        """Return what all samples have for a draw, None if nobody expected it.

        That is the first word of each (n,) or, of so many blocks, all words (n, 4 blocks).
        """
        if self._known is None:
            self._known = self._computed(rng)
        draw = rng.path, name, blocks
        self.wanted.add(draw)
        return self._known.get(draw)

    def _computed(self, rng: _Drawing) -> dict[Draw, NDArray[np.unsignedinteger]]:
        if len(self._expected) < 2:
            return {}
        streams: list[tuple[int, int]] = []
        places = []
        for path, name, blocks in self._expected:
            key = stream_key(rng.seed, rng.epoch, rng.copy, path, name)
            places.append(len(streams))
            streams += [(key, number) for number in range(max(1, blocks))]
        words = philox.words_of_streams(self.keys, streams)
        return {
            draw: _rows(words[:, first : first + draw[2]]) if draw[2] else words[0, first]
            for draw, first in zip(self._expected, places, strict=True)
        }


def _rows(words: NDArray[np.unsignedinteger]) -> NDArray[np.uint32]:
    """Return words (4, blocks, n) as those of each sample, (n, 4 blocks)."""
    return words.transpose(2, 1, 0).astype(np.uint32).reshape(words.shape[2], -1)
