"""Targets in records: classes follow what is mixed, columns follow their boxes, and what cannot follow is refused."""

import re

import numpy as np
import PIL.Image
import pytest
import torch
from torchvision import tv_tensors

import augreg
from augreg.kernel import mix_labels


def grey(value):
    return torch.full((3, 8, 8), value, dtype=torch.uint8)


def mixup(**options):
    return augreg.Pipeline({"image": [{"image.mixup": {"alpha": 1.0, **options}}]})


RECORDS = {
    "label": lambda i: {"image": grey(60 * i), "label": i},
    "target of numpy": lambda i: {"image": grey(60 * i), "target": np.int64(i)},
    "labels as a tensor": lambda i: {"image": grey(60 * i), "labels": torch.tensor(i)},
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_class_of_a_record_is_mixed_as_its_picture(name):
    records = [RECORDS[name](i) for i in range(4)]
    (field,) = set(records[0]) - {"image"}
    out = augreg.augment(records, mixup(classes=4), seed=1, modality="image")
    for record in out:
        weights = record[field]
        assert weights.shape == (4,)
        assert weights.sum().item() == pytest.approx(1.0)
        expected = (weights * torch.tensor([0.0, 60, 120, 180])).sum()  # pictures and classes are mixed alike
        assert record["image"].float().mean().item() == pytest.approx(expected.item(), abs=0.51)
    assert any(0 < record[field].max() < 1 for record in out)


def test_pairs_of_a_picture_and_its_class_are_mixed_as_records_are():
    pairs = [(grey(60 * i), i) for i in range(4)]
    records = [{"image": grey(60 * i), "label": i} for i in range(4)]
    mixed = augreg.augment(pairs, mixup(classes=4), seed=1, modality="image")
    alike = augreg.augment(records, mixup(classes=4), seed=1, modality="image")
    for (picture, weights), record in zip(mixed, alike, strict=True):
        assert weights.shape == (4,)
        assert torch.dot(weights, torch.tensor([0.0, 60, 120, 180])).item() == pytest.approx(
            picture.float().mean().item(), abs=0.51
        )
        assert torch.is_tensor(record["label"])


def test_without_the_number_of_classes_a_class_becomes_shares():
    out = augreg.augment(
        [{"image": grey(60 * i), "label": "abcd"[i]} for i in range(4)], mixup(), seed=1, modality="image"
    )
    for record in out:
        value = {"a": 0, "b": 60, "c": 120, "d": 180}
        mean = sum(value[name] * share for name, share in record["label"].items())
        assert record["image"].float().mean().item() == pytest.approx(mean, abs=0.51)


def test_a_column_of_classes_comes_back_as_a_column_of_weights():
    batch = {"image": torch.stack([grey(60 * i) for i in range(4)]), "label": torch.arange(4), "index": torch.arange(4)}
    out = augreg.augment(batch, mixup(classes=4), seed=1, schema={"image": "image"})
    assert out["label"].shape == (4, 4)
    assert out["index"] is batch["index"]
    means = out["image"].float().mean(dim=(1, 2, 3))
    torch.testing.assert_close(out["label"] @ torch.tensor([0.0, 60, 120, 180]), means, atol=0.51, rtol=0)


def test_classes_stay_as_they_are_where_nothing_is_mixed():
    record = {"image": grey(9), "label": 3}
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
    assert augreg.augment([record], pipe, seed=1, modality="image")[0]["label"] == 3
    captioned = augreg.augment([(grey(9), "a caption"), (grey(99), "b")], mixup(), seed=1, modality="image")
    assert [caption for _, caption in captioned] == ["a caption", "b"]


def test_the_class_of_two_pictures_that_are_mixed_apart_is_refused():
    record = {"left": grey(1), "right": grey(2), "label": 3}
    with pytest.raises(augreg.SampleError, match="'left' and 'right'.*'label' can follow one"):
        augreg.augment([record, record], mixup(), seed=1, modality="image")


UNCLEAR = {
    "one-hot of whole numbers": torch.tensor([0, 1, 0]),
    "truth values": np.array([True, False]),
    "a list of numbers": [0, 1, 0],
    "a measure": 0.5,
    "a measure as a tensor": torch.tensor(0.5),
}


@pytest.mark.parametrize("value", UNCLEAR.values(), ids=list(UNCLEAR))
@pytest.mark.parametrize("p", [1.0, 1e-9])
def test_what_may_be_the_class_does_not_stay_as_it_is_beside_a_mixture(value, p):
    pairs, records = [(grey(9), value)] * 2, [{"image": grey(9), "label": value}] * 2
    for items, name in ((pairs, "1"), (records, "label")):
        with pytest.raises(augreg.SampleError, match=f"'{name}' .* may be its class, which would stay as it is"):
            augreg.augment(items, mixup(p=p), seed=1, modality="image")
    apart = {"image": "image", "extra": ["label"]}
    assert augreg.augment(records, mixup(p=p), seed=1, schema=apart)[0]["label"] is value
    assert augreg.augment(records, [{"image.hflip": {"p": 1}}], seed=1, modality="image")[0]["label"] is value


@pytest.mark.parametrize("name", ["fine_label", "category", "class_id", "Class_Name"])
def test_a_class_of_another_name_follows_by_the_schema_that_the_error_names(name):
    records = [{"image": grey(60 * i), name: "abcd"[i]} for i in range(4)]
    said = {"image": "image", name: "label of image"}
    with pytest.raises(augreg.SampleError, match=re.escape(f"schema={said}")):
        augreg.augment(records, mixup(), seed=1, modality="image")
    usual = [{"image": record["image"], "label": record[name]} for record in records]
    expected = augreg.augment(usual, mixup(), seed=1, modality="image")
    for found, other in zip(augreg.augment(records, mixup(), seed=1, schema=said), expected, strict=True):
        assert found[name] == other["label"]


def test_one_hot_classes_of_whole_numbers_are_averaged_where_the_schema_says_so():
    records = [{"image": grey(60 * i), "y": torch.eye(4, dtype=torch.int64)[i]} for i in range(4)]
    for out in augreg.augment(records, mixup(), seed=1, schema={"image": "image", "y": "label of image"}):
        expected = (out["y"] * torch.tensor([0.0, 60, 120, 180])).sum().item()
        assert out["image"].float().mean().item() == pytest.approx(expected, abs=0.51)


def test_lists_have_no_mean():
    with pytest.raises(augreg.SampleError, match=r"label=\[0, 1\] is a list, which has no mean"):
        mix_labels([[0, 1], [1, 0]], [0.5, 0.5])


def test_columns_of_boxes_leave_with_them():
    size = (40, 60)
    target = {
        "boxes": tv_tensors.BoundingBoxes(
            torch.tensor([[0.0, 0, 10, 10], [45, 25, 60, 40]]), format="XYXY", canvas_size=size
        ),
        "labels": torch.tensor([1, 2]),
        "area": torch.tensor([100.0, 225.0]),
        "iscrowd": [0, 1],
        "image_id": 7,
    }
    pipe = augreg.Pipeline({"image": [{"image.crop": {"size": 20}}]})
    picture = torch.zeros(3, *size, dtype=torch.uint8)
    seen = set()
    for seed in range(40):
        _, out = augreg.augment((picture, target), pipe, seed=seed, keys=0, modality="image")
        kept = out["labels"].tolist()
        x1, y1, x2, y2 = out["boxes"].T
        assert out["area"].tolist() == ((x2 - x1) * (y2 - y1)).tolist()  # what is left of each
        assert out["iscrowd"] == [{1: 0, 2: 1}[label] for label in kept]
        assert len(out["boxes"]) == len(kept)
        assert out["image_id"] == 7
        seen.add(tuple(kept))
    assert {(1,), (2,)} <= seen


@pytest.mark.parametrize("name", ["labels", "area", "iscrowd", "scores"])
@pytest.mark.parametrize("kind", [list, tuple, torch.tensor, np.array])
def test_columns_of_another_length_than_the_boxes_are_refused_where_these_move(name, kind):
    picture = torch.zeros(3, 40, 60, dtype=torch.uint8)
    boxes = tv_tensors.BoundingBoxes(torch.tensor([[0.0, 0, 10, 10]]), format="XYXY", canvas_size=(40, 60))
    target = {"boxes": boxes, name: kind([1, 2])}
    crop = [{"image.crop": {"size": 20}}]
    with pytest.raises(augreg.SampleError, match=f"'{name}' holds 2 entries for the 1 rows of 'boxes'"):
        augreg.augment((picture, target), crop, seed=1, keys=0, modality="image")
    brighter = augreg.augment((picture, target), ["image.brightness"], seed=1, keys=0, modality="image")
    assert brighter[1][name] is target[name]
    out = augreg.augment((picture, target), crop, seed=1, keys=0, modality="image", schema={"extra": [name]})
    assert out[1][name] is target[name]
    gone = augreg.augment(
        (picture, {**target, name: kind([1])}),
        [{"image.center_crop": {"size": 8}}],
        modality="image",
        schema={"extra": [name]},
    )
    assert (len(gone[1]["boxes"]), list(gone[1][name])) == (0, [1])


def test_targets_of_another_size_are_refused():
    picture = torch.zeros(3, 30, 45, dtype=torch.uint8)
    pipe = augreg.Pipeline({"image": ["image.hflip"]})
    boxes = tv_tensors.BoundingBoxes(torch.tensor([[0.0, 0, 1, 1]]), format="XYXY", canvas_size=(10, 10))
    mask = tv_tensors.Mask(torch.zeros(10, 10, dtype=torch.uint8))
    for name, value in (("boxes", boxes), ("mask", mask)):
        with pytest.raises(augreg.SampleError, match=f"record 0: '{name}' is for a sample of 10 x 10, .* has 30 x 45"):
            augreg.augment([{"image": picture, name: value}], pipe, seed=1, modality="image")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("objects", {"bbox": [[1, 2, 3, 4]], "category": [3]}, "objects.bbox"),
        ("labels", [{"bbox": [1, 2, 3, 4], "category_id": 3}], "labels.bbox"),
    ],
)
def test_nested_boxes_do_not_stay_behind(field, value, named):
    pipe = augreg.Pipeline({"image": ["image.hflip"]})
    record = {"image": torch.zeros(3, 30, 45, dtype=torch.uint8), field: value}
    with pytest.raises(augreg.SampleError, match=f"{named!r} looks like boxes of 'image'"):
        augreg.augment([record], pipe, seed=1, modality="image")
    with pytest.raises(augreg.SampleError, match=f"{named!r} looks like"):  # a schema for something else says nothing
        augreg.augment([record], pipe, seed=1, schema={"image": "image"})
    apart = {"image": "image", "extra": [field]}
    assert augreg.augment([record], pipe, seed=1, schema=apart)[0][field] is value


