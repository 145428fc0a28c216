"""FMix and ResizeMix beside loops, np.fft and PIL; the label's weights are what the pixels show."""

import doctest

import numpy as np
import PIL.Image
import pytest
import torch
from augreg_image.mixing import fmix, resizemix
from augreg_image.mixing.fmix import FMix
from augreg_image.mixing.resizemix import ResizeMix
from augreg_image.mixing.soft_noise import highest, highest_on_device, soft_noise
from hypothesis import given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, noise, rng_for, run, run_with, share

import augreg
from augreg import Boxes, Keypoints
from augreg.data.batch import Batch
from augreg.kernel import noise as keyed

SIDE = st.integers(1, 24)


def key(i):
    return f"{i:016x}"


def cloud(seed, height, width, decay):
    """The noise of the paper, frequency by frequency."""
    columns = width // 2 + 1
    numbers = keyed.normal_numpy(seed, height * columns * 2).astype(float)
    spectrum = np.zeros((height, columns), complex)
    for y in range(height):
        for x in range(columns):
            frequency = np.hypot(min(y, height - y) / height, x / width)
            k = 2 * (y * columns + x)
            size = max(frequency, 1 / max(height, width)) ** decay
            spectrum[y, x] = complex(numbers[k], numbers[k + 1]) / size
    return np.fft.irfft2(spectrum, s=(height, width))


def contrast(height, width, channels=1):
    """Two pictures that differ in every pixel."""
    return torch.zeros(channels, height, width, dtype=torch.uint8), torch.ones(
        channels, height, width, dtype=torch.uint8
    )


@pytest.mark.parametrize("size", [(20, 30), (15, 21), (17, 8), (1, 9), (9, 1)])
@pytest.mark.parametrize("decay", [0.0, 1.5, 3.0])
def test_fmix_keeps_the_highest_places_of_low_frequency_noise(size, decay):
    batch = batch_of(*contrast(*size), label=[0, 1])
    columns = {"partner": [[key(1)], [key(0)]], "share": [0.3, 0.8], "noise": [7, 1234567]}
    out = run_with(FMix(decay=decay), batch, **columns)
    for i, (seed, kept) in enumerate([(7, 0.3), (1234567, 0.8)]):
        field = cloud(seed, *size, decay)
        count = round(kept * field.size)
        stays = np.zeros(field.size, bool)
        stays[np.argsort(-field.ravel())[:count]] = True
        assert np.array_equal(out.data[i][0].numpy() == i, stays.reshape(size))


@given(SIDE, SIDE, st.floats(0, 1), st.integers(0, 2**62))
@settings(max_examples=60, deadline=None)
def test_the_label_of_fmix_is_the_share_of_the_pixels(height, width, kept, seed):
    batch = batch_of(*contrast(height, width), label=[0, 1])
    columns = {"partner": [[key(1)], [key(0)]], "share": [kept] * 2, "noise": [seed, seed]}
    out = run_with(FMix(classes=2), batch, **columns)
    for row, weights in zip(out.data, out.info.target("label"), strict=True):
        found = int(row.sum()) / row.numel()
        assert abs(float(weights[1]) - found) < 1e-6
    assert abs(1 - kept - int(out.data[0].sum()) / out.data[0].numel()) <= 0.5 / (height * width) + 1e-9


