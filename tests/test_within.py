"""Steps that are for a part of each sample: what the whole step does, within; what was there, elsewhere."""

import pickle

import cv2
import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Boxes, Image, Keypoints
from augreg.kernel import make_batch
from augreg.modalities import Modality
from augreg.modalities.image import ImageModality
from augreg.pipeline.within import aimed as targeted

CALL = {"seed": 7, "keys": ["a"]}
RNG = np.random.default_rng(5)
H, W = 40, 60
PICTURE = RNG.integers(0, 256, (H, W, 3), dtype=np.uint8)
BOXES = Boxes([[5, 6, 25, 30.5], [40.2, 3, 80, 12.5], [30, 20, 30, 25]], labels=[1, 2, 1])
MASK = (RNG.random((H, W)) < 0.004).astype(np.uint8) * 3
POINTS = Keypoints([[20, 20], [55.5, 2], [0, 0]], visible=[2, 1, 0])
SAMPLE = Image(PICTURE, BOXES, MASK, POINTS)
STEPS = [
    {"image.gaussian_blur": {"sigma": [1, 4]}},
    {"image.brightness": {"factor": 1.7}},
    {"image.gaussian_noise": {}},
    {"image.jpeg": {"quality": 20}},
]
X, Y = np.meshgrid(np.arange(W) + 0.5, np.arange(H) + 0.5)


def aimed(step, **aims):
    ((name, params),) = step.items()
    return {name: {**params, "p": 1.0, **aims}}


def in_boxes(rows):
    return np.any([(x1 <= X) & (x2 > X) & (y1 <= Y) & (y2 > Y) for x1, y1, x2, y2 in rows], axis=0)


def beside_boxes(rows):
    return np.min([np.hypot(X - X.clip(x1, x2), Y - Y.clip(y1, y2)) for x1, y1, x2, y2 in rows], axis=0)


def from_mask(marked):
    """The way to the nearest marked pixel, by looking at all of them, less the half of it that lies behind its edge."""
    places = np.argwhere(marked)
    apart = np.linalg.norm(np.stack([Y, X], axis=-1)[:, :, None] - 0.5 - places, axis=-1).min(axis=-1)
    return np.maximum(apart - 0.5, 0)


def from_points():
    return np.min([np.hypot(X - x, Y - y) for x, y in [(20, 20), (55.5, 2)]], axis=0)


def fade(distance, soft):
    return np.clip(1 - distance / soft, 0, 1)


TURNED = Boxes([[10, 12, 20, 9, 30.0], [45, 20, 15, 25, -50.0]], "cxcywhr")
PARTS = {
    "boxes": (SAMPLE, "boxes", in_boxes(BOXES.data)),
    "some boxes": (SAMPLE, {"target": "boxes", "where": {"label": [2, 9]}}, in_boxes(BOXES.data[1:2])),
    "soft boxes": (SAMPLE, {"target": "boxes", "soft": 0.1}, fade(beside_boxes(BOXES.data), 4)),
    "mask": (SAMPLE, "mask", MASK > 0),
    "soft mask": (SAMPLE, {"target": "masks", "soft": 0.2}, fade(from_mask(MASK > 0), 8)),
    "some labels": (SAMPLE, {"target": "mask", "where": {"label": 0}}, MASK == 0),
    "points": (SAMPLE, {"target": "keypoints", "radius": 0.1}, from_points() <= 4),
    "soft points": (
        SAMPLE,
        {"target": "keypoints", "radius": 0.1, "soft": 0.05},
        fade(np.maximum(from_points() - 4, 0), 2),
    ),
}


def whole(step, sample=SAMPLE):
    return np.asarray(augreg.Pipeline({"image": [aimed(step)]})(sample, **CALL).data)


def joined(old, new, weights):
    """The blend as its definition says it, in float64."""
    share = np.asarray(weights, dtype=np.float64)[:, :, None]
    mean = old + share * (new.astype(np.float64) - old)
    return np.where(share == 0, old, np.where(share == 1, new, np.rint(mean))).astype(old.dtype)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
