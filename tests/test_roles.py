"""What belongs to a sample goes along with it: whole layouts, schemas, columns, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pycocotools.mask
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision import tv_tensors

import augreg
from augreg.data import run_lengths
from augreg.modalities.segments import polygons

HEIGHT, WIDTH = 48, 64
DICE = np.random.default_rng(0)
PICTURE = PIL.Image.fromarray(DICE.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
FLIP = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
CROP = augreg.Pipeline({"image": [{"image.crop": {"size": [30, 40]}}]})
REGION = np.zeros((HEIGHT, WIDTH), dtype=bool)
REGION[30:45, 40:60] = True


def coco() -> list[dict[str, Any]]:
    """Two annotations, as CocoDetection returns them: a polygon, and a crowd in run lengths."""
    packed = pycocotools.mask.encode(np.asfortranarray(REGION.astype(np.uint8)))
    return [
        {"id": 1, "bbox": [10, 5, 20, 10], "segmentation": [[10, 5, 30, 5, 30, 15, 10, 15]], "area": 200, "iscrowd": 0},
        {"id": 2, "bbox": [40, 30, 20, 15], "segmentation": {**packed, "counts": packed["counts"].decode()}}
        | {"area": 300.0, "iscrowd": 1},
    ]


def mirrored(boxes: Any) -> list[list[float]]:
    """Boxes x, y, width, height of a mirrored picture."""
    return [[WIDTH - x - w, y, w, h] for x, y, w, h in boxes]


# Layouts that are recognized as a whole ------------------------------------------------------------------------------


def test_coco_detection_of_torchvision() -> None:
    given_ = coco()
    picture, out = augreg.augment((PICTURE, given_), FLIP, seed=1, keys=1)
    assert picture.tobytes() == PICTURE.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT).tobytes()
    assert [each["bbox"] for each in out] == mirrored(each["bbox"] for each in given_)
    assert out[0]["segmentation"] == [[54, 5, 34, 5, 34, 15, 54, 15]]
    assert (run_lengths.decode(out[1]["segmentation"]) == REGION[:, ::-1]).all()
    assert [(each["id"], each["area"], each["iscrowd"]) for each in out] == [(1, 200, 0), (2, 300.0, 1)]
    assert given_ == coco()


def test_what_a_crop_leaves_of_coco_is_what_masks_leave() -> None:
    """Boxes, areas and segments agree with masks of the objects; a picture of its own coordinates tells the crop."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.uint8)
    places = PIL.Image.fromarray(np.stack([rows, columns, rows], axis=2))
    for key in range(30):
        out = augreg.augment({"image": places, "annotations": coco(), "id": key}, CROP, seed=5)
        top, left, _ = out["image"].getpixel((0, 0))
        for each in out["annotations"]:
            mask = REGION if each["id"] == 2 else run_lengths.decode(_rle(coco()[0]["segmentation"], HEIGHT, WIDTH))
            cut = mask[top : top + 30, left : left + 40]
            rows, columns = np.nonzero(cut)
            box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
            assert each["bbox"] == box
            assert each["area"] == cut.sum()
            segment = each["segmentation"]
            assert (run_lengths.decode(segment if each["id"] == 2 else _rle(segment, 30, 40)) == cut).all()


def _rle(segments: Any, height: int, width: int) -> Any:
    return pycocotools.mask.merge(pycocotools.mask.frPyObjects(segments, height, width))


def test_persons_of_coco_exchange_left_and_right() -> None:
    points = DICE.uniform(5, 40, (17, 2)).round(1)
    flags = np.array([2] * 10 + [1] * 5 + [0] * 2)
    points[flags == 0] = 0
    flat = [x for (a, b), v in zip(points.tolist(), flags.tolist(), strict=True) for x in (a, b, v)]
    person = {"bbox": [5, 5, 35, 35], "keypoints": flat, "num_keypoints": 15, "area": 900.0}
    (out,) = augreg.augment((PICTURE, [person]), FLIP, seed=1, keys=1)[1]
    found = np.asarray(out["keypoints"]).reshape(17, 3)
    order = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    wanted = np.column_stack([WIDTH - points[:, 0], points[:, 1], flags])[order]
    wanted[wanted[:, 2] == 0, :2] = 0
    np.testing.assert_allclose(found, wanted)
    assert out["num_keypoints"] == 15
    assert all(isinstance(v, int) for v in out["keypoints"][2::3])


