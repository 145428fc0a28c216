"""The way back from what moved pixels, for every augmenter that has one, against scipy and against its own targets."""

import numpy as np
import pytest
import scipy.ndimage
import torch
from augreg_image import matrices
from augreg_image.base import GeometricBase

import augreg
from augreg import registry
from augreg.modalities import PlaneMap

NAMES = [
    spec.name
    for spec in augreg.list_augmenters(modality="image")
    if spec.name.startswith("image.") and spec.target.startswith("augreg_image")
]
SIZES = [(40, 52), (37, 41), (48, 36)]


def made_of(name):
    kind = registry.load(name)
    return [augreg.make(name, **options) for options in kind.examples or ({},)]


MOVING = [
    pytest.param(augmenter, id=f"{name}-{i}")
    for name in NAMES
    for i, augmenter in enumerate(made_of(name))
    if augmenter.declares.targets and augmenter.inverts
]


def smooth(size):
    """A picture that is smooth, so that reading between its pixels twice changes little."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    waves = [np.sin(x / 9 + 1) * np.cos(y / 11), np.cos(x / 13 + y / 8), np.sin(y / 10) + x / 50]
    return torch.from_numpy(np.stack(waves)).float() / 8 + 0.5


def sample(size, seed):
    places = np.random.default_rng(seed)
    points = augreg.Keypoints(places.random((9, 2)) * (np.array(size[::-1]) - 4) + 2)
    boxes = augreg.Boxes([[3, 3, size[1] - 5, size[0] - 4]])
    labels = torch.zeros(*size, dtype=torch.uint8)
    labels[5:-5, 5:-5] = 1
    return augreg.Image(smooth(size), boxes=boxes, keypoints=points, masks=labels)


def test_most_of_what_moves_leads_back():
    names = {param.id.rsplit("-", 1)[0] for param in MOVING}
    assert {"image.rotate", "image.perspective", "image.crop_and_pad", "image.letterbox", "image.erasing"} <= names
    assert not {"image.elastic", "image.grid_shuffle", "image.mosaic"} & names


@pytest.mark.parametrize("augmenter", MOVING)
def test_points_and_pixels_come_back(augmenter):
    samples = [sample(size, i) for i, size in enumerate(SIZES)]
    made = augreg.Pipeline([augreg.Step(augmenter, p=1.0)]).views(3, seed=3, original=False)(samples, keys=[0, 1, 2])
    found = made.back(keypoints=[view.keypoints for view in made.samples])
    pictures = made.back(masks=[view.data for view in made.samples])
    for i, (points, (scores, seen)) in enumerate(zip(found, pictures, strict=True)):
        before = samples[i % 3]
        assert np.allclose(points.data, before.keypoints.data, rtol=1e-6, atol=1e-6)
        assert scores.shape == before.data.shape
        assert (scores[:, ~seen] == 0).all()
        if not isinstance(augmenter, GeometricBase):
            continue  # it covers parts of the picture, or changes values
        inner = torch.from_numpy(scipy.ndimage.binary_erosion(seen.numpy(), iterations=2, border_value=1))
        # Pictures that are made a tenth as large lose what is between the pixels that are left.
        difference = (scores - before.data).abs()[:, inner]
        assert difference.numel() == 0 or difference.median() < 0.02


@pytest.mark.parametrize("degrees", [17.0, -40.0, 90.0])
@pytest.mark.parametrize("share", [1, 2])
def test_scores_are_read_as_scipy_reads_them(degrees, share):
    high, wide = 30, 44
    scores = np.random.default_rng(0).random((2, high // share, wide // share))
    turn = matrices.about(matrices.rotation(np.array([degrees])), np.array([wide / 2]), np.array([high / 2]))[0]
    found, seen = PlaneMap.of(turn, (high, wide), (high, wide)).back("masks", torch.from_numpy(scores))
    # scipy counts rows first and from the middle of the first pixel; the scores have 1 / share of the view's pixels.
    swapped = turn[:2, :2][::-1, ::-1]
    offset = (swapped @ [0.5, 0.5] + turn[:2, 2][::-1]) / share - 0.5
    expected = [
        scipy.ndimage.affine_transform(one, swapped / share, offset, (high, wide), order=1, mode="nearest")
        for one in scores
    ]
    assert np.allclose(found[:, seen], np.stack(expected)[:, seen], atol=1e-6)
    y, x = np.mgrid[:high, :wide] + 0.5
    u, v = np.tensordot(turn[:2, :2], np.stack([x, y]), 1) + turn[:2, 2][:, None, None]
    assert np.array_equal(seen, (u >= -1e-9) & (u <= wide + 1e-9) & (v >= -1e-9) & (v <= high + 1e-9))


def test_turns_and_mirrors_come_back_bit_by_bit():
    scores = torch.randn(3, 5, 7).half()
    for dtype in (torch.float16, torch.float32, torch.float64, torch.int64, torch.bool, torch.uint8):
        given = scores.to(dtype)
        samples = [torch.zeros(3, 5, 7)]
        made = augreg.Pipeline(["image.d4"]).views(10, seed=0, modality="image", original=False)(samples, keys=[0])
        turned = augreg.Pipeline(["image.d4"])
        moved = [turned(given.float(), seed=0, keys=[0], copy=v, modality="image").to(dtype) for v in range(10)]
        for found, seen in made.back(masks=moved):
            assert found.dtype == dtype
            assert torch.equal(found, given)
            assert seen.all()


def test_infinite_scores_stay_where_they_are():
    scores = torch.zeros(1, 4, 4)
    scores[0, 1, 1] = -torch.inf
    shifted = PlaneMap.of(matrices.translation(np.array([0.5]), np.array([0.0]))[0], (4, 4), (4, 4))
    found, _ = shifted.back("masks", scores)
    assert not found.isnan().any()
    assert found[0].isinf().nonzero().tolist() == [[1, 0], [1, 1]]


def test_gradients_flow_through_the_way_back():
    scores = torch.rand(1, 6, 6, dtype=torch.float64, requires_grad=True)
    turn = PlaneMap.of(matrices.about(matrices.rotation(np.array([20.0])), *np.full((2, 1), 3.0))[0], (6, 6), (6, 6))
    assert torch.autograd.gradcheck(lambda values: turn.back("masks", values)[0], (scores,))


def test_what_left_a_canvas_in_between_was_not_seen():
    steps = [{"image.center_crop": {"size": 4, "hard": True}}, {"image.pad": {"padding": 2}}]
    made = augreg.Pipeline(steps).views(1, seed=0, modality="image", original=False)([torch.rand(3, 8, 8)], keys=[0])
    ((scores, seen),) = made.back(masks=[made.samples[0]])
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[2:6, 2:6] = True
    assert torch.equal(seen, expected)
    assert scores.shape == (3, 8, 8)
