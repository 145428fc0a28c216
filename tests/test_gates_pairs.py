"""The gate of pairs: a record whose picture and caption no longer go together is refused, and the others are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import augreg
from augreg.errors import ConfigError, UnsupportedError
from augreg.learn import Gates, grow
from augreg.learn.gates import counts
from augreg.registry import Registry

WORDS = {"circle": 250, "square": 140}


def record(number: int, caption: str | None = None, left: str | None = None):
    """Two shapes, told apart by how bright they are, on noise; the caption is true."""
    rng = np.random.default_rng(number)
    left = left or ("circle", "square")[number % 2]
    right = "square" if left == "circle" else "circle"
    data = rng.integers(0, 60, (3, 20, 40))
    for half, name in enumerate((left, right)):
        y, x = rng.integers(0, 10), half * 20 + rng.integers(0, 10)
        data[:, y : y + 9, x : x + 9] = WORDS[name]
    told = caption or f"a {left} to the left of a {right} on the grey table in the room"
    return {"image": augreg.Image(torch.from_numpy(data.astype(np.uint8))), "caption": augreg.Text(told)}


def is_true(one) -> bool:
    """Whether what the caption says is on the left is there, by the pixels alone."""
    data = one["image"].data.numpy()[0].astype(int)
    brighter = "circle" if (data[:, :20] > 200).sum() > (data[:, 20:] > 200).sum() else "square"
    first = min(WORDS, key=one["caption"].data.index)
    return (first == brighter) == ("left" in one["caption"].data)


RECORDS = [record(number) for number in range(30)]
CLASSES = ["even" if number % 4 < 2 else "odd" for number in range(30)]
CHEAP = ("valid", "changed", "new", "pair")
SHIFT = {"image.translate": {"x": 0.05, "y": 0.05, "p": 1.0}}


def grown(pipe, **more):
    return grow(RECORDS, CLASSES, pipe, **{"per_class": 24, "seed": 3, "gates": CHEAP, "rounds": 6, **more})


def test_the_reference_knows_a_mirrored_picture():
    assert all(is_true(one) for one in RECORDS)
    mirrored = [{**one, "image": augreg.Image(one["image"].data.flip(-1))} for one in RECORDS]
    assert not any(is_true(one) for one in mirrored)


def test_an_unguarded_mirror_is_refused_and_what_passes_is_true():
    found = grown({"image": [{"image.hflip": {"p": 0.5}}, SHIFT]})
    assert found.counts["pair"] > 5
    assert all(is_true(one) for one in found.samples)
    assert found.acceptance["image.hflip"]["passed"] == 0
    assert 0 < found.acceptance["image.translate"]["passed"] < found.acceptance["image.translate"]["made"]
    without = grown({"image": [{"image.hflip": {"p": 0.5}}, SHIFT]}, gates=("valid", "changed", "new"))
    assert not all(is_true(one) for one in without.samples)


def test_a_guarded_mirror_passes_with_its_caption_rewritten():
    steps = {"record": [{"image_text.hflip": {"languages": ["en"], "p": 1.0}}]}
    found = grown(steps)
    assert "pair" not in found.counts
    assert len(found.samples) == 18
    assert all(is_true(one) for one in found.samples)
    assert all(("right" in one["caption"].data) for one in found.samples)
    assert found.acceptance.keys() == {"image_text.hflip"}


def test_copies_are_those_that_augment_makes():
    steps = {"image": [SHIFT], "text": [{"text.keyboard": {"p": 1.0}}]}
    found = grown(steps)
    for (origin, copy), sample in zip(found.chosen, found.samples, strict=True):
        again = augreg.augment([RECORDS[origin]], steps, seed=3, keys=[origin], copy=copy)[0]
        assert torch.equal(again["image"].data, sample["image"].data)
        assert again["caption"].data == sample["caption"].data


def judged(caption: str, steps, **more):
    given = record(0, caption)
    made, traces = augreg.augment([given], steps, seed=1, keys=[0], return_trace=True)
    return Gates([given, record(5)], None, gates=CHEAP, **more).judge(made, [0], traces=traces)[0]


@pytest.mark.parametrize(
    ("caption", "steps", "reason"),
    [
        ("a red circle beside a grey square on the table", [{"image.hue": {"p": 1.0}}], "image.hue alters hue"),
        ("a circle beside a square on the big table", [{"image.hue": {"p": 1.0}}], ""),
        ("a red circle beside a square on the table", [{"image.hflip": {"p": 1.0}}], ""),
        ("a circle left of a square on the table", [{"image.hflip": {"p": 1.0}}], "image.hflip alters chirality"),
        ("un círculo a la izquierda de la casa", [{"image.hflip": {"p": 1.0}}], "image.hflip alters chirality"),
        (
            "a circle beside a square on the big table",
            [{"text.antonym": {"p": 1.0}}],
            "alters the meaning of 'caption'",
        ),
    ],
)
def test_what_the_caption_speaks_of_may_not_be_altered(caption, steps, reason):
    name = next(iter(steps[0]))
    if name not in {spec.name for spec in augreg.list_augmenters()}:
        pytest.skip(f"{name} is not installed")
    found = judged(caption, steps)
    assert found.gate == ("pair" if reason else "")
    assert reason in found.reason


def test_a_judge_of_the_users_own_is_asked():
    def holds(candidate, source):
        assert source is RECORDS[0]
        return is_true(candidate) == is_true(source)

    mirrored = {**RECORDS[0], "image": augreg.Image(RECORDS[0]["image"].data.flip(-1))}
    brighter = {**RECORDS[0], "image": augreg.Image(RECORDS[0]["image"].data + 3)}
    gates = Gates(RECORDS, None, pair=holds, gates=CHEAP)
    found = gates.judge([mirrored, brighter], [0, 0])  # without traces nobody but the judge can know
    assert [one.gate for one in found] == ["pair", ""]
    assert counts(found) == {"passed": 1, "valid": 0, "changed": 0, "new": 0, "label": 0, "pair": 1}
    with pytest.raises(ConfigError, match=r"pair returned 0.31. Return True or False"):
        Gates(RECORDS, None, pair=lambda *_: 0.31, gates=CHEAP).judge([brighter], [0])
    with pytest.raises(ConfigError, match=r"pair failed on a record: KeyError: 'text'"):
        Gates(RECORDS, None, pair=lambda one, _: one["text"], gates=CHEAP).judge([brighter], [0])
    assert grown({"image": [SHIFT]}, pair=lambda *_: False).shortage == {"even": 8, "odd": 10}
    assert grown({"image": [SHIFT]}, pair=lambda *_: np.bool_(True)).shortage == {}


def test_the_other_gates_judge_records_by_all_their_fields():
    one, other = RECORDS[0], RECORDS[1]
    blank = {**one, "image": augreg.Image(torch.zeros(3, 20, 40, dtype=torch.uint8))}
    wordless = {**one, "caption": augreg.Text("?")}
    half = {"image": other["image"], "caption": augreg.Text("no word of this was said before by anyone at all")}
    fewer = {"image": one["image"]}
    found = Gates(RECORDS, None).judge([blank, wordless, one, dict(other), half, fewer], [0] * 6)
    assert [f.gate for f in found] == ["valid", "valid", "changed", "new", "", "valid"]
    assert found[0].reason.startswith("image: ")
    assert found[3].reason == "it is the same as source 1"
    assert "has the fields image" in found[5].reason
    with pytest.raises(ConfigError, match="source 1 has the fields image, and the first source image, caption"):
        Gates([one, fewer], None)


def test_classes_of_records_are_judged_by_models_that_see_all_fields():
    """Bright and dark pictures with words of their own: what takes the other's picture and words is refused."""

    def of(kind: int, number: int):
        data = torch.randint(90 * kind, 90 * kind + 80, (3, 12, 12), generator=torch.Generator().manual_seed(number))
        words = (("sun beach sand sea", "night moon owl dark")[kind]).split()
        rng = np.random.default_rng(number)
        return {"image": augreg.Image(data.byte()), "caption": augreg.Text(" ".join(rng.permutation(words)))}

    records = [of(number % 2, number) for number in range(40)]
    gates = Gates(records, ["night" if number % 2 else "day" for number in range(40)], gates=("valid", "label"))
    found = gates.judge([of(0, 90), of(1, 91), of(1, 92)], [0, 1, 2])
    assert [one.gate for one in found] == ["", "", "label"]


