"""Mixing: pixels, soft labels, boxes, masks and points of several samples."""

import numpy as np
import pytest
import torch
from augreg_image.mixing.collage import Mosaic
from augreg_image.mixing.fmix import FMix
from augreg_image.mixing.pairs import CutMix, MixUp
from augreg_image.mixing.partners import join_boxes
from augreg_image.mixing.pasting import CopyPaste
from augreg_image.mixing.resizemix import ResizeMix
from image_testkit import batch_of, noise, rng_for, run, run_with, share

from augreg import Boxes, Keypoints
from augreg.data.batch import Batch
from augreg.data.class_labels import mix_labels
from augreg.data.params import Params
from augreg.errors import SampleError


def pair(**targets):
    return batch_of(noise(20, 30), noise(20, 30, seed=1), **targets)


def key(i):
    return f"{i:016x}"


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float16, torch.float32])
def test_mixup_blends_pictures_and_labels(dtype):
    batch = batch_of(noise(6, 7, dtype=dtype), noise(6, 7, seed=1, dtype=dtype), label=[0, 2])
    out = run_with(MixUp(classes=3), batch, partner=[[key(1)], [key(0)]], share=[0.7, 0.4])
    a, b = (row.numpy().astype(float) for row in batch.data)
    step = 0.51 if dtype in (torch.uint8, torch.uint16) else 1e-3
    np.testing.assert_allclose(out.data[0].numpy().astype(float), 0.7 * a + 0.3 * b, atol=step)
    assert out.data[0].dtype == dtype
    torch.testing.assert_close(out.info.target("label")[1], torch.tensor([0.6, 0.0, 0.4]))


def test_mixup_keeps_boxes_points_and_instances_of_both():
    boxes = [Boxes([[1, 1, 5, 5]], labels=["a"]), Boxes([[2, 2, 3, 3], [4, 4, 9, 9]], labels=["b", "c"])]
    points = [Keypoints([[1, 1], [2, 2]], swap=[(0, 1)]), Keypoints([[3, 3], [4, 4]], swap=[(0, 1)])]
    masks = [torch.ones(1, 20, 30), torch.ones(2, 20, 30)]
    out = run_with(
        MixUp(), pair(boxes=boxes, keypoints=points, masks=masks), partner=[[key(1)], [key(0)]], share=[0.5, 0.5]
    )
    assert out.info.target("boxes")[0].labels == ["a", "b", "c"]
    assert out.info.target("keypoints")[0].swap == [(0, 1), (2, 3)]
    assert out.info.target("masks")[0].shape == (3, 20, 30)
    maps = [torch.zeros(20, 30), torch.ones(20, 30)]
    out = run_with(MixUp(), pair(masks=maps), partner=[[key(1)], [key(0)]], share=[0.3, 0.9])
    assert (out.info.target("masks")[0] == 1).all()
    assert (out.info.target("masks")[1] == 1).all()


def test_partners_of_other_sizes_are_scaled():
    boxes = [None, Boxes([[0, 0, 10, 10]])]
    batch = batch_of(noise(20, 30), noise(10, 10), boxes=boxes)
    out = run_with(MixUp(), batch, partner=[[key(1)], [key(0)]], share=[0.5, 0.5])
    assert [tuple(row.shape) for row in out.data] == [(3, 20, 30), (3, 10, 10)]
    np.testing.assert_allclose(out.info.target("boxes")[0].data, [[0, 0, 30, 20]])


def test_cutmix_pastes_a_rectangle_and_weights_labels_by_area():
    batch = pair(label=["cat", "dog"])
    out = run_with(CutMix(), batch, partner=[[key(1)], [key(0)]], box=[[5, 2, 20, 12], [0, 0, 0, 0]])
    expected = batch.data[0].clone()
    expected[:, 2:12, 5:20] = batch.data[1][:, 2:12, 5:20]
    assert torch.equal(out.data[0], expected)
    assert out.info.target("label")[0] == pytest.approx({"cat": 0.75, "dog": 0.25})
    assert out.info.target("label")[1] == "dog"
    assert torch.equal(out.data[1], batch.data[1])