def test_pascal_voc_of_torchvision() -> None:
    boxes = [("11", "6", "30", "15"), ("41", "31", "60", "45")]
    names = ("xmin", "ymin", "xmax", "ymax")
    objects = [{"name": n, "bndbox": dict(zip(names, b, strict=True))} for n, b in zip("ab", boxes, strict=True)]
    size = {"width": str(WIDTH), "height": str(HEIGHT), "depth": "3"}
    pair = PICTURE, {"annotation": {"filename": "x.jpg", "size": size, "object": objects}}
    out = augreg.augment(pair, FLIP, seed=1, keys=1)[1]["annotation"]
    # Counted from 1, the last pixel included: column c becomes WIDTH + 1 - c.
    assert [list(each["bndbox"].values()) for each in out["object"]] == [
        [str(WIDTH + 1 - int(b[2])), b[1], str(WIDTH + 1 - int(b[0])), b[3]] for b in boxes
    ]
    assert out["filename"] == "x.jpg"
    cut = augreg.augment(pair, CROP, seed=1, keys=1)[1]["annotation"]
    assert cut["size"] == {"width": "40", "height": "30", "depth": "3"}


@pytest.mark.parametrize("rows", [False, True], ids=["columns", "rows"])
def test_detection_records_of_hugging_face(rows) -> None:
    table = {"bbox": [[10, 5, 20, 10], [40, 30, 20, 15]], "area": [200, 300], "category": [3, 1], "id": [7, 8]}
    objects = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)] if rows else table
    out = augreg.augment({"image": PICTURE, "objects": objects}, FLIP, seed=1, keys=1)["objects"]
    found = {name: [each[name] for each in out] for name in table} if rows else out
    assert found == {**table, "bbox": mirrored(table["bbox"])}


def test_boxes_of_hugging_face_without_areas_are_refused() -> None:
    record = {"image": PICTURE, "objects": {"bbox": [[10, 5, 20, 10]], "category": [3]}}
    with pytest.raises(
        augreg.SampleError, match="'objects.bbox' looks like boxes of 'image'.*'extra': \\['objects'\\]"
    ):
        augreg.augment(record, FLIP, seed=1, keys=1)
    corners = {"image": PICTURE, "objects": {"bbox": [[10, 5, 30, 15]], "area": [200]}}
    assert augreg.augment(corners, FLIP, seed=1, keys=1)["objects"]["bbox"] == [[34, 5, 54, 15]]


def test_keywords_of_albumentations() -> None:
    picture = np.asarray(PICTURE)
    out = augreg.augment({"image": picture, "mask": REGION.astype(np.uint8)}, FLIP, seed=1, keys=1)
    assert (out["image"] == picture[:, ::-1]).all()
    assert (out["mask"] == REGION[:, ::-1]).all()


def test_dictionaries_of_ultralytics_and_mmdetection() -> None:
    shares = torch.tensor([[0.3, 0.2, 0.3, 0.2]])
    picture = torch.zeros(3, HEIGHT, WIDTH, dtype=torch.uint8)
    item = {"img": picture, "bboxes": shares, "cls": torch.tensor([[2.0]]), "batch_idx": torch.zeros(1)}
    out = augreg.augment(item, FLIP, seed=1, keys=1)
    torch.testing.assert_close(out["bboxes"], torch.tensor([[0.7, 0.2, 0.3, 0.2]]))
    results = {
        "img": np.asarray(PICTURE),
        "gt_bboxes": np.array([[10, 5, 30, 15]], dtype=np.float32),
        "gt_bboxes_labels": np.array([2]),
        "gt_seg_map": REGION.astype(np.uint8),
        "img_shape": (HEIGHT, WIDTH),
    }
    cut = augreg.augment(results, CROP, seed=1, keys=1)
    assert cut["img_shape"] == cut["img"].shape[:2] == cut["gt_seg_map"].shape == (30, 40)
    assert cut["gt_bboxes"].dtype == np.float32
    assert len(cut["gt_bboxes"]) == len(cut["gt_bboxes_labels"])


