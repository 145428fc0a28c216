"""Facility location against plain greedy search and against all subsets."""

from __future__ import annotations

import doctest
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augreg.errors import ConfigError
from augreg.learn import select
from augreg.learn.select import facility_location


def distances(a, b):
    return np.sqrt(((np.asarray(a, float)[:, None] - np.asarray(b, float)[None]) ** 2).sum(2))


def left_over(points, chosen, covered):
    """Sum of distances to the nearest of what is chosen or covered."""
    there = [*[points[i] for i in chosen], *covered]
    return distances(points, there).min(1).sum()


def greedy(points, size, covered, allowed=lambda chosen: True):
    """Every candidate is tried each time."""
    chosen = []
    while len(chosen) < size:
        rest = [i for i in range(len(points)) if i not in chosen and allowed([*chosen, i])]
        sums = [left_over(points, [*chosen, i], covered) for i in rest]
        chosen.append(rest[next(k for k, found in enumerate(sums) if found <= min(sums) + 1e-9)])
    return chosen


sets = st.integers(0, 10_000).flatmap(
    lambda seed: st.tuples(st.just(seed), st.integers(2, 24), st.integers(1, 3), st.integers(1, 6), st.booleans())
)


@settings(deadline=None, max_examples=60)
@given(sets)
def test_the_lazy_search_chooses_what_the_plain_one_does(case):
    seed, count, width, size, grid = case
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, width)).round(0 if grid else 9)  # rounded: many ties
    covered = rng.normal(size=(int(rng.integers(0, 4)), width))
    size = min(size, count)
    chosen = facility_location(points, size, covered=covered)
    wanted = greedy(points, size, covered)
    assert len(set(chosen.tolist())) == size
    assert left_over(points, chosen, covered) == pytest.approx(left_over(points, wanted, covered), abs=1e-6)
    if not grid:
        assert chosen.tolist() == wanted


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(4, 10), st.integers(1, 4))
def test_it_reaches_the_share_that_is_proved(seed, count, size):
    rng = np.random.default_rng(seed)
    points, covered = rng.normal(size=(count, 2)), rng.normal(size=(2, 2))
    before = left_over(points, [], covered)
    best = max(before - left_over(points, chosen, covered) for chosen in combinations(range(count), size))
    reached = before - left_over(points, facility_location(points, size, covered=covered), covered)
    assert (1 - 1 / np.e) * best - 1e-9 <= reached <= best + 1e-9


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_quotas_are_kept_and_greedy(seed):
    rng = np.random.default_rng(seed)
    points, groups = rng.normal(size=(15, 2)), rng.choice(list("abc"), 15).tolist()
    quotas = {"a": 2, "b": 0, "c": 1}
    most = sum(min(quotas[name], groups.count(name)) for name in "abc")
    if not most:
        return

    def allowed(chosen):
        return all([groups[i] for i in chosen].count(name) <= quotas[name] for name in quotas)

    chosen = facility_location(points, most, groups=groups, quotas=quotas)
    assert allowed(chosen.tolist())
    # Without anything that is covered all lie equally far off: a place as far as any two can be from each other.
    far = points.mean(0) + np.array([[1e6, 0.0]])
    assert chosen.tolist() == greedy(points, most, far, allowed)


def test_rows_that_are_equal_are_taken_in_their_order():
    points = np.repeat(np.random.default_rng(0).normal(size=(3, 7)), 4, axis=0)
    chosen = facility_location(points, 12)
    assert {int(i) // 4 for i in chosen[:3]} == {0, 1, 2}
    assert all(i % 4 == 0 for i in chosen[:3])
    assert chosen[3:].tolist() == sorted(chosen[3:])


def test_order_and_scale_of_features_do_not_matter():
    points = np.random.default_rng(1).normal(size=(300, 5))
    chosen = facility_location(points, 40)
    order = np.random.default_rng(2).permutation(300)
    assert order[facility_location(points[order], 40)].tolist() == chosen.tolist()
    assert facility_location(points * 1e6 + 3e6, 40).tolist() == chosen.tolist()
    assert facility_location(points, 10).tolist() == chosen[:10].tolist()


def test_what_is_like_a_source_comes_last():
    points = np.array([[0.0, 0], [0.1, 0], [9, 9], [9, 9.5], [0, 8]])
    assert facility_location(points, 2, covered=[[0.0, 0]]).tolist() == [2, 4]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 0}, "size=0"),
        ({"size": True}, "size=True"),
        ({"size": 6}, "size=6, and there are 5 candidates"),
        ({"features": np.zeros(5)}, "features is float64 of shape"),
        ({"features": [["a"]]}, "features is <U1"),
        ({"features": [[1.0], [np.nan]]}, "features is not finite in row 1"),
        ({"covered": np.zeros((2, 3))}, "covered has 3 columns, and features have 2"),
        ({"quotas": {"a": 1}}, "groups is missing"),
        ({"quotas": {"a": 1}, "groups": ["a"]}, "groups has 1 entries, and features has 5 rows"),
        ({"quotas": {"cats": 1}, "groups": ["cat"] * 5}, "do not name the group 'cat'. Did you mean 'cats'?"),
        ({"quotas": {"a": -1}, "groups": ["a"] * 5}, r"quotas\['a'\]=-1"),
        ({"size": 3, "quotas": {"a": 2}, "groups": ["a"] * 5}, "size=3, and the quotas leave 2 candidates"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        facility_location(**{"features": np.arange(10.0).reshape(5, 2), "size": 1, **options})


def test_the_docstring_shows_what_happens():
    assert doctest.testmod(select) == (0, 5)