def test_cutmix_area_of_the_rectangle_is_what_the_share_leaves():
    batch = batch_of(*[noise(100, 100, 1)] * 300)
    box = CutMix().draw(batch.info, rng_for(batch)).array("box")
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) / 1e4
    assert 0.15 < area.mean() < 0.5
    assert (box >= 0).all()
    assert (box <= 100).all()


def test_cutmix_moves_targets():
    boxes = [
        Boxes([[6, 3, 10, 8], [22, 2, 28, 9]], labels=[1, 2]),
        Boxes([[0, 0, 10, 20], [21, 0, 30, 5]], labels=[3, 4]),
    ]
    points = [Keypoints([[7, 5], [25, 5]]), Keypoints([[8, 6], [1, 1]])]
    masks = [torch.zeros(20, 30, dtype=torch.int64), torch.ones(20, 30, dtype=torch.int64)]
    batch = pair(boxes=boxes, keypoints=points, masks=masks)
    out = run_with(CutMix(), batch, partner=[[key(1)], [key(0)]], box=[[5, 2, 20, 12], [0, 0, 0, 0]]).info
    assert out.target("boxes")[0].labels == [2, 3]
    np.testing.assert_allclose(out.target("boxes")[0].data, [[22, 2, 28, 9], [5, 2, 10, 12]])
    assert out.target("keypoints")[0].visible.tolist() == [False, True, True, False]
    expected = masks[0].clone()
    expected[2:12, 5:20] = 1
    assert torch.equal(out.target("masks")[0], expected)


def test_mosaic_places_four_pictures_and_their_targets():
    images = [torch.full((1, 40, 40), v, dtype=torch.uint8) for v in (10, 20, 30, 40)]
    boxes = [Boxes([[0, 0, 40, 40]], labels=[i]) for i in range(4)]
    weights = [torch.eye(4)[i] for i in range(4)]
    batch = batch_of(
        *images, boxes=boxes, label=weights, masks=[(im > 0).long() * (i + 1) for i, im in enumerate(images)]
    )
    partner = [[key((i + k) % 4) for k in (1, 2, 3)] for i in range(4)]
    out = run_with(Mosaic(), batch, partner=partner, centre=[[0.5, 0.25]] * 4, scale=[[1.0] * 4] * 4)
    first = out.data[0][0]
    assert [int(first[y, x]) for y, x in ((0, 0), (0, 39), (39, 0), (39, 39))] == [10, 20, 30, 40]
    quarters = [[0, 0, 20, 10], [20, 0, 40, 10], [0, 10, 20, 40], [20, 10, 40, 40]]
    np.testing.assert_allclose(out.info.target("boxes")[0].data, quarters)
    torch.testing.assert_close(out.info.target("label")[0], torch.tensor([0.125, 0.125, 0.375, 0.375]))
    assert len(out.info.target("masks")[0]) == 4
    small = run_with(Mosaic(fill=1.0), batch, partner=partner, centre=[[0.5, 0.5]] * 4, scale=[[0.25] * 4] * 4).data[0][
        0
    ]
    assert small[0, 0] == 255
    assert small[19, 19] == 10
    assert small[20, 20] == 40


def test_copy_paste_pastes_objects_with_their_masks():
    mine, yours = torch.zeros(1, 10, 10, dtype=torch.uint8), torch.zeros(1, 10, 10, dtype=torch.uint8)
    mine[0, 1:3, 1:3] = 1
    yours[0, 0:5, 0:5] = 1
    far = torch.zeros(1, 10, 10, dtype=torch.uint8)
    far[0, 8:, 8:] = 1
    batch = batch_of(
        noise(10, 10), noise(10, 10, seed=1),
        boxes=[Boxes([[1, 1, 3, 3], [8, 8, 10, 10]], labels=["a", "far"]), Boxes([[0, 0, 5, 5]], labels=["b"])],
        masks=[torch.cat([mine, far]), yours],
        keypoints=[Keypoints([[2, 2], [9, 9]]), None],
    )  # fmt: skip
    out = run_with(CopyPaste(chance=1.0), batch, partner=[[key(1)], [key(1)]], dice=np.zeros((2, 64)))
    expected = batch.data[0].clone()
    expected[:, :5, :5] = batch.data[1][:, :5, :5]
    assert torch.equal(out.data[0], expected)
    assert out.info.target("boxes")[0].labels == ["far", "b"]
    assert torch.equal(out.info.target("masks")[0], torch.cat([far, yours]))
    assert out.info.target("keypoints")[0].visible.tolist() == [False, True]
    assert out.data[1] is batch.data[1]


