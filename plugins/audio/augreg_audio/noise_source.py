"""Bulk noise for a waveform: a function of its key alone, the same on every device."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def normal(key: int, shape: tuple[int, ...], dtype: str = "float32") -> Array:
    """Return standard normal noise; ``key`` comes from ``Rng.noise_key``. float32, or float64 if asked for.

    A generator of its own for every key (SFC64, seeded through SeedSequence): nothing is shared, nothing is global.
    """
    generator = np.random.Generator(np.random.SFC64(int(key)))
    return generator.standard_normal(shape, dtype=np.float64 if dtype == "float64" else np.float32)


def uniform(key: int, shape: tuple[int, ...]) -> Array:
    """Return uniform noise float64 in (0, 1), never 0."""
    return 1.0 - np.random.Generator(np.random.SFC64(int(key))).random(shape)
