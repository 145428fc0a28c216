"""SplitMix64 as a counter: word j of a key is a mixture of key + (j + 1) G, so any word can be made by itself.

Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. Twelve integer operations a word,
against some four hundred for Philox4x64 where only torch's signed 64-bit arithmetic is at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

G: Final = 0x9E3779B97F4A7C15
STEPS: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, None))
"""Shift right, exclusive-or, then multiply: three times."""

CHUNK: Final = 1 << 13  # words that, with one temporary, stay in the cache
_MODULUS: Final = 1 << 64
_WEYL: Final = np.cumsum(np.full(CHUNK, G, dtype=np.uint64), dtype=np.uint64)


def signed(value: int) -> int:
    """Return the int64 with the bits of an integer modulo 2**64."""
    value %= _MODULUS
    return value - _MODULUS if value >> 63 else value


def words(key: int, n: int) -> NDArray[np.uint64]:
    """Return the first n words of a key, uint64 (n,)."""
    out = np.empty(n, dtype=np.uint64)
    shifted = np.empty(min(n, CHUNK), dtype=np.uint64)
    for start in range(0, n, CHUNK):
        z = out[start : start + CHUNK]
        s = shifted[: len(z)]
        np.add(_WEYL[: len(z)], np.uint64((key + start * G) % _MODULUS), out=z)
        for shift, factor in STEPS:
            np.right_shift(z, np.uint64(shift), out=s)
            np.bitwise_xor(z, s, out=z)
            if factor is not None:
                np.multiply(z, np.uint64(factor), out=z)
    return out


def words_on_device(keys: torch.Tensor, n: int) -> torch.Tensor:
    """Return the first n words of int64 keys (k,) on their device: int64 (k, n) with the bits of :func:`words`."""
    import torch

    z = torch.arange(1, n + 1, device=keys.device, dtype=torch.int64).mul_(signed(G))
    z = z + keys[:, None]
    for shift, factor in STEPS:
        # The shift drags the sign along; the mask takes it off.
        z = z.bitwise_xor_((z >> shift).bitwise_and_((1 << (64 - shift)) - 1))
        if factor is not None:
            z = z.mul_(signed(factor))
    return z
