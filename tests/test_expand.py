"""Growing a set in memory: sizes, shortages, and each new sample made again from its source."""

from __future__ import annotations

import doctest
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

import augreg
from augreg.errors import ConfigError
from augreg.learn import expand
from augreg.learn.expand import grow
from augreg.learn.expand_draws import Acceptance, Draws, part_of, quotas

DIGITS = load_digits()
CHOSEN = np.concatenate([np.flatnonzero(DIGITS.target == name)[: 8 + 2 * name] for name in range(4)])
LABELS = [str(name) for name in DIGITS.target[CHOSEN]]
PICTURES = list((DIGITS.images[CHOSEN] / 16 * 255).round().astype(np.uint8))
MILD = [{"image.translate": {"x": 0.12, "y": 0.12, "p": 1.0}}, {"image.rotate": {"degrees": 10, "p": 1.0}}]


@pytest.fixture(scope="module")
def grown():
    return grow(PICTURES, LABELS, MILD, per_class=16, seed=3)


def test_every_class_has_its_size(grown):
    new = Counter(LABELS[origin] for origin, _ in grown.chosen)
    assert {name: LABELS.count(name) + new[name] for name in "0123"} == dict.fromkeys("0123", 16)
    assert not grown.shortage
    assert len(set(grown.chosen)) == len(grown.chosen) == len(grown.samples)
    assert all(one.passed for one in grown.judged)


def test_new_samples_are_made_again_from_source_key_and_copy(grown):
    for (origin, copy), sample in zip(grown.chosen, grown.samples, strict=True):
        again = augreg.augment(PICTURES[origin], MILD, seed=3, keys=origin, copy=copy, modality="image", layout="HW")
        assert np.array_equal(again, sample)


def test_the_same_seed_and_keys_give_the_same_set(grown):
    keys = [f"{place}" for place in range(len(PICTURES))]  # 3 and "3" are one key
    assert grow(PICTURES, LABELS, MILD, per_class=16, seed=3, keys=keys).chosen == grown.chosen
    assert grow(PICTURES, LABELS, MILD, per_class=16, seed=4).chosen != grown.chosen


def test_a_size_fills_the_smallest_classes_first():
    found = grow(PICTURES, LABELS, MILD, size=len(PICTURES) + 5)
    assert Counter(LABELS[origin] for origin, _ in found.chosen) == {"0": 4, "1": 1}  # 8, 10, 12, 14 of them


def test_what_is_missing_is_said_and_no_gate_is_lowered():
    found = grow(PICTURES, LABELS, [{"image.translate": {"x": 0.0, "y": 0.0}}], per_class=16)
    assert found.chosen == ()
    assert found.shortage == {"0": 8, "1": 6, "2": 4, "3": 2}
    assert found.counts["changed"] == found.rounds * len(PICTURES)
    assert found.rounds == 3
    few = grow(PICTURES, LABELS, MILD, per_class=200, rounds=2)
    assert few.rounds == 2
    assert {name: few.shortage[name] + LABELS.count(name) for name in few.shortage} == {
        name: 200 - sum(LABELS[origin] == name for origin, _ in few.chosen) for name in "0123"
    }


