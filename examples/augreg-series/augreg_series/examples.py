"""Made-up series for the conformance kit and the tests."""

from __future__ import annotations

import numpy as np
import torch

from augreg_series.sample import Series

LENGTHS = (160, 173, 151, 190, 182)


def example(number: int) -> Series:
    """Return the series of a number: two channels (every fourth three), every target, every third without a rate."""
    rng = np.random.default_rng(number)
    channels, moments = 3 if number % 4 == 3 else 2, LENGTHS[number % len(LENGTHS)]
    steps = rng.normal(0.0, 0.2, (channels, moments)).astype(np.float32)
    times = np.cumsum(rng.uniform(0.01, 0.03, moments))
    return Series(
        torch.from_numpy(np.cumsum(steps, axis=1)),
        timestamps=times,
        rate=None if number % 3 == 2 else 50.0,
        mask=torch.from_numpy(rng.random(moments if number % 2 else (channels, moments)) < 0.9),
        label=number % 10,
    )
