"""COCO on disk: pycocotools and torchvision read what is written, and what is bad is refused by line and name."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

import augreg
from augreg.errors import ConfigError, MediaError
from augreg.media.labels import About, Labels, Said, reading
from augreg.media.labels.coco import Coco
from augreg.media.labels.objects import side_pairs

WIDTH, HEIGHT = 64, 48
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
CAT = {"id": 3, "name": "cat", "supercategory": "pet"}
PERSON = {"id": 90, "name": "person", "keypoints": ["nose", "left_eye", "right_eye"], "skeleton": [[1, 2]]}
STREAK = coco_mask.encode(np.asfortranarray(np.eye(HEIGHT, WIDTH, dtype=np.uint8)))
PACKED = {"size": [HEIGHT, WIDTH], "counts": STREAK["counts"].decode()}
PLAIN = {"size": [HEIGHT, WIDTH], "counts": [48 * 10 + 5, 20, 48 * 54 - 25]}


def about(path: str = "a.png") -> About:
    return About(path=path, modality="image", width=WIDTH, height=HEIGHT)


def document() -> dict[str, Any]:
    boxes: list[dict[str, Any]] = [
        {"id": 7, "category_id": 3, "bbox": [10, 5, 20, 30], "area": 300.5, "iscrowd": 0, "attributes": {"wet": [1]}},
        {"id": 8, "category_id": 90, "bbox": [1.25, 1, 30, 40.5], "segmentation": [[1.25, 1, 31.25, 1, 9, 41.5]],
         "keypoints": [12, 8, 2, 0, 0, 0, 26, 20, 1], "num_keypoints": 2, "area": 607.5, "iscrowd": 0},
        {"id": 11, "category_id": 3, "bbox": [10, 5, 1, 20], "segmentation": PLAIN, "area": 20, "iscrowd": 1},
        {"id": 12, "category_id": 3, "bbox": [-2, 0, 50, 48], "segmentation": PACKED, "area": 48.0, "iscrowd": 1},
    ]  # fmt: skip
    return {
        "info": {"year": 2017, "description": "Tiere é"},
        "licenses": [{"id": 1, "name": "CC"}],
        "images": [
            {"id": 139, "file_name": "a.png", "width": WIDTH, "height": HEIGHT, "license": 1, "flickr": "x"},
            {"id": 2, "file_name": "sub/b.png", "width": WIDTH, "height": HEIGHT},
        ],
        "annotations": [{**each, "image_id": 139, "segmentation": each.get("segmentation", [])} for each in boxes],
        "categories": [CAT, PERSON],
        "own": {"tool": "mine"},
    }


def put(root: Path, content: Any, name: str = "instances.json") -> Path:
    (root / "sub").mkdir(exist_ok=True)
    for path in ("a.png", "sub/b.png"):
        PIL.Image.new("RGB", (WIDTH, HEIGHT)).save(root / path)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def opened(root: Path, given: str = "instances.json") -> tuple[Coco, list[Said]]:
    head, said = Coco.open(root, given)
    return Coco(json.loads(json.dumps(head))), list(said)


def again(form: Coco, said: list[Said]) -> list[Any]:
    return [form.row(form.read(each.raw, about(each.file)), about(each.file)) for each in said]


def in_pycocotools(path: Path) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def ordered(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "annotations": sorted(content["annotations"], key=lambda each: each["id"])}


def test_all_that_a_file_says_comes_out_again(tmp_path: Path) -> None:
    form, said = opened(put(tmp_path, document()))
    assert [each.file for each in said] == ["a.png", "sub/b.png"]
    written = b"".join(form.write(again(form, said)))
    assert json.loads(written) == document()
    assert written == b"".join(form.write(again(form, said)))
    assert list(json.loads(written)) == list(document())
    assert len(written.splitlines()) == 16  # one for each image and annotation
    assert (reading("coco"), form.place, form.find(tmp_path, ["a.png"])) == (Coco, "instances.json", ["instances.json"])


NUMBER = st.one_of(st.integers(0, 20), st.integers(0, 2000).map(lambda n: n / 100))
BOX = st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).map(list)
OTHER = st.dictionaries(st.sampled_from(["score", "text", "é"]), st.one_of(st.text(max_size=3), st.none(), NUMBER))
POLYGON = st.lists(NUMBER, min_size=3, max_size=6).map(lambda half: [round(x + 0.5, 2) for x in (*half, *half)])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), BOX, OTHER, st.lists(POLYGON, max_size=2)), max_size=5))
def test_any_annotations_come_out_again(tmp_path_factory: Any, drawn: list[Any]) -> None:
    content = document()
    content["annotations"] = [
        {"id": n * n, "image_id": 139 if first else 2, "category_id": 3, "bbox": box, **other, "segmentation": polygons}
        for n, (first, box, other, polygons) in enumerate(drawn)
    ]
    form, said = opened(put(tmp_path_factory.mktemp("coco"), content))
    assert ordered(json.loads(b"".join(form.write(again(form, said))))) == content


def test_others_read_what_is_written(tmp_path: Path) -> None:
    from torchvision.datasets import CocoDetection

    form, said = opened(put(tmp_path, document()))
    (tmp_path / "out.json").write_bytes(b"".join(form.write(again(form, said) * 2)))
    api = in_pycocotools(tmp_path / "out.json")
    assert (sorted(api.imgs), sorted(api.anns)) == ([2, 139, 140, 141], [7, 8, 11, 12, 13, 14, 15, 16])
    assert [sorted(api.getAnnIds(imgIds=[i])) for i in (2, 139, 140, 141)] == [[], [7, 8, 11, 12], [13, 14, 15, 16], []]
    assert (api.annToMask(api.anns[16]) == np.eye(HEIGHT, WIDTH)).all()
    assert api.annToMask(api.anns[15])[5:25, 10].all()
    with contextlib.redirect_stdout(io.StringIO()):
        pairs = list(CocoDetection(tmp_path, str(tmp_path / "out.json")))
    assert sorted(len(annotations) for _, annotations in pairs) == [0, 0, 4, 4]


def test_painted_pixels_stand_in_the_written_boxes(tmp_path: Path) -> None:
    content, picture = document(), PIL.Image.new("RGB", (WIDTH, HEIGHT))
    content["annotations"] = [
        {"id": 1, "image_id": 139, "category_id": 3, "bbox": [8, 6, 12, 20], "area": 240, "iscrowd": 0,
         "segmentation": [[8, 6, 20, 6, 20, 26, 8, 26]]},
        {"id": 2, "image_id": 139, "category_id": 90, "bbox": [40, 30, 8, 8], "area": 64, "iscrowd": 1,
         "segmentation": coco_mask.encode(np.asfortranarray(np.pad([[1] * 8] * 8, ((30, 10), (40, 16))).astype("u1")))},
    ]  # fmt: skip
    content["annotations"][1]["segmentation"]["counts"] = content["annotations"][1]["segmentation"]["counts"].decode()
    picture.paste((255, 0, 0), (8, 6, 20, 26))
    picture.paste((0, 255, 0), (40, 30, 48, 38))
    form, said = opened(put(tmp_path, content))
    labels = form.read(said[0].raw, about())
    for seed, step in enumerate(["image.hflip", "image.vflip", "image.d4", {"image.crop": {"size": [40, 50]}}] * 3):
        schema: Any = {"@": "image", **form.roles}
        out = augreg.augment({"@": picture, **labels.fields}, [step], seed=seed, keys=1, schema=schema)
        new = About(path="o.png", modality="image", width=out["@"].width, height=out["@"].height)
        row = form.row(Labels({name: out[name] for name in form.roles}, labels.rest), new)
        (tmp_path / "o.json").write_bytes(b"".join(form.write([row])))
        api, pixels = in_pycocotools(tmp_path / "o.json"), np.asarray(out["@"])
        for each in api.loadAnns(api.getAnnIds()):
            painted = pixels[..., 0 if each["category_id"] == 3 else 1] > 0
            x, y, width, height = each["bbox"]
            rows, columns = np.flatnonzero(painted.any(1)), np.flatnonzero(painted.any(0))
            box = [columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]]
            assert [x, y, width, height] == pytest.approx(box, abs=1e-6)
            assert each["area"] == pytest.approx(painted.sum())
            assert (api.annToMask(each).astype(bool) == painted).all()


BAD: dict[str, tuple[str, Any, str]] = {
    "NaN": ("300.5", "NaN", r"annotation 7 \(line 1\): it holds NaN, which is no number"),
    "infinite": ("300.5", "1e999", r"annotation 7 \(line 1\): a number in it is too large"),
    "a word": ("[10, 5, 20, 30]", '[10, "5", 20, 30]', r"annotation 7 \(line 1\): bbox is \[10, '5', 20, 30\]; give n"),
    "negative": ("[10, 5, 20, 30]", "[10, 5, -20, 30]", r"bbox \[10, 5, -20, 30\] has a side of -20; width and height"),
    "outside": ("[10, 5, 20, 30]", "[70, 5, 20, 30]", r"outside the picture of 64 x 48: its corners are 70, 5, 90, 35"),
    "three": ("[10, 5, 20, 30]", "[10, 5, 20]", "bbox has 3 numbers; give"),
    "no box": ('"bbox": [10, 5, 20, 30]', '"box": 1', "it has no bbox; give"),
    "category": ('"id": 7, "category_id": 3', '"id": 7, "category_id": 4', "category_id 4 is unknown; the file has 3"),
    "odd polygon": ("31.25, 1, 9, 41.5", "31.25, 1, 9", "annotation 8 .*polygon 1 of segmentation has 5 num"),
    "RLE of another size": ("[48, 64]", "[64, 48]", r"annotation 11 .* size \[64, 48\], and the picture .* = \[48"),
    "RLE too short": ("485, 20", "485, 2", r"annotation 11 .*run lengths of 3054 pixels do not fill"),
    "an endless RLE": (PACKED["counts"], "o" * 99999, "annotation 12 .*a number of more than 30 bits"),
    "points": ("26, 20, 1]", "26, 20]", "keypoints has 8 numbers; 'person' needs x, y, v for each of 3"),
    "flag": ("26, 20, 1]", "26, 20, 3]", r"keypoints hold v = 3; it is 0 \(not labelled\), 1"),
    "width": ('"width": 64', '"width": 65', r"image 139 \(line 1\): width is 65, and the picture has 64\."),
    "two ids": ('"id": 8,', '"id": 7,', r"two annotations have one id, 7 \(lines 1 and 1\)"),
    "id": ('"id": 8,', '"id": 1.0,', r"id is 1.0; give a whole number"),
    "two keys": ('"area": 300.5', '"area": 300.5, "area": 2', "key 'area' stands in it twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_annotations_are_refused_by_name_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    old, new, message = BAD[name]
    text = json.dumps(document())
    assert old in text
    form, said = opened(put(tmp_path, text.replace(old, new, 1)))
    assert [each.file for each in said] == ["a.png", "sub/b.png"]
    if said[0].fault:
        assert re.search(message, said[0].fault)
    else:
        with pytest.raises(MediaError, match=message) as caught:
            form.read(said[0].raw, about())
        assert (caught.value.code, caught.value.path) == ("E_LABEL", "a.png")
    assert form.read(said[1].raw, about()).fields["boxes"] == []


def test_annotations_of_no_image_and_images_that_stand_twice(tmp_path: Path) -> None:
    content = document()
    content["annotations"][0]["image_id"] = 5
    content["images"].append({"id": 2, "file_name": "c.png", "width": 1, "height": 1})
    text = json.dumps(content, indent=0)
    line = text[: text.index('"id": 7')].count("\n")
    faults = [(each.file, each.fault) for each in opened(put(tmp_path, text))[1]]
    twice = next(fault for file, fault in faults if file == "sub/b.png")
    assert twice.startswith("two images have one id, 2 (lines ")
    stray = ("", f"annotation 7 (line {line}): image_id 5 is of no image of the file")
    assert faults == [("a.png", ""), ("sub/b.png", twice), ("c.png", twice), stray]


TORN = {
    "torn": ('{"images": [\n{"id": 1,', "line 2, column 10: the end is missing"),
    "no JSON": ('{"images": [\n{"id": x}]}', "line 2, column 8: no JSON: Expecting value"),
    "no object": ("[1]", r"line 1, column 1: '\[' stands where '\{' is due"),
    "deep": ('{"a": ' + "[" * 200_000, "nested too deeply"),
    "long": ('{"a": ' + "1" * 5000 + "}", "thousands of digits"),
    "key twice": ('{"images": [], "images": []}', "key 'images' stands twice"),
    "no list": ('{"images": {}}', "'images' is no list"),
    "captions": ('{"annotations": [{"id": 1, "image_id": 1, "caption": "A"}]}', "hold captions, not objects"),
    "panoptic": ('{"annotations": [{"image_id": 1, "segments_info": []}]}', "hold panoptic segments, not objects"),
    "incomplete": ('{"images": []}', "have no annotations, categories"),
    "one name": (
        '{"categories": [{"id": 1, "name": "a"}, {"id": 4, "name": "a"}]}',
        "categories 1 and 4 have one name",
    ),
    "one id": ('{"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', "'a' and 'b' have one id, 1"),
    "pairs": ('{"categories": [{"id": 1, "name": "a", "flip_pairs": [[0, -1]]}]}', "flip_pairs of category 'a' are no"),
}


@pytest.mark.parametrize("name", TORN)
def test_a_file_of_no_use_is_refused_with_line_and_column(tmp_path: Path, name: str) -> None:
    content, message = TORN[name]
    with pytest.raises(ConfigError, match=message):
        opened(put(tmp_path, content))
    assert Coco.find(tmp_path, ["a.png"]) == []


def test_where_files_are_found_and_which_pictures_they_mean(tmp_path: Path) -> None:
    content = json.dumps(document())
    root = put(tmp_path, content, "annotations/instances_sub.json")
    put(tmp_path, content, "annotations/person_val.json")
    put(tmp_path, '{"caption": "images"}', "captions.json")
    assert Coco.find(root, ["a.png"]) == ["annotations/instances_sub.json", "annotations/person_val.json"]
    assert Coco.find(root / "sub", ["b.png"]) == ["../annotations/instances_sub.json", "../annotations/person_val.json"]
    with pytest.raises(ConfigError, match=r"several: annotations/instances_sub.json, .*Say which, as in --labels coco"):
        Coco.open(root, "")
    with pytest.raises(ConfigError, match="labels 'no.json' are not there"):
        Coco.open(root, "no.json")
    for old, new, file in (
        ("sub/b.png", "b.png", "sub/b.png"),
        ("sub/b.png", r"sub\\b.png", "sub/b.png"),
        ("sub/b.png", f"/home/{root.name}/sub/b.png", "sub/b.png"),
        ("sub/b.png", "../other/b.png", "../other/b.png"),
        ("sub/b.png", "other/b.png", "other/b.png"),
    ):
        put(root, content.replace(old, new), "annotations/instances_sub.json")
        assert [each.file for each in opened(root, "annotations/instances_sub.json")[1]] == ["a.png", file]
    for folder, up in ((root, ""), (root / "sub", "../")):
        assert opened(folder, f"{up}annotations/person_val.json")[0].place == "annotations/person_val.json"


def test_points_change_sides_by_their_names(tmp_path: Path) -> None:
    assert opened(put(tmp_path, document()))[0].roles["keypoints"]["flip_pairs"] == [[1, 2]]
    assert side_pairs(["nose", "l_ear", "r_ear", "leftKnee", "rightKnee", "hip.L", "hip.R"]) == [[1, 2], [3, 4], [5, 6]]
    assert side_pairs(["top", "left"]) is side_pairs(["1", "2"]) is side_pairs(["left_of_right", "right"]) is None
    content = document()
    content["categories"][1]["keypoints"] = ["a", "b", "c"]
    assert "flip_pairs" not in opened(put(tmp_path, content))[0].roles["keypoints"]
    content["categories"][1]["flip_pairs"] = []
    assert opened(put(tmp_path, content))[0].roles["keypoints"]["flip_pairs"] == []


def test_what_other_forms_have_read_is_written_with_what_readers_of_coco_ask_for(tmp_path: Path) -> None:
    form = Coco({})
    fields = {"boxes": [[1, 2, 3.1 + 0.1, 4]], "category": ["dog"], "object": [{"difficult": 1}]}
    rows = [form.row(Labels({**fields, "category": [name]}), about(f"{name}.png")) for name in ("dog", "ant", "dog")]
    out = json.loads(b"".join(form.write(rows)))
    assert out["categories"] == [{"id": 1, "name": "dog"}, {"id": 2, "name": "ant"}]
    assert [(each["id"], each["image_id"], each["category_id"]) for each in out["annotations"]] == [
        (1, 1, 1), (2, 2, 2), (3, 3, 1)]  # fmt: skip
    assert out["annotations"][0] == {
        "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3.2, 4], "area": 12.8, "iscrowd": 0, "difficult": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mask": 1}, "it holds boxes and what belongs to them, not mask"),
        ({"boxes": [[0] * 8], "category": ["cat"]}, "object 1: its box is turned, and COCO's stand upright"),
        ({"boxes": [[0] * 4], "category": ["cot"]}, r"category 'cot' is none of cat, person\. Did you mean 'cat'\?"),
        ({"boxes": [[0] * 4], "category": ["cat"], "object": [{"bbox": 1}]}, "has the key 'bbox', which COCO uses"),
    ],
)
def test_what_coco_cannot_say_is_refused(fields: Any, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        Coco({"categories": [CAT, PERSON]}).row(Labels(fields), about())
