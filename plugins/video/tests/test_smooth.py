"""Smooth paths: every real number of a parameter table runs, and what cannot run is refused or stays, as said."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from augreg_video.frames import Frames
from augreg_video.lifting import _again
from augreg_video.param_tables import nested
from augreg_video.smooth import anchor_counts

import augreg
from augreg import AugmenterBase, Boxes, Declaration, Params, Rng
from augreg.kernel import make_batch

UINT8 = ("uint8",)


@dataclass(frozen=True, kw_only=True)
class Nested(AugmenterBase):
    """Draws numbers in every form that parameters may have."""

    declares: ClassVar[Declaration] = Declaration(leaves=("*",), dtypes=UINT8)

    def draw(self, batch, rng, level=None):
        n = len(batch)
        return Params(
            n,
            matrix=rng.uniform("matrix", size=(2, 3)),
            plain=rng.uniform("plain").tolist(),
            lamps=[{"at": [float(x), 2.0], "kind": "spot", "on": bool(x < 0.5)} for x in rng.uniform("lamps")],
            ragged=[np.full(int(k), float(k)) for k in rng.integers("ragged", 1, 5)],
            vectors=[[float(x), int(9 * x)] for x in rng.uniform("vectors")],
            word=[f"{x:.3f}" for x in rng.uniform("word")],
            whole=rng.integers("whole", 0, 100),
        )

    def apply(self, batch, params):
        return batch


@dataclass(frozen=True, kw_only=True)
class Choosy(AugmenterBase):
    """Draws whole numbers from what it reads."""

    declares: ClassVar[Declaration] = Declaration(targets=("boxes",), leaves=("label",), dtypes=UINT8, reads=("boxes",))

    def draw(self, batch, rng, level=None):
        return Params(len(batch), top=rng.integers("top", 0, 4))

    def apply(self, batch, params):
        return batch


def batch_of(lengths, **more):
    rows = [torch.zeros((n, 3, 4, 5), dtype=torch.uint8) for n in lengths]
    return make_batch("video", rows, rates=25.0, **more)


def wave(t, period):
    part = t / period - t // period
    return part * part * (3 - 2 * part)


@pytest.mark.parametrize("period", [1.0, 3.0, 4.5])
def test_every_real_number_runs_wherever_it_stands(period):
    lengths = np.asarray([7, 12, 1])
    batch = batch_of(lengths)
    rng = Rng(5, batch.info.keys).at("step")
    path = Frames(augmenter=Nested(), temporal="smooth", period=period).draw(batch.info, rng)
    counts = anchor_counts(lengths, period)
    drawn = Nested().draw(batch.info.take(np.repeat(np.arange(3), counts)), _again(rng, "anchor", counts))
    anchors = nested(drawn, counts)
    for i, frames in enumerate(lengths):
        for t in range(frames):
            a, w = int(t // period), wave(t, period)
            start, end = ({name: anchors[name][i][k] for name in anchors} for k in (a, a + 1))
            held = {name: anchors[name][i][0] for name in anchors}
            found = {name: path[name][i][t] for name in path}
            np.testing.assert_allclose(found["matrix"], start["matrix"] * (1 - w) + end["matrix"] * w, rtol=1e-12)
            assert found["plain"] == pytest.approx(start["plain"] * (1 - w) + end["plain"] * w)
            x = start["lamps"]["at"][0] * (1 - w) + end["lamps"]["at"][0] * w
            assert found["lamps"]["at"] == pytest.approx([x, 2.0])
            assert (found["lamps"]["kind"], found["lamps"]["on"]) == ("spot", held["lamps"]["on"])
            assert found["vectors"][0] == pytest.approx(start["vectors"][0] * (1 - w) + end["vectors"][0] * w)
            assert found["vectors"][1] == held["vectors"][1]
            assert (found["word"], found["whole"]) == (held["word"], held["whole"])
            if len(start["ragged"]) == len(end["ragged"]):
                np.testing.assert_allclose(found["ragged"], start["ragged"] * (1 - w) + end["ragged"] * w)
            else:
                np.testing.assert_array_equal(found["ragged"], held["ragged"])


def test_paths_survive_json():
    batch = batch_of((5, 8))
    augmenter = Frames(augmenter=Nested(), temporal="smooth")
    params = augmenter.draw(batch.info, Rng(5, batch.info.keys))
    rows = json.loads(json.dumps([params.row(i) for i in range(2)]))
    assert [Params.from_rows(rows).row(i) for i in range(2)] == [params.row(i) for i in range(2)]


def test_what_reads_its_sample_is_found_out_at_the_first_clip():
    targets = {"boxes": [[Boxes([[0, 0, 2, 2]])] * 5]}
    augmenter = Frames(augmenter=Choosy(), temporal="smooth")
    batch = batch_of((5,), targets=targets)
    with pytest.raises(augreg.ConfigError, match="temporal='smooth' does not fit Choosy: it draws top"):
        augmenter.draw(batch.info, Rng(5, batch.info.keys))
    empty = batch_of(())
    assert augmenter.draw(empty.info, Rng(5, empty.info.keys)).n == 0


def test_a_range_of_one_value_stands_still():
    with pytest.raises(augreg.ConfigError, match=r"always draws threshold=0.5. Give a range for it to run in"):
        augreg.Pipeline({"video": [{"image.solarize": {"temporal": "smooth"}}]})
    augreg.Pipeline({"video": [{"image.solarize": {"threshold": [0.3, 0.7], "temporal": "smooth"}}]})


NATIVE = [spec.name for spec in augreg.list_augmenters(modality="image") if spec.plugin == "augreg-image"]


def floats_in(augmenter):
    batch = make_batch("image", [torch.zeros((3, 32, 40), dtype=torch.uint8)])
    params = augmenter.draw(batch.info, Rng(1, batch.info.keys))
    return [n for n in params if isinstance(params[n], np.ndarray) and params[n].dtype.kind == "f"]


def built(name):
    cls = augreg.registry.load(name)
    needed = any(spec.required for spec in augreg.param.describe(cls))
    return augreg.make(name, **(cls.examples[0] if needed else {}))


def runs(augmenter):
    """Whether it draws numbers from a range, which can run from one value to another."""
    still = (
        augmenter.declares.labels == "mixes",
        augmenter in (augreg.make("image.solarize"), augreg.make("image.solarize_add")),
    )
    return not any(still) and bool(floats_in(augmenter))


# What reads its sample is found out at the first clip: see the test above.
INNER = {name: built(name) for name in NATIVE if not augreg.registry.load(name).declares.reads}
RUNNING = [name for name, augmenter in INNER.items() if runs(augmenter)]


def test_most_image_augmenters_run():
    assert len(RUNNING) > len(NATIVE) / 2


@pytest.mark.parametrize("name", [name for name in INNER if name not in RUNNING])
def test_an_image_augmenter_that_cannot_run_says_so(name):
    with pytest.raises(augreg.ConfigError, match="does not fit"):
        Frames(augmenter=INNER[name], temporal="smooth")


@pytest.mark.parametrize("name", RUNNING)
def test_an_image_augmenter_runs_smoothly(name):
    """None accepts "smooth" and then does nothing of the kind."""
    inner = INNER[name]
    augmenter = Frames(augmenter=inner, temporal="smooth", period=6)
    batch = make_batch("video", [torch.zeros((24, 3, 32, 40), dtype=torch.uint8)] * 3)
    params = augmenter.draw(batch.info, Rng(5, batch.info.keys))
    running = floats_in(inner)
    jumps = max(np.abs(np.diff(params[n], axis=1)).max() / max(np.ptp(params[n]), 1e-12) for n in running)
    still = all(np.ptp(params[n], axis=1).max() == 0 for n in running)
    assert not still, f"{name} draws {running}, which stand still"
    assert jumps <= 1.5 / 6 + 1e-9, f"{name} jumps"
