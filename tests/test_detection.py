"""Batches for detection: what torchvision's models and Hugging Face's image processors take, whatever items were."""

import numpy as np
import PIL.Image
import pytest
import torch
from torch.utils.data import Dataset
from torchvision import tv_tensors

import augreg

STEPS = [{"image.hflip": {"p": 1}}]
FORMATS = {"xyxy": [4, 6, 14, 26], "xywh": [4, 6, 10, 20], "cxcywh": [9, 16, 10, 20]}


class Scenes(Dataset):
    """Pictures of several sizes, number i with i boxes, as somebody's data set of pairs holds them."""

    def __init__(self, held="tv", form="xyxy"):
        self.held, self.form = held, form

    def __len__(self):
        return 4

    def __getitem__(self, i):
        height, width = 64 + 8 * i, 80
        picture = PIL.Image.fromarray(np.random.default_rng(i).integers(0, 256, (height, width, 3), np.uint8))
        rows, labels = np.array([FORMATS[self.form]] * i, np.float32).reshape(-1, 4), list(range(1, i + 1))
        if self.held == "tv":
            boxes = tv_tensors.BoundingBoxes(rows, format=self.form.upper(), canvas_size=(height, width))
            return picture, {"boxes": boxes, "labels": torch.tensor(labels, dtype=torch.int64), "image_id": i}
        if self.held == "plain":
            return picture, {"boxes": torch.from_numpy(rows), "labels": labels, "image_id": i}
        if self.held == "record":
            return {"photo": picture, "boxes": augreg.Boxes(rows, self.form), "labels": labels, "image_id": i}
        return augreg.Image(picture, boxes=augreg.Boxes(rows, self.form, labels=labels), key=i)


@pytest.mark.parametrize("held", ["tv", "plain", "record", "sample"])
@pytest.mark.parametrize("form", list(FORMATS))
def test_every_way_to_hold_boxes_gives_one_batch(held, form):
    """Pictures are tensors as they stand, boxes (left, top, right, bottom) beside them, empty where there are none."""
    data, options = Scenes(held, form), {"boxes": form} if held == "plain" else {}
    images, targets = next(iter(augreg.loader(data, STEPS, seed=1, batch_size=4, stack="detection", **options)))
    assert [tuple(image.shape) for image in images] == [(3, 64 + 8 * i, 80) for i in range(4)]
    for i, (image, target) in enumerate(zip(images, targets, strict=True)):
        plain = np.asarray(Scenes()[i][0])[:, ::-1].transpose(2, 0, 1)
        assert np.array_equal(image.numpy(), plain)
        assert type(image) is type(target["boxes"]) is torch.Tensor
        assert target["boxes"].dtype == torch.float32
        assert target["boxes"].tolist() == [[80 - 14, 6, 80 - 4, 26]] * i
        assert target["labels"].dtype == torch.int64
        assert (target["labels"].tolist(), target["image_id"]) == (list(range(1, i + 1)), i)


@pytest.mark.parametrize("held", ["tv", "record", "sample"])
def test_coco_annotations(held):
    """One dictionary per object, boxes as (left, top, width, height), with the area of the box as it is now."""
    _, found = next(iter(augreg.loader(Scenes(held), STEPS, seed=1, batch_size=4, stack="coco")))
    assert found[0] == {"image_id": 0, "annotations": []}
    first = {"bbox": [66.0, 6.0, 10.0, 20.0], "category_id": 1, "area": 200.0, "iscrowd": 0}
    assert found[2] == {"image_id": 2, "annotations": [first, {**first, "category_id": 2}]}


def test_image_processor_of_hugging_face_takes_the_batch():
    """DETR's processor pads all pictures to the largest, and makes boxes shares of that: here of 88 x 80."""
    transformers = pytest.importorskip("transformers")
    images, found = next(iter(augreg.loader(Scenes(), STEPS, seed=1, batch_size=4, stack="coco")))
    processor = transformers.DetrImageProcessor(do_resize=False, do_pad=True)
    out = processor(list(images), annotations=list(found), return_tensors="pt")
    middle, size = [71 / 80, 16 / 88], [10 / 80, 20 / 88]
    assert torch.allclose(out["labels"][1]["boxes"], torch.tensor([middle + size]), atol=1e-5)
    assert out["labels"][1]["class_labels"].tolist() == [1]


@pytest.mark.slow
def test_a_model_of_torchvision_learns_from_the_batch():
    """The losses of a small detector are finite, also where a picture holds nothing."""
    from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn

    steps = [*STEPS, "image.sanitize", "image.to_tensor"]
    model = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=5)
    images, targets = next(iter(augreg.loader(Scenes(), steps, seed=1, batch_size=4, stack="detection")))
    losses = model(list(images), list(targets))
    assert all(torch.isfinite(loss) for loss in losses.values())
    sum(losses.values()).backward()


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ((PIL.Image.new("RGB", (80, 60)), {"labels": torch.tensor([1]), "image_id": 1}), "no field 'boxes'"),
        (augreg.Image(PIL.Image.new("RGB", (80, 60)), key=1), "no field 'boxes'"),
        ({"id": 1, "a": PIL.Image.new("RGB", (9, 9)), "b": PIL.Image.new("RGB", (9, 9))}, "2 fields that are pictures"),
        (
            augreg.Image(np.zeros((9, 9, 3), np.uint8), boxes=augreg.Boxes([[1, 1, 5, 5, 9]], "cxcywhr"), key=1),
            "turned",
        ),
    ],
)
def test_what_is_no_scene_is_refused(item, what):
    collate = augreg.collate([{"image.brightness": {"p": 0}}], stack="detection")
    with pytest.raises(augreg.SampleError, match=what):
        collate([item])


def test_other_words_are_refused():
    with pytest.raises(augreg.ConfigError, match="Did you mean 'detection'"):
        augreg.collate(STEPS, stack="detections")
    with pytest.raises(augreg.SampleError, match="without labels"):
        augreg.collate(STEPS, stack="coco")([(PIL.Image.new("RGB", (80, 60)), {"boxes": augreg.Boxes([[1, 1, 5, 5]])})])