@pytest.mark.parametrize("option", ["within", "outside"])
def test_a_part_gets_what_the_whole_would(part, step, option):
    sample, said, weights = PARTS[part]
    out = augreg.Pipeline({"image": [aimed(step, **{option: said})]})(sample, **CALL)
    weights = weights.astype(np.float64)
    wanted = joined(PICTURE, whole(step), weights if option == "within" else 1 - weights)
    # float32 may round a mean that lies in the middle of two values to the other one.
    off = np.abs(out.data.astype(int) - wanted)
    assert off.max() <= (1 if part.startswith("soft") else 0)
    assert (off > 0).mean() < 0.01
    hard = (weights == 0) | (weights == 1)
    assert (out.data[hard] == wanted[hard]).all()
    assert (out.data != PICTURE).any()
    assert (out.boxes.data == BOXES.data).all()
    assert (out.masks == MASK).all()


def test_rotated_boxes_as_opencv_has_them():
    out = augreg.Pipeline([aimed(STEPS[1], within="boxes")])(Image(PICTURE | 1, TURNED), **CALL)
    corners = [cv2.boxPoints(((cx, cy), (w, h), -r)) for cx, cy, w, h, r in TURNED.data]
    inside = [
        [max(cv2.pointPolygonTest(c, (x + 0.5, y + 0.5), True) for c in corners) for x in range(W)] for y in range(H)
    ]
    inside = np.array(inside)
    changed = (out.data != PICTURE | 1).any(axis=2)
    clear = np.abs(inside) > 1e-3
    assert (changed == (inside > 0))[clear].all()


def test_corners_of_a_polygon_and_other_formats_mark_the_same():
    rows = [[5, 6, 25, 30], [33, 2, 50, 17]]
    centers = [[(a + c) / 2, (b + d) / 2, c - a, d - b] for a, b, c, d in rows]
    same = {
        "xywh": [[a, b, c - a, d - b] for a, b, c, d in rows],
        "cxcywh": centers,
        "cxcywhr": [[*center, 0.0] for center in centers],
        "xyxyxyxy": [[a, b, c, b, c, d, a, d] for a, b, c, d in rows],
    }
    pipe = augreg.Pipeline([aimed(STEPS[0], within="boxes")])
    wanted = pipe(Image(PICTURE, Boxes(rows)), **CALL).data
    for form, data in same.items():
        assert (pipe(Image(PICTURE, Boxes(data, form)), **CALL).data == wanted).all(), form


def test_both_options_meet():
    pipe = augreg.Pipeline([aimed(STEPS[0], within="boxes", outside={"target": "keypoints", "radius": 0.2})])
    out = pipe(SAMPLE, **CALL).data
    part = in_boxes(BOXES.data) & (from_points() > 8)
    assert (out == np.where(part[:, :, None], whole(STEPS[0]), PICTURE)).all()


@pytest.mark.parametrize("kind", ["PIL", "tensor", "float", "uint16", "float16", "float64", "gray"])
def test_every_kind_of_picture(kind):
    made = {
        "PIL": lambda: PIL.Image.fromarray(PICTURE),
        "tensor": lambda: torch.from_numpy(PICTURE).permute(2, 0, 1),
        "float": lambda: torch.from_numpy(PICTURE).permute(2, 0, 1) / 255,
        "uint16": lambda: torch.from_numpy(PICTURE.astype(np.uint16) * 257).permute(2, 0, 1),
        "float16": lambda: (torch.from_numpy(PICTURE).permute(2, 0, 1) / 255).half(),
        "float64": lambda: (torch.from_numpy(PICTURE).permute(2, 0, 1) / 255).double(),
        "gray": lambda: torch.from_numpy(PICTURE[:, :, 0]),
    }
    data = made[kind]()
    step = {"image.brightness": {"factor": 1.5}}
    full = augreg.Pipeline([aimed(step)])(Image(data, BOXES), **CALL).data
    out = augreg.Pipeline([aimed(step, within={"target": "boxes", "soft": 0.05})])(Image(data, BOXES), **CALL).data
    assert type(out) is type(data)
    out, full, old = (np.asarray(each) for each in (out, full, data))
    assert out.dtype == old.dtype
    marked = in_boxes(BOXES.data)
    far = beside_boxes(BOXES.data) >= 2
    if out.shape[0] == 3:
        out, full, old = (each.transpose(1, 2, 0) for each in (out, full, old))
    assert (out[marked] == full[marked]).all()
    assert (out[far] == old[far]).all()


