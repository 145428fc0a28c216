"""Small sounds, and a short way to run one augmenter on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import augreg
from augreg.kernel import make_batch

Run = Callable[..., augreg.Batch]


def _noise(frames: int, channels: int = 1, seed: int = 0) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    return torch.from_numpy((0.2 * generator.standard_normal((channels, frames))).astype(np.float32))


def _run(augmenter: Any, rows: list[torch.Tensor], rate: float = 16000.0, seed: int = 7, **more: Any) -> augreg.Batch:
    batch = make_batch("audio", rows, rates=rate, **more)
    info = batch.info.replace(data=batch.rows())
    params = augmenter.draw(info, augreg.Rng(seed, batch.info.keys).at("step"))
    return augmenter.apply(batch, params)


@pytest.fixture
def noise() -> Callable[..., torch.Tensor]:
    """White noise float32 (channels, frames), standard deviation 0.2."""
    return _noise


@pytest.fixture
def run() -> Run:
    """Draw and apply: run(augmenter, rows, rate, seed, targets=..., keys=...) -> batch."""
    return _run
