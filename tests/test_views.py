"""Views of samples at test time: what they are, and how predictions on them are merged."""

import pickle

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Boxes, ConfigError, Keypoints, SampleError, UnsupportedError

GEOMETRY = [
    {"image.affine": {"p": 0.8}},
    {"image.hflip": {"p": 0.5}},
    {"image.crop": {"size": [30, 26], "p": 0.5}},
    {"image.perspective": {"p": 0.5}},
    {"image.resize": {"size": [50, 45], "p": 0.5}},
]


def pictures(*sizes):
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(3, *size, generator=generator) for size in sizes]


def views(steps, n=8, **options):
    return augreg.Pipeline(steps).views(n, **{"seed": 0, "modality": "image", **options})


def test_the_first_view_is_the_sample_and_the_others_are_copies():
    samples = pictures((32, 40), (36, 33))
    pipe = augreg.Pipeline(GEOMETRY)
    made = pipe.views(3, seed=5, modality="image")(samples, keys=["a", "b"])
    assert made.views[0][0] is samples[0]
    assert made.views[0][1] is samples[1]
    assert len(made) == 3
    assert len(made.samples) == 6
    for v in (1, 2):
        expected = pipe(samples, seed=5, keys=["a", "b"], copy=v, modality="image")
        assert all(torch.equal(a, b) for a, b in zip(made.views[v], expected, strict=True))
        assert all(a is b for a, b in zip(made.samples[2 * v : 2 * v + 2], made.views[v], strict=True))


def test_a_sample_has_the_same_views_in_any_batch_and_among_any_number():
    samples = pictures((32, 40), (36, 33), (30, 30))
    many = views(GEOMETRY, 5)(samples, keys=[1, 2, 3])
    few = views(GEOMETRY, 3)(samples[1], keys=2)
    assert all(torch.equal(few.samples[v], many.views[v][1]) for v in range(3))


def test_without_the_original_every_view_is_augmented():
    (sample,) = pictures((8, 8))
    made = views([{"image.hflip": {"p": 1}}], 2, original=False)(sample, keys=0)
    assert all(torch.equal(view, sample.flip(-1)) for view in made.samples)


def test_views_are_of_the_kind_that_was_passed():
    stack = torch.stack(pictures((8, 9), (8, 9)))
    made = views(["image.d4"], 2)(stack, keys=[0, 1])
    assert torch.equal(made.views[0], stack)
    photo = PIL.Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    made = views([{"image.hflip": {"p": 1}}], 2, modality=None)([photo], keys=[0])
    assert made.samples[0] is photo
    assert np.array_equal(np.asarray(made.samples[1]), np.asarray(photo)[:, ::-1])
    array = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    made = views([{"image.hflip": {"p": 1}}], 2)([array], keys=[0])
    assert np.array_equal(made.samples[1], array[:, ::-1])


def test_the_settings_pickle():
    (sample,) = pictures((20, 20))
    settings_ = views(GEOMETRY, 3)
    again = pickle.loads(pickle.dumps(settings_))
    pairs = zip(settings_(sample, keys=1).samples, again(sample, keys=1).samples, strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_views_that_a_worker_made_pickle():
    samples = pictures((20, 30))
    made = views(GEOMETRY, 3)(samples, keys=[1])
    again = pickle.loads(pickle.dumps(made))
    scores = [view[:1] for view in made.samples]
    assert all(torch.equal(a, b) for a, b in zip(again.samples, made.samples, strict=True))
    assert torch.equal(again.merge(masks=scores)[0], made.merge(masks=scores)[0])


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor, list])
def test_classes_are_averaged(kind):
    scores = np.random.default_rng(0).random((8, 5))
    made = views(["image.hflip"], 4)(pictures((4, 4), (5, 5)), keys=[0, 1])
    expected = np.stack([np.mean(scores[b::2], axis=0) for b in (0, 1)])
    found = made.merge(classes=kind(scores))
    assert np.allclose(found, expected, rtol=1e-15)
    assert isinstance(found, torch.Tensor if kind is torch.as_tensor else np.ndarray)


