"""What samples are compared by to judge their classes: numbers from formulas, no trained network."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.jobs.cleaning.thumbs import SIDE, Thumb
from augreg.jobs.cleaning.words import hashes_of, words_of
from augreg.media.spectrogram import log_mel

Vector = NDArray[np.float32]

CELL: Final = 4
"""Pixels of a side of the cells of a thumbnail whose edges are counted together."""

WAYS: Final = 8
"""Directions of edges: light to dark is another than dark to light."""

BUCKETS: Final = 2_048
"""Numbers that words and pairs of words are hashed into."""

BANDS: Final = 40
TIMES: Final = 12
"""Mel bands, and parts of its time, of a sound."""


def of_picture(thumb: Thumb) -> Vector:
    """Return its histograms of oriented gradients (Dalal and Triggs 2005), gray values and colors: float32 (816,)."""
    gray = thumb.gray.astype(np.float32)
    down, across = np.gradient(gray)
    strength = np.hypot(down, across)
    # Between two directions an edge counts for both, by how near it is.
    at = (np.arctan2(down, across) / (2 * np.pi) % 1.0) * WAYS
    low = at.astype(int) % WAYS
    part = at - np.floor(at)
    planes = np.zeros((WAYS, SIDE, SIDE), np.float32)
    rows, columns = np.indices((SIDE, SIDE))
    planes[low, rows, columns] += strength * (1.0 - part)
    planes[(low + 1) % WAYS, rows, columns] += strength * part
    cells = SIDE // CELL
    counts = planes.reshape(WAYS, cells, CELL, cells, CELL).sum((2, 4))
    edges = np.sqrt(
        counts / (counts.sum() + 1.0)
    )  # of the whole picture: faint ones keep their place beside strong ones
    small = gray.reshape(16, 2, 16, 2).mean((1, 3))
    small = (small - small.mean()) / (small.std() + 8.0) / 16.0
    return np.concatenate([edges.reshape(-1), small.reshape(-1), thumb.colors.reshape(-1) / np.float32(255.0 * 7.0)])


def of_text(text: str) -> Vector:
    """Return how often its words and pairs of words are there, hashed, as a unit vector: float32 (2048,)."""
    words = words_of(text)
    found = np.zeros(BUCKETS, np.float32)
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    hashes = hashes_of([*words, *pairs])
    np.add.at(found, hashes % np.uint64(BUCKETS), 1.0)
    found = np.sqrt(found)
    return np.asarray(found / max(float(np.linalg.norm(found)), 1e-9), np.float32)


def of_sound(wave: NDArray[Any], rate: int) -> Vector:
    """Return a mel spectrogram of twelve parts of its time, and how each band varies: float32 (520,)."""
    mono = wave.mean(0)
    levels = log_mel(mono, rate, bands=BANDS, columns=20 * TIMES)
    levels = np.maximum(levels, levels.max() - 80.0) - levels.max()  # how loud it was recorded tells no class
    edges = np.linspace(0, levels.shape[1], TIMES + 1).astype(int)
    parts = [levels[:, a : max(b, a + 1)].mean(1) for a, b in pairwise(edges)]
    return np.concatenate([*parts, levels.std(1)]).astype(np.float32) / np.float32(20.0)