# Schemas -------------------------------------------------------------------------------------------------------------

SCHEMA = {
    "photo": "image",
    "objects.bbox": "xywh boxes of photo",
    "objects.category": "label of objects.bbox",
    "crowd": "per box of objects.bbox",
    "joints": {"role": "keypoints", "of": "objects.bbox", "format": "xyv", "flip_pairs": [[0, 1]]},
    "instances": "masks of objects.bbox",
    "extra": ["heat"],
}
BOXES = [[10, 5, 20, 10], [40, 30, 20, 15], [2, 40, 4, 4]]


def record(key: int) -> dict[str, Any]:
    masks = np.zeros((3, HEIGHT, WIDTH), dtype=np.uint8)
    for mask, (x, y, w, h) in zip(masks, BOXES, strict=True):
        mask[y : y + h, x : x + w] = 1
    joints = np.array([[[x + 1, y + 1, 2], [x + w - 1, y + 1, 1]] for x, y, w, _ in BOXES], dtype=np.float32)
    return {
        "photo": PICTURE,
        "objects": {"bbox": BOXES, "category": ["a", "b", "c"]},
        "crowd": np.array([0, 1, 2]),
        "joints": joints,
        "instances": masks,
        "heat": np.zeros((HEIGHT, WIDTH)),
        "key": key,
    }