def test_other_means_of_classes():
    scores = torch.rand(6, 3, generator=torch.Generator().manual_seed(0))
    made = views(["image.hflip"], 3)(pictures((4, 4), (5, 5)), keys=[0, 1])
    parts = scores.reshape(3, 2, 3)
    assert torch.allclose(made.merge(classes=scores, how="geometric"), parts.prod(dim=0) ** (1 / 3))
    assert torch.equal(made.merge(classes=scores, how="max"), parts.amax(dim=0))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.permutations(GEOMETRY), min_size=1, max_size=1),
    st.lists(st.tuples(st.integers(20, 60), st.integers(20, 60)), min_size=1, max_size=3),
    st.integers(0, 10**6),
)
def test_points_that_were_moved_come_back(steps, sizes, seed):
    places = np.random.default_rng(seed)
    samples = [
        augreg.Image(torch.zeros(3, *size), keypoints=Keypoints(places.random((7, 2)) * size[::-1])) for size in sizes
    ]
    made = augreg.Pipeline(steps[0]).views(4, seed=seed)(samples, keys=range(len(sizes)))
    given_back = made.back(keypoints=[sample.keypoints for sample in made.samples])
    for found, sample in zip(given_back, samples * 4, strict=True):
        assert np.allclose(found.data, sample.keypoints.data, rtol=1e-6, atol=1e-5)


def test_boxes_of_flips_come_back_exactly():
    boxes = Boxes([[1, 2, 5, 7], [0, 0, 10, 12], [2.5, 3.25, 4, 8]], labels=["a", "b", "c"])
    sample = augreg.Image(torch.zeros(3, 12, 10), boxes=boxes)
    made = augreg.Pipeline(["image.d4"]).views(12, seed=0)(sample, keys=0)
    assert len({tuple(view.boxes.data[0]) for view in made.samples}) > 4
    for found in made.back(boxes=[view.boxes for view in made.samples]):
        assert np.array_equal(found.data, boxes.data)
        assert found.labels == boxes.labels


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_boxes_that_are_numbers_have_a_format_and_columns(form):
    made = views([{"image.hflip": {"p": 1}}], 2)(pictures((12, 10)), keys=[0])
    numbers = {"xyxy": [1, 2, 4, 6], "xywh": [1, 2, 3, 4], "cxcywh": [2.5, 4, 3, 4]}[form]
    mirrored = {"xyxy": [6, 2, 9, 6], "xywh": [6, 2, 3, 4], "cxcywh": [7.5, 4, 3, 4]}[form]
    found = made.back(boxes=[[numbers], [mirrored]], scores=[[0.5], [0.25]], labels=[[1], [1]], format=form)
    assert [one.data.tolist() for one in found] == [[numbers], [numbers]]
    assert [one.columns["scores"] for one in found] == [[0.5], [0.25]]
    assert found[0].labels == [1]


def test_boxes_as_detection_models_return_them():
    made = views([{"image.hflip": {"p": 1}}], 2)(pictures((12, 10)), keys=[0])
    outputs = [
        {"boxes": torch.tensor([corners]), "labels": torch.tensor([3]), "scores": torch.tensor([0.5])}
        for corners in ([1.0, 2, 4, 6], [6.0, 2, 9, 6])
    ]
    for found in made.back(boxes=outputs, format="xyxy"):
        assert found.data.tolist() == [[1, 2, 4, 6]]
        assert found.labels.tolist() == [3]
        assert found.columns["scores"].tolist() == [0.5]
    with pytest.raises(ConfigError, match="scores= is given, and boxes hold scores"):
        made.back(boxes=outputs, scores=[[1], [1]], format="xyxy")
    with pytest.raises(SampleError, match="mappings of bboxes, without 'boxes'"):
        made.back(boxes=[{"bboxes": []}] * 2, format="xyxy")


