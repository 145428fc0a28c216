"""Records in `augreg.learn.evaluate`: a caption that a mirror makes false is flagged, the guarded mirror is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import augreg
import augreg.learn
from augreg.errors import AugregError, ConfigError
from augreg.learn.examples import Augmented

pytest.importorskip("augreg_joint")


def pairs(count: int) -> augreg.learn.Data:
    """A dark and a bright half, and a caption that says which is left, true or not."""
    rng, records = np.random.default_rng(0), []
    for number in range(count):
        bright_left = rng.random() < 0.5
        data = torch.from_numpy(rng.integers(0, 60, (1, 4, 8), dtype=np.uint8))
        data[..., slice(0, 4) if bright_left else slice(4, 8)] += 180
        said = "left" if bright_left == (number % 2 == 0) else "right"
        caption = augreg.Text(f"the sun is {said} of the moon")
        records.append({"image": augreg.Image(data), "caption": caption, "id": f"r{number}"})
    return augreg.learn.Data.of(records, ["true", "false"] * (count // 2), name="pairs")


class Agrees:
    """Learns with which sign the side of the brighter half and the word go together."""

    repeats = False

    def _of(self, records):
        side = [
            np.sign(float(r["image"].data[..., :4].float().mean() - r["image"].data[..., 4:].float().mean()))
            for r in records
        ]
        word = [1 if "left" in r["caption"].data else -1 for r in records]
        return np.array(side) * word

    def fit(self, train, augment, seed):
        seen = train if augment is None else augment(train, 0)
        noise = np.random.default_rng(seed).normal(0, 1e-9)
        return float((self._of(seen.samples) * (2 * seen.labels - 1)).mean()) + noise

    def score(self, fitted, test):
        # A weak rule is wrong now and then: where few agree, the model guesses by place.
        guess = np.arange(len(test)) % 2 if abs(fitted) < 0.7 else (self._of(test.samples) * np.sign(fitted) > 0)
        return {"predicted": guess.astype(int)}


def test_an_unguarded_mirror_hurts_and_a_guarded_one_does_not() -> None:
    guarded = {"record": [{"image_text.hflip": {"languages": ["en"], "p": 0.5}}]}
    found = augreg.learn.evaluate(pairs(80), guarded, operations=[{"image.hflip": {"p": 0.5}}], model=Agrees(), seeds=4)
    assert [arm.name for arm in found.arms] == ["none", "trivial", "pipeline", "image.hflip"]
    assert found.data["modality"] == "record"
    assert found.effect("pipeline").to_none.mean == 0
    assert found.effect("image.hflip").verdict == "hurts"
    assert found.effect("image.hflip").to_none.mean < -0.08
    # Of pictures that were all mirrored under their captions no judge can be right.
    assert found.judged["image.hflip"].affinity.mean < -0.9


def test_what_mixes_records_is_refused() -> None:
    with pytest.raises(AugregError, match="image.mixup mixes records"):
        Augmented({"image": ["image.mixup"]}, 0)(pairs(4).examples, 0)


def test_equal_records_are_equal_by_their_samples() -> None:
    one = pairs(4).examples.samples
    twice = augreg.learn.Data.of([*one, {**one[0], "id": "other"}], ["a", "b", "a", "b", "a"])
    assert twice.hashes[0] == twice.hashes[4]
    assert len(set(twice.hashes)) == 4


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"a": 1}, {"a": 2}], "has the fields a, and none is a sample"),
        ([1, 2], "a sample is int"),
    ],
)
def test_records_without_samples_are_refused(records: list, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        augreg.learn.Data.of(records, ["x", "y"])


def test_there_is_no_model_of_ours_for_records() -> None:
    with pytest.raises(ConfigError, match="no model of ours for records"):
        augreg.learn.evaluate(pairs(8))