@given(SIDE, SIDE, st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_the_label_of_resizemix_is_the_area_of_a_patch_inside(height, width, seed):
    batch = batch_of(*contrast(height, width), label=[0, 1])
    out = run(ResizeMix(classes=2), batch, seed=seed)
    for i, (row, weights) in enumerate(zip(out.data, out.info.target("label"), strict=True)):
        pasted = np.argwhere(row[0].numpy() != i)
        low, high = pasted.min(axis=0), pasted.max(axis=0) + 1
        assert len(pasted) == np.prod(high - low)  # a rectangle
        for side, patch in zip((height, width), high - low, strict=True):
            assert max(1, round(0.1 * side)) <= patch <= max(1, round(0.8 * side))
        assert abs(float(weights[1 - i]) - len(pasted) / row[0].numel()) < 1e-6


def test_the_regions_of_fmix_are_larger_the_stronger_low_frequencies_are():
    columns = {"partner": [[key(1)], [key(0)]], "share": [0.5, 0.5], "noise": [3, 4]}
    edges = []
    for decay in (0.0, 1.5, 3.0):
        mask = run_with(FMix(decay=decay), batch_of(*contrast(64, 64)), **columns).data[0][0].numpy().astype(int)
        edges.append(sum(int(np.abs(np.diff(mask, axis=axis)).sum()) for axis in (0, 1)))
    assert edges[0] == pytest.approx(64 * 63, rel=0.1)  # half of all pairs of neighbors
    assert edges[0] > 2 * edges[1] > 4 * edges[2]


def test_the_share_of_fmix_follows_the_beta_distribution():
    batch = batch_of(*[noise(4, 4, 1)] * 2000)
    for alpha in (0.3, 1.0, 5.0):
        drawn = FMix(alpha=alpha).draw(batch.info, rng_for(batch)).array("share")
        assert drawn.mean() == pytest.approx(0.5, abs=0.03)
        assert drawn.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_of_equal_places_the_first_are_taken():
    field = np.array([[1.0, 2.0, 1.0], [1.0, 0.0, 2.0]])
    assert highest(field, 3).tolist() == [[True, True, False], [False, False, True]]
    assert not highest(field, 0).any()
    assert highest(field, 6).all()


@pytest.mark.parametrize("size", [(24, 30), (15, 21), (31, 8), (1, 5), (64, 64)])
def test_the_masks_of_devices_hold_as_many_pixels_and_are_nearly_the_same(size):
    keys, n = np.array([5, 6, 7, 2**62]), size[0] * size[1]
    counts = np.array([0, n // 3, n - 1, n])
    found = highest_on_device(keys, counts, size, 3.0, torch.device("cpu")).numpy()
    assert found.sum(axis=(1, 2)).tolist() == counts.tolist()
    for one, seed, count in zip(found, keys.tolist(), counts.tolist(), strict=True):
        assert (one != highest(soft_noise(seed, size, 3.0), count)).sum() <= max(2, 0.002 * n)
    alone = [highest_on_device(keys[i : i + 1], counts[i : i + 1], size, 3.0, torch.device("cpu")) for i in range(4)]
    assert np.array_equal(torch.cat(alone).numpy(), found)


@pytest.mark.parametrize("augmenter", [FMix(), ResizeMix()], ids=["fmix", "resizemix"])
def test_a_sample_has_the_same_bits_in_any_batch(augmenter):
    rows = [noise(20, 26, seed=s) for s in range(4)]
    batch = batch_of(*rows)
    params = augmenter.draw(batch.info, rng_for(batch))
    whole = augmenter.apply(batch, params).data
    at_once = augmenter.apply(Batch(torch.stack(rows), batch.info), params).data
    for i in range(4):
        some = np.array([i, *(j for j in range(4) if key(j) == params["partner"][i][0])])
        assert torch.equal(augmenter.apply(batch.take(some[:2]), _pair(params, some)).data[0], whole[i])
        assert torch.equal(at_once[i], whole[i])


def _pair(params, some):
    """The parameters of a sample and of its partner, who takes that sample for his own one."""
    rows = [params.row(int(i)) for i in some]
    rows[1]["partner"] = [key(int(some[0]))]
    return augreg.Params.from_rows(rows)


@pytest.mark.parametrize("box", [[3, 2, 20, 12], [0, 0, 1, 1], [10, 8, 30, 20], [0, 0, 30, 20]])
@pytest.mark.parametrize("theirs", [(20, 30), (57, 44), (6, 5)])
def test_resizemix_pastes_what_pil_makes_of_the_partner(box, theirs):
    batch = batch_of(noise(20, 30), noise(*theirs, seed=1))
    out = run_with(ResizeMix(), batch, partner=[[key(1)], [key(0)]], box=[box, [0, 0, 1, 1]])
    left, top, right, bottom = box
    other = PIL.Image.fromarray(batch.data[1].permute(1, 2, 0).numpy())
    patch = np.asarray(other.resize((right - left, bottom - top), PIL.Image.Resampling.BILINEAR)).astype(int)
    found = out.data[0].permute(1, 2, 0).numpy().astype(int)
    assert np.abs(found[top:bottom, left:right] - patch).max() <= 1
    found[top:bottom, left:right] = batch.data[0].permute(1, 2, 0).numpy()[top:bottom, left:right]
    assert np.array_equal(found, batch.data[0].permute(1, 2, 0).numpy())


@pytest.mark.parametrize("augmenter", [FMix(), ResizeMix()], ids=["fmix", "resizemix"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float16, torch.float32])
def test_values_keep_their_dtype_and_the_inputs(augmenter, dtype):
    rows = [noise(12, 14, seed=s, dtype=dtype) for s in range(2)]
    before = [row.clone() for row in rows]
    out = run(augmenter, batch_of(*rows))
    for mine, yours, mixed in zip(before, before[::-1], out.data, strict=True):
        assert mixed.dtype == dtype
        own = share(mixed) == share(mine)
        assert (own | (share(mixed) == share(yours))).all() or isinstance(augmenter, ResizeMix)
        assert own.any()
    assert all(torch.equal(a, b) for a, b in zip(rows, before, strict=True))


def test_resizemix_scales_and_moves_targets_and_covers_own_ones():
    boxes = [Boxes([[6, 3, 10, 8], [22, 2, 28, 9]], labels=[1, 2]), Boxes([[0, 0, 20, 40]], labels=[3])]
    points = [Keypoints([[7, 5], [25, 5]]), Keypoints([[30, 20], [59, 39]])]
    maps = [torch.zeros(20, 30, dtype=torch.int64), torch.ones(40, 60, dtype=torch.int64)]
    batch = batch_of(noise(20, 30), noise(40, 60, seed=1), boxes=boxes, keypoints=points, masks=maps)
    out = run_with(ResizeMix(), batch, partner=[[key(1)], [key(0)]], box=[[5, 2, 20, 12], [0, 0, 1, 1]]).info
    assert out.target("boxes")[0].labels == [2, 3]
    np.testing.assert_allclose(out.target("boxes")[0].data, [[22, 2, 28, 9], [5, 2, 10, 12]])
    np.testing.assert_allclose(out.target("keypoints")[0].data[2:], [[12.5, 7], [19.75, 11.75]])
    assert out.target("keypoints")[0].visible.tolist() == [False, True, True, True]
    expected = maps[0].clone()
    expected[2:12, 5:20] = 1
    assert torch.equal(out.target("masks")[0], expected)


def test_resizemix_keeps_instances_of_both():
    far, under, theirs = (torch.zeros(1, 20, 20, dtype=torch.uint8) for _ in range(3))
    far[0, 15:, 15:], under[0, 2:4, 2:4], theirs[0, 4:16, 4:16] = 1, 1, 1
    boxes = [Boxes([[2, 2, 4, 4], [15, 15, 20, 20]], labels=["under", "far"]), Boxes([[4, 4, 16, 16]], labels=["in"])]
    batch = batch_of(noise(20, 20), noise(20, 20, seed=1), boxes=boxes, masks=[torch.cat([under, far]), theirs])
    out = run_with(ResizeMix(), batch, partner=[[key(1)], [key(0)]], box=[[0, 0, 10, 10], [0, 0, 1, 1]]).info
    assert out.target("boxes")[0].labels == ["far", "in"]
    np.testing.assert_allclose(out.target("boxes")[0].data[1], [2, 2, 8, 8])
    assert torch.equal(out.target("masks")[0][0], far[0])
    assert np.argwhere(out.target("masks")[0][1].numpy()).tolist() == [[y, x] for y in range(2, 8) for x in range(2, 8)]


@given(st.integers(0, 2**40), st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_targets_of_fmix_follow_its_mask(seed, kept):
    """Instances: what shows of each, in a box around it. Label maps: pixel by pixel. Points: whose pixel shows."""
    first, second = contrast(20, 30)
    masks = [torch.zeros(2, 20, 30, dtype=torch.uint8), torch.zeros(1, 20, 30, dtype=torch.uint8)]
    places = [[[2, 3, 12, 9], [16, 10, 28, 19]], [[5, 2, 25, 17]]]
    for mask, some in zip(masks, places, strict=True):
        for plane, (left, top, right, bottom) in zip(mask, some, strict=True):
            plane[top:bottom, left:right] = 1
    boxes = [Boxes(places[0], labels=[0, 1]), Boxes(places[1], labels=[2])]
    points = [Keypoints([[4.5, 4.5]]), Keypoints([[4.5, 4.5]])]
    columns = {"partner": [[key(1)], [key(0)]], "share": [kept, 1.0], "noise": [seed, 0]}
    out = run_with(FMix(), batch_of(first, second, boxes=boxes, masks=masks, keypoints=points), **columns)
    stays, left = out.data[0][0].numpy() == 0, []
    for k, whole in enumerate([*masks[0].numpy(), *masks[1].numpy()]):
        shown = (whole != 0) & (stays if k < 2 else ~stays)
        if shown.sum() >= max(1, 0.1 * whole.sum()):
            left.append((k, shown))
    found = out.info.target("boxes")[0]
    assert found.labels == [k for k, _ in left]
    assert len(out.info.target("masks")[0]) == len(left)
    for box, mask, (_, shown) in zip(found.data, out.info.target("masks")[0].numpy(), left, strict=True):
        rows, cols = np.nonzero(shown)
        assert np.array_equal(mask != 0, shown)
        assert box.tolist() == [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]
    assert out.info.target("keypoints")[0].visible.tolist() == [bool(stays[4, 4]), not stays[4, 4]]
    maps = [torch.zeros(20, 30, dtype=torch.int32), torch.full((20, 30), 5, dtype=torch.int32)]
    out = run_with(FMix(), batch_of(first, second, masks=maps), **columns)
    assert np.array_equal(out.info.target("masks")[0].numpy(), np.where(stays, 0, 5))


def test_fmix_keeps_boxes_without_masks_whole_while_enough_of_them_shows():
    boxes = [Boxes([[0, 0, 30, 20]], labels=["a"]), Boxes([[0, 0, 30, 20]], labels=["b"])]
    columns = {"partner": [[key(1)], [key(0)]], "share": [0.95, 0.5], "noise": [3, 4]}
    out = run_with(FMix(min_visibility=0.1), batch_of(*contrast(20, 30), boxes=boxes), **columns).info.target("boxes")
    assert [found.labels for found in out] == [["a"], ["b", "a"]]
    assert out[1].data.tolist() == [[0, 0, 30, 20]] * 2


@pytest.mark.parametrize("wrong", [{"scale": [0.0, 0.5]}, {"scale": [0.5, 1.2]}, {"alpha": 1.0}])
def test_resizemix_refuses_what_makes_no_patch(wrong):
    with pytest.raises(augreg.ConfigError, match=next(iter(wrong))):
        augreg.make("image.resizemix", **wrong)


@pytest.mark.parametrize("module", [fmix, resizemix])
def test_the_examples_of_the_docstrings_hold(module):
    assert doctest.testmod(module) == (0, 5)
