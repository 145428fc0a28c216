"""Bulk noise: SplitMix64's stream, the same bits from torch, independence of batch and padding, distributions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtri

from augreg.errors import ContractError
from augreg.random import device_noise, noise, splitmix
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

KEYS = [0, 1, 2**63 - 1, 4364203396638420991]
both = pytest.mark.parametrize("make", [noise.uniform, noise.normal])

# SplitMix64 from seed 1234567, as published with the reference implementation's tests.
KNOWN = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]


def by_hand(key: int, n: int) -> list[int]:
    """SplitMix64 with a running state in Python integers."""
    found, state = [], key
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        found.append(z ^ (z >> 31))
    return found


def test_known_answers():
    assert splitmix.words(1234567, 5).tolist() == KNOWN == by_hand(1234567, 5)


@pytest.mark.parametrize("key", KEYS)
def test_words_are_those_of_the_sequential_form(key):
    n = splitmix.CHUNK + 5
    np.testing.assert_array_equal(noise.bits(key, n), np.array(by_hand(key, n), dtype=np.uint64))
    np.testing.assert_array_equal(noise.bits(key, 7), noise.bits(key, n)[:7])
    assert noise.bits(key, 0).shape == (0,)


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4), st.integers(0, 50))
def test_torch_has_the_same_words(keys, n):
    made = splitmix.words_on_device(torch.tensor(keys), n).numpy().view(np.uint64)
    np.testing.assert_array_equal(made, [noise.bits(key, n) for key in keys])


def test_golden():
    assert noise.bits(7, 3).tolist() == [7191089600892374487, 309689372594955804, 16616101746815609346]
    assert noise.uniform_numpy(7, 3).tolist() == [0.3484199643135071, 0.38982969522476196, 0.9540466070175171]
    assert noise.normal_numpy(7, 3).tolist() == [-1.606614112854004, -0.3895712196826935, 1.1870338916778564]


def test_values_come_from_the_bits_as_described():
    words = noise.bits(5, 30)
    halves = np.stack([words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)], axis=1).ravel()
    np.testing.assert_array_equal(noise.uniform_numpy(5, 59), (halves // 256 / 2.0**24)[:59])
    quarters = np.stack([words >> np.uint64(16 * i) & np.uint64(0xFFFF) for i in range(4)], axis=1).ravel()
    np.testing.assert_allclose(noise.normal_numpy(5, 118), ndtri((quarters + 0.5) / 65536)[:118], rtol=1e-6, atol=1e-9)


def test_table():
    table = noise.normal_table()
    assert table.dtype == np.float32
    assert not table.flags.writeable
    np.testing.assert_array_equal(table, -table[::-1])
    assert (np.diff(table) > 0).all()
    assert abs(table.astype(np.float64).std() - 1) < 2e-5


# Rows, shapes, padding


@both
@given(
    st.lists(st.integers(0, 2**63 - 1), max_size=5), st.lists(st.integers(0, 7), max_size=3), st.booleans(), st.data()
)
def test_device_form_has_the_same_bits(make, keys, shape, padded, data):
    lengths = None
    if padded and shape:
        lengths = data.draw(st.lists(st.integers(0, shape[-1]), min_size=len(keys), max_size=len(keys)))
    extent = None if lengths is None else np.array(lengths, np.int64)
    key_tensor = torch.tensor(keys, dtype=torch.int64)
    made = device_noise.device_rows(make.__name__, key_tensor, tuple(shape), extent)
    expected = make(keys, shape, lengths=lengths)
    assert made.shape == expected.shape == (len(keys), *shape)
    assert made.dtype == expected.dtype == torch.float32
    assert torch.equal(made, expected)


@both
def test_device_form_in_several_passes(make, monkeypatch):
    expected = make(KEYS, (3, 11))
    monkeypatch.setattr(device_noise, "PASS_WORDS", 20)
    assert torch.equal(device_noise.device_rows(make.__name__, torch.tensor(KEYS), (3, 11), None), expected)


@both
@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_has_the_same_bits(make):
    lengths = [1000, 0, 517, 3]
    assert torch.equal(make(KEYS, (3, 1000), "cuda").cpu(), make(KEYS, (3, 1000)))
    assert torch.equal(make(KEYS, (3, 1000), "cuda", lengths=lengths).cpu(), make(KEYS, (3, 1000), lengths=lengths))


@both
def test_a_row_depends_on_its_key_alone(make):
    whole = make(KEYS, (2, 50))
    for order in ([3, 1, 0, 2], [2], [1, 1]):
        assert torch.equal(make([KEYS[i] for i in order], (2, 50)), whole[order])
    assert len({tuple(row.flatten().tolist()) for row in whole}) == len(KEYS)
    assert torch.equal(make(np.array(KEYS), (100,)), whole.reshape(4, 100))


@both
def test_padding_changes_nothing(make):
    lengths = [7, 0, 20, 13]
    padded = make(KEYS, (3, 20), lengths=lengths)
    assert torch.equal(make(KEYS, (3, 31), lengths=np.array(lengths))[..., :20], padded)
    for key, length, row in zip(KEYS, lengths, padded, strict=True):
        assert torch.equal(row[:, :length], make([key], (3, length))[0])
        assert not row[:, length:].any()


@both
def test_dtypes(make):
    exact = make(KEYS, (9,))
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        assert torch.equal(make(KEYS, (9,), dtype=dtype), exact.to(dtype))


@both
@pytest.mark.parametrize("lengths", [[1, 2], [0, 0, 0, -1], [0, 0, 0, 6]])
def test_wrong_lengths(make, lengths):
    with pytest.raises(ContractError, match="do not fit 4 rows of shape"):
        make(KEYS, (2, 5), lengths=lengths)


@pytest.mark.parametrize("key", [-1, 2**63])
def test_keys_have_63_bits(key):
    with pytest.raises(ContractError, match="has 63 bits"):
        noise.bits(key, 1)
    with pytest.raises(ContractError, match="has 63 bits"):
        noise.normal([key], (1,))


# Kernels' helpers


@pytest.mark.parametrize("n", [1, 1000, noise.TABLE_SIZE, 100_001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaled_normals_in_place(n, dtype):
    out = np.full(n, np.nan, dtype)
    noise.normal_into(3, out, 0.1)
    np.testing.assert_array_equal(out, noise.normal_numpy(3, n).astype(dtype) * dtype(0.1))


@pytest.mark.parametrize("n", [1000, 100_001])
@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint8])
@pytest.mark.parametrize("scale", [0.3, 25.0, 200.0])
def test_integer_noise_is_rounded_and_clipped(n, dtype, scale):
    out = np.zeros(n, dtype)
    noise.normal_into(3, out, scale)
    limits = np.iinfo(dtype)
    expected = np.clip(np.rint(noise.normal_numpy(3, n).astype(np.float64) * scale), limits.min, limits.max)
    np.testing.assert_array_equal(out, expected)


def test_integer_noise_is_float_noise_rounded():
    """Adding rounded noise to whole levels is adding noise and rounding; ties, which are rare, may differ by one."""
    pixels = np.random.default_rng(0).integers(0, 256, 90_000).astype(np.int16)
    steps = np.empty(90_000, np.int16)
    noise.normal_into(3, steps, 20.0)
    exact = np.rint(pixels + noise.normal_numpy(3, 90_000).astype(np.float64) * 20.0)
    assert (np.abs(pixels + steps - exact) <= 1).all()
    assert (pixels + steps == exact).mean() > 0.9999


def test_any_layout_can_be_filled():
    for n in (30, 70_000):
        flat = noise.normal_numpy(3, 2 * n)
        out = np.zeros((n, 4), np.float32)
        noise.normal_into(3, out[:, ::2])
        np.testing.assert_array_equal(out[:, ::2].ravel(), flat)
        assert not out[:, 1::2].any()
    out = np.zeros(5, np.float32)
    assert noise.uniform_numpy(3, 5, out=out) is out
    assert out.any()


# Distributions


@pytest.mark.parametrize("key", Rng(0, hash_keys(range(4))).noise_key("noise").tolist())
def test_distributions(key):
    n = 200_000
    uniform, normal = noise.uniform_numpy(key, n).astype(np.float64), noise.normal_numpy(key, n).astype(np.float64)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    assert stats.kstest(normal, "norm").pvalue > 1e-3
    assert abs(normal.mean()) < 4 / np.sqrt(n)
    assert abs(normal.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((normal**4).mean() - 3) < 4 * np.sqrt(96 / n)
    for values in (uniform - 0.5, normal):
        lags = [np.corrcoef(values[:-lag], values[lag:])[0, 1] for lag in (1, 2, 3, 4, 7, 224)]
        assert np.abs(lags).max() < 4 / np.sqrt(n)


def test_rows_are_independent():
    keys = Rng(0, hash_keys(range(40))).noise_key("noise")
    rows = noise.normal(keys, (10_000,)).numpy()
    correlation = np.corrcoef(rows)[np.triu_indices(40, 1)]
    assert stats.kstest(correlation * 100, "norm").pvalue > 1e-3
    neighbours = noise.normal(list(range(40)), (10_000,)).numpy()
    assert np.abs(np.corrcoef(neighbours)[np.triu_indices(40, 1)]).max() < 0.045


def test_words_on_a_device_are_those_of_the_cpu():
    made = noise.bits_on(KEYS, 9, "cpu").numpy().view(np.uint64)
    np.testing.assert_array_equal(made, [noise.bits(key, 9) for key in KEYS])