def test_boxes_of_tv_tensors_say_their_format():
    tv_tensors = pytest.importorskip("torchvision.tv_tensors")
    made = views([{"image.hflip": {"p": 1}}], 2)(pictures((12, 10)), keys=[0])
    boxes = [
        tv_tensors.BoundingBoxes([numbers], format="XYWH", canvas_size=(12, 10))
        for numbers in ([1.0, 2, 3, 4], [6.0, 2, 3, 4])
    ]
    found = made.back(boxes=boxes)
    assert [(one.format, one.data.tolist()) for one in found] == [("xywh", [[1, 2, 3, 4]])] * 2
    with pytest.raises(ConfigError, match="'xyxy' is given for boxes that are xywh"):
        made.back(boxes=boxes, format="xyxy")


def test_boxes_of_all_views_are_fused():
    pytest.importorskip("torchvision")
    made = views([{"image.hflip": {"p": 1}}], 2)(pictures((12, 10)), keys=[0])
    boxes = [torch.tensor([[1.0, 2, 4, 6]]), torch.tensor([[6.0, 2, 9, 6], [0, 0, 2, 2]])]
    scores = [torch.tensor([0.5]), torch.tensor([0.75, 0.5])]
    (every,) = made.merge(boxes=boxes, scores=scores, format="xyxy")
    assert every.data.tolist() == [[1, 2, 4, 6], [1, 2, 4, 6], [8, 0, 10, 2]]
    assert every.columns["view"].tolist() == [0, 1, 1]
    (best,) = made.merge(boxes=boxes, scores=scores, format="xyxy", iou=0.5)
    assert best.data.tolist() == [[1, 2, 4, 6], [8, 0, 10, 2]]
    assert best.columns["view"].tolist() == [1, 1]


def test_a_mirrored_view_exchanges_left_and_right():
    made = views([{"image.hflip": {"p": 1}}], 2)(pictures((12, 10)), keys=[0])
    truth = np.array([[[2.0, 3.0], [7.0, 3.0]]])
    seen = np.array([[[3.0, 3.0], [8.0, 3.0]]])  # what is on the left of the mirrored picture is taken for left
    found = made.back(keypoints=np.concatenate([truth, seen]), swap=[(0, 1)])
    assert np.array_equal(found[0], truth[0])
    assert np.array_equal(found[1], truth[0])
    assert np.array_equal(made.merge(keypoints=np.concatenate([truth, seen]), swap=[(0, 1)])[0], truth[0])
    tensors = made.back(keypoints=torch.from_numpy(np.concatenate([truth, seen])).float(), swap=[(0, 1)])
    assert tensors[1].dtype == torch.float32


def test_what_an_equivariant_model_says_is_the_same_of_every_view():
    samples = pictures((12, 10), (9, 9))
    made = views(["image.d4"], 9)(samples, keys=[0, 1])

    def model(picture):  # each pixel by itself, and a mean over a cross, which has the symmetries of the square
        wide = torch.nn.functional.pad(picture[None], (1, 1, 1, 1), mode="replicate")[0].double()
        sides = [wide[:, :-2, 1:-1], wide[:, 2:, 1:-1], wide[:, 1:-1, :-2], wide[:, 1:-1, 2:]]
        return torch.stack(sides).sort(dim=0).values.sum(dim=0)

    predictions = [model(sample) for sample in made.samples]
    for i, (scores, seen) in enumerate(made.back(masks=predictions)):
        assert torch.equal(scores, model(samples[i % 2]))
        assert seen.all()
    merged = made.merge(masks=predictions)
    assert all(torch.allclose(a, model(b), rtol=1e-12) for a, b in zip(merged, samples, strict=True))


def test_pixels_that_a_view_has_not_seen_do_not_count():
    (sample,) = pictures((8, 8))
    made = views([{"image.center_crop": {"size": 4}}], 2)(sample, keys=0)
    merged = made.merge(masks=[torch.zeros(1, 8, 8), torch.ones(1, 4, 4)])
    expected = torch.zeros(1, 8, 8)
    expected[:, 2:6, 2:6] = 0.5
    assert torch.equal(merged, expected)
    alone = views([{"image.center_crop": {"size": 4}}], 1, original=False)(sample, keys=0)
    assert alone.merge(masks=[torch.ones(1, 4, 4)]).isnan().sum() == 48
    assert alone.merge(masks=[torch.ones(1, 4, 4)], how="max").nansum() == 16
    assert alone.merge(masks=[np.full((1, 4, 4), 0.5)], how="geometric")[0, 2, 2] == 0.5