def test_raw_events_do_not_stay_behind():
    pipe = augreg.Pipeline({"audio": [{"audio.speed": {"factor": [2.0, 2.0]}}]})
    record = {"audio": (torch.zeros(1, 8000), 8000), "events": [[0.1, 0.2]]}
    with pytest.raises(augreg.SampleError, match=r"'events' looks like events of 'audio' .*augreg\.Events"):
        augreg.augment([record], pipe, seed=1)


def test_bare_boxes_and_masks_are_no_pictures_where_images_are_stated():
    pipe = augreg.Pipeline({"image": ["image.hflip"]})
    for name, value in (("boxes", torch.zeros(2, 4)), ("mask", np.zeros((30, 45), dtype=np.float32))):
        record = {"image": torch.zeros(3, 30, 45, dtype=torch.uint8), name: value}
        with pytest.raises(augreg.SampleError, match="would stay behind"):
            augreg.augment([record], pipe, seed=1, modality="image")


def test_a_picture_called_mask_is_not_augmented_by_itself():
    photo, mask = PIL.Image.new("RGB", (8, 6)), PIL.Image.new("L", (8, 6))
    flip = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
    with pytest.raises(augreg.SampleError, match="'mask' is called like masks of 'image', but holds a Image"):
        augreg.augment([{"image": photo, "mask": photo}], flip, seed=1, keys=[1])
    both = augreg.augment(
        {"image": photo, "mask": mask}, flip, seed=1, keys=1, schema={"image": "image", "mask": "image"}
    )
    assert both["mask"].mode == "L"
    assert augreg.augment({"mask": mask}, flip, seed=1, keys=1)["mask"].size == (8, 6)


