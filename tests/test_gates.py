"""Gates: each refuses what it is for, says why, and lets the rest pass."""

from __future__ import annotations

import doctest

import numpy as np
import PIL.Image
import pytest
import torch
from sklearn.datasets import load_digits

import augreg
from augreg.errors import ConfigError, SampleError
from augreg.learn import gates, gates_labels
from augreg.learn.gates import Gates, counts

DIGITS = load_digits()
LABELS = [str(name) for name in DIGITS.target[:200]]
PICTURES = list((DIGITS.images[:200] / 16 * 255).round().astype(np.uint8))


def photo(seed, side=48):
    """A picture with shapes of its own."""
    rng = np.random.default_rng(seed)
    small = PIL.Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
    return np.asarray(small.resize((side, side), PIL.Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def digits():
    return Gates(PICTURES, LABELS)


def test_flipped_sixes_and_nines_are_refused_for_their_label(digits):
    turned = [place for place, name in enumerate(LABELS) if name in "69"]
    flipped = digits.judge([np.rot90(PICTURES[place], 2).copy() for place in turned], turned)
    stayed = digits.judge([np.roll(PICTURES[place], 1, axis=0) for place in turned], turned)
    assert counts(flipped)["label"] > 0.85 * len(turned)
    assert counts(stayed)["label"] < 0.5 * counts(flipped)["label"]
    (first,) = [one for one in flipped if one.gate == "label"][:1]
    assert first.chance < digits.needed[LABELS[turned[flipped.index(first)]]]
    assert "is taken for '" in first.reason
    assert "it looks like '" in first.reason


def test_sources_judge_themselves_by_models_that_have_not_seen_them(digits):
    """Of classes that are not sure, nineteen of twenty sources pass: their own models would let all of them pass."""
    judges = digits._judges
    own, _ = judges.chances(digits.features, np.arange(200))
    for name, needed in digits.needed.items():
        mine = own[np.array(LABELS) == name]
        wanted = np.quantile(mine if len(mine) >= 20 else own, 0.05)
        assert needed == pytest.approx(min(wanted, 0.5))
    seen = gates_labels.fitted(digits.features, judges._codes)(digits.features)
    assert seen.max(1).mean() > own.mean() + 0.05


def test_no_model_sees_a_group_of_what_it_judges(monkeypatch):
    learned = []
    monkeypatch.setattr(gates_labels, "fitted", lambda rows, given: learned.append(rows) or (lambda asked: None))
    features, classes = np.arange(40.0)[:, None], ["a", "b"] * 20
    groups = [f"g{place // 4}" for place in range(40)]
    monkeypatch.setattr(gates_labels.Judges, "_thresholds", lambda self, own: {})
    monkeypatch.setattr(gates_labels.Judges, "chances", lambda self, *given: (None, None))
    judges = gates_labels.Judges(features, classes, groups)
    for fold, rows in enumerate(learned):
        judged = {groups[place] for place in np.flatnonzero(judges._folds == fold)}
        assert judged
        assert not judged & {groups[int(place)] for place in rows[:, 0]}
    assert len(learned) == 5


def test_models_that_practiced_let_more_of_what_is_moved_pass(digits):
    steps = [{"image.translate": {"x": 0.12, "y": 0.12, "p": 1.0}}, {"image.rotate": {"degrees": 10, "p": 1.0}}]
    moved = augreg.augment(PICTURES, {"image": steps}, seed=9, keys=range(200), modality="image", layout="HW")
    practiced = Gates(PICTURES, LABELS, practice=["policy.trivial"])
    assert counts(practiced.judge(moved, range(200)))["label"] < 0.85 * counts(digits.judge(moved, range(200)))["label"]
    upset = [picture[::-1, ::-1].copy() for picture in PICTURES]
    assert counts(practiced.judge(upset, range(200)))["label"] > 120


def test_copies_to_practice_on_stay_with_their_sources(monkeypatch):
    learned = []
    monkeypatch.setattr(gates_labels, "fitted", lambda rows, given: learned.append((rows, given)))
    monkeypatch.setattr(gates_labels.Judges, "_thresholds", lambda self, own: {})
    monkeypatch.setattr(gates_labels.Judges, "chances", lambda self, *given: (None, None))
    places, classes = np.arange(20.0)[:, None], ["a", "b"] * 10
    judges = gates_labels.Judges(places, classes, range(20), np.concatenate([places, places]))
    for fold, (rows, given) in enumerate(learned):
        assert sorted(rows[:, 0]) == sorted(np.repeat(np.flatnonzero(judges._folds != fold), 3))
        assert (given == rows[:, 0] % 2).all()


def test_near_copies_of_others_leak_and_of_the_own_source_do_not():
    sources, held_out = [photo(1), photo(2)], [photo(3)]
    judged = Gates(sources, None, held_out=held_out).judge(
        [
            np.clip(photo(1) * 0.9, 0, 255).astype(np.uint8),  # of its own source
            np.clip(photo(2) * 0.9, 0, 255).astype(np.uint8),  # of another source
            np.clip(photo(3) * 0.9, 0, 255).astype(np.uint8),  # of a held-out picture
            photo(3),
            np.clip(photo(1) * 0.88, 0, 255).astype(np.uint8),  # of the first candidate
            photo(9),
        ],
        [0, 0, 1, 1, 0, 0],
    )
    assert [one.gate for one in judged] == ["", "new", "new", "new", "new", ""]
    assert "nearly the same" in judged[1].reason
    assert judged[1].reason.endswith("as source 1")
    assert judged[2].reason.endswith("as held-out sample 0")
    assert judged[3].reason == "it is the same as held-out sample 0"
    assert judged[4].reason.endswith("as candidate 0")
    later = Gates(sources, None).judge([np.clip(photo(1) * 0.91, 0, 255).astype(np.uint8)], [0], beside=judged[:1])
    assert later[0].reason.endswith("as candidate 0")


def test_what_shows_or_says_nothing_and_what_is_unchanged():
    found = Gates([photo(1), photo(2)], None).judge([np.zeros_like(photo(1)), photo(2).copy()], [0, 1])
    assert [one.gate for one in found] == ["valid", "changed"]
    assert "shows nothing" in found[0].reason
    assert np.isnan(found[0].chance)
    assert counts(found) == {"passed": 0, "valid": 1, "changed": 1, "new": 0, "label": 0}


def test_a_fault_that_the_source_has_is_not_the_candidates():
    blank = np.full((20, 20), 7, np.uint8)
    other = np.full((20, 20), 9, np.uint8)
    assert Gates([blank, photo(1)], None).judge([other], [0])[0].passed


def test_sounds_by_their_label_and_silence():
    rate, time = 8_000, np.arange(4_000) / 8_000
    rng = np.random.default_rng(0)

    def tone(hertz):
        wave = np.sin(2 * np.pi * hertz * time) * rng.uniform(0.3, 0.6) + rng.normal(0, 0.01, 4_000)
        return augreg.Audio(torch.tensor(wave[None], dtype=torch.float32), rate)

    classes = ["low", "high"] * 12
    sources = [tone(rng.uniform(200, 300) if name == "low" else rng.uniform(1500, 2000)) for name in classes]
    silent = augreg.Audio(torch.zeros(1, 4_000), rate)
    found = Gates(sources, classes).judge([tone(250), tone(1800), silent, sources[0]], [0, 0, 0, 0])
    assert [one.gate for one in found] == ["", "label", "valid", "changed"]
    assert "it looks like 'high'" in found[1].reason


def test_texts_near_their_source_stay_and_copies_of_a_test_set_do_not():
    sources = [f"the {a} cat sat on the {b} mat and slept" for a in ("red", "old") for b in ("blue", "big")]
    test = ["nobody knows where the brown dog went after the long rain"]
    found = Gates(sources, None, held_out=test).judge([sources[0].replace("slept", "woke"), test[0] + "!"], [0, 1])
    assert [one.gate for one in found] == ["", "new"]
    assert found[1].reason.endswith("as held-out sample 0")


def test_pictures_in_every_form_are_the_same():
    array = photo(4)
    forms = [array, PIL.Image.fromarray(array), augreg.Image(torch.from_numpy(array.transpose(2, 0, 1).copy()))]
    gate = Gates(forms, None)
    assert np.array_equal(gate.features[0], gate.features[1])
    assert np.array_equal(gate.features[0], gate.features[2])
    floats = Gates([array / 255.0], None).features
    assert np.allclose(floats, gate.features[:1], atol=0.02)


@pytest.mark.parametrize(
    ("sources", "classes", "options", "said"),
    [
        ([], None, {}, "there are no sources"),
        (PICTURES[:4], ["a"], {}, "classes has 1 entries, and there are 4 sources"),
        (["a cat", PICTURES[0]], None, {}, "source 1 is image, and the first is text"),
        (PICTURES[:4], None, {"groups": [1, 1, 2, 2]}, "groups is about the gate of labels"),
        (PICTURES[:4], None, {"practice": ["policy.trivial"]}, "practice is about the gate of labels"),
        (PICTURES[:4], ["a", "a", "b", "b"], {"practice": ["image.mixup"]}, "'image.mixup' mixes labels"),
        (PICTURES[:4], ["a"] * 4, {}, "all sources are of class 'a'"),
        (PICTURES[:4], ["a", "a", "b", "a"], {}, "class 'b' has 1 source, and it is judged by others"),
        (PICTURES[:4], ["a", "a", "b", "b"], {"groups": [1, 2, 3, 3]}, "class 'b' has 1 group of sources"),
    ],
)
def test_sources_that_cannot_judge_are_refused(sources, classes, options, said):
    with pytest.raises(ConfigError, match=said):
        Gates(sources, classes, **options)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros(5), "candidate 0 is a ndarray. Give a string"),
        (DIGITS.images[0], "candidate 0 has values up to 1[56]"),
        (np.full((4, 4), np.nan), "candidate 0 is empty or not finite"),
        (augreg.Video(torch.zeros(2, 3, 4, 4, dtype=torch.uint8)), "candidate 0 is video, which is not judged"),
        (7, "candidate 0 is a int"),
    ],
)
def test_candidates_that_cannot_be_read_are_refused(given, said):
    with pytest.raises(SampleError, match=said):
        Gates(PICTURES[:2], None).judge([given], [0])


def test_origins_are_places_of_sources():
    gate = Gates(PICTURES[:2], None)
    with pytest.raises(ConfigError, match="origins names 2, and sources have the places 0 to 1"):
        gate.judge(PICTURES[:1], [2])
    with pytest.raises(ConfigError, match="origins names 'a'"):
        gate.judge(PICTURES[:1], ["a"])
    with pytest.raises(ConfigError, match="origins has 2 entries, and there are 1 candidates"):
        gate.judge(PICTURES[:1], [0, 1])
    assert gate.judge([], []) == []


def test_the_docstrings_show_what_happens():
    found = doctest.testmod(gates)
    assert (found.failed, found.attempted) == (0, 8)
