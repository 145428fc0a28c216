"""Finds pictures and texts that are nearly the same: candidates by codes, each looked at again by another measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.jobs.cleaning.align import likeness
from augreg.jobs.cleaning.look import Seen
from augreg.jobs.cleaning.nearby import Codes, Pairs, distances, expanded, same_keys, within
from augreg.jobs.cleaning.scratch import Scratch
from augreg.jobs.cleaning.thumbs import CROPS, SIDE
from augreg.jobs.cleaning.words import BANDS, jaccard

RADIUS: Final = 10
"""Bits of 63 in which codes of nearly the same picture differ at most: of photographs made smaller, encoded as JPEG or
cropped by up to 5 % a side, 98 to 100 % did; of different ones fewer than 1 in 10,000 pairs."""

LIKE: Final = 0.92
"""Likeness from which on two pictures are nearly the same."""

CROWD: Final = 2
"""How many candidates that are other pictures halve the room between the likeness that is needed and 1. Pictures of one
kind of thing on white are alike by chance, and the more pairs are tried, the more of them."""

MOST: Final = 16
"""Candidates of a picture that are looked at again, those with the nearest codes first."""

OTHERS: Final = 0.9
"""Likeness below which a candidate is surely another picture."""

TINT: Final = 0.05
"""Mean difference of the shares of red, green and blue, from which on a picture was colored anew, and is another."""

SAME_WORDS: Final = 0.7
"""Share of common shingles from which on two texts are nearly the same."""

AT_ONCE: Final = 2_048
"""Pairs of pictures that are compared at once: about 500 MB at the peak would be 8,192."""

Found = tuple[int, int, float, float]
"""Two inputs, how alike they are, and how sure that is."""


@dataclass
class Pictures:
    """The pictures of a data set, found again by their codes."""

    folder: Path

    def __post_init__(self) -> None:
        self.numbers: list[int] = []
        self._codes: list[NDArray[np.uint64]] = []
        self._grays = Scratch(self.folder / "grays", "uint8")
        self._colors = Scratch(self.folder / "colors", "uint8")

    def add(self, number: int, seen: Seen) -> None:
        """Take in what was seen of a picture."""
        assert seen.thumb is not None
        self.numbers.append(number)
        self._codes.append(seen.thumb.codes)
        self._grays.keep(number, seen.thumb.gray)
        self._colors.keep(number, seen.thumb.colors)

    def pairs(self) -> Iterator[Found]:
        """Yield the pairs that are nearly the same."""
        if len(self.numbers) > 1:
            numbers, codes = np.array(self.numbers), np.stack(self._codes)
            places = self._candidates(codes)
            tried = np.bincount(places.reshape(-1), minlength=len(codes))
            places = _nearest(places, codes)
            scores = self._scores(numbers[places])
            needed = _needed(places, scores, tried)
            for (a, b), score, least in zip(numbers[places].tolist(), scores.tolist(), needed.tolist(), strict=True):
                if score >= least:
                    yield a, b, score, 0.5 + 0.5 * (score - least) / (1.0 - least)

    def close(self) -> None:
        """Close the files."""
        self._grays.close()
        self._colors.close()

    def _candidates(self, codes: NDArray[np.uint64]) -> Pairs:
        """Return pairs of places with alike codes, the whole of one and any part of the other."""
        whole, first = np.unique(codes[:, 0], return_index=True)
        asked, owners = codes.T.reshape(-1), np.tile(np.arange(len(codes)), len(CROPS))
        kept = np.unique(asked)
        near = _spread(within(whole, kept, RADIUS), kept, asked, owners, first)
        return _unordered(np.concatenate([same_keys(codes[:, 0]), near]))

    def _scores(self, pairs: Pairs) -> NDArray[np.float64]:
        scores = np.zeros(len(pairs))
        for start in range(0, len(pairs), AT_ONCE):
            part = pairs[start : start + AT_ONCE]
            grays = [np.stack([self._grays[n].reshape(SIDE, SIDE) for n in side.tolist()]) for side in part.T]
            colors = [np.stack([self._colors[n] for n in side.tolist()]) for side in part.T]
            scores[start : start + AT_ONCE] = np.where(_tinted(*colors), 0.0, likeness(*grays))
        return scores


def _spread(near: Pairs, kept: Codes, asked: Codes, owners: Pairs, first: Pairs) -> Pairs:
    """Return pairs of pictures for pairs of codes (of ``kept``, of wholes).

    Of many pictures with one code the first stands for all: they are compared with each other besides.
    """
    order = np.argsort(asked, kind="stable")
    edges = np.append(np.searchsorted(asked[order], kept), len(asked))
    found = [np.empty((0, 2), np.int64)]
    for rows, asking in expanded(edges[near[:, 0]], edges[near[:, 0] + 1], order):
        found.append(np.stack([owners[asking], first[near[rows, 1]]], axis=1))
    return np.concatenate(found)


def _unordered(pairs: Pairs) -> Pairs:
    """Return pairs of different places, each once, the smaller first."""
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)


def _tinted(first: NDArray[np.generic], second: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Whether the colors (n, 48) of pictures differ in more than brightness."""
    shares = []
    for side in (first, second):
        cells = side.reshape(len(side), -1, 3).astype(np.float64) + 8.0  # black has no color: 8 of 255 damp it
        shares.append(cells / cells.sum(2, keepdims=True))
    return np.asarray(np.abs(shares[0] - shares[1]).mean((1, 2)) > TINT)