def test_labels_of_every_kind():
    assert mix_labels([3, 5], [0.25, 0.75], None) == {3: 0.25, 5: 0.75}
    assert mix_labels([3, 3], [0.25, 0.75], None) == 3
    assert mix_labels([{1: 0.5, 2: 0.5}, 1], [0.5, 0.5], None) == {1: 0.75, 2: 0.25}
    assert mix_labels([None, None], [0.5, 0.5], None) is None
    np.testing.assert_allclose(mix_labels([np.array([1.0, 0]), np.array([0, 1.0])], [0.2, 0.8], None), [0.2, 0.8])
    with pytest.raises(SampleError, match="some samples"):
        mix_labels([None, 1], [0.5, 0.5], None)
    with pytest.raises(SampleError, match="label=7"):
        mix_labels([7, 1], [0.5, 0.5], 5)


def test_partners_are_others_and_survive_reordering():
    batch = batch_of(*(noise(6, 6, seed=s) for s in range(5)))
    params = MixUp().draw(batch.info, rng_for(batch))
    assert all(params["partner"][i][0] != key(i) for i in range(5))
    order = np.array([4, 2, 0, 1, 3])
    plain = MixUp().apply(batch, params).data
    turned = MixUp().apply(batch.take(order), params.take(order)).data
    for k, i in enumerate(order):
        assert torch.equal(turned[k], plain[i])
    with pytest.raises(SampleError, match="not in the batch"):
        MixUp().apply(batch.take(np.array([0])), Params(1, partner=[[key(9)]], share=np.array([0.5])))


def test_a_lone_sample_is_mixed_with_itself_and_nothing_is_modified():
    image = noise(8, 8)
    before = image.clone()
    for augmenter in (MixUp(), CutMix(), FMix(), ResizeMix(), CopyPaste()):
        out = run(augmenter, batch_of(image))
        assert (out.data[0].int() - image.int()).abs().max() <= 1
    run(Mosaic(), batch_of(image, noise(8, 8, seed=2)))
    assert torch.equal(image, before)


@pytest.mark.parametrize(
    "augmenter", [MixUp(), CutMix(), FMix(), ResizeMix(), Mosaic(fill=0.2)], ids=lambda a: type(a).__name__
)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float16, torch.float32])
def test_a_stacked_batch_is_mixed_at_once_with_the_same_result(augmenter, dtype):
    """As on a device: pictures in one call, targets as ever."""
    rows = [noise(20, 26, seed=s, dtype=dtype) for s in range(4)]
    boxes = [Boxes([[2, 3, 9, 12]], labels=[k]) for k in range(4)]
    batch = batch_of(*rows, boxes=boxes, label=list("abcd"))
    params = augmenter.draw(batch.info, rng_for(batch))
    single = augmenter.apply(batch, params)
    at_once = augmenter.apply(Batch(torch.stack(rows), batch.info), params)
    for a, b in zip(single.data, at_once.data, strict=True):
        near = {torch.uint8: 1.01 / 255, torch.float16: 1e-3}.get(dtype, 2e-5)
        np.testing.assert_allclose(share(a), share(b), atol=near)
    assert single.info.target("label") == at_once.info.target("label")
    for a, b in zip(single.info.target("boxes"), at_once.info.target("boxes"), strict=True):
        np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize(
    "labels", [("a", "b"), ["a", "b"], np.array([1, 2], dtype=np.int32), torch.tensor([1, 2]), np.array(["x", "y"])]
)
def test_labels_of_boxes_stay_the_kind_they_are(labels):
    boxes = [Boxes([[1, 1, 9, 9], [10, 10, 19, 19]], labels=labels) for _ in range(2)]
    joined = join_boxes(boxes).labels
    assert type(joined) is type(labels)
    assert list(joined) == [*labels, *labels]
    assert getattr(joined, "dtype", None) == getattr(labels, "dtype", None)
