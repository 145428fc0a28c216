"""Lifting against a loop over frames, with image augmenters made here and those of the image plugin."""

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from augreg_video.frames import Frames

import augreg
from augreg import AugmenterBase, Batch, Boxes, Declaration, Keypoints, Level, Params, Rng
from augreg.kernel import make_batch
from augreg.param import interval

UINT8 = ("uint8",)


@dataclass(frozen=True, kw_only=True)
class Brighten(AugmenterBase):
    """Add a random number of gray levels; has a fusible operator of its own below."""

    declares: ClassVar[Declaration] = Declaration(
        leaves=("*",), dtypes=UINT8, level=Level("by", 0, 40), differentiable=False
    )
    by: tuple[float, float] = interval((0, 40), "Gray levels.")

    def draw(self, batch, rng, level=None):
        return Params(len(batch), by=self.sample("by", rng, level))

    def lower(self, info, params):
        return Added(params.array("by"))


@dataclass(frozen=True)
class Added:
    by: np.ndarray

    def take(self, rows):
        return Added(self.by[rows])

    def expand(self, rows, info):
        by = np.zeros(len(info))
        by[rows] = self.by
        return Added(by)

    def then(self, other):
        return Added(self.by + other.by) if isinstance(other, Added) else None

    def infer(self, info):
        return info

    def run(self, batch):
        rows = [
            (row.double() + by).clamp(0, 255).round().to(torch.uint8)
            for row, by in zip(batch.data, self.by, strict=True)
        ]
        return batch.replace(rows)


@dataclass(frozen=True, kw_only=True)
class Shift(AugmenterBase):
    """Cut off a random number of columns on the left; moves boxes and keypoints; does not fuse."""

    declares: ClassVar[Declaration] = Declaration(
        targets=("boxes", "masks", "keypoints"), leaves=("label",), dtypes=UINT8, keeps_shape=False
    )

    def draw(self, batch, rng, level=None):
        words = [f"{n}" for n in rng.integers("words", 0, 100)]
        return Params(len(batch), x=rng.integers("x", 0, 4), word=words)

    def apply(self, batch, params):
        assert all(isinstance(word, str) for word in params["word"])
        cut = params.array("x").tolist()
        targets = {}
        for name, entries in batch.info.targets.items():
            targets[name] = [None if e is None else self._moved(e, x) for e, x in zip(entries, cut, strict=True)]
        return batch.replace([row[..., x : x + 6] for row, x in zip(batch.data, cut, strict=True)], targets=targets)

    def _moved(self, entry, x):
        if isinstance(entry, torch.Tensor):
            return entry[..., x : x + 6]
        return entry.replace(entry.data - ([x, 0, x, 0] if isinstance(entry, Boxes) else [x, 0]))


@dataclass(frozen=True, kw_only=True)
class Around(AugmenterBase):
    """Draws from the boxes that it sees: the right edge of all of them."""

    declares: ClassVar[Declaration] = Declaration(targets=("boxes",), leaves=("label",), dtypes=UINT8, reads=("boxes",))

    def draw(self, batch, rng, level=None):
        return Params(len(batch), right=[float(b.data[:, 2].max()) for b in batch.target("boxes")])

    def apply(self, batch, params):
        return batch


@dataclass(frozen=True, kw_only=True)
class Mixing(AugmenterBase):
    """Mixes samples."""

    declares: ClassVar[Declaration] = Declaration(dtypes=UINT8, labels="mixes")


def clip(frames, height=6, width=10, seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)
    return torch.from_numpy(noise).permute(0, 3, 1, 2)


def clips(lengths=(5, 8, 3), **more):
    rows = [clip(n, seed=i) for i, n in enumerate(lengths)]
    targets = {
        "boxes": [[Boxes([[t, 1, t + 4, 5]], labels=[t]) for t in range(n)] for n in lengths],
        "keypoints": [[Keypoints([[t + 0.5, 2.5]]) for t in range(n)] for n in lengths],
        "masks": [row[:, 0] > 128 for row in rows],
    }
    return make_batch("video", rows, rates=25.0, targets={k: targets[k] for k in more.get("targets", targets)})