def test_scores_with_their_classes_last_are_refused():
    made = views([{"image.hflip": {"p": 1}}], 2)(pictures((32, 40)), keys=[0])
    with pytest.raises(SampleError, match=r"masks of shape \(32, 40, 3\) for a view of 32 x 40 seem"):
        made.back(masks=np.zeros((2, 32, 40, 3)))
    with pytest.raises(SampleError, match="classes last"):
        made.back(masks=np.zeros((2, 8, 10, 3)))
    for shape in [(3, 32, 40), (3, 8, 10), (64, 32, 32), (1, 1, 1), (2, 9, 11), (32, 40)]:
        assert made.back(masks=np.zeros((2, *shape)))[0][0].shape == (*shape[:-2], 32, 40)


def test_fields_of_records_by_schema():
    records = [{"photo": picture, "caption": "a cat", "id": i} for i, picture in enumerate(pictures((8, 6), (7, 7)))]
    pipe = augreg.Pipeline([{"image.hflip": {"p": 1}}], schema={"photo": "image", "caption": "text"})
    made = pipe.views(2, seed=0)(records)
    assert made.samples[2]["id"] == 0
    assert torch.equal(made.samples[3]["photo"], records[1]["photo"].flip(-1))
    found = made.back(masks=[sample["photo"] for sample in made.samples])
    assert torch.equal(found[3][0], records[1]["photo"])
    assert made.merge(classes=torch.eye(4)).shape == (2, 4)


def test_several_fields_have_to_be_named():
    pipe = augreg.Pipeline(["image.d4"], schema={"left": "image", "right": "image"})
    left, right = pictures((8, 6), (7, 5))
    made = pipe.views(2, seed=0)([{"left": left, "right": right, "id": 1}])
    with pytest.raises(ConfigError, match="of which field are the masks: left, right"):
        made.back(masks=[left, right])
    found = made.back(masks=[sample["right"] for sample in made.samples], field="right")
    assert all(torch.equal(scores, right) for scores, _ in found)
    with pytest.raises(ConfigError, match="'rigth' holds nothing with masks.* 'right'"):
        made.back(masks=[left, right], field="rigth")


def test_columns_have_views_and_no_list():
    pipe = augreg.Pipeline([{"image.hflip": {"p": 1}}], schema={"photo": "image"})
    made = pipe.views(2, seed=0)({"photo": pictures((8, 6), (7, 7)), "id": [1, 2]})
    assert torch.equal(made.views[1]["photo"][0], made.views[0]["photo"][0].flip(-1))
    with pytest.raises(ConfigError, match="take them one by one from views"):
        _ = made.samples


def test_one_sample_gets_one_prediction():
    made = views(["image.hflip"], 3)(pictures((4, 4))[0], keys=0)
    assert made.merge(classes=torch.ones(3, 5)).shape == (5,)
    assert len(made.back(boxes=[[]] * 3, format="xyxy")) == 3


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("image.elastic", "image.elastic moves things, and nothing leads back"),
        ("image.grid_shuffle", "image.grid_shuffle moves things"),
        ("image.mixup", "image.mixup mixes samples"),
        ({"text.antonym": {}}, "text.antonym may change the class"),
        ("video.temporal_crop", "video.temporal_crop moves things"),
    ],
)
def test_steps_that_lead_nowhere_back_are_refused_at_once(step, why):
    with pytest.raises(UnsupportedError, match=why):
        augreg.Pipeline(["image.hflip", step]).views(4)


def test_frames_that_move_each_by_itself_are_refused():
    with pytest.raises(UnsupportedError, match="image.rotate moves things"):
        augreg.Pipeline({"video": [{"image.rotate": {"temporal": "per_frame"}}]}).views(4)


def test_steps_without_a_way_back_do_for_classes():
    made = views(["image.elastic"], 2, back=False)(pictures((20, 20)), keys=[0])
    assert made.merge(classes=torch.ones(2, 3)).tolist() == [[1, 1, 1]]
    with pytest.raises(UnsupportedError, match="back=False"):
        made.merge(masks=[torch.ones(1, 20, 20)] * 2)


