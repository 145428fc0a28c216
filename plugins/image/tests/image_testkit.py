"""Pictures, targets and runs that the tests share."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from augreg_image.run_torch import run_torch

from augreg.contract.augmenter import AugmenterBase
from augreg.data.batch import Batch
from augreg.data.params import Params
from augreg.kernel import make_batch
from augreg.random.rng import Rng


def smooth(height: int, width: int, channels: int = 3, seed: int = 0, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    """A picture with structures of a few pixels and no hard edges, (C, H, W)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        waves = [
            np.sin(x * a + y * b + c)
            for a, b, c in zip(*(rng.uniform(-0.35, 0.35, (3, 4)) * [[1], [1], [9]]), strict=True)
        ]
        planes.append(0.5 + 0.12 * np.sum(waves, axis=0))
    values = torch.from_numpy(np.clip(np.stack(planes, axis=2), 0, 1)).permute(2, 0, 1)
    return from_share(values, dtype)


def noise(height: int, width: int, channels: int = 3, seed: int = 0, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    """A picture of independent values, (C, H, W), channels-last in memory."""
    values = np.random.default_rng(seed).random((height, width, channels))
    return from_share(torch.from_numpy(values).permute(2, 0, 1), dtype)


def from_share(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Shares of white as a dtype."""
    if dtype == torch.uint8:
        return (values * 255).round().to(dtype)
    if dtype == torch.uint16:
        return torch.from_numpy((values * 65535).round().numpy().astype(np.uint16))
    return values.to(dtype)


def share(image: torch.Tensor) -> np.ndarray[Any, Any]:
    """Any picture as float64 shares of white."""
    white = {torch.uint8: 255.0, torch.uint16: 65535.0}.get(image.dtype, 1.0)
    return image.numpy().astype(np.float64) / white


def batch_of(*rows: torch.Tensor, **targets: Any) -> Batch:
    """A batch with lists of targets."""
    return make_batch("image", list(rows), targets=targets)


def rng_for(batch: Batch, seed: int = 0, path: str = "step") -> Rng:
    """Keyed numbers for a batch."""
    return Rng(seed, batch.info.keys).at(path)


def run(augmenter: AugmenterBase, batch: Batch, seed: int = 0, level: float | None = None) -> Batch:
    """Draw and apply."""
    levels = None if level is None else np.full(len(batch), level)
    return augmenter.apply(batch, augmenter.draw(batch.info, rng_for(batch, seed), levels))


def run_with(augmenter: AugmenterBase, batch: Batch, **columns: Any) -> Batch:
    """Apply with chosen parameters."""
    return augmenter.apply(batch, Params(len(batch), {name: np.asarray(v) for name, v in columns.items()}))


def run_on_torch(augmenter: AugmenterBase, batch: Batch, params: Params) -> Batch:
    """The batched torch path, on CPU tensors."""
    op = augmenter.lower(batch.info, params)
    assert op is not None
    return run_torch(op.stages, Batch(torch.stack(list(batch.data)), batch.info))  # type: ignore[attr-defined]


def taken(
    augmenters: Sequence[AugmenterBase], dtypes: Sequence[torch.dtype], channels: Sequence[int]
) -> list[tuple[AugmenterBase, torch.dtype, int]]:
    """Each augmenter with each dtype and number of channels that it declares to take."""
    return [
        (a, dtype, c)
        for a, dtype, c in itertools.product(augmenters, dtypes, channels)
        if str(dtype).removeprefix("torch.") in a.declares.dtypes and c in (a.declares.channels or (c,))
    ]


def named(value: Any) -> str | None:
    """The class of an augmenter, for the id of a test; other values name themselves."""
    return type(value).__name__ if isinstance(value, AugmenterBase) else None


def chain(augmenters: list[AugmenterBase], batch: Batch, seed: int = 0) -> tuple[Batch, Batch]:
    """The same steps fused into as few operators as compose, and one at a time."""
    ops: list[Any] = []
    info, single = batch.info, batch
    for k, augmenter in enumerate(augmenters):
        params = augmenter.draw(info, rng_for(batch, seed, str(k)))
        op = augmenter.lower(info, params)
        assert op is not None
        info = op.infer(info)
        joined = ops[-1].then(op) if ops else None
        if joined is None:
            ops.append(op)
        else:
            ops[-1] = joined
        single = augmenter.apply(single, params)
    fused = batch
    for op in ops:
        fused = op.run(fused)
    return fused, single