PLAIN = {
    "tensor": torch.tensor([[1.0, 2, 4, 5], [3, 0, 7, 6]]),
    "integers": torch.tensor([[1, 2, 4, 5], [3, 0, 7, 6]]),
    "array": np.array([[1, 2, 4, 5], [3, 0, 7, 6]], dtype=np.float32),
    "list": [[1, 2, 4, 5], [3, 0, 7, 6]],
}


@pytest.mark.parametrize("boxes", PLAIN.values(), ids=PLAIN)
def test_plain_boxes_move_where_the_caller_says_their_format(boxes):
    photo = torch.zeros(3, 6, 8, dtype=torch.uint8)
    flip = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
    target = {"boxes": boxes, "labels": torch.tensor([4, 5]), "image_id": 7}
    _, out = augreg.augment((photo, target), flip, seed=1, keys=1, modality="image", boxes="xyxy")
    assert type(out["boxes"]) is type(boxes)
    assert getattr(out["boxes"], "dtype", None) == getattr(boxes, "dtype", None)
    assert np.asarray(out["boxes"]).tolist() == [[4, 2, 7, 5], [1, 0, 5, 6]]  # x becomes 8 - x
    assert out["labels"].tolist() == [4, 5]
    record = augreg.augment({"img": augreg.Image(photo), "bbox": [[1, 2, 3, 3]], "id": 1}, flip, seed=1, boxes="xywh")
    assert record["bbox"] == [[4.0, 2.0, 3.0, 3.0]]


