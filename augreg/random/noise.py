"""Bulk noise, one stream per key: the same bits whatever the batch, the padding, the machine or the device.

A key comes from `Rng.noise_key` and lies in Params, so that a replay makes the same noise. Its stream is SplitMix64
(`augreg.random.splitmix`), in numpy on the CPU and in torch elsewhere. Element j of a row depends on the key and
on j alone.

- A uniform is the upper 24 bits of half a word, times 2**-24: [0, 1), exact in float32.
- A normal is a quarter of a word looked up in a table of 65,536 quantiles at (i + 1/2) / 65536, so four normals
  cost one word, and no logarithm or cosine can differ. Standard deviation 0.99999, kurtosis 2.999, |z| <= 4.33.

One key is one stream: uniforms and normals of the same key are related. Draw a noise key for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ContractError
from augreg.random import splitmix
from augreg.random.normal_table import PER_WORD, TABLE_SIZE, normal_table

if TYPE_CHECKING:
    import torch

Keys = Sequence[int] | NDArray[np.int64]
Floats = NDArray[np.float32]


def _checked(key: int) -> int:
    if not 0 <= int(key) < 1 << 63:
        raise ContractError(f"a noise key has 63 bits, {key} does not. Draw it with rng.noise_key(name).")
    return int(key)


def bits(key: int, n: int) -> NDArray[np.uint64]:
    """First n words of a key's stream, uint64 (n,). A larger n leaves the first ones alone."""
    return splitmix.words(_checked(key), n)


def bits_on(keys: Keys, n: int, device: str | torch.device) -> torch.Tensor:
    """First n words of each key's stream on a device: int64 (k, n) with the bits of :func:`bits`."""
    import torch

    return splitmix.words_on_device(torch.tensor([_checked(key) for key in keys], device=device), n)


def _uniform_into(words: NDArray[np.uint64], out: Floats) -> None:
    halves = words.astype("<u8", copy=False).view("<u4")[: out.size].reshape(out.shape)
    np.multiply(halves >> np.uint32(8), np.float32(2.0**-24), out=out, dtype=np.float32, casting="unsafe")


def _scaled(values: Floats, scale: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind == "f":
        return np.asarray(values.astype(dtype) * dtype.type(scale))
    limits = np.iinfo(dtype)
    levels = np.rint(values.astype(np.float64) * scale)
    return np.asarray(np.clip(levels, limits.min, limits.max).astype(dtype))


def _normal_into(words: NDArray[np.uint64], out: NDArray[Any], scale: float) -> None:
    quarters = words.astype("<u8", copy=False).view("<u2")[: out.size].reshape(out.shape)
    if out.dtype == np.float32:
        np.take(normal_table(), quarters, out=out, mode="clip")  # no index is too large, but not to look is quicker
        if scale != 1.0:
            np.multiply(out, np.float32(scale), out=out)
    elif out.size < TABLE_SIZE:
        out[...] = _scaled(normal_table()[quarters], scale, out.dtype)
    else:  # Scaling and rounding the table does the same with fewer numbers.
        np.take(_scaled(normal_table(), scale, out.dtype), quarters, out=out, mode="wrap")


def uniform_numpy(key: int, n: int, out: Floats | None = None) -> Floats:
    """Return uniforms float32 (n,) in [0, 1) of a key, written to *out* where given."""
    out = np.empty(n, np.float32) if out is None else out
    _uniform_into(bits(key, -(-n // 2)), out)
    return out


def normal_numpy(key: int, n: int, out: Floats | None = None) -> Floats:
    """Return standard normals float32 (n,) of a key, written to *out* where given."""
    out = np.empty(n, np.float32) if out is None else out
    normal_into(key, out)
    return out


def normal_into(key: int, out: NDArray[Any], scale: float = 1.0) -> None:
    """Fill *out*, of any shape, with normals times *scale*, in C order.

    A float array gets them in its own precision, an integer array rounded to the nearest level and clipped to
    its range: adding int16 noise to uint8 pixels gives what adding float noise and rounding would.
    """
    _normal_into(bits(key, -(-out.size // 4)), out, scale)


def uniform(
    keys: Keys,
    shape: Sequence[int],
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
    lengths: Sequence[int] | NDArray[np.integer] | None = None,
) -> torch.Tensor:
    """Make uniform noise in [0, 1), one row per key: (n, *shape) on *device*, float32 unless *dtype* says otherwise.

    With *lengths* (n,) the rows are padded: row i has lengths[i] values along the last axis, the same as it
    would have alone, without padding, and zeros after them. Half precision rounds, also up to 1.

    Raises:
        ContractError: for a key outside 0 .. 2**63 - 1, or a length outside 0 .. shape[-1].

    """
    return _noise("uniform", keys, tuple(shape), device, dtype, lengths)


def normal(
    keys: Keys,
    shape: Sequence[int],
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
    lengths: Sequence[int] | NDArray[np.integer] | None = None,
) -> torch.Tensor:
    """Make standard normal noise, one row per key: (n, *shape); for the rest see `uniform`."""
    return _noise("normal", keys, tuple(shape), device, dtype, lengths)


def _noise(
    kind: str,
    keys: Keys,
    shape: tuple[int, ...],
    device: str | torch.device,
    dtype: torch.dtype | None,
    lengths: Sequence[int] | NDArray[np.integer] | None,
) -> torch.Tensor:
    import torch

    key_row = np.array([_checked(key) for key in keys], dtype=np.int64)
    extent = None if lengths is None else _checked_lengths(lengths, len(key_row), shape)
    if torch.device(device).type == "cpu":
        rows = torch.from_numpy(_rows(kind, key_row, shape, extent))
    else:
        from augreg.random.device_noise import device_rows

        rows = device_rows(kind, torch.from_numpy(key_row).to(device), shape, extent)
    return rows if dtype is None else rows.to(dtype)


def _checked_lengths(lengths: Sequence[int] | NDArray[np.integer], n: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    extent = np.asarray(lengths, dtype=np.int64)
    if extent.shape != (n,) or not shape or ((extent < 0) | (extent > shape[-1])).any():
        raise ContractError(
            f"lengths={lengths!r} do not fit {n} rows of shape {shape}. Give one per row, at most the last axis."
        )
    return extent


def _rows(kind: str, keys: NDArray[np.int64], shape: tuple[int, ...], extent: NDArray[np.int64] | None) -> Floats:
    # numpy asks for huge pages where torch would fault on every small one.
    out = np.empty((len(keys), *shape), np.float32) if extent is None else np.zeros((len(keys), *shape), np.float32)
    per_word = PER_WORD[kind]
    for row, key in enumerate(keys.tolist()):
        words = bits(key, -(-prod(shape) // per_word))
        part = out[row, ...] if extent is None else out[row, ..., : extent[row]]
        if kind == "normal":
            _normal_into(words, part, 1.0)
        else:
            _uniform_into(words, part)
    return out
