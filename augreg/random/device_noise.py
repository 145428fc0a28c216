"""Bulk noise computed on a device, with the bits of `augreg.random.noise` on the CPU."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.random import splitmix
from augreg.random.normal_table import PER_WORD, normal_table

# Words made in one pass: with temporaries and results some 40 bytes for each, 1.3 GB.
PASS_WORDS: Final = 1 << 25


@cache
def _table(device: torch.device) -> torch.Tensor:
    return torch.tensor(normal_table(), device=device)


def uniforms(words: torch.Tensor) -> torch.Tensor:
    """Upper 24 bits of each half, low half first: float32 (n, 2 w) for int64 words (n, w)."""
    return ((words.view(torch.int32) >> 8) & 0xFFFFFF).to(torch.float32).mul_(2.0**-24)


def normals(words: torch.Tensor) -> torch.Tensor:
    """Table entries of each quarter, lowest first: float32 (n, 4 w) for int64 words (n, w)."""
    quarters = words.view(torch.int16).to(torch.int32).bitwise_and_(0xFFFF)
    return _table(words.device).index_select(0, quarters.reshape(-1)).reshape(quarters.shape)


def device_rows(
    kind: str, keys: torch.Tensor, shape: tuple[int, ...], extent: NDArray[np.int64] | None
) -> torch.Tensor:
    """Float32 noise (n, *shape) for int64 keys (n,) on their device; padded rows as in `noise.uniform`."""
    count = prod(shape)
    words = -(-count // PER_WORD[kind])
    values_of = normals if kind == "normal" else uniforms
    out = torch.empty((len(keys), count), dtype=torch.float32, device=keys.device)
    step = max(1, PASS_WORDS // max(1, words))
    for start in range(0, len(keys), step):
        part = keys[start : start + step]
        out[start : start + step] = values_of(splitmix.words_on_device(part, words))[:, :count]
    return out.reshape(len(keys), *shape) if extent is None else _padded(out, shape, extent)


def _padded(values: torch.Tensor, shape: tuple[int, ...], extent: NDArray[np.int64]) -> torch.Tensor:
    """Lay each row out anew, as if its last axis had its own length."""
    lengths = torch.from_numpy(extent).to(values.device)[:, None, None]
    outer = torch.arange(prod(shape[:-1]), device=values.device)[:, None]
    inner = torch.arange(shape[-1], device=values.device)
    used = inner < lengths
    index = torch.where(used, outer * lengths + inner, 0)
    rows = values.gather(1, index.reshape(values.shape)).reshape(index.shape)
    return torch.where(used, rows, 0.0).reshape(len(values), *shape)
