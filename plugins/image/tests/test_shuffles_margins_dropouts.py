"""Jigsaws, margins, crops around targets, and dropping pixels, strips and objects: against loops and by counting."""

import numpy as np
import pytest
import torch
from augreg_image import distortion, dropouts, margins, shuffles
from image_testkit import batch_of, noise, rng_for, run, run_with, smooth

import augreg
from augreg import Boxes, Keypoints
from augreg.data.params import Params


def test_cells_move_whole_and_points_boxes_and_masks_with_them():
    image = noise(31, 44)  # cells of 10 x 14; a row and two columns are left over
    masks = image[:1].long()
    points = np.array([[5.5, 5.5], [40.2, 28.9], [43.5, 30.5], [20.0, 11.0]])
    batch = batch_of(image, masks=[masks], keypoints=[Keypoints(points)])
    source = np.array([3, 1, 0, 2, 8, 5, 6, 7, 4])
    out = run_with(shuffles.GridShuffle(), batch, source=source[None])
    found, expected = out.data[0].numpy(), image.numpy().copy()
    for there, here in enumerate(source):
        (r, c), (y, x) = divmod(there, 3), divmod(here, 3)
        expected[:, r * 10 : r * 10 + 10, c * 14 : c * 14 + 14] = image.numpy()[:, y * 10 :, x * 14 :][:, :10, :14]
    np.testing.assert_array_equal(found, expected)
    assert torch.equal(out.info.target("masks")[0][0], out.data[0][0].long())
    moved = out.info.target("keypoints")[0].data
    for (x, y), (u, v) in zip(points, moved, strict=True):
        np.testing.assert_array_equal(found[:, int(v), int(u)], image.numpy()[:, int(y), int(x)])
    np.testing.assert_array_equal(moved[2], points[2])


def test_of_a_box_its_largest_part_is_left():
    image = noise(30, 30)
    boxes = Boxes([[2, 2, 8, 8], [6, 1, 14, 9], [8, 0, 12, 10]], labels=["in", "right", "half"])
    source = np.array([8, 1, 2, 3, 0, 5, 6, 7, 4])  # cell 0 is shown by 4, cell 1 by itself
    out = run_with(shuffles.GridShuffle(min_visibility=0.5), batch_of(image, boxes=[boxes]), source=source[None])
    found = out.info.target("boxes")[0]
    assert found.labels == ["in", "right", "half"]
    np.testing.assert_array_equal(found.data[0], [12, 12, 18, 18])
    np.testing.assert_array_equal(found.data[1], [16, 11, 20, 19])
    np.testing.assert_array_equal(found.data[2], [18, 10, 20, 20])
    few = run_with(shuffles.GridShuffle(min_visibility=0.6), batch_of(image, boxes=[boxes]), source=source[None])
    assert few.info.target("boxes")[0].labels == ["in"]


def test_all_chosen_cells_move_and_no_more():
    batch = batch_of(*[smooth(12, 12)] * 50)
    for level, count in ((0.0, 0), (0.5, 8), (1.0, 16)):
        source = shuffles.GridShuffle(cells=4).draw(batch.info, rng_for(batch), np.full(50, level)).array("source")
        assert (np.sort(source, axis=1) == np.arange(16)).all()
        assert ((source != np.arange(16)).sum(axis=1) == count).all()


def test_shuffling_on_a_device_does_the_same():
    batch = batch_of(*(noise(23, 31, seed=s) for s in range(3)))
    params = shuffles.GridShuffle().draw(batch.info, rng_for(batch))
    for i, row in enumerate(shuffles.GridShuffle().apply(batch, params).data):
        grid = shuffles.Grid(23, 31, 3, params["source"][i])
        assert torch.equal(batch.data[i].flatten(1)[:, torch.from_numpy(grid.index())].view(row.shape), row)