def test_held_out_samples_are_kept_out_of_reach():
    turned = [{"image.vflip": {"p": 1.0}}]
    held_out = [picture[::-1].copy() for picture in PICTURES]
    found = grow(PICTURES, LABELS, turned, per_class=16, held_out=held_out)
    assert not found.chosen
    assert found.counts["new"] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give size, .* or per_class"),
        ({"size": 90, "per_class": 9}, "give size, .* or per_class"),
        ({"size": 3}, "size=3; give an integer >= 44"),
        ({"per_class": 0}, "per_class=0"),
        ({"per_class": 9, "rounds": 0}, "rounds=0"),
        ({"per_class": 9, "pipeline": ["image.mixup"]}, "step 'image.mixup' mixes labels"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        grow(PICTURES, LABELS, **{"pipeline": MILD, **options})


def test_the_docstring_shows_what_happens():
    assert doctest.testmod(expand) == (0, 4)


def test_what_operations_a_copy_meets_is_known_before_it_is_made():
    steps = [
        {"policy.trivial": {"operations": ["image.translate", "image.rotate"]}},
        {"one_of": [{"image.hflip": {"p": 0.5}}, {"image.gaussian_noise": {"level": [0, 1]}}]},
    ]
    pipe = augreg.Pipeline({"image": steps})
    for copy in range(3):
        drawn = Draws(pipe, "image", 5).of(range(40), copy)
        options = {"seed": 5, "copy": copy, "keys": range(40), "modality": "image", "layout": "HW"}
        _, trace = augreg.augment(PICTURES[:40], pipe, return_trace=True, **options)
        for parts, one in zip(drawn, trace, strict=True):
            assert [name for name, _ in parts] == [step["augmenter"] for step in one.steps]
            levels = [part for name, part in parts if name != "image.gaussian_noise"]
            said = [step.get("level") for step in one.steps if step["augmenter"] != "image.gaussian_noise"]
            assert levels == [None if level is None else part_of(level) for level in said]


def test_what_passes_half_as_often_as_its_class_is_not_worth_it_and_what_is_unknown_is():
    known = Acceptance()
    for _ in range(30):
        known.add("six", [("flip", None)], passed=False)
        known.add("six", [("move", 0)], passed=True)
    assert not known.is_worth("six", [("flip", None)])
    assert not known.is_worth("six", [("move", 0), ("flip", None)])
    assert not known.is_worth("eight", [("flip", None)])  # as for others, until more is known
    assert known.is_worth("six", [("move", 0)])
    assert known.is_worth("six", [("never met", 3)])
    assert not known.is_worth("six", [])  # nothing would change
    for _ in range(30):
        known.add("eight", [("flip", None)], passed=True)
    assert known.is_worth("eight", [("flip", None)])
    assert known.table()["move"] == {"made": 30, "passed": 30, "levels": {"0 to 0.25": {"made": 30, "passed": 30}}}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 20), min_size=1, max_size=6), st.integers(0, 60))
def test_quotas_are_as_even_as_can_be_and_enough(held, wanted):
    found = quotas(held, wanted)
    assert sum(found.values()) >= min(wanted, sum(held.values()))
    most = max(found.values())
    assert all(found[name] == min(most, count) for name, count in held.items())
    assert sum(min(most - 1, count) for count in held.values()) < wanted or not most


def test_a_generator_passes_the_same_gates():
    asked = []

    def generator(samples, count, seed):
        asked.append((len(samples), count, seed))
        rng = np.random.default_rng(seed)
        place = int(rng.integers(len(samples)))
        moved = np.roll(samples[place], 1, axis=int(rng.integers(2)))
        return [samples[0], np.zeros_like(samples[0]), moved][:count]  # known, blank, and something new

    found = grow(PICTURES, LABELS, None, per_class=15, generator=generator, gates=("valid", "changed", "new"), rounds=3)
    made = found.acceptance["generator"]
    assert made["made"] == 3 * len(asked)
    assert found.counts["valid"] == len(asked)
    assert found.counts["new"] >= len(asked)
    assert made["passed"] == found.counts["passed"] > 0
    assert all(origin == -1 for origin, _ in found.chosen)
    assert {count for _, count, _ in asked} <= {8, 10, 12, 14}
    assert len({seed for *_, seed in asked}) == len(asked)
    again = grow(PICTURES, LABELS, None, per_class=15, generator=generator, gates=("valid", "changed", "new"), rounds=3)
    assert again.chosen == found.chosen
    with pytest.raises(ConfigError, match="neither a pipeline nor a generator"):
        grow(PICTURES, LABELS, None, per_class=15)


def test_a_generator_that_makes_another_class_is_refused_by_the_label():
    others = {len([name for name in LABELS if name == own]): own for own in "0123"}

    def wrong(samples, count, seed):
        """Moved ones of the next class."""
        own = str((int(others[len(samples)]) + 1) % 4)
        return [np.roll(p, 1, axis=1) for p, name in zip(PICTURES, LABELS, strict=True) if name == own][:count]

    found = grow(PICTURES, LABELS, None, per_class=15, generator=wrong, rounds=1)
    assert found.counts["label"] > 0.8 * sum(found.counts.values())