def by_frame(inner, batch, params_of):
    """The reference: every frame by itself, as a batch of one image."""
    done = []
    for i in range(len(batch)):
        frames = []
        for t, frame in enumerate(batch.data[i]):
            targets = {name: [entries[i][t]] for name, entries in batch.info.targets.items()}
            frames.append(inner.apply(make_batch("image", [frame], targets=targets), params_of(i, t)))
        done.append(frames)
    return done


def assert_same(out, frames):
    for i, expected in enumerate(frames):
        assert torch.equal(out.data[i], torch.stack([f.data[0] for f in expected]))
        for name in out.info.targets:
            for found, one in zip(out.info.targets[name][i], [f.info.targets[name][0] for f in expected], strict=True):
                if name == "masks":
                    assert torch.equal(found, one)
                else:
                    np.testing.assert_array_equal(found.data, one.data)
                    assert found.labels == one.labels


INNER = [Brighten(), Shift()]


@pytest.mark.parametrize("inner", INNER)
def test_shared_is_one_image_draw_for_all_frames(inner):
    batch, augmenter = clips(), Frames(augmenter=inner)
    rng = Rng(5, batch.info.keys).at("step")
    params = augmenter.draw(batch.info, rng)
    images = make_batch("image", [row[0] for row in batch.data])
    expected = inner.draw(images.info, rng)
    assert [params.row(i) for i in range(3)] == [expected.row(i) for i in range(3)]
    assert_same(augmenter.apply(batch, params), by_frame(inner, batch, lambda i, t: expected.take(np.asarray([i]))))


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("lengths", [(5, 8, 3), (4, 4), (1,)])
def test_per_frame_is_one_draw_per_frame(inner, lengths):
    batch, augmenter = clips(lengths), Frames(augmenter=inner, temporal="per_frame")
    params = augmenter.draw(batch.info, Rng(5, batch.info.keys).at("step"))

    def at(i, t):
        return Params.from_rows([{name: params[name][i][t] for name in params}])

    assert_same(augmenter.apply(batch, params), by_frame(inner, batch, at))


def test_per_frame_draws_differ_and_keep_their_places_in_longer_clips():
    augmenter = Frames(augmenter=Brighten(), temporal="per_frame")
    long, short = clips((64, 9)), clips((10, 9))
    a = augmenter.draw(long.info, Rng(5, long.info.keys))["by"]
    b = augmenter.draw(short.info, Rng(5, short.info.keys))["by"]
    assert len(set(a[0].tolist())) == 64
    np.testing.assert_array_equal(a[0][:10], b[0])
    np.testing.assert_array_equal(a[1], b[1])


MODES = [(inner, mode) for inner in INNER for mode in ("shared", "per_frame")] + [(Brighten(), "smooth")]


@pytest.mark.parametrize(("inner", "temporal"), MODES)
def test_parameters_survive_json(inner, temporal):
    for lengths in ((5, 8, 3), (4, 4)):
        batch, augmenter = clips(lengths), Frames(augmenter=inner, temporal=temporal)
        params = augmenter.draw(batch.info, Rng(5, batch.info.keys))
        rows = json.loads(json.dumps([params.row(i) for i in range(len(batch))]))
        first, second = augmenter.apply(batch, params), augmenter.apply(batch, Params.from_rows(rows))
        assert all(torch.equal(a, b) for a, b in zip(first.data, second.data, strict=True))


@pytest.mark.parametrize("temporal", ["shared", "per_frame", "smooth"])
def test_rows_do_not_depend_on_their_neighbors(temporal):
    batch, augmenter = clips((5, 8, 3)), Frames(augmenter=Brighten(), temporal=temporal)
    together = augmenter.apply(batch, augmenter.draw(batch.info, Rng(5, batch.info.keys)))
    for i in range(3):
        one = batch.take(np.asarray([i]))
        alone = augmenter.apply(one, augmenter.draw(one.info, Rng(5, one.info.keys)))
        assert torch.equal(alone.data[0], together.data[i])