@given(key=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_whatever_has_one_row_per_box_follows_the_boxes(key: int) -> None:
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": 0.5}}, {"image.crop": {"size": [30, 40]}}]}, schema=SCHEMA)
    given_, out = record(key), augreg.augment(record(key), pipe, seed=3)
    kept = out["crowd"].tolist()
    assert out["objects"]["category"] == ["abc"[i] for i in kept]
    assert len(out["objects"]["bbox"]) == len(out["joints"]) == len(out["instances"]) == len(kept)
    assert (out["heat"] == given_["heat"]).all()
    for (x, y, w, h), mask, joints in zip(out["objects"]["bbox"], out["instances"], out["joints"], strict=True):
        assert (mask[int(y) : int(y + h), int(x) : int(x + w)] == 1).all()
        assert mask.sum() == w * h
        inside = (joints[:, :2] >= 0).all(axis=1) & (joints[:, :2] < [40, 30]).all(axis=1)
        assert ((joints[:, 2] > 0) == inside).all()
        assert set(joints[inside, 2]) <= {1.0, 2.0}
        # The first joint is the left one, and has flag 2, in a picture that is not mirrored.
        assert joints[0, 0] < joints[1, 0]


def test_a_schema_in_the_call_and_one_of_the_pipeline_do_the_same() -> None:
    plain = augreg.Pipeline({"image": [{"image.crop": {"size": [30, 40]}}]})
    bound = augreg.Pipeline({"image": [{"image.crop": {"size": [30, 40]}}]}, schema=SCHEMA)
    a, b = augreg.augment([record(3)], plain, seed=1, schema=SCHEMA)[0], augreg.augment(record(3), bound, seed=1)
    assert a["objects"] == b["objects"]
    assert (a["joints"] == b["joints"]).all()


def test_positions_of_tuples_have_roles_too() -> None:
    row = (PICTURE, REGION.astype(np.uint8), 5)
    out = augreg.augment([row], FLIP, seed=1, keys=[1], schema={"0": "image", "1": "mask of 0"})[0]
    assert (out[1] == REGION[:, ::-1]).all()
    assert out[2] == 5


def test_boxes_in_shares_are_read_and_written_in_shares() -> None:
    shares = np.array([[0.25, 0.5, 0.5, 0.75]])
    schema = {"image": "image", "bbox": "xyxy_norm boxes of image"}
    out = augreg.augment({"image": PICTURE, "bbox": shares, "id": 1}, FLIP, seed=1, schema=schema)
    np.testing.assert_allclose(out["bbox"], [[0.5, 0.5, 0.75, 0.75]])
    with pytest.raises(augreg.SampleError, match="all of these lie within 0..1"):
        augreg.augment(
            {"image": PICTURE, "bbox": shares}, FLIP, keys=1, schema={**schema, "bbox": "xyxy boxes of image"}
        )
    with pytest.raises(augreg.SampleError, match="it holds 30, and shares of a picture's sides are 0 to 1"):
        augreg.augment({"image": PICTURE, "bbox": shares * 40}, FLIP, keys=1, schema=schema)
    with pytest.raises(augreg.SampleError, match="its format is not said"):
        augreg.augment({"image": PICTURE, "bbox": shares}, FLIP, keys=1, schema={**schema, "bbox": "boxes of image"})


def test_points_that_must_be_shares_are_refused() -> None:
    schema = {"image": "image", "points": "keypoints of image"}
    points = [[0.25, 0.5], [0.5, 0.75]]
    with pytest.raises(augreg.SampleError, match="say format: xy_norm"):
        augreg.augment({"image": PICTURE, "points": points}, FLIP, keys=1, schema=schema)
    said = {"image": "image", "points": "xy_norm keypoints of image"}
    out = augreg.augment({"image": PICTURE, "points": points}, FLIP, keys=1, schema=said)
    np.testing.assert_allclose(out["points"], [[0.75, 0.5], [0.5, 0.75]])


def test_a_column_of_another_length_is_refused() -> None:
    schema = {"image": "image", "bbox": "xywh boxes of image", "ids": "per box of bbox"}
    row = {"image": PICTURE, "bbox": BOXES, "ids": [1, 2]}
    with pytest.raises(augreg.SampleError, match="'ids' is per box of 'bbox' and holds 2 entries for 3 rows"):
        augreg.augment(row, FLIP, keys=1, schema=schema)


def test_records_without_boxes_are_mixed_with_others() -> None:
    schema = {"image": "image", "bbox": "xywh boxes of image", "ids": "per box of bbox"}
    mosaic = augreg.Pipeline({"image": [{"image.mosaic": {"p": 1.0}}]}, schema=schema)
    rows = [{"image": PICTURE, "bbox": BOXES, "ids": [1, 2, 3], "id": 0}]
    rows += [{"image": PICTURE, "bbox": [], "ids": [], "id": 1}, {"image": PICTURE, "bbox": None, "ids": [], "id": 2}]
    for seed in range(10):
        for out in augreg.augment(rows, mosaic, seed=seed):
            assert len(out["bbox"] or ()) == len(out["ids"])
            assert set(out["ids"]) <= {1, 2, 3}


def test_events_and_spans_are_dictionaries_as_data_sets_have_them() -> None:
    speed = augreg.Pipeline({"audio": [{"audio.speed": {"factor": [2.0, 2.0], "p": 1.0}}]})
    words = [{"word": "a", "start": 0.1, "end": 0.3}, {"word": "b", "start": 0.4, "end": 0.8}]
    sound = {"wave": (torch.zeros(1, 8000), 8000), "words": words, "id": 1}
    out = augreg.augment(sound, speed, seed=1, schema={"wave": "audio", "words": "events of wave"})
    assert [each["word"] for each in out["words"]] == ["a", "b"]
    found = [(each["start"], each["end"]) for each in out["words"]]
    np.testing.assert_allclose(found, [(0.05, 0.15), (0.2, 0.4)], atol=1e-4)
    lasting = {"wave": "audio", "words": "onset_duration events of wave"}
    pairs = augreg.augment({**sound, "words": [[0.1, 0.2]]}, speed, seed=1, schema=lasting)["words"]
    np.testing.assert_allclose(pairs, [[0.05, 0.1]], atol=1e-4)
    with pytest.raises(augreg.SampleError, match="events end before they start"):
        augreg.augment({**sound, "words": [[0.3, 0.2]]}, speed, seed=1, schema={"wave": "audio", "words": "events"})


def test_words_and_their_tags_are_named() -> None:
    swap = augreg.Pipeline(
        {"text": [{"text.word_swap": {"rate": 1.0, "p": 1.0}}]},
        schema={"words": "tokens", "pos": "tags of words", "lemmas": "tags of words"},
    )
    words = ["one", "two", "three", "four"]
    out = augreg.augment({"words": words, "pos": [1, 2, 3, 4], "lemmas": list("abcd"), "id": 1}, swap, seed=1)
    assert out["words"] != words
    assert [words[i - 1] for i in out["pos"]] == out["words"]
    assert out["lemmas"] == ["abcd"[i - 1] for i in out["pos"]]
    with pytest.raises(augreg.SampleError, match="'pos' is tags of 'words' and holds 3 entries for 4"):
        augreg.augment({"words": words, "pos": [1, 2, 3], "lemmas": list("abcd"), "id": 1}, swap, seed=1)


# Masks that are what they are called ---------------------------------------------------------------------------------


def test_a_label_map_with_an_axis_in_front_is_no_mask_of_the_only_box() -> None:
    labels = torch.from_numpy(DICE.integers(0, 9, (1, HEIGHT, WIDTH), dtype=np.uint8))
    sample = augreg.Image(torch.zeros(3, HEIGHT, WIDTH), boxes=augreg.Boxes([[0, 0, 2, 2]]), masks=labels)
    out = augreg.augment(sample, {"image": [{"image.center_crop": {"size": 20}}]}, seed=0, keys=0)
    assert len(out.boxes) == 0
    assert torch.equal(out.masks, labels[:, 14:34, 22:42])
    boxes = tv_tensors.BoundingBoxes([[0, 0, 2, 2]], format="XYXY", canvas_size=(HEIGHT, WIDTH))
    target = {"boxes": boxes, "mask": tv_tensors.Mask(labels > 3)}
    _, cut = augreg.augment(
        (tv_tensors.Image(sample.data), target), {"image": [{"image.center_crop": {"size": 20}}]}, seed=0, keys=0
    )
    assert torch.equal(cut["mask"], labels[:, 14:34, 22:42] > 3)
    assert isinstance(cut["mask"], tv_tensors.Mask)


@pytest.mark.parametrize("mode", ["L", "P", "1", "I", "I;16"])
def test_label_maps_of_pil_follow_and_stay_what_they_are(mode) -> None:
    labels = DICE.integers(0, 2 if mode == "1" else 200, (HEIGHT, WIDTH)).astype(
        {"L": np.uint8, "P": np.uint8, "1": bool, "I": np.int32, "I;16": np.uint16}[mode]
    )
    mask = PIL.Image.fromarray(labels)
    if mode == "P":
        mask.putpalette(list(range(256)) * 3)
    assert mask.mode == mode
    out = augreg.augment({"photo": PICTURE, "mask": mask, "id": 1}, FLIP, seed=1)["mask"]
    assert (np.asarray(out) == labels[:, ::-1]).all()
    assert out.mode == mode
    assert out.getpalette() == mask.getpalette()


def test_polygons_hold_pairs_of_numbers() -> None:
    assert [each.tolist() for each in polygons([[0, 0, 4, 0, 4, 4]])] == [[[0, 0], [4, 0], [4, 4]]]
    for wrong in ([[0, 0, 4]], [["a", "b"]], 3, [[[1, 2, 3]]]):
        with pytest.raises(augreg.SampleError):
            polygons(wrong)


@pytest.mark.parametrize("form", ["cxcywh_norm", "voc", "xywh", "cxcywhr"])
@pytest.mark.parametrize("boxes", [[[0.1, 0.1, 0.2, 0.2, 0.3, 0.4]], np.zeros((1, 1, 6)), torch.zeros(6)], ids=str)
def test_rows_of_another_length_are_refused_with_the_place_for_classes(form, boxes):
    record = {"image": np.zeros((8, 12, 3), np.uint8), "rows": boxes}
    with pytest.raises(augreg.SampleError, match=f"'rows': it has shape .*{form} is rows of . numbers.*'label of"):
        augreg.augment(
            record, ["image.hflip"], seed=1, keys=1, schema={"image": "image", "rows": f"{form} boxes of image"}
        )
