"""Symmetries, shears, zooms, perspective, crops and padding."""

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image import crops, padding, projective, symmetry
from augreg_image.crops import _iou
from augreg_image.kernels.layout import to_hwc
from augreg_image.kernels.warp_cv import resize
from image_testkit import batch_of, noise, rng_for, run, run_on_torch, run_with, smooth

import augreg
from augreg import Boxes, Keypoints
from augreg.data.params import Params


@pytest.mark.parametrize("index", range(8))
def test_d4_gives_the_eight_symmetries(index):
    image = noise(5, 7)
    found = run_with(symmetry.D4(), batch_of(image), symmetry=[index]).data[0]
    base = image.flip(2) if index >= 4 else image
    assert torch.equal(found, torch.rot90(base, index % 4, (1, 2)))


def test_transpose_and_rot90_move_points_with_pixels():
    image = torch.zeros(1, 5, 8)
    image[0, 1, 6] = 1
    batch = batch_of(image, keypoints=[Keypoints([[6.5, 1.5]])])
    for augmenter, columns in (
        (symmetry.Transpose(), {}),
        (symmetry.Rot90(), {"turns": [1]}),
        (symmetry.Rot90(), {"turns": [3]}),
    ):
        out = run_with(augmenter, batch, **columns)
        x, y = out.info.target("keypoints")[0].data[0]
        assert out.data[0][0, int(y), int(x)] == 1
        assert tuple(out.info.shapes[0]) == (1, 8, 5)


def test_rot90_draws_only_the_turns_given():
    batch = batch_of(*[noise(3, 3)] * 40)
    assert set(symmetry.Rot90(turns=(1, 3)).draw(batch.info, rng_for(batch)).array("turns")) == {1, 3}


@pytest.mark.parametrize("axis", ["x", "y"])
def test_shear_equals_torchvision(axis):
    image = smooth(40, 50)
    found = run_with(projective.Shear(axis=axis), batch_of(image), degrees=[12.0]).data[0]
    angles = [12.0, 0.0] if axis == "x" else [0.0, 12.0]
    expected = tv.affine(image.float(), 0.0, [0, 0], 1.0, angles, tv.InterpolationMode.BILINEAR)
    np.testing.assert_allclose(found.float(), expected, atol=0.51)


def test_translate_and_zoom_equal_torchvision():
    image = smooth(40, 50)
    found = run_with(projective.Translate(), batch_of(image), x=[0.13], y=[-0.07]).data[0]
    expected = tv.affine(image.double(), 0.0, [6.5, -2.8], 1.0, [0.0, 0.0], tv.InterpolationMode.BILINEAR)
    np.testing.assert_allclose(found.float(), expected, atol=0.51)
    found = run_with(projective.Zoom(), batch_of(image), scale=[1.3]).data[0]
    expected = tv.affine(image.float(), 0.0, [0, 0], 1.3, [0.0, 0.0], tv.InterpolationMode.BILINEAR)
    np.testing.assert_allclose(found.float(), expected, atol=0.51)


def test_whole_translation_copies_pixels():
    image = noise(20, 30)
    found = run_with(projective.Translate(whole=True), batch_of(image), x=[0.11], y=[0.0]).data[0]
    assert torch.equal(found[:, :, 3:], image[:, :, :-3])
    assert (found[:, :, :3] == 0).all()


def test_perspective_equals_torchvision():
    image = smooth(40, 50)
    moves = np.array([[[0.1, 0.05], [0.0, 0.15], [0.12, 0.02], [0.07, 0.1]]])
    found = run_with(projective.Perspective(), batch_of(image), corners=moves).data[0]
    start = [[0, 0], [50, 0], [50, 40], [0, 40]]
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    end = (np.array(start) + inwards * moves[0] * [50, 40]).tolist()
    expected = tv.perspective(image.float(), start, end, tv.InterpolationMode.BILINEAR)
    assert ((found.float() - expected).abs() <= 1.01).float().mean() > 0.99
    points = Keypoints(np.array(start, dtype=float))
    moved = run_with(projective.Perspective(), batch_of(image, keypoints=[points]), corners=moves)
    np.testing.assert_allclose(moved.info.target("keypoints")[0].data, end, atol=1e-9)
    params = Params(1, corners=moves)
    gpu = run_on_torch(projective.Perspective(), batch_of(image), params).data[0]
    assert ((gpu.int() - found.int()).abs() <= 1).float().mean() > 0.998