def test_plain_boxes_leave_with_their_labels():
    photo = torch.zeros(3, 8, 8, dtype=torch.uint8)
    crop = augreg.Pipeline({"image": [{"image.center_crop": {"size": 4}}]})
    target = {"boxes": torch.tensor([[0.0, 0, 1, 1], [2, 2, 5, 5]]), "labels": torch.tensor([1, 2])}
    out = crop.bind(seed=1, boxes="xyxy", modality="image")(photo, target, key=0)[1]
    assert out["labels"].tolist() == [2]
    assert out["boxes"].tolist() == [[0, 0, 3, 3]]


def test_plain_boxes_of_another_form_are_refused():
    photo = augreg.Image(torch.zeros(3, 6, 8, dtype=torch.uint8))
    flip = augreg.Pipeline({"image": ["image.hflip"]})
    with pytest.raises(augreg.ConfigError, match="boxes='xyyx' is no format of boxes.*'xyxy'"):
        augreg.augment({"img": photo, "boxes": [[1, 2, 3, 4]], "id": 1}, flip, seed=1, boxes="xyyx")
    with pytest.raises(augreg.SampleError, match=r"field 'boxes': xyxy boxes have shape \(1, 5\)"):
        augreg.augment({"img": photo, "boxes": [[1, 2, 3, 4, 5]], "id": 1}, flip, seed=1, boxes="xyxy")


SHARES = [[0.5, 0.5, 0.2, 0.4]]


def test_boxes_in_shares_of_the_sides_are_refused_with_both_readings():
    photo, flip = torch.zeros(3, 48, 64, dtype=torch.uint8), augreg.Pipeline({"image": ["image.hflip"]})
    boxes = augreg.Boxes(SHARES, format="cxcywh")
    both = r"within 0..1, the first \[0.5, 0.5, 0.2, 0.4\], of a picture of 48 x 64.*width 64 and height 48.*first pix"
    for made in (
        lambda: augreg.augment([augreg.Image(photo, boxes=boxes)] * 4, flip, seed=1, keys=[1, 2, 3, 4]),
        lambda: augreg.augment(augreg.Image(photo, boxes=boxes), flip, seed=1, keys=1),
        lambda: augreg.augment((augreg.Image(photo), {"boxes": boxes}), flip, seed=1, keys=1),
        lambda: augreg.augment({"img": augreg.Image(photo), "bbox": SHARES, "id": 1}, flip, seed=1, boxes="cxcywh"),
    ):
        with pytest.raises(augreg.SampleError, match=both):
            made()
    for fine in ([[0, 0, 1, 2]], [[0, 0, 0, 0]], np.zeros((0, 4))):  # in pixels; empty boxes stand for none
        augreg.augment(augreg.Image(photo, boxes=augreg.Boxes(fine)), flip, seed=1, keys=1)


@pytest.mark.parametrize("name", ["gt_bboxes", "bounding_boxes", "landmarks"])
def test_targets_under_the_names_of_other_libraries_are_refused(name):
    photo, flip = augreg.Image(torch.zeros(3, 48, 64, dtype=torch.uint8)), augreg.Pipeline({"image": ["image.hflip"]})
    with pytest.raises(augreg.SampleError, match=f"'{name}' looks like"):
        augreg.augment({"image": photo, name: np.array([[1.0, 2.0, 11.0, 22.0]])}, flip, seed=1, keys=1)


@pytest.mark.parametrize("name", ["mask", "gt_semantic_seg", "segmentation"])
def test_label_maps_under_the_names_of_other_libraries_follow(name):
    photo, flip = augreg.Image(torch.zeros(3, 48, 64)), augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
    value = np.random.default_rng(0).integers(0, 9, (48, 64), dtype=np.uint8)
    out = augreg.augment({"image": photo, name: value}, flip, seed=1, keys=1)[name]
    assert (out == value[:, ::-1]).all()