def test_smooth_runs_between_its_anchors_within_the_range():
    augmenter = Frames(augmenter=Brighten(), temporal="smooth", period=10)
    batch = clips((51, 51, 51, 51))
    path = augmenter.draw(batch.info, Rng(5, batch.info.keys)).array("by")
    assert path.min() >= 0
    assert path.max() <= 40
    anchors = path[:, ::10]
    assert len(np.unique(anchors)) == anchors.size
    weight = (np.arange(10) / 10) ** 2 * (3 - 2 * np.arange(10) / 10)
    for k in range(5):
        leg = anchors[:, k : k + 1] + (anchors[:, k + 1] - anchors[:, k])[:, None] * weight
        np.testing.assert_allclose(path[:, 10 * k : 10 * k + 10], leg)
    steps = np.abs(np.diff(path, axis=1))
    assert steps.max() <= 40 * 1.5 / 10 + 1e-9  # the steepest slope of the curve is 3/2


def test_smooth_keeps_its_path_in_longer_clips():
    augmenter = Frames(augmenter=Brighten(), temporal="smooth", period=4)
    long, short = clips((30,)), clips((11,))
    a = augmenter.draw(long.info, Rng(5, long.info.keys)).array("by")
    b = augmenter.draw(short.info, Rng(5, short.info.keys)).array("by")
    np.testing.assert_array_equal(a[0, :11], b[0])


def test_levels_reach_every_frame():
    batch = clips((4, 6))
    for temporal in ("shared", "per_frame", "smooth"):
        augmenter = Frames(augmenter=Brighten(), temporal=temporal)
        params = augmenter.draw(batch.info, Rng(5, batch.info.keys), np.asarray([0.0, 1.0]))
        assert np.unique(params["by"][0]).tolist() == [0.0]
        assert np.unique(params["by"][1]).tolist() == [40.0]


@pytest.mark.parametrize("first", ["shared", "per_frame"])
@pytest.mark.parametrize("second", ["shared", "per_frame"])
def test_lifted_operators_compose(first, second):
    batch = clips(targets=())
    steps = [Frames(augmenter=Brighten(by=(-40, 40)), temporal=t) for t in (first, second)]
    ops = [
        step.lower(batch.info, step.draw(batch.info, Rng(k, batch.info.keys).at(f"{k}")))
        for k, step in enumerate(steps)
    ]
    fused = ops[0].then(ops[1])
    one, two = fused.run(batch), ops[1].run(ops[0].run(batch))
    for a, b, source in zip(one.data, two.data, batch.data, strict=True):
        inside = (source > 81) & (source < 174)  # where neither way clips
        assert (a.int() - b.int()).abs()[inside].max() <= 1


@pytest.mark.parametrize("temporal", ["shared", "per_frame"])
def test_time_steps_move_in_front_of_space(temporal):
    batch = clips()
    lift = Frames(augmenter=Brighten(), temporal=temporal)
    space = lift.lower(batch.info, lift.draw(batch.info, Rng(1, batch.info.keys)))
    between = space.run(batch)
    sub = augreg.make("video.subsample", frames=4, mode="random")
    time = sub.lower(between.info, sub.draw(between.info, Rng(2, batch.info.keys)))
    fused, after = space.then(time).run(batch), time.run(between)
    for i in range(3):
        assert torch.equal(fused.data[i], after.data[i])
        assert [b.labels for b in fused.info.targets["boxes"][i]] == [b.labels for b in after.info.targets["boxes"][i]]
        assert torch.equal(fused.info.targets["masks"][i], after.info.targets["masks"][i])


