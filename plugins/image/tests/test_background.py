"""Pictures without objects among pictures with some: what they gain in a mixture comes with all that is theirs."""

import numpy as np
import PIL.Image
import pytest
import torch
from augreg_image.mixing.partners import join_boxes

import augreg
from augreg import Boxes, Image, Keypoints, SampleError

MIXERS = {
    **{name: {} for name in ("mixup", "cutmix", "fmix", "resizemix")},
    "mosaic": {"scale": [1.0, 1.0]},
    "copy_paste": {"chance": 1.0},
}
NONE = {"absent": None, "empty": Boxes(np.zeros((0, 4)))}


def mixed(step, batch, seed, keys=None):
    pipe = augreg.Pipeline({"image": [{f"image.{step}": {"p": 1.0, **MIXERS[step]}}]})
    return augreg.augment(batch, pipe, seed=seed, keys=keys or list(range(len(batch))))


def scene(as_tensor=False):
    pixels, boxes = np.zeros((40, 60, 3), np.uint8), [[10, 5, 40, 25], [3, 30, 20, 38]]
    masks = np.zeros((2, 40, 60), np.uint8)
    for k, (left, top, right, bottom) in enumerate(boxes):
        pixels[top:bottom, left:right, 0] = 120 + 80 * k
        masks[k, top:bottom, left:right] = 1
    objects = Boxes(boxes, labels=["cat", "dog"], columns={"id": [7, 8]})
    points = Keypoints([[12, 7]], visible=[2])
    if as_tensor:
        return Image(torch.from_numpy(pixels).permute(2, 0, 1), objects, torch.from_numpy(masks), points)
    return Image(pixels, objects, masks, points)


@pytest.mark.parametrize("step", MIXERS)
@pytest.mark.parametrize("boxes", NONE.values(), ids=NONE)
@pytest.mark.parametrize("as_tensor", [False, True])
def test_what_can_be_seen_has_a_box_its_mask_and_its_columns(step, boxes, as_tensor):
    objects, seen = scene(as_tensor), 0
    black = objects.data * 0
    for seed in range(8):
        for out in mixed(step, [Image(black, boxes=boxes), objects], seed):
            count = 0 if out.boxes is None else len(out.boxes)
            red = np.asarray(out.data)[0] if as_tensor else out.data[..., 0]
            if (red > 0).sum() > 100:
                seen += 1
                assert count
            if not count:
                continue
            assert [{"cat": 7, "dog": 8}[name] for name in out.boxes.labels] == list(out.boxes.columns["id"])
            assert out.masks.shape == (count, 40, 60)
            assert isinstance(out.masks, torch.Tensor) == as_tensor
            for mask, (left, top, right, bottom) in zip(np.asarray(out.masks) > 0, out.boxes.data, strict=True):
                rows, columns = np.nonzero(mask)  # what is covered has left the mask, and not always the box
                assert left - 1.01 <= columns.min() <= columns.max() <= right + 0.01
                assert top - 1.01 <= rows.min() <= rows.max() <= bottom + 0.01
    assert seen > 3


@pytest.mark.parametrize("step", MIXERS)
def test_pictures_without_objects_stay_without(step):
    batch = [Image(np.full((8, 9, 3), 40 * k, np.uint8)) for k in range(3)]
    for out in mixed(step, batch, seed=1):
        assert out.boxes is None
        assert out.masks is None


@pytest.mark.parametrize("step", ["mixup", "cutmix", "fmix", "resizemix", "copy_paste"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_a_picture_alone_is_mixed_with_nothing(step, dtype):
    one = scene(as_tensor=True)
    one = Image((one.data / 255).to(dtype) if dtype.is_floating_point else one.data, one.boxes, one.masks)
    for seed in range(4):
        [out] = mixed(step, [one], seed)
        assert torch.equal(out.data, one.data)
        assert torch.equal(out.masks, one.masks)
        np.testing.assert_array_equal(out.boxes.data, one.boxes.data)


def test_a_cut_leaves_the_masks_of_the_objects_that_it_covers():
    objects = scene()
    for seed in range(8):
        _, out = mixed("cutmix", [Image(objects.data * 0), objects], seed)
        for mask in out.masks:
            assert not (mask.astype(bool) & (out.data[..., 0] == 0)).any()


def test_what_holds_a_picture_must_have_a_place_for_its_boxes():
    picture = PIL.Image.fromarray(scene().data * 0)
    boxed = Image(scene().data, scene().boxes)
    with pytest.raises(SampleError, match="without boxes was mixed .* no place for boxes"):
        mixed("mixup", [picture, Image(PIL.Image.fromarray(boxed.data), boxed.boxes)], seed=1)


def test_label_maps_on_one_side_alone_are_refused():
    one, other = (
        Image(np.zeros((8, 9, 3), np.uint8), masks=np.ones((8, 9), np.uint8)),
        Image(np.zeros((8, 9, 3), np.uint8)),
    )
    for step in ("mixup", "cutmix", "fmix", "resizemix", "mosaic"):
        with pytest.raises(SampleError, match="label map and its partner has none"):
            mixed(step, [one, other], seed=1)


def test_labels_on_one_side_alone_are_refused():
    named, bare = Boxes([[0, 0, 1, 1]], labels=["a"], columns={"id": [3]}), Boxes([[1, 1, 2, 2]])
    with pytest.raises(SampleError, match="has labels beside its boxes"):
        join_boxes([named, bare])
    with pytest.raises(SampleError, match="has column 'id' beside"):
        join_boxes([named, Boxes([[1, 1, 2, 2]], labels=["b"])])
    both = join_boxes([Boxes(np.zeros((0, 4))), named])
    assert (both.labels, both.columns) == (["a"], {"id": [3]})


@pytest.mark.parametrize("name", ["hflip", "rotate", "crop", "coarse_dropout", "cutmix", "fmix", "resizemix", "mosaic"])
def test_flags_of_points_stay_or_become_0(name):
    rng = np.random.default_rng(3)
    batch = []
    for _ in range(6):
        points = Keypoints(rng.uniform(0, 40, (9, 2)), visible=np.arange(9) % 3, swap=[(2, 8), (1, 4)])
        batch.append(Image(np.zeros((40, 40, 3), np.uint8), keypoints=points))
    params = {"crop": {"size": 20}}.get(name, {})
    pipe = augreg.Pipeline({"image": [{f"image.{name}": {"p": 1.0, **params}}]})
    for out in augreg.augment(batch, pipe, seed=3, keys=list(range(6))):
        flags = out.keypoints.visible.reshape(-1, 9)
        assert flags.dtype == np.int64
        assert ((flags == np.arange(9) % 3) | (flags == 0)).all()
    assert name != "hflip" or (flags == np.arange(9) % 3).all()


def test_flags_that_mean_nothing_are_refused():
    with pytest.raises(SampleError, match=r"visible holds 0\.7; give True and False"):
        Keypoints([[1, 1], [2, 2]], visible=[1.0, 0.7])
    with pytest.raises(SampleError, match="visible holds 3"):
        Keypoints([[1, 1]], visible=torch.tensor([3]))
    assert Keypoints([[1, 1]], visible=[True]).visible.dtype == bool