def test_values_alone_leave_every_place():
    steps = ["image.brightness", {"image.gaussian_noise": {"p": 1}}, {"image.erasing": {"p": 1}}]
    made = views(steps, 3)(pictures((20, 20)), keys=[0])
    scores = torch.rand(3, 2, 20, 20)
    assert all(torch.equal(a[0], b) for a, b in zip(made.back(masks=scores), scores, strict=True))


def test_texts_have_classes_only():
    made = augreg.Pipeline([{"text.keyboard": {"rate": 0.2}}]).views(3, seed=0)(["one text", "another"], keys=[0, 1])
    assert made.samples[:2] == ["one text", "another"]
    assert made.merge(classes=np.ones((6, 2))).shape == (2, 2)
    with pytest.raises(UnsupportedError, match="boxes of text are not mapped back.*Merge classes instead"):
        made.back(boxes=[[]] * 6, format="xyxy")


@pytest.mark.parametrize(
    ("how", "error", "why"),
    [
        ({}, ConfigError, "nothing is given; give one of classes, masks"),
        ({"classes": np.ones((4, 2)), "masks": np.ones((4, 1, 4, 4))}, ConfigError, "classes, masks are given"),
        ({"classes": np.ones((3, 2))}, ConfigError, "classes has 3 entries for 4 views of samples"),
        ({"classes": np.ones((4, 2), dtype=int)}, SampleError, "classes hold int64"),
        ({"classes": np.ones((4, 2)), "how": "meen"}, ConfigError, "how='meen' is unknown.*'mean'"),
        ({"classes": -np.ones((4, 2)), "how": "geometric"}, SampleError, "classes hold -1"),
        ({"classes": np.ones((4, 2)), "format": "xyxy"}, ConfigError, "format= goes with boxes, not with classes"),
        ({"masks": np.ones((4, 1, 4, 4), dtype=int)}, SampleError, "masks hold torch.int64"),
        ({"masks": [1, 2, 3, 4]}, SampleError, "masks hold int; expected tensors or arrays"),
        ({"boxes": [[[0, 0, 1, 1]]] * 4}, ConfigError, "say their format"),
        ({"boxes": [[[0, 0, 1, 1]]] * 4, "format": "xyxz"}, ConfigError, "'xyxz' is no format of boxes.*'xyxy'"),
        ({"boxes": [Boxes([[0, 0, 1, 1]])] * 4, "format": "xywh"}, ConfigError, "'xywh' is given for boxes that are"),
        ({"boxes": [[[0, 0, 1, 1]]] * 4, "format": "xyxy", "iou": 0.5}, ConfigError, "Give scores="),
        ({"boxes": [[[0, 0, 1, 1]]] * 4, "format": "xyxy", "iou": 5}, ConfigError, "iou=5 is no share"),
        ({"boxes": [[]] * 4, "format": "xyxy", "how": "max"}, ConfigError, "how='max' goes with classes and masks"),
        ({"keypoints": np.ones((4, 3))}, SampleError, "keypoints have shape"),
        ({"events": [[[0, 1]]] * 4}, UnsupportedError, "events of image are not mapped back. Valid: boxes, masks"),
    ],
)
def test_what_is_not_understood_is_refused(how, error, why):
    made = views(["image.hflip"], 2)(pictures((4, 4), (4, 4)), keys=[0, 1])
    with pytest.raises(error, match=why):
        made.merge(**how)


@pytest.mark.parametrize("n", [0, True, 2.0, "8"])
def test_a_number_of_views_is_one(n):
    with pytest.raises(ConfigError, match="is not a number of views"):
        augreg.Pipeline(["image.hflip"]).views(n)


def test_a_seed_needs_keys_as_everywhere():
    with pytest.warns(augreg.KeysWarning, match="one sample without a key"):
        views(["image.hflip"])(pictures((4, 4))[0])
    with pytest.warns(augreg.KeysWarning):
        views(["image.hflip"])(pictures((4, 4)))
