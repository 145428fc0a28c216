"""Choosing a share of numbered candidates."""

from collections import Counter

import numpy as np
import pytest
from augreg_text.choose import Quota, choose, coins, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

ROWS = st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), min_size=1, max_size=12)


def chosen(sizes, rates, seed=0, least=0, most=None, keys=None):
    sizes, rates = np.asarray(sizes, dtype=np.int64), np.asarray(rates, dtype=np.float64)
    rng = Rng(seed, hash_keys(range(len(sizes))) if keys is None else keys)
    return choose(seeds(rng, "x"), sizes, Quota(rates, least, most))


@settings(max_examples=200, deadline=None)
@given(ROWS, st.integers(0, 3), st.one_of(st.none(), st.integers(0, 5)), st.integers(0, 99))
def test_counts_and_places(rows, least, most, seed):
    sizes, rates = [s for s, _ in rows], [r for _, r in rows]
    found = chosen(sizes, rates, seed, least, most)
    first = np.cumsum(sizes) - sizes
    assert (np.diff(found.index) > 0).all()
    assert ((found.unit >= 0) & (found.unit < 1)).all()
    owner = np.searchsorted(np.cumsum(sizes), found.index, side="right")
    assert np.bincount(owner, minlength=len(sizes)).tolist() == found.counts.tolist()
    for size, rate, count in zip(sizes, rates, found.counts.tolist(), strict=True):
        low, high = int(np.floor(rate * size)), int(np.ceil(rate * size))
        limit = size if most is None else min(size, most)
        least_here = least if rate > 0 else 0
        assert min(max(low, least_here), limit) <= count <= min(max(high, least_here), limit)
    assert len(first) == len(found.counts)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 99))
def test_a_row_does_not_depend_on_the_others(rows, seed):
    sizes, rates = [s for s, _ in rows], [r for _, r in rows]
    keys = hash_keys(range(len(rows)))
    together = chosen(sizes, rates, seed, keys=keys)
    edges = np.append(0, np.cumsum(together.counts))
    for i, (size, rate) in enumerate(rows):
        alone = chosen([size], [rate], seed, keys=keys[i : i + 1])
        mine = slice(edges[i], edges[i + 1])
        assert (together.index[mine] - sum(sizes[:i])).tolist() == alone.index.tolist()
        assert together.unit[mine].tolist() == alone.unit.tolist()


@pytest.mark.parametrize(("size", "count"), [(5, 2), (6, 3), (4, 4), (7, 6), (12, 5)])
def test_every_subset_is_equally_likely(size, count):
    n = 40_000
    found = chosen([size] * n, [count / size] * n)
    assert set(found.counts.tolist()) == {count}
    subsets = Counter(map(tuple, (found.index.reshape(n, count) % size).tolist()))
    from math import comb

    total = comb(size, count)
    assert len(subsets) == total
    expected = n / total
    chi2 = sum((seen - expected) ** 2 / expected for seen in subsets.values())
    # chi-squared with total - 1 degrees of freedom: mean total - 1, variance 2 (total - 1)
    assert chi2 < total - 1 + 5 * (2 * max(total - 1, 1)) ** 0.5


def test_the_rest_of_a_number_is_uniform_and_independent_of_the_place():
    n = 50_000
    found = chosen([10] * n, [0.1] * n)
    assert abs(found.unit.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(found.index % 10, found.unit)[0, 1]) < 0.02


@pytest.mark.parametrize("rate", [0.013, 0.1, 0.37, 0.9])
def test_the_rate_is_right_on_average(rate):
    n, size = 20_000, 23
    found = chosen([size] * n, [rate] * n)
    assert abs(found.counts.mean() / size - rate) < 0.002
    assert set(found.counts.tolist()) <= {int(np.floor(rate * size)), int(np.ceil(rate * size))}


def test_neighboring_keys_and_names_are_unrelated():
    keys = np.arange(40_000, dtype=np.uint64)
    one, other = (seeds(Rng(7, keys), name) for name in ("x", "y"))
    for found in (one, other):
        assert abs(coins(found).mean() - 0.5) < 0.01
        assert abs(np.corrcoef(coins(found)[1:], coins(found)[:-1])[0, 1]) < 0.02
    assert abs(np.corrcoef(coins(one), coins(other))[0, 1]) < 0.02
    places = [choose(found, np.full(len(keys), 97), Quota(1 / 97)).drawn for found in (one, other)]
    assert abs(np.corrcoef(places[0] % 97, places[1] % 97)[0, 1]) < 0.02


def test_a_name_seed_epoch_copy_and_step_have_seeds_of_their_own():
    keys = hash_keys(range(8))
    made = [Rng(1, keys), Rng(2, keys), Rng(1, keys, epoch=1), Rng(1, keys, copy=1), Rng(1, keys).at("step")]
    found = [tuple(seeds(rng, "x").tolist()) for rng in made] + [tuple(seeds(made[0], "y").tolist())]
    assert len(set(sum(found, ()))) == 8 * 6