@pytest.mark.parametrize("temporal", ["shared", "per_frame"])
def test_expand_leaves_the_other_clips_alone(temporal):
    batch, rows = clips(), np.asarray([2, 0])
    lift = Frames(augmenter=Brighten(by=(10, 40)), temporal=temporal)
    some = batch.take(rows)
    op = lift.lower(some.info, lift.draw(some.info, Rng(1, some.info.keys)))
    out = op.expand(rows, batch.info).run(batch)
    expected = op.run(some)
    assert torch.equal(out.data[1], batch.data[1])
    assert torch.equal(out.data[2], expected.data[0])
    assert torch.equal(out.data[0], expected.data[1])


def test_draws_see_the_boxes_of_all_frames():
    batch = clips((5, 8))
    shared = Frames(augmenter=Around())
    assert shared.draw(batch.info, Rng(1, batch.info.keys))["right"] == [8.0, 11.0]
    single = Frames(augmenter=Around(), temporal="per_frame")
    assert single.draw(batch.info, Rng(1, batch.info.keys))["right"][0] == [4.0, 5.0, 6.0, 7.0, 8.0]


def test_declaration_follows_the_image_augmenters():
    moves = Frames(augmenter=Shift()).declares
    assert moves.targets == ("boxes", "masks", "keypoints")
    assert set(moves.leaves) == {"label", "frame_labels", "events"}
    assert not moves.keeps_shape
    colors = Frames(augmenter=Brighten()).declares
    assert colors.supports("boxes")
    assert colors.supports("frame_labels")
    assert colors.level == Brighten.declares.level
    silent = replace(Shift.declares, leaves=())
    assert not replace(moves, leaves=("events",)).supports("label")
    assert not silent.supports("label")


def test_what_cannot_be_lifted_is_refused():
    with pytest.raises(augreg.ConfigError, match="temporal='per_frame' does not fit Mixing: it mixes whole clips"):
        Frames(augmenter=Mixing(), temporal="per_frame")
    with pytest.raises(augreg.ConfigError, match="temporal='smooth' does not fit Shift: it draws x, word"):
        Frames(augmenter=Shift(), temporal="smooth")
    with pytest.raises(augreg.ConfigError, match="temporal='steady' is not valid"):
        Frames(augmenter=Shift(), temporal="steady")
    with pytest.raises(augreg.ConfigError, match="is not an augmenter"):
        Frames(augmenter="image.rotate")


def test_frames_of_different_sizes_do_not_make_a_clip():
    @dataclass(frozen=True, kw_only=True)
    class Ragged(Shift):
        def apply(self, batch, params):
            rows = [row[..., : 3 + int(x)] for row, x in zip(batch.data, params.array("x"), strict=True)]
            return Batch(batch.data, batch.info).replace(rows)

    batch, augmenter = clips((16,), targets=()), Frames(augmenter=Ragged(), temporal="per_frame")
    with pytest.raises(augreg.SampleError, match="different sizes"):
        augmenter.apply(batch, augmenter.draw(batch.info, Rng(5, batch.info.keys)))


# With the image plugin -----------------------------------------------------------------------------------------------

ALL = ("shared", "per_frame", "smooth")
REAL = {
    "image.rotate": ({"degrees": 30}, ALL),
    "image.resized_crop": ({"size": [5, 7]}, ALL[:2]),
    "image.color_jitter": ({"brightness": 0.4}, ALL),
    "image.gaussian_blur": ({}, ALL),
}


@pytest.mark.parametrize(
    ("name", "config", "temporal"), [(name, config, t) for name, (config, modes) in REAL.items() for t in modes]
)
def test_image_augmenters_equal_the_loop_over_frames(name, config, temporal):
    inner = augreg.make(name, **config)
    batch, augmenter = clips((4, 6)), Frames(augmenter=inner, temporal=temporal)
    params = augmenter.draw(batch.info, Rng(5, batch.info.keys))

    def at(i, t):
        if temporal == "shared":
            return params.take(np.asarray([i]))
        return Params.from_rows([{key: params[key][i][t] for key in params}])

    assert_same(augmenter.apply(batch, params), by_frame(inner, batch, at))