boxes = st.lists(
    st.tuples(*[st.floats(-10, 70, allow_nan=False)] * 2, *[st.floats(0, 40, allow_nan=False)] * 2), max_size=4
)


@settings(max_examples=40, deadline=None)
@given(boxes, st.sampled_from([0.0, 0.03, 0.5]), st.booleans())
def test_pixels_outside_are_untouched(rows, soft, outside):
    rows = np.array(rows).reshape(-1, 4)
    sample = Image(PICTURE, Boxes(rows, "xywh"))
    said = {"target": "boxes", "soft": soft}
    step = {"image.invert": {}}  # changes every value, for none is 127.5
    out = augreg.Pipeline([aimed(step, **{"outside" if outside else "within": said})])(sample, **CALL).data
    rows[:, 2:] += rows[:, :2]
    marked = in_boxes(rows) if len(rows) else np.zeros((H, W), dtype=bool)
    away = beside_boxes(rows) > soft * H if len(rows) else np.ones((H, W), dtype=bool)
    away &= ~marked
    old, new = (PICTURE, 255 - PICTURE) if not outside else (255 - PICTURE, PICTURE)
    assert (out[marked] == new[marked]).all()
    assert (out[away] == old[away]).all()


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(STEPS), st.integers(0, 2**32), st.sampled_from([0.0, 0.2]))
def test_a_box_around_everything_is_the_whole_step(step, seed, soft):
    sample = Image(PICTURE, Boxes([[0, 0, W, H]]))
    said = {"target": "boxes", "soft": soft}
    out, plain, none = (
        augreg.Pipeline([aimed(step, **aims)])(sample, seed=seed, keys=["k"]).data
        for aims in ({"within": said}, {}, {"outside": said})
    )
    assert (out == plain).all()
    assert (none == PICTURE).all()


@pytest.mark.parametrize("target", ["boxes", "masks", {"target": "keypoints", "radius": 0.1}])
def test_an_empty_target_is_no_part(target):
    sample = Image(PICTURE, Boxes(np.zeros((0, 4))), np.zeros((H, W), dtype=np.uint8), Keypoints(np.zeros((0, 2))))
    within, outside = (augreg.Pipeline([aimed(STEPS[0], **{o: target})]) for o in ("within", "outside"))
    assert (within(sample, **CALL).data == PICTURE).all()
    assert (outside(sample, **CALL).data == whole(STEPS[0])).all()


def test_the_part_is_where_steps_before_have_moved_it():
    pipe = augreg.Pipeline([{"image.hflip": {"p": 1.0}}, aimed(STEPS[0], within="boxes")])
    flipped = augreg.Pipeline([{"image.hflip": {"p": 1.0}}])(Image(PICTURE, BOXES), **CALL)
    alone = augreg.Pipeline([aimed(STEPS[0], within="boxes")])(flipped, **CALL)
    out = pipe(Image(PICTURE, BOXES), **CALL)
    assert (out.data == alone.data).all()
    assert (out.boxes.data == alone.boxes.data).all()
    assert (out.data[:, ::-1] != PICTURE).any(axis=2)[~in_boxes(BOXES.data)].sum() == 0


def test_alone_in_a_batch_and_in_records_the_same():
    steps = [aimed(step, within={"target": "boxes", "soft": 0.05}) for step in STEPS]
    pipe = augreg.Pipeline({"image": steps}, schema={"image": "image", "where": "xyxy boxes"})
    others = [Image(RNG.integers(0, 256, (h, 50, 3), dtype=np.uint8), Boxes([[1, 1, 9, 9]])) for h in (30, 40, 40)]
    batch = pipe([*others, SAMPLE], seed=7, keys=[0, 1, 2, "a"])[3].data
    alone = pipe(SAMPLE, **CALL).data
    record = {"image": PIL.Image.fromarray(PICTURE), "where": BOXES.data}
    assert (batch == alone).all()
    assert (pipe.bind(seed=7)(SAMPLE, key="a").data == alone).all()
    assert (np.asarray(pipe(record, **CALL)["image"]) == alone).all()
    assert (pickle.loads(pickle.dumps(pipe))(SAMPLE, **CALL).data == alone).all()