def test_crop_cuts_at_every_place_and_pads_small_pictures():
    image = noise(6, 7)
    batch = batch_of(*[image] * 200)
    out = crops.Crop(size=(4, 5)).draw(batch.info, rng_for(batch))
    assert set(zip(out.array("top").tolist(), out.array("left").tolist(), strict=True)) == {
        (t, left) for t in range(3) for left in range(3)
    }
    cut = run_with(crops.Crop(size=(4, 5)), batch_of(image), top=[1], left=[2]).data[0]
    assert torch.equal(cut, image[:, 1:5, 2:7])
    small = run(crops.Crop(size=(9, 9), border="reflect"), batch_of(image)).data[0]
    assert small.shape == (3, 9, 9)


def test_center_crop_equals_torchvision():
    image = noise(11, 14)
    for size in ((5, 6), (4, 9), (11, 14)):
        found = run(crops.CenterCrop(size=size), batch_of(image)).data[0]
        top, left = (11 - size[0]) // 2, (14 - size[1]) // 2
        assert torch.equal(found, image[:, top : top + size[0], left : left + size[1]])
    padded = run(crops.CenterCrop(size=(15, 14)), batch_of(image)).data[0]
    assert torch.equal(padded[:, 2:13], image)


def test_iou_crop_overlaps_as_much_as_asked_and_keeps_a_box():
    boxes = Boxes([[10, 10, 40, 30], [60, 50, 90, 75]], labels=[0, 1])
    batch = batch_of(*[noise(80, 100, 1)] * 60, boxes=[boxes] * 60)
    augmenter = crops.IoUCrop(overlaps=(0.3,))
    params = augmenter.draw(batch.info, rng_for(batch))
    out = augmenter.apply(batch, params)
    whole = 0
    for (top, left, height, width), kept in zip(
        params.array("rectangle").tolist(), out.info.target("boxes"), strict=True
    ):
        if (height, width) == (80, 100):
            whole += 1
            continue
        window = np.array([[left, top, left + width, top + height]], dtype=float)
        assert _iou(window, boxes.data).max() >= 0.3
        assert 0.5 <= width / height <= 2
        assert len(kept) >= 1
    assert whole < 40


def test_box_safe_crop_keeps_every_box_whole():
    boxes = Boxes([[30, 20, 50, 40], [60, 30, 70, 60]])
    batch = batch_of(*[noise(80, 100, 1)] * 30, boxes=[*[boxes] * 20, *[None] * 10])
    out = run(crops.BoxSafeCrop(), batch)
    sizes = {tuple(shape) for shape in out.info.shapes.tolist()}
    assert len(sizes) > 20
    for found in out.info.target("boxes")[:20]:
        np.testing.assert_allclose(found.data[:, 2:] - found.data[:, :2], boxes.data[:, 2:] - boxes.data[:, :2])


def test_pad_equals_numpy():
    image = noise(5, 6)
    found = run(padding.Pad(padding=(1, 2, 3, 4), fill=0.5), batch_of(image)).data[0]
    np.testing.assert_array_equal(found, np.pad(image, ((0, 0), (2, 4), (1, 3)), constant_values=128))
    found = run(padding.Pad(size=(8, 3), divisor=4, border="edge"), batch_of(image)).data[0]
    np.testing.assert_array_equal(found, np.pad(image, ((0, 0), (1, 2), (1, 1)), mode="edge"))


@pytest.mark.parametrize(("height", "width", "shape"), [(40, 80, (20, 40)), (80, 40, (40, 20)), (10, 10, (40, 40))])
def test_longest_side_keeps_proportions(height, width, shape):
    found = run(padding.LongestSide(size=40), batch_of(noise(height, width))).data[0]
    assert tuple(found.shape[1:]) == shape


