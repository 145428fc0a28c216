"""Geometry against torchvision, exact formulas and painted pixels."""

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image import matrices
from augreg_image.erasing import Erasing
from augreg_image.geometry import Affine, HFlip, Rotate, VFlip
from augreg_image.kernels.resampling import Resampling
from augreg_image.ops import geometry_op
from augreg_image.resize import Resize, ResizedCrop
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, noise, run, run_on_torch, run_with, share, smooth

from augreg import Boxes, Keypoints
from augreg.data.params import Params
from augreg.errors import ConfigError

DTYPES = [torch.uint8, torch.uint16, torch.float16, torch.float32]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("augmenter", "reference"), [(HFlip(), tv.hflip), (VFlip(), tv.vflip)])
def test_flips_equal_torchvision_bit_for_bit(augmenter, reference, channels, dtype):
    image = noise(5, 7, channels, dtype=dtype)
    found = run(augmenter, batch_of(image)).data[0]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), reference(image.contiguous().to(torch.float32)).to(dtype).numpy())


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_quarter_turns_equal_rot90(turns):
    image = noise(5, 8)
    n = np.array([turns])
    canvas = np.array([[8, 5]]) if turns % 2 else np.array([[5, 8]])
    op = geometry_op(matrices.rot90(n, np.array([5.0]), np.array([8.0])), canvas)
    found = op.run(batch_of(image)).data[0]
    assert torch.equal(found, torch.rot90(image, turns, (1, 2)))


def test_transpose_equals_swapping_axes():
    image = noise(5, 8)
    found = geometry_op(matrices.transpose(1), np.array([[8, 5]])).run(batch_of(image)).data[0]
    assert torch.equal(found, image.transpose(1, 2))


@pytest.mark.parametrize("degrees", [17.0, -40.0, 133.0])
def test_rotate_equals_torchvision(degrees):
    image = smooth(41, 60)
    found = run_with(Rotate(), batch_of(image), degrees=[degrees]).data[0]
    expected = tv.rotate(image.float(), degrees, tv.InterpolationMode.BILINEAR)
    np.testing.assert_allclose(found.float(), expected, atol=0.51)


def test_rotate_expand_shows_the_corners():
    image = torch.full((1, 20, 30), 200, dtype=torch.uint8)
    found = run_with(Rotate(expand=True), batch_of(image), degrees=[30.0]).data[0]
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    assert found.shape == (1, int(np.ceil(20 * c + 30 * s)), int(np.ceil(30 * c + 20 * s)))
    assert abs(found.float().sum() / 200 - 600) < 3


def test_affine_equals_torchvision():
    image = smooth(50, 40)
    columns = {"degrees": [12.0], "scale": [1.1], "shear_x": [7.0], "shear_y": [-4.0]}
    columns |= {"translate_x": [0.1], "translate_y": [-0.04]}
    found = run_with(Affine(), batch_of(image), **columns).data[0]
    expected = tv.affine(image.float(), -12.0, [4.0, -2.0], 1.1, [7.0, -4.0], tv.InterpolationMode.BILINEAR)
    np.testing.assert_allclose(found.float(), expected, atol=0.51)


@pytest.mark.parametrize("size", [(30, 20), (75, 61), (20, 90), (10, 10)])
def test_resize_equals_torchvision_with_antialias(size):
    image = noise(45, 60)
    found = run(Resize(size=size), batch_of(image)).data[0]
    expected = tv.resize(image.contiguous(), list(size), antialias=True)
    assert (found.int() - expected.int()).abs().max() <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_resized_crop_equals_torchvision(dtype):
    image = noise(45, 60, dtype=dtype)
    columns = {"top": [3], "left": [10], "height": [30], "width": [41]}
    found = run_with(ResizedCrop(size=24), batch_of(image), **columns).data[0]
    assert found.dtype == dtype
    expected = tv.resized_crop(torch.from_numpy(share(image)), 3, 10, 30, 41, [24, 24], antialias=True)
    np.testing.assert_allclose(share(found), expected, atol=1.5 / 255)