def test_stacks_stay_stacks():
    """On devices a batch of pictures is one tensor."""
    data = torch.from_numpy(RNG.integers(0, 256, (3, 3, 8, 9), dtype=np.uint8))
    info = make_batch("image", list(data), targets={"boxes": [Boxes([[i, 1, i + 4, 5]]) for i in range(3)]}).info
    batch = augreg.Batch(data, info)
    step = targeted(augreg.make("image.invert"), "image.invert", {"within": "boxes"}, ImageModality())
    out = step.apply(batch, step.draw(batch.info, augreg.Rng(1, batch.info.keys)))
    assert out.stacked
    for i, (old, new) in enumerate(zip(data, out.data, strict=True)):
        wanted = old.clone()
        wanted[:, 1:5, i : i + 4] = 255 - old[:, 1:5, i : i + 4]
        assert torch.equal(new, wanted)


def test_traces_replay():
    pipe = augreg.Pipeline([{"image.hflip": {}}, *(aimed(step, outside="masks") for step in STEPS)])
    out, trace = pipe([SAMPLE] * 4, seed=3, keys=range(4), return_trace=True)
    again = pipe.replay([SAMPLE] * 4, trace)
    assert all((a.data == b.data).all() for a, b in zip(out, again, strict=True))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("boxes", "boxes"),
        ({"target": "mask"}, "mask"),
        (
            {"target": "boxes", "soft": 0.02, "where": {"label": 3}},
            {"target": "boxes", "soft": 0.02, "where": {"label": [3]}},
        ),
        ({"target": "boxes", "where": {"label": ("a", "b")}}, {"target": "boxes", "where": {"label": ["a", "b"]}}),
    ],
)
def test_saved_and_loaded(said, written, tmp_path):
    pipe = augreg.Pipeline([augreg.Step("image.gaussian_blur", {"sigma": 4}, outside=said)])
    assert pipe.to_dict()["image"][0]["image.gaussian_blur"]["outside"] == written
    for name in ("p.yaml", "p.json"):
        pipe.save(tmp_path / name)
        assert augreg.Pipeline.load(tmp_path / name) == pipe
    assert pipe != augreg.Pipeline([{"image.gaussian_blur": {"sigma": 4}}])


def test_an_augmenter_that_is_built_already():
    step = augreg.Step(augreg.make("image.invert"), p=1.0, within="boxes")
    out = augreg.Pipeline({"image": [step]})(SAMPLE, **CALL).data
    assert (out == np.where(in_boxes(BOXES.data)[:, :, None], 255 - PICTURE, PICTURE)).all()