def _nearest(pairs: Pairs, codes: Codes) -> Pairs:
    """Return the pairs that are among the :data:`MOST` nearest of one of both."""
    a, b = codes[pairs.T]
    apart = np.min([distances(a[:, k], b[:, 0]) for k in range(len(CROPS))], axis=0)
    apart = np.minimum(apart, np.min([distances(a[:, 0], b[:, k]) for k in range(len(CROPS))], axis=0))
    kept = np.zeros(len(pairs), bool)
    for side in pairs.T:
        order = np.lexsort((apart, side))
        begins = np.searchsorted(side[order], side[order])
        kept[order[np.arange(len(order)) - begins < MOST]] = True
    return pairs[kept]


def _needed(pairs: Pairs, scores: NDArray[Any], tried: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the likeness that each pair needs: more where both had many candidates that are other pictures.

    They had at least as many as pictures of the data set have on average: few of one kind of thing stand out.
    """
    alike = np.bincount(pairs[scores >= OTHERS].reshape(-1), minlength=len(tried))
    others = tried - alike
    others = np.maximum(others[pairs].mean(1), others.mean())
    return np.asarray(1.0 - (1.0 - LIKE) / (1.0 + others / CROWD))


@dataclass
class Texts:
    """The texts of a data set, found again by their MinHash."""

    folder: Path

    def __post_init__(self) -> None:
        self.numbers: list[int] = []
        self._keys: list[NDArray[np.uint64]] = []
        self._shingles = Scratch(self.folder / "shingles", "uint64")

    def add(self, number: int, seen: Seen) -> None:
        """Take in what was seen of a text."""
        assert seen.keys is not None
        assert seen.shingles is not None
        self.numbers.append(number)
        self._keys.append(seen.keys)
        self._shingles.keep(number, seen.shingles)

    def pairs(self) -> Iterator[Found]:
        """Yield the pairs that are nearly the same."""
        if len(self.numbers) > 1:
            keys, numbers = np.stack(self._keys), np.array(self.numbers)
            for a, b in numbers[
                _unordered(np.concatenate([same_keys(keys[:, band]) for band in range(BANDS)]))
            ].tolist():
                shared = jaccard(self._shingles[a], self._shingles[b])  # type: ignore[arg-type]  # kept as uint64
                if shared >= SAME_WORDS:
                    yield a, b, shared, 0.5 + 0.5 * (shared - SAME_WORDS) / (1.0 - SAME_WORDS)

    def close(self) -> None:
        """Close the file."""
        self._shingles.close()