def test_resized_crop_keeps_area_and_proportions_in_range():
    batch = batch_of(*[noise(60, 80, 1)] * 200)
    params = ResizedCrop(scale=(0.2, 0.5), ratio=(0.8, 1.25)).draw(batch.info, rng_of(batch))
    h, w = params.array("height"), params.array("width")
    top, left = params.array("top"), params.array("left")
    assert ((h * w / 4800 > 0.17) & (h * w / 4800 < 0.53)).all()
    assert ((w / h > 0.75) & (w / h < 1.34)).all()
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (top + h <= 60).all()
    assert (left + w <= 80).all()
    assert top.min() == 0 or len(set(top.tolist())) > 15


def rng_of(batch):
    from image_testkit import rng_for

    return rng_for(batch)


def test_resized_crop_of_an_extreme_picture_takes_the_middle():
    batch = batch_of(noise(4, 400, 1))
    params = ResizedCrop(scale=(0.9, 1.0)).draw(batch.info, rng_of(batch))
    assert params.row(0) == {"top": 0, "left": 197, "height": 4, "width": 5}


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=2, max_size=5),
    ratio=st.sampled_from([(0.75, 1.33), (4.0, 5.0), (0.1, 0.2)]),
    scale=st.sampled_from([(0.08, 1.0), (0.9, 1.0)]),
)
def test_rectangles_of_one_picture_are_those_it_has_among_others(sizes, ratio, scale):
    batch = batch_of(*[noise(height, width, 1) for height, width in sizes])
    for augmenter in (ResizedCrop(scale=scale, ratio=ratio), Erasing(scale=scale, ratio=ratio)):
        params = augmenter.draw(batch.info, rng_of(batch))
        for i in range(len(sizes)):
            rows = np.array([i])
            assert augmenter.draw(batch.info.take(rows), rng_of(batch).take(rows)).row(0) == params.row(i)


def test_identity_rows_are_the_same_object():
    image = noise(6, 6)
    out = run_with(Rotate(), batch_of(image, image.clone()), degrees=[0.0, 9.0])
    assert out.data[0] is image
    assert not torch.equal(out.data[1], image)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect"])
def test_borders_equal_padding_first(border):
    image = smooth(24, 30)
    matrix = matrices.about(matrices.rotation(np.array([25.0])), np.array([15.0]), np.array([12.0]))
    how = Resampling(border, (0.5,), 0, "bilinear")
    found = geometry_op(matrix, np.array([[24, 30]]), resampling=how).run(batch_of(image)).data[0]
    mode = {"constant": "constant", "edge": "edge", "reflect": "symmetric"}[border]
    extra = {"constant_values": 128} if border == "constant" else {}
    padded = torch.from_numpy(np.pad(image.numpy(), ((0, 0), (20, 20), (20, 20)), mode, **extra))
    expected = tv.rotate(padded.float(), 25.0, tv.InterpolationMode.BILINEAR)[:, 20:-20, 20:-20]
    np.testing.assert_allclose(found.float(), expected, atol=0.51)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect"])
def test_whole_pixel_moves_equal_numpy_pad(border):
    image = noise(6, 7)
    op = geometry_op(
        matrices.translation(np.array([9.0]), np.array([-2.0])), np.array([[20, 25]]),
        resampling=Resampling(border, (0.25,), 0, "bilinear"),
    )  # fmt: skip
    mode = {"constant": "constant", "edge": "edge", "reflect": "symmetric"}[border]
    extra = {"constant_values": 64} if border == "constant" else {}
    expected = np.pad(image.numpy(), ((0, 0), (2, 16), (9, 9)), mode, **extra)[:, 4:24]
    np.testing.assert_array_equal(op.run(batch_of(image)).data[0].numpy(), expected)


def test_shrinking_by_a_warp_does_not_alias():
    stripes = torch.zeros(1, 120, 120, dtype=torch.uint8)
    stripes[:, :, ::2] = 255
    matrix = matrices.scaling(np.array([1 / 4.3]), np.array([1 / 4.3])) @ matrices.rotation(np.array([-3.0]))
    found = geometry_op(matrix, np.array([[24, 24]])).run(batch_of(stripes)).data[0]
    assert found[:, 3:-3, 3:-3].float().std() < 20