BLUR = {"image.gaussian_blur": {}}
SOUND = {"audio.gain": {}}
REFUSED = [
    ("image", BLUR, {"within": "boxs"}, "image.gaussian_blur: within: 'boxs' .* Did you mean 'boxes'"),
    ("image", BLUR, {"outside": 3}, "outside: 3 is no target"),
    ("image", BLUR, {"within": {}}, "names no target"),
    ("image", BLUR, {"within": {"target": "boxes", "sof": 0.1}}, "Did you mean 'soft'"),
    ("image", BLUR, {"within": {"target": "boxes", "soft": 1.5}}, "soft=1.5 is not valid; give a number from 0 to 1"),
    ("image", BLUR, {"within": {"target": "boxes", "soft": True}}, "soft=True"),
    ("image", BLUR, {"within": {"target": "boxes", "soft": "wide"}}, "soft='wide'"),
    ("image", BLUR, {"within": {"target": "boxes", "radius": 0.1}}, "boxes are no points"),
    ("image", BLUR, {"within": "keypoints"}, "say how large: radius"),
    ("image", BLUR, {"within": {"target": "keypoints", "radius": 0}}, "radius=0 is not valid"),
    ("image", BLUR, {"within": {"target": "keypoints", "radius": 0.1, "where": {"label": 1}}}, "cannot be chosen"),
    ("image", BLUR, {"within": {"target": "boxes", "where": [1]}}, r"where=\[1\] is not valid"),
    ("image", BLUR, {"within": {"target": "boxes", "where": {"label": []}}}, "at least one"),
    ("image", BLUR, {"within": {"target": "boxes", "where": {"label": [None]}}}, "give words or numbers"),
    ("image", BLUR, {"within": {"target": "mask", "where": {"label": "cat"}}}, "whole numbers"),
    ("image", BLUR, {"within": {"target": "mask", "where": {"id": 1}}}, "whole numbers"),
    ("image", BLUR, {"within": "boxes", "outside": {"target": "boxes", "soft": 0.1}}, "both name 'boxes'"),
    (
        "image",
        {"image.hflip": {}},
        {"within": "boxes"},
        "image.hflip: within='boxes' does not fit .* it moves or hides",
    ),
    ("image", {"image.erasing": {}}, {"outside": "boxes"}, "image.erasing: outside"),
    ("image", {"image.crop": {"size": [8, 8]}}, {"within": "boxes"}, "image.crop: within"),
    ("image", {"image.normalize": {}}, {"within": "boxes"}, "changes dtype or range"),
    ("image", {"image.to_tensor": {}}, {"within": "boxes"}, "changes dtype or range"),
    ("image", {"image.fourier_style": {}}, {"within": "boxes"}, "mixes samples"),
    ("audio", SOUND, {"within": "boxes"}, "'boxes' is no target of audio .* Targets: events"),
    ("audio", SOUND, {"within": {"target": "events", "soft": float("inf")}}, "soft=inf"),
    ("audio", SOUND, {"within": {"target": "events", "soft": -1}}, "give a number from 0 on"),
    ("audio", {"audio.to_mono": {}}, {"within": "events"}, "changes the shape"),
    ("record", {"av.reverse": {}}, {"within": "boxes"}, "av.reverse: within does not fit a joint step"),
]


@pytest.mark.parametrize(("branch", "step", "aims", "message"), REFUSED)
def test_refused_when_the_pipeline_is_built(branch, step, aims, message):
    ((name, params),) = step.items()
    with pytest.raises(augreg.ConfigError, match=message):
        augreg.Pipeline({branch: [{name: {**params, **aims}}]})


def test_a_modality_that_says_nothing_of_its_targets_is_refused():
    class Other(Modality):
        name = "other"

    with pytest.raises(augreg.ConfigError, match=r"x.y: within: other does not say .*Modality.regions.* Leave it out"):
        targeted(augreg.make("image.invert"), "x.y", {"within": "boxes"}, Other())


def test_a_sample_without_the_target_is_refused_whether_or_not_the_step_fires():
    for p in (0.0, 1.0):
        pipe = augreg.Pipeline({"image": [{"image.gaussian_blur": {"p": p, "within": "boxes"}}]})
        for call in (
            lambda pipe=pipe: pipe(PIL.Image.fromarray(PICTURE), **CALL),
            lambda pipe=pipe: pipe.bind(seed=1)(PICTURE, key=1),
        ):
            with pytest.raises(augreg.AugregError, match="boxes|modality"):
                call()
        with pytest.raises(augreg.UnsupportedError, match="gaussian_blur .* sample 1 .* has no 'boxes'"):
            pipe([SAMPLE, Image(PICTURE)], seed=1, keys=[1, 2])


def test_columns_that_are_not_there_are_refused():
    def run(where, boxes):
        return augreg.Pipeline([aimed(STEPS[0], within={"target": "boxes", "where": where})])(
            Image(PICTURE, boxes), **CALL
        )

    crowd = Boxes([[1, 2, 30, 30]], labels=[1], columns={"iscrowd": torch.tensor([0])})
    assert (run({"iscrowd": 0}, crowd).data != PICTURE).any()
    assert (run({"iscrowd": 1}, crowd).data == PICTURE).all()
    with pytest.raises(augreg.SampleError, match="by 'crowd', .* Did you mean 'iscrowd'"):
        run({"crowd": 0}, crowd)
    with pytest.raises(augreg.SampleError, match="label is 'car', and that of the first of a sample is 1"):
        run({"label": ["car"]}, crowd)
    assert (run({"label": ["car"]}, Boxes(np.zeros((0, 4)))).data == PICTURE).all()
