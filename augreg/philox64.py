"""Philox4x64-10 in torch int64 arithmetic: the words of `numpy.random.Philox`, on any device.

Salmon, Moraes, Dror and Shaw, SC 2011. torch has no unsigned 64-bit product and no logical shift: products are
put together from 32-bit halves, and shifts are masked. Sums and products wrap, which is what is wanted.
"""

from __future__ import annotations

from typing import Final

import torch

M0: Final = 0xD2E7470EE14C6C93
M1: Final = 0xCA5A826395121157
W0: Final = 0x9E3779B97F4A7C15
W1: Final = 0xBB67AE8584CAA73B
ROUNDS: Final = 10
LOW32: Final = 0xFFFFFFFF


def signed(value: int) -> int:
    """Return the int64 with the bits of an integer modulo 2**64."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _high(x: torch.Tensor) -> torch.Tensor:
    """Upper 32 bits of 64, as if unsigned."""
    return (x >> 32).bitwise_and_(LOW32)


def multiply_high(x: torch.Tensor, factor: int) -> torch.Tensor:
    """Upper 64 bits of the unsigned 128-bit product of int64 bits with a 64-bit factor."""
    f_low, f_high = factor & LOW32, factor >> 32
    low, high = x & LOW32, _high(x)
    # No term overflows: (2**32 - 1)**2 + 2 (2**32 - 1) = 2**64 - 1.
    middle = _high(low * f_low).add_(high * f_low)
    carry = (middle & LOW32).add_(low.mul_(f_high))
    return high.mul_(f_high).add_(_high(middle)).add_(_high(carry))


def philox4x64(counter: tuple[torch.Tensor, ...], key: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Four int64 words of each counter of four under a key of two; all broadcast against each other."""
    c0, c1, c2, c3 = counter
    for number in range(ROUNDS):
        k0, k1 = key[0] + signed(number * W0), key[1] + signed(number * W1)
        high0, high1 = multiply_high(c0, M0), multiply_high(c2, M1)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, c2 * signed(M1), high0 ^ c3 ^ k1, c0 * signed(M0)
    return c0, c1, c2, c3


def streams(keys: torch.Tensor, second_key: int, words: int) -> torch.Tensor:
    """First words of one stream per key, in whole blocks: int64 (n, 4 ceil(words / 4)) for int64 keys (n,).

    Row i starts as ``numpy.random.Philox(key=[keys[i], second_key]).random_raw(words)`` does. numpy counts before it
    makes a block, so that the first block has counter 1.
    """
    blocks = -(-words // 4)
    index = torch.arange(1, blocks + 1, dtype=torch.int64, device=keys.device)
    zero = torch.zeros((), dtype=torch.int64, device=keys.device)
    second = torch.full((), signed(second_key), dtype=torch.int64, device=keys.device)
    parts = philox4x64((index, zero, zero, zero), (keys[:, None], second))
    return torch.stack(parts, dim=-1).reshape(len(keys), blocks * 4)
