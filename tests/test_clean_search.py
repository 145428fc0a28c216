"""The searches of `augreg clean` find what comparing all with all finds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from augreg.jobs.cleaning import words
from augreg.jobs.cleaning.align import likeness
from augreg.jobs.cleaning.doubles import Inputs, Match, copies, doubles
from augreg.jobs.cleaning.nearby import distances, same_keys, within
from augreg.jobs.cleaning.report import read_list, written

CODES = st.lists(st.integers(0, 2**64 - 1), max_size=30)


@settings(deadline=None, max_examples=60)
@given(CODES, st.lists(st.tuples(st.integers(0, 99), st.sets(st.integers(0, 63), max_size=14)), max_size=30), st.data())
def test_codes_near_a_query_are_found(
    codes: list[int], changed: list[tuple[int, set[int]]], data: st.DataObject
) -> None:
    radius = data.draw(st.integers(0, 12))
    queries = [codes[at % len(codes)] ^ sum(1 << bit for bit in bits) for at, bits in changed] if codes else [3]
    found = within(np.array(codes, np.uint64), np.array(queries, np.uint64), radius)
    wanted = [
        (q, c)
        for q, query in enumerate(queries)
        for c, code in enumerate(codes)
        if (query ^ code).bit_count() <= radius
    ]
    assert [tuple(pair) for pair in found.tolist()] == wanted


def test_many_codes_are_found_whatever_the_bands() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2**64, 5_000, np.uint64)
    queries = codes[:200] ^ (np.uint64(1) << rng.integers(0, 64, (6, 200)).astype(np.uint64)).sum(0, dtype=np.uint64)
    near = distances(np.repeat(queries, len(codes)), np.tile(codes, len(queries))).reshape(200, -1) <= 10
    assert np.array_equal(within(codes, queries, 10), np.argwhere(near))


@given(st.lists(st.integers(0, 5), max_size=30))
def test_places_with_one_key_are_paired(keys: list[int]) -> None:
    found = {frozenset(pair) for pair in same_keys(np.array(keys, np.uint64)).tolist()}
    assert found == {frozenset(pair) for pair in combinations(range(len(keys)), 2) if keys[pair[0]] == keys[pair[1]]}


def test_very_many_places_with_one_key_are_linked_without_all_pairs() -> None:
    pairs = same_keys(np.zeros(5_000, np.uint64))
    assert set(pairs.reshape(-1).tolist()) == set(range(5_000))
    assert len(pairs) < 10_000


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40), st.lists(st.sampled_from("abcde"), min_size=1))
def test_shingles_have_the_similarity_of_sets(first: list[str], second: list[str]) -> None:
    def runs(given: list[str]) -> set[tuple[str, ...]]:
        size = min(3, len(given))
        return {tuple(given[i : i + size]) for i in range(len(given) - size + 1)}

    a, b = runs(first), runs(second)
    assert words.jaccard(words.shingles(first), words.shingles(second)) == len(a & b) / len(a | b)


def test_min_hashes_find_alike_texts_as_often_as_the_formula_says() -> None:
    rng = np.random.default_rng(1)
    for shared, least, most in ((0.8, 0.999, 1.0), (0.3, 0.14, 0.32)):
        hits = 0
        for _ in range(400):
            common, own = round(200 * shared), 200 - round(200 * shared)
            values = rng.integers(0, 2**64, common + own, np.uint64)
            a, b = values[: common + own // 2], np.concatenate([values[:common], values[common + own // 2 :]])
            hits += bool((words.band_keys(np.sort(a)) == words.band_keys(np.sort(b))).any())
        assert least <= hits / 400 <= most


def test_likeness_is_one_for_the_same_and_for_other_light_and_does_not_hang_on_the_order() -> None:
    rng = np.random.default_rng(2)
    stack = rng.integers(30, 120, (5, 8, 8)).repeat(4, 1).repeat(4, 2).astype(np.uint8)
    assert np.allclose(likeness(stack, stack), 1.0, atol=1e-3)
    assert np.allclose(likeness(stack, stack * 2 + 10), 1.0, atol=1e-3)
    assert (likeness(stack[:4], stack[1:]) < 0.8).all()
    assert np.array_equal(likeness(stack[:4], stack[1:]), likeness(stack[1:], stack[:4]))


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25), st.lists(st.booleans(), min_size=12))
def test_what_is_left_out_is_like_something_that_stays(links: list[tuple[int, int]], train: list[bool]) -> None:
    inputs = Inputs([str(i) for i in range(12)], ["train" if train[i] else "test" for i in range(12)])
    near = [(a, b, Match("W_NEAR", "nearly", 0.95, 0.9)) for a, b in links if a != b]
    found = doubles(inputs, {}, near)
    pairs = {frozenset((a, b)) for a, b, _ in near}
    for place, fault in found.items():
        assert int(fault.other) not in found
        assert frozenset((place, int(fault.other))) in pairs
        assert (fault.code == "W_LEAK") == (inputs.splits[place] != inputs.splits[int(fault.other)])
    kept = set(range(12)) - found.keys()
    assert not any(pair <= kept for pair in pairs), "of two that are alike one goes"


def test_the_first_of_copies_is_that_of_the_test_set() -> None:
    inputs = Inputs(["a", "b", "c"], ["train", "val", "test"])
    assert copies(inputs, range(3), {0: b"x", 1: b"x", 2: b"x"}) == {1: 2, 0: 2}


@given(st.lists(st.text(min_size=1).filter(lambda name: "\0" not in name), min_size=1))
def test_any_name_comes_back_from_a_list(tmp_path_factory, names: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "list"
    path.write_bytes(b"".join(map(written, names)))
    assert read_list(path) == names