@settings(max_examples=60, deadline=None)
@given(
    degrees=st.floats(-180, 180), scale=st.floats(0.15, 3), shear=st.floats(-30, 30),
    height=st.integers(1, 40), width=st.integers(1, 40), border=st.sampled_from(["constant", "edge", "reflect"]),
    dtype=st.sampled_from(DTYPES), channels=st.sampled_from([1, 3, 4, 5]),
)  # fmt: skip
def test_torch_path_agrees_with_the_cpu_path(degrees, scale, shear, height, width, border, dtype, channels):
    batch = batch_of(smooth(height, width, channels, dtype=dtype))
    zero = np.zeros(1)
    params = Params(
        1, degrees=np.array([degrees]), scale=np.array([scale]), shear_x=np.array([shear]), shear_y=zero,
        translate_x=zero + 0.1, translate_y=zero,
    )  # fmt: skip
    augmenter = Affine(border=border, fill=0.3)
    cpu, gpu = augmenter.apply(batch, params).data[0], run_on_torch(augmenter, batch, params).data[0]
    assert cpu.dtype == gpu.dtype == dtype
    far = np.abs(share(cpu) - share(gpu)) > 1.01 / 255
    assert far.sum() <= max(0.002 * far.size, 3 if border == "constant" else 0)


NATURAL = [
    Rotate(degrees=(20, 40)),
    Affine(),
    ResizedCrop(size=(20, 33)),
    Resize(size=17),
    HFlip(),
    Rotate(degrees=(5, 80), interpolation="nearest"),
    ResizedCrop(size=44, interpolation="bicubic"),
]


@pytest.mark.parametrize("augmenter", NATURAL)
def test_torch_path_agrees_on_natural_content(augmenter):
    batch = batch_of(*(smooth(40, 52, seed=s) for s in range(6)))
    params = augmenter.draw(batch.info, rng_of(batch))
    cpu = torch.stack(list(augmenter.apply(batch, params).data))
    gpu = run_on_torch(augmenter, batch, params).data
    assert ((cpu.int() - gpu.int()).abs() <= 1).float().mean() >= 0.998


@settings(max_examples=80, deadline=None)
@given(
    degrees=st.floats(-180, 180), scale=st.floats(0.7, 2), shear=st.floats(-20, 20), move=st.floats(-0.2, 0.2),
    x=st.integers(1, 46), y=st.integers(1, 38),
)  # fmt: skip
def test_a_painted_pixel_lands_on_its_keypoint_box_and_mask(degrees, scale, shear, move, x, y):
    image = torch.zeros(1, 40, 48)
    image[0, y - 1 : y + 2, x - 1 : x + 2] = 1
    point, box = Keypoints([[x + 0.5, y + 0.5]]), Boxes([[x - 1.0, y - 1.0, x + 2.0, y + 2.0]])
    mask = (image > 0).to(torch.uint8)
    batch = batch_of(image, boxes=[box], keypoints=[point], masks=[mask])
    one = np.ones(1)
    columns = {"degrees": one * degrees, "scale": one * scale, "shear_x": one * shear, "shear_y": one * 0,
               "translate_x": one * move, "translate_y": one * -move}  # fmt: skip
    out = run_with(Affine(min_area=0.0), batch, **columns)
    found, moved = out.data[0][0].numpy(), out.info.target("keypoints")[0]
    px, py = moved.data[0]
    assume(4 <= px <= 44 and 4 <= py <= 36)  # what lies at the edge or outside has no centre to find
    rows, cols = np.mgrid[0:40, 0:48] + 0.5
    np.testing.assert_allclose(
        [(found * cols).sum() / found.sum(), (found * rows).sum() / found.sum()], [px, py], atol=0.25
    )
    assert out.info.target("masks")[0][0, int(py), int(px)] == 1
    left, top, right, bottom = out.info.target("boxes")[0].data[0]
    lit = np.argwhere(found > 0.5)
    assert (lit[:, 1] + 0.5 >= left - 0.5).all()
    assert (lit[:, 1] + 0.5 <= right + 0.5).all()
    assert (lit[:, 0] + 0.5 >= top - 0.5).all()
    assert (lit[:, 0] + 0.5 <= bottom + 0.5).all()


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int16, torch.int32, torch.int64])
def test_masks_keep_dtype_and_labels_and_get_their_own_fill(dtype):
    labels = torch.from_numpy(np.random.default_rng(0).integers(0, 2 if dtype == torch.bool else 100, (2, 20, 20)))
    mask = labels.to(dtype)
    batch = batch_of(noise(20, 20), masks=[mask])
    fill = 1 if dtype == torch.bool else 77
    augmenter = Rotate(mask_fill=fill)
    out = run_with(augmenter, batch, degrees=[40.0]).info.target("masks")[0]
    assert out.dtype == dtype
    assert out.shape == (2, 20, 20)
    assert set(out.unique().tolist()) <= set(mask.unique().tolist()) | {fill}
    assert (out[:, 0, 0] == fill).all()
    on_torch = run_on_torch(augmenter, batch, Params(1, degrees=np.array([40.0]))).info.target("masks")[0]
    assert (on_torch != out).float().mean() < 0.01


