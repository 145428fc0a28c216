"""Growing a set in memory: sizes, shortages, and each new sample made again from its source."""

from __future__ import annotations

import doctest
from collections import Counter

import numpy as np
import pytest
from sklearn.datasets import load_digits

import augreg
from augreg.errors import ConfigError
from augreg.learn import expand
from augreg.learn.expand import grow

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
