"""YOLO on disk: a plain reader finds what was painted, all four kinds come out as they came in, bad lines are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

import augreg
from augreg.errors import ConfigError, MediaError
from augreg.media.labels import About, Labels, reading
from augreg.media.labels.coco import Coco
from augreg.media.labels.yolo import Yolo
from augreg.media.labels.yolo_rows import merged

WIDTH, HEIGHT = 64, 48
ABOUT = About(path="images/a.png", modality="image", width=WIDTH, height=HEIGHT)
POSE = {"kind": "pose", "kpt_shape": [2, 3], "flip_pairs": [[0, 1]]}
DATA = """# Pets of our street.
path: ../datasets/pets  # where they are
train: images/train
val:
  - /data/pets/val
  - /data/pets/more
nc: 2
names:
  0: cat
  1: dog
"""


def form(own: Any, *names: str) -> Yolo:
    return Yolo({"categories": [{"name": name} for name in names], "yolo": own} if names else {"yolo": own})


def shares(content: bytes) -> list[list[float]]:
    """A plain reader: the numbers of every line."""
    return [[float(word) for word in line.split()] for line in content.decode().splitlines()]


def corners(kind: str, numbers: list[float], size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """The upright box of a line, in pixels, as corners."""
    if kind in ("detect", "pose"):
        x, y, width, height = numbers[:4]
        points = np.array([[x - width / 2, y - height / 2], [x + width / 2, y + height / 2]])
    else:
        points = np.array(numbers).reshape(-1, 2)
    return np.concatenate([points.min(0), points.max(0)]) * (*size, *size)


LINES = {
    "detect": ({"kind": "detect"}, "0 0.5 0.45 0.2 0.3\n1 0.123456 0.2 0.05 0.1\n"),
    "score": ({"kind": "detect"}, "0 0.5 0.45 0.2 0.3 0.875\n"),
    "obb": ({"kind": "obb"}, "1 0.1 0.1 0.4 0.2 0.35 0.5 0.05 0.4\n"),
    "segment": ({"kind": "segment"}, "0 0.1 0.1 0.4 0.2 0.35 0.5\n1 0.5 0.5 0.9 0.5 0.9 0.75 0.6 0.9 0.5 0.8\n"),
    "pose": (POSE, "0 0.5 0.45 0.2 0.3 0.42 0.5 2 0 0 0\n1 0.5 0.45 0.2 0.3 0.42 0.5 1 0.5 0.5 2\n"),
    "pose of two": ({"kind": "pose", "kpt_shape": [2, 2]}, "0 0.5 0.45 0.2 0.3 0.42 0.5 0 0\n"),
    "nothing": ({"kind": "detect"}, ""),
}


@pytest.mark.parametrize("name", LINES)
def test_lines_come_out_as_they_came_in(name: str) -> None:
    own, text = LINES[name]
    for names in ((), ("cat", "dog")):
        labels = form(own, *names).read(text.encode(), ABOUT)
        assert form(own, *names).write(labels, ABOUT).decode() == text
        assert set(labels.fields) == set(form(own).roles)
        assert set(labels.fields["category"]) <= set(names or "01")
    assert form(own).read(text.replace("\n", " \r\n\n").encode(), ABOUT) == form(own).read(text.encode(), ABOUT)


SHARE = st.integers(1, 999_999).map(lambda n: n / 1_000_000)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.lists(SHARE, min_size=8, max_size=8))), st.integers(1, 9999))
def test_any_shares_come_out_as_they_came_in(lines: list[Any], width: int) -> None:
    about = About(path="a.png", modality="image", width=width, height=333)
    for kind, count in (("detect", 4), ("obb", 8), ("segment", 8)):
        text = "".join(f"{c} {' '.join(f'{n:g}' for n in numbers[:count])}\n" for c, numbers in lines)
        assert form({"kind": kind}).write(form({"kind": kind}).read(text.encode(), about), about).decode() == text


@pytest.mark.parametrize("kind", ["detect", "obb", "segment", "pose"])
def test_painted_pixels_stand_where_the_written_lines_say(kind: str) -> None:
    picture, box = PIL.Image.new("RGB", (WIDTH, HEIGHT)), (8, 6, 20, 26)
    picture.paste((255, 0, 0), box)
    x, y, a, b = (np.array(box) / (WIDTH, HEIGHT, WIDTH, HEIGHT)).tolist()
    upright, around = [(x + a) / 2, (y + b) / 2, a - x, b - y], [x, y, a, y, a, b, x, b]
    numbers = {"detect": upright, "pose": [*upright, x, y, 2, a, y, 1]}.get(kind, around)
    reader = form({**POSE, "kind": kind})
    labels = reader.read(f"0 {' '.join(map(repr, numbers))}".encode(), ABOUT)
    schema: Any = {"@": "image", **reader.roles}
    for seed, step in enumerate(
        ["image.hflip", "image.vflip", "image.d4", "image.rotate" if kind == "obb" else "image.d4"] * 3
    ):
        out = augreg.augment({"@": picture, **labels.fields}, [step], seed=seed, keys=1, schema=schema)
        new = About(path="o.png", modality="image", width=out["@"].width, height=out["@"].height)
        [line] = shares(reader.write(Labels({name: out[name] for name in reader.roles}), new))
        painted = np.argwhere(np.asarray(out["@"])[..., 0] > 127)[:, ::-1]
        found = corners(kind, line[1:], out["@"].size)
        assert found == pytest.approx(
            [*painted.min(0), *(painted.max(0) + 1)], abs=1.01 if step == "image.rotate" else 1e-6
        )
        if kind == "pose" and step == "image.hflip":
            assert np.array(line[5:7]) * out["@"].size == pytest.approx([found[0], found[1]])  # left stays left


BAD = {
    "a word": ("detect", "0 0.5 0.5 0.1 0.1\n\ncat 0.5 0.5 0.1 0.1", "line 3: 'cat' is no finite number"),
    "NaN": ("detect", "0 nan 0.5 0.1 0.1", "line 1: 'nan' is no finite number"),
    "infinite": ("detect", "0 0.5 0.5 1e999 0.1", "line 1: '1e999' is no finite number"),
    "a score": ("detect", "0 0.5 0.5 0.1 0.1 1.5", "line 1: the confidence is 1.5; it is 0 to 1"),
    "a class": ("detect", "-1 0.5 0.5 0.1 0.1", "line 1: class '-1' is no whole number of 0 or more"),
    "no class": ("detect", "2 0.5 0.5 0.1 0.1", "line 1: class 2 is unknown; 0 to 1 are named"),
    "few": ("detect", "0 0.5 0.5 0.1", "line 1: it has 4 numbers; give a class and 4 numbers"),
    "polygon": ("detect", "0 0.5 0.5 0.1 0.1 0.2 0.2", r"line 1: it has 7 numbers; a box \(detect\) has 5 or 6"),
    "pixels": ("detect", "0 32 24 10 10", "line 1: 32 is no share of a side; give 0 to 1"),
    "negative": ("detect", "0 0.5 0.5 -0.05 0.1", "line 1: the box has a side of -3.2; width and height are 0 or more"),
    "outside": ("detect", "0 1.05 0.5 0.01 0.1", "line 1: the box lies outside the picture of 64 x 48"),
    "even": ("segment", "0 0.5 0.5 0.1 0.1 0.2 0.2 0.3", "line 1: it has 8 numbers; a polygon"),
    "corners": ("obb", "0 0.5 0.5 0.1 0.1 0.2 0.2", r"line 1: it has 7 numbers; a turned box \(obb\) has 9 or 10"),
    "points": ("pose", "0 0.5 0.5 0.1 0.1 0.2 0.2", r"it has 7 numbers; a pose with kpt_shape \[2, 3\] has 11"),
    "flag": ("pose", "0 0.5 0.5 0.1 0.1 0.2 0.2 0.5 0 0 0", "line 1: a keypoint has visibility 0.5; it is 0, 1 or 2"),
    "no text": ("detect", "0 0.5 0.5 0.1 0.1\n\udcff", "line 2: it is no text"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_lines_are_refused_by_their_number(name: str) -> None:
    kind, text, message = BAD[name]
    with pytest.raises(MediaError, match=message) as caught:
        form({**POSE, "kind": kind}, "cat", "dog").read(text.encode(errors="surrogateescape"), ABOUT)
    assert (caught.value.code, caught.value.path) == ("E_LABEL", "images/a.png")


def folder(root: Path, *texts: str, labels: str = "labels", images: str = "images") -> Path:
    for place, text in enumerate(texts):
        for path, content in ((f"{images}/{place}.png", ""), (f"{labels}/{place}.txt", text)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
    return root


BOX, FOUR, MORE = "0 0.5 0.5 0.1 0.1", "0 0.1 0.1 0.4 0.2 0.35 0.5 0.05 0.4", "0 0.1 0.1 0.4 0.2 0.35 0.5"


@pytest.mark.parametrize(
    ("texts", "given", "kind"),
    [
        ([BOX, ""], "", "detect"),
        ([FOUR, MORE], "", "segment"),
        ([FOUR], "obb", "obb"),
        ([FOUR], "segment", "segment"),
        ([BOX, FOUR], "obb", "obb"),
        (
            [FOUR],
            "",
            "turned boxes, or polygons of four corners. Say which: --labels yolo:obb or --labels yolo:segment",
        ),
        ([BOX, FOUR], "", "some lines in .* have 5 numbers .boxes. and some 9 .polygons.. Say which"),
        ([f"{MORE} 2"], "", r"lines have \[8\] numbers, which are no polygons"),
        ([BOX], "pose", "keypoints need kpt_shape"),
        ([BOX], "detekt", "name no file here or in .* Did you mean 'detect'"),
        ([BOX], "obb,pose", "say two of a kind"),
    ],
)
def test_which_kind_the_lines_are_is_seen_or_asked(tmp_path: Path, texts: list[str], given: str, kind: str) -> None:
    root = folder(tmp_path, *texts)
    if kind in LINES:
        assert Yolo.open(root, given)["yolo"]["kind"] == kind
        return
    with pytest.raises(ConfigError, match=kind):
        Yolo.open(root, given)


def test_what_is_found_and_where_labels_are(tmp_path: Path) -> None:
    assert Yolo.find(folder(tmp_path / "a", BOX, MORE), ["images/0.png", "images/1.png", "images/2.png"]) == [""]
    for text in ("A cat on a mat.", "7", "1 2 3 4 5", "0 0.5 0.5 nan 0.1"):
        root = folder(tmp_path / text, BOX, text, labels="images")
        assert Yolo.find(root, ["images/0.png", "images/1.png"]) == []
    assert Yolo.find(folder(tmp_path / "empty", ""), ["images/0.png"]) == []
    assert form({}).places("a/images/b/images/c.d.png") == ["a/images/b/labels/c.d.txt", "a/images/b/images/c.d.txt"]
    near = Yolo(Yolo.open(folder(tmp_path / "near", BOX, labels="images"), ""))
    assert (near.place("images/x/0_1.jpg"), form({}).place("images/x/0_1.jpg")) == (
        "images/x/0_1.txt",
        "labels/x/0_1.txt",
    )
    assert reading("yolo") is Yolo


def test_names_of_classes_and_the_rest_of_their_file_survive(tmp_path: Path) -> None:
    ((root := folder(tmp_path, BOX)) / "pets.yaml").write_text(DATA)
    (root / "other.yaml").write_text("a: [1")
    head = Yolo.open(root, "")
    assert json.loads(json.dumps(head))["categories"] == [{"name": "cat"}, {"name": "dog"}]
    [(path, content)] = Yolo(head).around().items()
    kept = [f"# {'it led to the data set before: ' * (i in (1, 3))}{line}" if i in (1, 3, 4, 5) else line
            for i, line in enumerate(DATA.splitlines())]  # fmt: skip
    assert (path, content.decode().splitlines()) == ("pets.yaml", kept)
    assert yaml.safe_load(content)["train"] == "images/train"
    (root / "pets.yaml").write_text(f"{DATA}kpt_shape: [3, 3]\nflip_idx: [0, 2, 1]\n")
    assert Yolo(Yolo.open(root, "")).roles["keypoints"]["flip_pairs"] == [[1, 2]]
    (root / "pets.yaml").write_text("names: [a")
    with pytest.raises(ConfigError, match="pets.yaml' is no YAML"):
        Yolo.open(root, "")
    (root / "pets.yaml").unlink()
    (root / "classes.txt").write_text("cat\nhot dog\n")
    head = Yolo.open(root, "")
    assert (head["categories"], Yolo(head).around()) == (
        [{"name": "cat"}, {"name": "hot dog"}],
        {"classes.txt": b"cat\nhot dog\n"},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: [a, b, a]", "classes 0 and 2 have one name, 'a'"),
        ("names: {0: a, 2: b}", r"names have the numbers \[0, 2\]; give 0, 1, 2"),
        ("names: [a]\nnc: 2", "nc is 2, and there are 1 names"),
        ("names: [a]\nkpt_shape: [2, 4]", r"kpt_shape is \[2, 4\]"),
        ("names: [a]\nkpt_shape: [3, 3]\nflip_idx: [1, 2, 0]", "does not exchange 3 points in pairs"),
        ("names: [a, null]", "names hold None, which is no name"),
        ("nmes: [a]", "has no 'names'"),
        ("a: &a [x]\nnames: [*a, *a]", "is no YAML"),
    ],
)
def test_a_bad_file_of_names_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (folder(tmp_path, BOX) / "data.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        Yolo.open(tmp_path, "data.yaml")


def test_coco_goes_through_yolo_as_far_as_yolo_can_say_it(tmp_path: Path) -> None:
    parts = [[2, 3, 12, 3, 12, 9], [20, 9, 20.5, 3.25, 12, 3.5]]
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "annotations": [
            {"id": 5, "image_id": 1, "category_id": 8, "bbox": [2, 3, 10, 6], "segmentation": parts[:1], "area": 30},
            {"id": 6, "image_id": 1, "category_id": 3, "bbox": [2, 3, 18.5, 6], "segmentation": parts, "iscrowd": 0},
        ],
        "categories": [{"id": 8, "name": "cat"}, {"id": 3, "name": "dog"}],
    }
    (tmp_path / "instances.json").write_text(json.dumps(content))
    head, said = Coco.open(tmp_path, "instances.json")
    labels = Coco(head).read(next(said).raw, ABOUT)
    written = Yolo(head).write(labels, ABOUT)
    names = yaml.safe_load(Yolo(head).around()["data.yaml"])["names"]
    assert names == {0: "cat", 1: "dog"}
    back = form({"kind": "segment"}, *names.values()).read(written, ABOUT)
    assert np.array(back.fields["boxes"]) == pytest.approx(np.array(labels.fields["boxes"]))
    assert back.fields["category"] == labels.fields["category"]
    assert back.fields["segmentation"][0][0] == pytest.approx(parts[0])
    assert Polygon(np.reshape(back.fields["segmentation"][1][0], (-1, 2))).area == pytest.approx(
        sum(Polygon(np.reshape(part, (-1, 2))).area for part in parts)
    )
    again = json.loads(b"".join(Coco(head).write([Coco(head).row(back, ABOUT)])))
    assert [(each["category_id"], each["bbox"], each["iscrowd"]) for each in again["annotations"]] == [
        (each["category_id"], pytest.approx(each["bbox"]), 0) for each in content["annotations"]]  # fmt: skip


def test_joined_polygons_keep_all_area() -> None:
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4.0]])
    parts = [square, square[::-1] + np.array((10, 1)), square + np.array((3, 20))]
    assert Polygon(np.reshape(merged([part.reshape(-1).tolist() for part in parts]), (-1, 2))).area == 48


@pytest.mark.parametrize(
    ("own", "fields", "message"),
    [
        ({}, {"mask": 1}, "it holds boxes and what belongs to them, not mask"),
        ({}, {"boxes": [[0] * 4], "category": ["cot"]}, "category 'cot' is none of cat. Did you mean 'cat'"),
        ({}, {"boxes": [[0] * 4], "segmentation": [{"size": [1, 1], "counts": [1]}]}, r"run lengths \(only coco"),
        (
            {},
            {"boxes": [[0] * 4], "segmentation": [[[0] * 6]], "keypoints": [[0] * 6]},
            "Say yolo:segment or yolo:pose",
        ),
        ({}, {"boxes": [[0] * 4], "object": [{"iscrowd": 1}]}, "object 1: it is a crowd"),
        ({"kind": "segment"}, {"boxes": [[0] * 4]}, "it has no polygon, and a line of this kind is a polygon"),
        ({"kind": "detect"}, {"boxes": [[0] * 8]}, "its box is turned"),
        (POSE, {"boxes": [[0] * 4], "keypoints": [[0] * 9]}, "it has 3 keypoints, and kpt_shape .* says 2"),
    ],
)
def test_what_yolo_cannot_say_is_refused(own: Any, fields: Any, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        form(own, "cat").write(Labels({"category": ["cat"], **fields}), ABOUT)
    with pytest.raises(MediaError, match="category 'cat' has no number, since no list of the classes is known"):
        form({}).write(Labels({"boxes": [[0] * 4], "category": ["cat"]}), ABOUT)