def test_a_random_length_takes_every_value_from_end_to_end():
    batch = batch_of(*[smooth(40, 60)] * 120)
    found = {tuple(row.shape[1:]) for row in run(padding.SmallestSide(size=(20, 23)), batch).data}
    assert found == {(20, 30), (21, 32), (22, 33), (23, 34)}
    assert {max(row.shape) for row in run(padding.LongestSide(size=(30, 32)), batch).data} == {30, 31, 32}


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.6])
def test_a_scaled_picture_is_torchvisions_resize(factor):
    image = smooth(40, 60)
    batch = batch_of(image, keypoints=[Keypoints([[30.0, 10.0]])])
    out = run_with(padding.Scale(), batch, factor=[factor])
    height, width = round(40 * factor), round(60 * factor)
    expected = tv.resize(image, [height, width], antialias=True)
    assert out.data[0].shape == expected.shape
    assert (out.data[0].int() - expected.int()).abs().max() <= 1
    np.testing.assert_allclose(out.info.target("keypoints")[0].data, [[30 * factor, 10 * factor]])


def test_smallest_side_may_be_limited():
    assert run(padding.SmallestSide(size=20), batch_of(noise(40, 100))).data[0].shape == (3, 20, 50)
    assert run(padding.SmallestSide(size=20, max_size=40), batch_of(noise(40, 100))).data[0].shape == (3, 16, 40)


def test_letterbox_is_a_resize_with_a_margin():
    image = smooth(30, 60)
    batch = batch_of(image, masks=[torch.ones(1, 1, 30, 60, dtype=torch.uint8)], boxes=[Boxes([[0, 0, 60, 30]])])
    out = run(padding.Letterbox(size=40, fill=0.2, mask_fill=9), batch)
    found = out.data[0]
    inner = resize(to_hwc(image), (20, 40), "bilinear").transpose(2, 0, 1)
    np.testing.assert_array_equal(found[:, 10:30], inner)
    assert (found[:, :10] == 51).all()
    assert (found[:, 30:] == 51).all()
    np.testing.assert_allclose(out.info.target("boxes")[0].data, [[0, 10, 40, 30]])
    mask = out.info.target("masks")[0][0, 0]
    assert (mask[10:30] == 1).all()
    assert (mask[:10] == 9).all()
    gpu = run_on_torch(padding.Letterbox(size=40, fill=0.2), batch, Params(1)).data[0]
    assert (gpu.int() - found.int()).abs().max() <= 1
    kept = run(padding.Letterbox(size=80, enlarge=False), batch_of(image)).data[0]
    assert torch.equal(kept[:, 25:55, 10:70], image)


@pytest.mark.parametrize(
    "step",
    [
        {"image.resize": {"size": 10**9}}, {"image.letterbox": {"size": [1, 10**12]}}, {"image.crop": {"size": 10**6}},
        {"image.pad": {"padding": 10**9}}, {"image.pad": {"divisor": 10**8}}, {"image.longest_side": {"size": 10**9}},
    ],
    ids=str,
)  # fmt: skip
def test_absurd_sizes_are_refused_before_any_memory_is_asked_for(step):
    with pytest.raises(augreg.AugregError, match=r"2\*\*30 pixels"):
        augreg.augment([augreg.Image(smooth(20, 20))], augreg.Pipeline({"image": [step]}), seed=1)


def test_distortions_name_the_longest_side_that_they_take():
    long = augreg.Image(torch.zeros(1, 2, 33000, dtype=torch.uint8))
    with pytest.raises(augreg.AugregError, match="32766"):
        augreg.augment([long], augreg.Pipeline({"image": [{"image.elastic": {"p": 1.0}}]}), seed=1)


@pytest.mark.parametrize("name", ["image.rotate", "image.brightness"])
def test_float_types_that_opencv_lacks(name):
    pipe, image = augreg.Pipeline({"image": [{name: {"p": 1.0}}]}), torch.rand(3, 8, 8)
    with pytest.raises(augreg.AugregError, match=rf"{name} does not take bfloat16.*float32"):
        augreg.augment(augreg.Image(image.bfloat16()), pipe, seed=1, keys=0)
    single, double = (augreg.augment(augreg.Image(x), pipe, seed=1, keys=0).data for x in (image, image.double()))
    assert double.dtype == torch.float64
    assert torch.equal(double, single.double())  # computed in float32