def test_masks_halved_read_the_same_pixels_on_both_paths():
    mask = torch.arange(64).reshape(1, 8, 8)
    batch = batch_of(noise(8, 8), masks=[mask])
    out = run(Resize(size=4), batch).info.target("masks")[0]
    assert torch.equal(out, run_on_torch(Resize(size=4), batch, Params(1)).info.target("masks")[0])
    assert torch.equal(out, mask[:, 1::2, 1::2])


def test_no_masks_and_no_boxes_stay_none_or_empty():
    batch = batch_of(noise(8, 8), noise(8, 8), masks=[torch.zeros(0, 8, 8), None], boxes=[Boxes([]), None])
    out = run(ResizedCrop(size=5), batch)
    assert out.info.target("masks")[0].shape == (0, 5, 5)
    assert out.info.target("masks")[1] is None
    assert len(out.info.target("boxes")[0]) == 0
    assert out.info.target("boxes")[1] is None


def test_flip_swaps_left_and_right_points():
    points = Keypoints([[1.0, 2.0], [7.0, 2.0], [4.0, 5.0]], visible=[True, False, True], swap=[(0, 1)])
    out = run(HFlip(), batch_of(noise(10, 10), keypoints=[points])).info.target("keypoints")[0]
    np.testing.assert_allclose(out.data, [[3.0, 2.0], [9.0, 2.0], [6.0, 5.0]])
    assert out.visible.tolist() == [False, True, True]
    turned = run_with(Rotate(), batch_of(noise(10, 10), keypoints=[points]), degrees=[180.0])
    np.testing.assert_allclose(turned.info.target("keypoints")[0].data[0], [9.0, 8.0])


def test_points_that_leave_become_invisible_and_stay_in_order():
    points = Keypoints([[1.0, 1.0], [9.0, 9.0]])
    params = {"top": [0], "left": [0], "height": [5], "width": [5]}
    out = run_with(ResizedCrop(size=5), batch_of(noise(10, 10), keypoints=[points]), **params)
    assert out.info.target("keypoints")[0].visible.tolist() == [True, False]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (101, 99)])
@pytest.mark.parametrize("layout", ["planar", "channels_last", "strided"])
def test_any_size_and_memory_layout(height, width, layout):
    image = noise(height * 2, width * 2)[:, ::2, ::2]
    image = {"planar": image.contiguous(), "channels_last": noise(height, width), "strided": image}[layout]
    for augmenter in (HFlip(), Rotate(), Affine(), ResizedCrop(size=7), Resize(size=7)):
        same = run(augmenter, batch_of(image.contiguous())).data[0]
        assert torch.equal(run(augmenter, batch_of(image)).data[0], same)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Affine(scale=(0, 1)), "scale="),
        (lambda: Resize(size=0), "size=0"),
        (lambda: Resize(size=(1, 2, 3)), "size="),
        (lambda: Rotate(fill=2.0), "fill=2.0"),
        (lambda: Rotate(border="wrap"), "border='wrap'"),
        (lambda: ResizedCrop(ratio=(0, 1)), "ratio="),
    ],
)
def test_wrong_configurations_are_refused(build, message):
    with pytest.raises(ConfigError, match=message):
        build()


def test_fill_per_channel_must_fit_the_channels():
    with pytest.raises(ConfigError, match="fill"):
        run_with(Rotate(fill=(0.1, 0.2)), batch_of(noise(8, 8)), degrees=[10.0])
