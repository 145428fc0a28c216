"""What a pipeline drew in its last call, drawn together in the next."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from augreg.random import philox
from augreg.random.keys import Keys, stream_key


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
        wanted: (path, name) of the draws to prefetch; it becomes those of this call. Threads may share it: what one
            of them takes from the other is drawn by itself.

    """

    __slots__ = ("_expected", "_known", "keys", "wanted")

    MAX_SAMPLES: Final = 256
    """With more samples the fixed cost is small beside that of numbers which nobody asks for this time."""

    def __init__(self, keys: Keys, wanted: set[tuple[str, str]]) -> None:
        self.keys, self.wanted = keys, wanted
        self._expected = list(wanted)
        wanted.clear()
        self._known: dict[tuple[str, str], NDArray[np.unsignedinteger]] | None = None

    def words(self, rng: _Drawing, name: str) -> NDArray[np.unsignedinteger] | None:
        """Return the first words of all samples for a draw, or None if nobody expected it."""
        if self._known is None:
            wanted = self._expected if len(self._expected) > 1 else []
            streams = [stream_key(rng.seed, rng.epoch, rng.copy, *draw) for draw in wanted]
            found = philox.first_words_of_streams(self.keys, streams) if wanted else ()
            self._known = dict(zip(wanted, found, strict=True))
        self.wanted.add((rng.path, name))
        return self._known.get((rng.path, name))