def test_what_is_wrong_is_said():
    with pytest.raises(ConfigError, match="pair judges records, and sources are single samples"):
        Gates(["one text here"], None, pair=lambda *_: True)
    with pytest.raises(ConfigError, match="the gate 'pair' is for records"):
        Gates(["one text here"], None, gates=("valid", "pair"))
    with pytest.raises(ConfigError, match="leaves out 'pair'. Name it, too"):
        Gates(RECORDS, None, gates=("valid",), pair=lambda *_: True)
    with pytest.raises(ConfigError, match="no gate 'pairs'. Did you mean 'pair'"):
        Gates(RECORDS, None, gates=("valid", "pairs"))
    with pytest.raises(ConfigError, match="traces has 0 entries"):
        Gates(RECORDS, None).judge(RECORDS[:1], [0], traces=[])
    with pytest.raises(UnsupportedError, match="mixes records"):
        grown({"record": [{"image_text.mixgen": {"p": 1.0}}]})


def test_without_a_reader_of_captions_it_says_what_to_install(monkeypatch):
    from augreg.learn import gates_pairs

    monkeypatch.setattr(gates_pairs, "default", lambda: Registry(block=["augreg-joint"]))
    made, traces = augreg.augment(RECORDS[:1], {"image": [{"image.hflip": {"p": 1.0}}]}, seed=1, keys=[0],
                                  return_trace=True)  # fmt: skip
    with pytest.raises(ConfigError, match="pip install augreg-joint"):
        Gates(RECORDS, None, gates=CHEAP).judge(made, [0], traces=traces)
