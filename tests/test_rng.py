"""Keyed draws: what each number depends on, its bits, its range, its distribution."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from hashlib import blake2b
from itertools import permutations

import draws
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augreg.errors import ConfigError, ContractError
from augreg.random import philox
from augreg.random.keys import RNG_VERSION, field_keys, hash_key, hash_keys
from augreg.random.rng import Rng, fires

MANY = hash_keys(range(20_000))
every_draw = pytest.mark.parametrize("draw", draws.DRAWS.values(), ids=draws.DRAWS)

GOLDEN = {
    "unit": [0.75145530665759, 0.2355753065785393, 0.769472498097457],
    "uniform": [15.087318399455398, -15.865481605287641, 16.16834988584742],
    "integers": [6, -1, 6],
    "bernoulli": [False, True, False],
    "choice": [3, 0, 3],
    "weighted": [[2, 2], [0, 2], [2, 2]],
    "normal": [2.339538253853391, 1.6396959047687447, 2.3685553737951794],
    "log_uniform": [3.183542216205703, 0.29590384820228033, 3.4589556705256337],
    "beta": [0.8052886730979528, 0.8705319643341345, 0.9989943668666268],
    "gamma": [
        [3.3278346460405257, 3.6352859741107006],
        [1.2696368071640096, 1.593406163775863],
        [3.442852226590601, 5.225715080120749],
    ],
    "small gamma": [0.00012036217261228579, 1.0841902195395984e-05, 7.846356892700633e-05],
    "dirichlet": [
        [0.11462185922447125, 0.5885987600533827, 0.296779380722146],
        [0.04074489808310764, 0.21360363661550782, 0.7456514653013845],
        [0.058028889932623534, 0.5500701602505538, 0.3919009498168227],
    ],
    "sign": [[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]],
    "permutation": [[5, 3, 2, 1, 0, 4], [3, 0, 4, 2, 1, 5], [4, 2, 3, 0, 5, 1]],
    "sample": [[37, 24, 20, 18], [11, 41, 19, 12], [38, 44, 19, 31]],
    "noise_key": [4364203396638420991, 7556997277100233958, 8278837442249626407],
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name):
    rng = Rng(2024, hash_keys(["a", "b", "7"]), epoch=1, copy=2).at("image.rotate")
    assert np.asarray(draws.DRAWS[name](rng)).tolist() == GOLDEN[name]


def reference_word(seed, epoch, copy, path, name, identifier, number):
    """Word *number* of a draw, from the description of the scheme alone."""
    text = f"{RNG_VERSION}|{seed:x}|{epoch:x}|{copy:x}|{len(path)}|{path}|{name}"
    key, stream = (
        int.from_bytes(blake2b(part.encode(), digest_size=8).digest(), "little") for part in (identifier, text)
    )
    return philox.block(key & 0xFFFFFFFF, key >> 32, number // 4, 0, stream)[number % 4]


@pytest.mark.parametrize("seed", [0, -5, 2**200 + 1])
def test_words_and_uniforms_by_the_book(seed):
    rng = Rng(seed, hash_keys(["cat.jpg", 12]), epoch=3, copy=1).at("policy").at("image.rotate")
    words = [
        [reference_word(seed, 3, 1, "policy/image.rotate", "angle", key, j) for j in range(9)]
        for key in ("cat.jpg", "12")
    ]
    np.testing.assert_array_equal(rng.words("angle", 9), words)
    np.testing.assert_array_equal(rng.uniform("angle", size=(3, 3)).reshape(2, 9), (np.array(words) + 0.5) / 2**32)
    np.testing.assert_array_equal(rng.uniform("angle"), (np.array(words)[:, 0] + 0.5) / 2**32)


@pytest.mark.slow
def test_same_bits_on_a_plainer_processor():
    try:
        from numpy._core import _multiarray_umath as umath
    except ImportError:  # numpy 1
        from numpy.core import _multiarray_umath as umath
    present = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name)]
    plain = {"NPY_DISABLE_CPU_FEATURES": " ".join(present), "ATEN_CPU_CAPABILITY": "default", "PYTHONHASHSEED": "7"}
    run = [sys.executable, "-W", "error::ImportWarning", draws.__file__]
    made = subprocess.run(run, env={**os.environ, **plain}, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == draws.digest()


# What a number depends on


@every_draw
@given(st.integers(0, 2**32), st.lists(st.integers(0, 99), min_size=1, max_size=20), st.integers(0, 20))
def test_alone_as_in_any_batch(draw, seed, rows, cut):
    """Every row alone, any order with repeats, and any split give what the whole batch gives."""
    whole = Rng(seed, MANY[:100], epoch=2).at("step")
    expected = np.asarray(draw(whole))[rows]
    np.testing.assert_array_equal(draw(whole.take(rows)), expected)
    parts = [draw(whole.take(part)) for part in (rows[:cut], rows[cut:])]
    np.testing.assert_array_equal(np.concatenate(parts), expected)
    np.testing.assert_array_equal(draw(Rng(seed, MANY[rows], epoch=2, path="step")), expected)


@every_draw
def test_empty_batch(draw):
    empty, full = draw(Rng(0, hash_keys([]))), draw(Rng(0, MANY[:3]))
    assert empty.shape == (0, *full.shape[1:])
    assert empty.dtype == full.dtype


@every_draw
def test_drawing_changes_nothing(draw):
    rng = Rng(0, MANY[:40])
    before = rng.keys.copy()
    first = draw(rng)
    np.testing.assert_array_equal(draw(rng), first)
    np.testing.assert_array_equal(draw(pickle.loads(pickle.dumps(rng))), first)
    np.testing.assert_array_equal(rng.keys, before)


def test_every_part_of_the_key_counts():
    base = Rng(1, MANY[:50], epoch=2, copy=3, path="a/b")
    others = [
        Rng(2, MANY[:50], epoch=2, copy=3, path="a/b"),
        Rng(1, MANY[:50], epoch=3, copy=3, path="a/b"),
        Rng(1, MANY[:50], epoch=2, copy=2, path="a/b"),
        Rng(3, MANY[:50], epoch=2, copy=1, path="a/b"),
        Rng(-1, MANY[:50], epoch=2, copy=3, path="a/b"),
        Rng(1, field_keys(MANY[:50], "image"), epoch=2, copy=3, path="a/b"),
        base.at("c"),
        Rng(1, MANY[:50], epoch=2, copy=3, path="a"),
        Rng(1, MANY[:50], epoch=2, copy=3),
    ]
    seen = {tuple(rng.words(name, 1)[:, 0].tolist()) for rng in [base, *others] for name in ("x", "y", "b|x")}
    assert len(seen) == 3 * (len(others) + 1)


def test_paths_join():
    rng = Rng(4, MANY[:5])
    np.testing.assert_array_equal(rng.at("a").at("b").uniform("x"), Rng(4, MANY[:5], path="a/b").uniform("x"))
    assert rng.at("a").path == "a"


@given(st.integers(1, 40), st.integers(0, 40))
def test_a_larger_size_leaves_the_first_numbers_alone(size, more):
    rng = Rng(0, MANY[:6])
    np.testing.assert_array_equal(
        rng.uniform("x", -1, 5, size=size + more)[:, :size], rng.uniform("x", -1, 5, size=size)
    )
    np.testing.assert_array_equal(rng.gamma("x", 0.5, size=size + more)[:, :size], rng.gamma("x", 0.5, size=size))
    np.testing.assert_array_equal(rng.uniform("x", size=size)[:, 0], rng.uniform("x"))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_ragged_rows_depend_on_key_and_place(counts):
    rng = Rng(3, MANY[: len(counts)])
    longest = rng.uniform("x", size=30)
    expected = [longest[i, :count] for i, count in enumerate(counts)]
    np.testing.assert_array_equal(rng.ragged("x", np.array(counts)), np.concatenate(expected))


@given(st.lists(st.floats(-0.5, 1.5), max_size=8), st.integers(0, 12))
def test_gates_all_at_once(ps, n):
    paths = [f"step{i}" for i in range(len(ps))]
    made = fires(9, MANY[:n], paths, ps, epoch=1, copy=2)
    rng = Rng(9, MANY[:n], epoch=1, copy=2)
    assert made.shape == (len(ps), n)
    for path, p, row in zip(paths, ps, made, strict=True):
        np.testing.assert_array_equal(row, rng.at(path).bernoulli("p", p))


# Keys


def test_keys_of_identifiers():
    assert hash_key(7) == hash_key("7") == hash_key(b"7") == hash_key(np.int64(7))
    assert hash_key("é") == hash_key("é".encode())
    assert hash_key("\udcff.jpg") != hash_key("?.jpg")
    assert hash_key("a") == int.from_bytes(blake2b(b"a", digest_size=8).digest(), "little")
    assert len(np.unique(MANY)) == len(MANY)
    assert hash_keys(i for i in "ab").tolist() == [hash_key("a"), hash_key("b")]
    assert hash_keys([]).dtype == np.uint64
    with pytest.raises(ContractError, match=r"not float \(1.5\)"):
        hash_key(1.5)
    with pytest.raises(ContractError, match=r"not list \(\['a'\]\)"):
        hash_keys(["b", ["a"]])


def test_field_keys():
    image, caption = field_keys(MANY, "image"), field_keys(MANY, "caption")
    assert image.dtype == np.uint64
    assert len(np.unique(np.concatenate([MANY, image, caption]))) == 3 * len(MANY)
    np.testing.assert_array_equal(field_keys(MANY[5:6], "image"), image[5:6])


# Ranges


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3, 5), (1.0, np.nextafter(1.0, 2.0)), (1e17, 1e17 + 64), (4, 4)]
)
def test_uniform_is_half_open(low, high):
    values = Rng(0, MANY).uniform("x", low, high)
    assert values.min() >= low
    assert values.max() < high or low == high


def test_log_uniform_is_half_open():
    values = Rng(0, MANY).log_uniform("x", 3.0, 3.0 + 1e-15)
    assert set(values.tolist()) <= {3.0, np.nextafter(3.0, 4.0)}
    assert Rng(0, MANY[:5]).log_uniform("x", 0.1, 0.1).tolist() == [0.1] * 5


@given(st.integers(-(2**62), 2**62), st.integers(1, 6))
def test_integers_reach_both_ends(low, span):
    assert set(Rng(0, MANY[:500]).integers("x", low, low + span).tolist()) == set(range(low, low + span))


def test_integers_over_the_widest_range():
    values = Rng(0, MANY).integers("x", -(2**31), 2**31)
    np.testing.assert_array_equal(values, Rng(0, MANY).words("x", 1)[:, 0].astype(np.int64) - 2**31)


@pytest.mark.parametrize("p", [0.0, -1.0, 1.0, 3.0])
def test_never_and_always(p):
    assert set(Rng(0, MANY).bernoulli("x", p).tolist()) == {p >= 1}


def test_weight_zero_is_never_chosen():
    counts = np.bincount(Rng(0, MANY).choice("x", 4, weights=[0, 1, 0, 3]), minlength=4)
    assert counts[[0, 2]].tolist() == [0, 0]
    assert stats.chisquare(counts[[1, 3]], len(MANY) * np.array([0.25, 0.75])).pvalue > 1e-3


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda r: r.uniform("x", 3, 1), "'x': low=3, high=1 is no range"),
        (lambda r: r.uniform("x", 0, np.nan), "finite low <= high"),
        (lambda r: r.uniform("x", [0, 9, 0], 1), "finite low <= high"),
        (lambda r: r.log_uniform("x", 0, 1), "low=0 has no logarithm"),
        (lambda r: r.integers("x", 2, 2), r"\[2, 2\) must hold 1 to"),
        (lambda r: r.integers("x", 0, 2**32 + 1), "must hold 1 to"),
        (lambda r: r.integers("x", 0, 1.5), "must be integers"),
        (lambda r: r.choice("x", 0), "nothing to choose"),
        (lambda r: r.choice("x", 2, weights=[1.0]), "do not fit 2 options"),
        (lambda r: r.choice("x", 2, weights=[1.0, -1.0]), "do not fit 2 options"),
        (lambda r: r.beta("x", 0.0, 1.0), "at least 1e-6"),
        (lambda r: r.sample("x", 3, 4), "cannot take 4 distinct of 3"),
        (lambda r: Rng(0.5, r.keys), "seed=0.5 is no integer"),
    ],
)
def test_wrong_values_are_named(draw, says):
    with pytest.raises(ConfigError, match=says):
        draw(Rng(0, MANY[:3]))


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda r: r.uniform("x", [1, 2], 3), r"shape \(2,\) does not fit 3 samples"),
        (lambda r: r.ragged("x", [1, -1, 2]), "counts must be 3 integers"),
        (lambda r: Rng(0, np.zeros(2)), "must be a uint64 array"),
        (lambda r: Rng(0, np.zeros((2, 2), np.uint64)), "must be a uint64 array"),
    ],
)
def test_wrong_arrays_are_the_callers_fault(draw, says):
    with pytest.raises(ContractError, match=says):
        draw(Rng(0, MANY[:3]))


# Orders


@given(st.integers(0, 40), st.integers(0, 2**32))
def test_permutations(n, seed):
    made = Rng(seed, MANY[:7]).permutation("x", n)
    np.testing.assert_array_equal(np.sort(made, axis=1), np.tile(np.arange(n), (7, 1)))


def test_permutations_of_different_lengths():
    counts = np.array([3, 0, 1, 40, 3])
    rng = Rng(1, MANY[:5])
    made = rng.permutation("x", counts)
    for i, n in enumerate(counts.tolist()):
        np.testing.assert_array_equal(made[i], rng.take([i]).permutation("x", n)[0])


@given(st.integers(0, 9), st.integers(0, 10_000), st.integers(0, 2**32), st.sampled_from([1, 7, 8, 30]))
def test_samples_are_distinct(k, more, seed, rows):
    made = Rng(seed, MANY[:rows]).sample("x", k + more, k)
    assert made.shape == (rows, k)
    assert all(len(set(row)) == k and set(row) <= set(range(k + more)) for row in made.tolist())


def test_table_and_dictionary_shuffle_alike():
    rng = Rng(5, MANY[:20])
    limits = np.arange(20) + 12
    np.testing.assert_array_equal(
        rng.sample("x", limits, 12),
        np.concatenate([rng.take([i]).sample("x", limits[i : i + 1], 12) for i in range(20)]),
    )


@pytest.mark.parametrize("draw", [lambda r: r.permutation("x", 4), lambda r: r.sample("x", 4, 4)])
def test_all_orders_are_equally_likely(draw):
    orders = list(permutations(range(4)))
    counts = np.bincount([orders.index(tuple(row)) for row in draw(Rng(0, MANY)).tolist()], minlength=24)
    assert stats.chisquare(counts).pvalue > 1e-3


# Distributions


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (lambda r: r.uniform("x", -2, 3), stats.uniform(-2, 5)),
        (lambda r: r.ragged("x", np.ones(len(r), int)), stats.uniform()),
        (lambda r: r.normal("x", 1.0, 2.0), stats.norm(1, 2)),
        (lambda r: r.log_uniform("x", 0.2, 30.0), stats.loguniform(0.2, 30)),
        (lambda r: r.gamma("x", 0.05), stats.gamma(0.05)),
        (lambda r: r.gamma("x", 0.7), stats.gamma(0.7)),
        (lambda r: r.gamma("x", 1.0), stats.gamma(1.0)),
        (lambda r: r.gamma("x", 40.0), stats.gamma(40.0)),
        (lambda r: r.beta("x", 0.2, 0.2), stats.beta(0.2, 0.2)),
        (lambda r: r.beta("x", 2.0, 5.0), stats.beta(2, 5)),
        (lambda r: r.dirichlet("x", [1.0, 2.0, 3.0], 3)[:, 1], stats.beta(2, 4)),
        (lambda r: r.dirichlet("x", 1.0, 3)[:, 2], stats.beta(1, 2)),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_distribution(draw, law, seed):
    assert stats.kstest(draw(Rng(seed, MANY)), law.cdf).pvalue > 1e-3


def test_dirichlet_adds_up_to_one():
    np.testing.assert_allclose(Rng(0, MANY).dirichlet("x", 0.01, 5).sum(axis=1), 1.0, rtol=1e-12)


def test_discrete_draws_are_even():
    rng = Rng(3, MANY)
    for values in (rng.integers("a", 0, 7), rng.choice("b", 7), rng.sample("c", 7, 3)[:, 2], rng.sign("d") > 0):
        assert stats.chisquare(np.bincount(values)).pvalue > 1e-3


def test_draws_are_independent():
    """No correlation between samples, names, paths, epochs, copies, seeds or places: 30 columns, 4.5 sigma."""
    rng = Rng(0, MANY)
    columns = [
        *rng.normal("x", size=9).T,
        *(rng.normal(name) for name in "abcdefg"),
        *(rng.at(path).normal("x") for path in "abcd"),
        *(Rng(seed, MANY).normal("x") for seed in (1, 2, -1)),
        *(Rng(0, MANY, epoch=epoch).normal("x") for epoch in (1, 2, 3)),
        *(Rng(0, MANY, copy=copy).normal("x") for copy in (1, 2)),
        np.roll(columns_of_one := rng.normal("x", size=2)[:, 0], 1),
        np.roll(columns_of_one, 7),
    ]
    correlation = np.corrcoef(columns)[np.triu_indices(len(columns), 1)]
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(MANY))
    assert stats.kstest(correlation * np.sqrt(len(MANY)), "norm").pvalue > 1e-3


@given(n=st.integers(0, 40), seed=st.integers(-5, 5), picks=st.lists(st.integers(0, 5), max_size=8), data=st.data())
def test_foreseen_draws_are_those_drawn_one_by_one(n, seed, picks, data):
    plain, wanted = Rng(seed, hash_keys(range(n)), epoch=2), set()
    for _ in range(3):  # nothing is prefetched at first; then what was drawn before
        rng = plain.prefetching(wanted)
        for pick in picks:
            rows = data.draw(st.lists(st.integers(0, max(n - 1, 0)), max_size=n))
            path, name = f"step{pick % 3}", f"x{pick}"
            for same, other in (
                (plain, rng),
                (plain.take(rows).take([0] * bool(rows)), rng.take(rows).take([0] * bool(rows))),
            ):
                one, two = same.at(path), other.at(path)
                assert (one.uniform(name, -1.0, 2.0) == two.uniform(name, -1.0, 2.0)).all()
                assert (one.integers(name, 0, 9) == two.integers(name, 0, 9)).all()
                assert (one.normal(name, size=2) == two.normal(name, size=2)).all()
                assert (one.noise_key(name) == two.noise_key(name)).all()
                assert (one.normal(name, size=(3, 3)) == two.normal(name, size=(3, 3))).all()
    assert wanted == {(f"step{pick % 3}", f"x{pick}", blocks) for pick in picks for blocks in (0, 1, 3)}
