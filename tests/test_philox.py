"""Philox4x32-10 against the published known answers, and its array form against its integer form."""

import numpy as np
import pytest

from augreg.random import philox

# Random123 1.14, tests/kat_vectors, "philox4x32 10": counter, key, words.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_integers_give_the_known_answers(counter, key, words):
    assert philox.block(*counter, key[0] | key[1] << 32) == words


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
@pytest.mark.parametrize("n", [1, philox.SMALL + 1, philox.CHUNK + 3])
def test_arrays_give_the_known_answers(counter, key, words, n):
    keys = np.full(n, counter[0] | counter[1] << 32, dtype=np.uint64)
    made = philox.blocks(keys, counter[2], counter[3], key[0] | key[1] << 32)
    assert made.dtype == np.uint32
    np.testing.assert_array_equal(made, np.tile(np.array(words, np.uint32), (n, 1)))


def test_rounds_take_any_shape():
    even = np.array([KNOWN[2][0][0], KNOWN[2][0][2]], np.uint64).reshape(2, 1, 1, 1).repeat(3, axis=2)
    odd = np.array([KNOWN[2][0][1], KNOWN[2][0][3]], np.uint64).reshape(2, 1, 1, 1).repeat(3, axis=2)
    key = KNOWN[2][1][0] | KNOWN[2][1][1] << 32
    philox.run_rounds(even, odd, philox.schedule(key)[..., None, None])
    assert [x.ravel().tolist() for x in (even[0], odd[0], even[1], odd[1])] == [[w] * 3 for w in KNOWN[2][2]]


@pytest.mark.parametrize("n", [0, 1, philox.SMALL, philox.SMALL + 1, 100])
def test_arrays_equal_integers(n):
    keys = np.random.default_rng(n).integers(0, 2**64, n, dtype=np.uint64)
    index = np.arange(n, dtype=np.uint64) * np.uint64(40_000_000)
    expected = [
        philox.block(k & philox.LOW32, k >> 32, i, 3, 99) for k, i in zip(keys.tolist(), index.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(philox.blocks(keys, index, 3, 99), np.array(expected, np.uint32).reshape(-1, 4))


@pytest.mark.parametrize("n", [0, 1, philox.SMALL, philox.SMALL + 1, philox.CHUNK, philox.CHUNK + 1])
def test_first_words_are_word_0_of_block_0(n):
    keys = np.arange(n, dtype=np.uint64) << np.uint64(20)
    streams = [5, 2**64 - 1, 1 << 33]
    expected = np.array([philox.blocks(keys, 0, 0, stream)[:, 0] for stream in streams])
    np.testing.assert_array_equal(philox.first_words_of_streams(keys, streams), expected)
    np.testing.assert_array_equal([philox.first_words(keys, stream) for stream in streams], expected)


def test_arguments_are_left_alone():
    keys = np.arange(50, dtype=np.uint64)
    keys.setflags(write=False)
    philox.blocks(keys, 0, 0, 1)
    philox.first_words_of_streams(keys, [1, 2])
    np.testing.assert_array_equal(keys, np.arange(50))