def test_piecewise_affine_meets_the_moves_at_its_points_and_is_linear_between():
    moves = np.random.default_rng(0).uniform(-0.05, 0.05, (9, 2))
    field = distortion.PiecewiseAffine(points=3).field(80, 120, Params(1, moves=moves[None]), 0)
    middle = field[39:41, 59:61].mean(axis=(0, 1))
    np.testing.assert_allclose(middle, moves[4] * [120, 80], atol=0.15)
    np.testing.assert_allclose(np.diff(field[:40], n=2, axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.diff(field[:, 60:], n=2, axis=1), 0, atol=1e-4)


def test_margins_are_cut_off_and_added():
    image = noise(20, 30)
    batch = batch_of(image, keypoints=[Keypoints([[10.0, 8.0]])])
    plain = margins.CropAndPad(keep_size=False, fill=0.0)
    out = run_with(plain, batch, margin=[[-4, 3, 2, -5]])
    expected = np.pad(image.numpy()[:, :15, 4:], ((0, 0), (3, 0), (0, 2)))
    np.testing.assert_array_equal(out.data[0].numpy(), expected)
    np.testing.assert_allclose(out.info.target("keypoints")[0].data, [[6, 11]])
    kept = run_with(margins.CropAndPad(), batch, margin=[[-4, 3, 2, -5]])
    assert kept.data[0].shape == image.shape
    np.testing.assert_allclose(kept.info.target("keypoints")[0].data, [[6 * 30 / 28, 11 * 20 / 18]])


def test_a_level_sets_the_margins_and_not_their_signs():
    batch = batch_of(*[smooth(40, 80)] * 30)
    margin = margins.CropAndPad().draw(batch.info, rng_for(batch), np.full(30, 0.4)).array("margin")
    assert (np.abs(margin) == [8, 4, 8, 4]).all()
    assert {1, -1} == set(np.sign(margin).ravel().tolist())


def test_a_mask_crop_shows_the_mask_at_every_place_that_does():
    mask = torch.zeros(40, 60, dtype=torch.int64)
    mask[30, 7] = 3
    n = 300
    batch = batch_of(*[smooth(40, 60)] * n, masks=[mask] * n)
    crop = margins.MaskCrop(size=(12, 16))
    params = crop.draw(batch.info, rng_for(batch))
    assert set(params.array("top").tolist()) == set(range(19, 29))
    assert set(params.array("left").tolist()) == set(range(8))
    assert all((m == 3).any() for m in crop.apply(batch, params).info.target("masks"))


def test_a_mask_crop_without_labels_goes_anywhere_and_pads_small_pictures():
    batch = batch_of(*[smooth(20, 20)] * 200, masks=[torch.zeros(20, 20, dtype=torch.uint8)] * 200)
    params = margins.MaskCrop(size=(16, 30)).draw(batch.info, rng_for(batch))
    assert set(params.array("top").tolist()) == set(range(5))
    assert set(params.array("left").tolist()) == set(range(-10, 1))


def test_a_box_crop_holds_the_box_and_its_margin():
    boxes = Boxes([[10, 12, 30, 22], [40, 5, 50, 35]])
    batch = batch_of(*[smooth(50, 70)] * 100, boxes=[boxes] * 100)
    seen = set()
    for top, left, height, width in margins.BoxCrop(margin=0.2).draw(batch.info, rng_for(batch))["rectangle"].tolist():
        seen.add((left, top, left + width, top + height))
    assert seen == {(6, 10, 34, 24), (38, 0, 52, 41)}


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("per_channel", [False, True])
def test_pixels_are_dropped_at_the_rate_drawn_alike_on_all_devices(dtype, per_channel):
    augmenter = dropouts.PixelDropout(per_channel=per_channel, fill=0.5)
    batch = batch_of(*(noise(90, 80, seed=s, dtype=dtype) * 0 for s in range(2)))
    params = Params(2, amount=np.array([0.2, 0.0]), noise=np.array([4, 5]))
    out = augmenter.apply(batch, params)
    assert out.data[1] is batch.data[1]
    dropped = out.data[0] != 0
    assert float(dropped.float().mean()) == pytest.approx(0.2, abs=0.01)
    assert bool((dropped[0] == dropped[1]).all()) is not per_channel
    assert set(out.data[0].unique().tolist()) == {0, 128 if dtype == torch.uint8 else 0.5}
    assert torch.equal(augmenter.on_device(torch.stack(list(batch.data)), params)[0], out.data[0])


def test_strips_run_from_edge_to_edge():
    image = torch.full((3, 40, 50), 9, dtype=torch.uint8)
    batch = batch_of(*[image] * 20)
    out = run(dropouts.StripDropout(rows=1, columns=2, size=0.1), batch)
    for row in out.data:
        black = (row[0] == 0).numpy()
        assert black.all(axis=1).sum() == 4
        assert black.all(axis=0).sum() in range(5, 11)
        assert (black == black.all(axis=1)[:, None] | black.all(axis=0)).all()


def test_covered_objects_leave_all_targets():
    image = torch.full((3, 20, 30), 200, dtype=torch.uint8)
    masks = torch.zeros(2, 20, 30, dtype=torch.uint8)
    masks[0, 2:8, 3:9] = 1
    masks[1, 5:15, 6:20] = 1
    boxes = Boxes([[3, 2, 9, 8], [6, 5, 20, 15]], labels=["a", "b"])
    points = Keypoints([[4.5, 4.5], [18.5, 12.5], [8.5, 7.5]])
    batch = batch_of(image, boxes=[boxes], masks=[masks], keypoints=[points])
    out = run_with(dropouts.MaskDropout(), batch, gone=[[1, 0]])
    assert torch.equal(out.data[0][0] == 0, masks[0] > 0)
    assert out.info.target("boxes")[0].labels == ["b"]
    assert torch.equal(out.info.target("masks")[0], masks[1:] * (masks[:1] == 0))
    assert out.info.target("keypoints")[0].visible.tolist() == [False, True, False]
    label_map = masks[:1] * 4 + masks[1:] * 7
    whole = run_with(dropouts.MaskDropout(), batch_of(image, boxes=[boxes], masks=[label_map[0]]), gone=[[0, 1]])
    cut = whole.info.target("masks")[0]
    assert not cut[5:15, 6:20].any()
    assert torch.equal(cut[:5], label_map[0, :5])


def test_an_object_of_a_clip_is_covered_in_all_its_frames():
    pytest.importorskip("augreg_video")
    boxes = [Boxes([[2 + k, 2, 8 + k, 8], [12, 10, 20, 18]], labels=["a", "b"]) for k in range(4)]
    clip = augreg.Video(torch.full((4, 3, 20, 24), 200, dtype=torch.uint8), fps=5.0, boxes=boxes)
    pipe = augreg.Pipeline({"video": [{"image.mask_dropout": {"chance": 0.5, "p": 1.0}}]})
    seen = set()
    for result in augreg.augment([clip.changed(key=k) for k in range(12)], pipe, seed=1):
        left = {tuple(found.labels) for found in result.boxes}
        assert len(left) == 1
        seen |= left
        for k, frame in enumerate(result.data):
            assert bool((frame[:, 3:7, 4 + k] == 0).all()) is ("a" not in next(iter(left)))
    assert len(seen) > 2
