"""Philox4x32-10: random numbers as a function of a counter and a key, in numpy and in Python integers.

Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. Ten rounds of

    c0, c1, c2, c3 = hi(M1 c2) ^ c1 ^ k0,  lo(M1 c2),  hi(M0 c0) ^ c3 ^ k1,  lo(M0 c0)

where hi and lo are the halves of the 64-bit product, and (k0, k1) grows by (W0, W1) after every round.
Here the counter is (sample key lo, sample key hi, block, attempt) and the key is that of a stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

M0: Final = 0xD2511F53
M1: Final = 0xCD9E8D57
W0: Final = 0x9E3779B9
W1: Final = 0xBB67AE85
ROUNDS: Final = 10
LOW32: Final = 0xFFFFFFFF

# Up to this many blocks, integers in Python are quicker than the fixed cost of fifty numpy calls.
SMALL: Final = 12
# Counters per pass: three buffers of 2 x 8 bytes each stay in a core's second-level cache.
CHUNK: Final = 8192

_GROWTH: Final = np.arange(ROUNDS, dtype=np.uint64)[:, None] * np.array([W0, W1], dtype=np.uint64)
_M0, _M1, _MASK, _HALF = (np.asarray(number, dtype=np.uint64) for number in (M0, M1, LOW32, 32))

Word = NDArray[np.uint64]
Words = NDArray[np.uint32]
Keys = NDArray[np.uint64]


def block(c0: int, c1: int, c2: int, c3: int, key: int) -> tuple[int, int, int, int]:
    """One block of four 32-bit words from a counter of four and a 64-bit key (low half is k0)."""
    k0, k1 = key & LOW32, key >> 32
    for _ in range(ROUNDS):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & LOW32, (p0 >> 32) ^ c3 ^ k1, p0 & LOW32
        k0, k1 = (k0 + W0) & LOW32, (k1 + W1) & LOW32
    return c0, c1, c2, c3


@lru_cache(maxsize=16384)
def _integer_keys(key: int) -> tuple[tuple[int, int], ...]:
    """Return the round keys of a stream key, in the order in which they are used."""
    k0, k1 = key & LOW32, key >> 32
    return tuple(((k0 + W0 * r) & LOW32, (k1 + W1 * r) & LOW32) for r in range(ROUNDS))


def first_word(low: int, high: int, key: int) -> int:
    """Word 0 of block 0 for a sample key in two halves: ``block(low, high, 0, 0, key)[0]``, what most draws need."""
    ((k0, k1), *rounds) = _integer_keys(key)
    product = M0 * low  # words 2 and 3 of the counter are 0, and so is the first round's other product
    c0, c1, c2, c3 = high ^ k0, 0, (product >> 32) ^ k1, product & LOW32
    for k0, k1 in rounds:
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & LOW32, (p0 >> 32) ^ c3 ^ k1, p0 & LOW32
    return c0


@lru_cache(maxsize=16384)
def schedule(key: int) -> NDArray[np.uint64]:
    """Round keys of a stream key: uint64 (10, 2, 1), to be broadcast over counters."""
    start = np.array([key & LOW32, key >> 32], dtype=np.uint64)
    return ((start + _GROWTH) & _MASK)[..., None]


@lru_cache(maxsize=16384)
def _round_keys(key: int) -> tuple[tuple[Word, Word], ...]:
    """Return the schedule as arrays (), which numpy takes in half the time that others cost."""
    rounds = schedule(key)
    return tuple((rounds[r, 0, 0, ...], rounds[r, 1, 0, ...]) for r in range(ROUNDS))


def run_rounds(even: Keys, odd: Keys, round_keys: Iterable[Sequence[Word]]) -> None:
    """Ten rounds in place on counter words 0 and 2 (``even``) and 1 and 3 (``odd``), each uint64 (2, ...).

    Both must be contiguous. ``round_keys`` holds two for every round, each an array that broadcasts over a word.
    """
    (c0, c2), (c1, c3) = even, odd
    products = np.empty_like(even)
    p0, p1 = products
    every, every_even, every_odd = products.reshape(-1), even.reshape(-1), odd.reshape(-1)
    multiply, shift, xor, cut = np.multiply, np.right_shift, np.bitwise_xor, np.bitwise_and
    # Few calls on plain vectors: numpy takes as long to start as to compute a hundred words, and longer to broadcast.
    for k0, k1 in round_keys:
        multiply(c2, _M1, p0)
        multiply(c0, _M0, p1)
        xor(c1, k0, c1)
        xor(c3, k1, c3)
        shift(every, _HALF, every_even)
        xor(every_even, every_odd, every_even)
        cut(every, _MASK, every_odd)


def _filled(keys: Keys, index: Keys | int, attempt: int) -> tuple[Keys, Keys]:
    even, odd = np.empty((2, len(keys)), np.uint64), np.empty((2, len(keys)), np.uint64)
    np.bitwise_and(keys, _MASK, out=even[0])
    even[1] = index
    np.right_shift(keys, _HALF, out=odd[0])
    odd[1] = attempt
    return even, odd


def _blocks_small(keys: Keys, index: Keys | int, attempt: int, key: int) -> Words:
    indices = [index] * len(keys) if isinstance(index, int) else index.tolist()
    rows = [block(k & LOW32, k >> 32, i, attempt, key) for k, i in zip(keys.tolist(), indices, strict=True)]
    return np.array(rows, dtype=np.uint32).reshape(-1, 4)


def blocks(keys: Keys, index: Keys | int, attempt: int, key: int) -> Words:
    """Blocks of four words: uint32 (n, 4) for sample keys uint64 (n,), block numbers (n,) or one for all."""
    if len(keys) <= SMALL:
        return _blocks_small(keys, index, attempt, key)
    out = np.empty((len(keys), 4), np.uint32)
    for start in range(0, len(keys), CHUNK):
        part = slice(start, start + CHUNK)
        even, odd = _filled(keys[part], index if isinstance(index, int) else index[part], attempt)
        run_rounds(even, odd, _round_keys(key))
        out[part, 0], out[part, 1], out[part, 2], out[part, 3] = even[0], odd[0], even[1], odd[1]
    return out


def first_words(keys: Keys, key: int) -> NDArray[np.unsignedinteger]:
    """Word 0 of block 0 for each sample key: unsigned (n,), values below 2**32."""
    if len(keys) <= SMALL:
        return _blocks_small(keys, 0, 0, key)[:, 0]
    if len(keys) > CHUNK:
        return blocks(keys, 0, 0, key)[:, 0]
    even, odd = _filled(keys, 0, 0)
    run_rounds(even, odd, _round_keys(key))
    words: NDArray[np.uint64] = even[0]
    return words


def first_words_of_streams(keys: Keys, stream_keys: list[int]) -> NDArray[np.unsignedinteger]:
    """Word 0 of block 0 for each stream and sample key: unsigned (streams, n), values below 2**32."""
    words: NDArray[np.unsignedinteger] = words_of_streams(keys, [(key, 0) for key in stream_keys])[0]
    return words


def words_of_streams(keys: Keys, streams: Sequence[tuple[int, int]]) -> NDArray[np.unsignedinteger]:
    """All words of a block for each pair of a stream and a number of a block: unsigned (4, streams, n)."""
    if len(keys) * len(streams) <= SMALL:
        rows = [_blocks_small(keys, number, 0, key) for key, number in streams]
        return np.array(rows, dtype=np.uint32).reshape(len(streams), len(keys), 4).transpose(2, 0, 1)
    even = np.zeros((2, len(streams), len(keys)), np.uint64)
    odd = np.zeros_like(even)
    even[0] = keys & _MASK
    even[1] = np.array([number for _, number in streams], dtype=np.uint64)[:, None]
    odd[0] = keys >> _HALF
    run_rounds(even, odd, np.concatenate([schedule(key) for key, _ in streams], axis=2)[..., None])
    return np.stack([even[0], odd[0], even[1], odd[1]])
