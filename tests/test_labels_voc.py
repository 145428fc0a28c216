"""Pascal VOC on disk, against torchvision's reader and a plain one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from torchvision.datasets import VOCDetection

import augreg
from augreg.errors import ConfigError, MediaError
from augreg.media.labels import OBJECTS, About, Labels, reading
from augreg.media.labels.base import SAMPLE

WIDTH, HEIGHT = 64, 48
SOURCE = b"""<?xml version='1.0' encoding='utf-8'?>
<!-- drawn by hand -->
<annotation verified="yes">
  <folder>VOC2007</folder>
  <filename>7.jpg</filename>
  <path>7.jpg</path>
  <source><database>The <![CDATA[<big>]]> one</database></source>
  <size><width>64</width><height>48</height><depth>3</depth></size>
  <mine level="3">kept &amp; well</mine>
  <object id=">">
    <name>person</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult><!-- odd -->
    <bndbox><xmin> 5 </xmin><ymin>1</ymin><xmax>14</xmax><ymax>20</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>5.50</xmin><ymin>1</ymin><xmax>8.25</xmax><ymax>6</ymax></bndbox></part>
    <point><x>10</x><y>10</y></point>
  </object>\r
  <object>
    <name>dog</name>
    <bndbox><xmin>0</xmin><ymin>21</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>
  </object>
</annotation>
"""


def form(head: Any = None) -> Any:
    return reading("voc")(head)


def about(path: str = "JPEGImages/7.jpg", width: int = WIDTH, height: int = HEIGHT) -> About:
    return About(path=path, modality="image", width=width, height=height)


def moved(labels: Labels, steps: list[Any], width: int = WIDTH, height: int = HEIGHT) -> tuple[Any, Labels]:
    """Send fields through a pipeline, with a picture on which each box is painted."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for number, (x, y, w, h) in enumerate(labels.fields["boxes"]):
        pixels[max(0, int(y)) : int(y + h), max(0, int(x)) : int(x + w)] = number + 1
    roles = {name: {**role, "of": "image"} if role["of"] == SAMPLE else role for name, role in OBJECTS.items()}
    schema = {"image": "image", **{name: role for name, role in roles.items() if name in labels.fields}}
    record = {"image": Pillow.fromarray(pixels), "id": 1, **labels.fields}
    out = augreg.Pipeline(steps)(record, schema=schema, seed=1)
    return out["image"], Labels({name: out[name] for name in labels.fields}, labels.rest)


def corners(written: bytes) -> list[list[float]]:
    """Read boxes as a plain reader does."""
    boxes = ElementTree.fromstring(written).iter("bndbox")
    return [[float(box.findtext(name) or "nan") for name in ("xmin", "ymin", "xmax", "ymax")] for box in boxes]


def test_what_does_not_move_comes_back_byte_for_byte() -> None:
    labels = form().read(SOURCE, about())
    assert labels.fields["boxes"] == [[4, 0, 10, 20], [4.5, 0, 3.75, 6], [-1, 20, 31, 20]]
    assert labels.fields["category"] == ["person", "head", "dog"]
    assert form().write(labels, about()) == SOURCE
    for encoding, mark in (("utf-16", "utf-16"), ("iso-8859-1", "iso-8859-1")):
        text = SOURCE.decode().replace("utf-8", encoding).replace("drawn", "gezähmt").encode(mark)
        assert form().write(form().read(text, about()), about()) == text


def test_what_moves_is_written_in_the_same_file() -> None:
    labels = form().read(SOURCE, about())
    _, mirrored = moved(labels, [{"image.hflip": {"p": 1}}])
    written = form().write(mirrored, about("JPEGImages/7__a0.jpg"))
    assert corners(written) == [[51, 1, 60, 20], [56.75, 1, 59.5, 6], [35, 21, 64, 40]]
    assert ElementTree.fromstring(written).findtext("object/point/x") == "55"

    def rest(text: bytes) -> bytes:
        return re.sub(rb"<(x...?|x)>[^<]*", rb"<\1>", text)

    assert rest(written).replace(b"7__a0.jpg", b"7.jpg") == rest(SOURCE)


def test_objects_that_left_go_with_their_parts() -> None:
    labels = form().read(SOURCE, about())
    fields = {name: values[2:] for name, values in labels.fields.items()}
    written = form().write(Labels(fields, labels.rest), about())
    assert [node.findtext("name") for node in ElementTree.fromstring(written).iter("object")] == ["dog"]
    assert b"head" not in written
    fields = {name: values[1:] for name, values in labels.fields.items()}  # the part alone
    assert b"head" not in form().write(Labels(fields, labels.rest), about())


def test_torchvision_reads_what_was_written(tmp_path: Path) -> None:
    home = tmp_path / "VOCdevkit" / "VOC2012"
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (home / name).mkdir(parents=True)
    picture, labels = moved(form().read(SOURCE, about()), [{"image.hflip": {"p": 1}}, {"image.resize": {"size": 96}}])
    size = {"width": picture.width, "height": picture.height}
    picture.save(home / "JPEGImages" / "7__a0.png")
    where = form(reading("voc").open(home, "")).place("JPEGImages/7__a0.png")
    (home / where).write_bytes(form().write(labels, about("JPEGImages/7__a0.png", **size)))
    (home / "ImageSets/Main/train.txt").write_text("7__a0\n")
    (home / "JPEGImages" / "7__a0.png").rename(home / "JPEGImages" / "7__a0.jpg")
    _, said = VOCDetection(str(tmp_path), image_set="train")[0]
    assert said["annotation"]["size"] == {"width": str(picture.width), "height": str(picture.height), "depth": "3"}
    dog = said["annotation"]["object"][1]
    box = [int(dog["bndbox"][name]) for name in ("xmin", "ymin", "xmax", "ymax")]
    painted = np.argwhere(np.asarray(picture)[..., 0] == 3)
    assert [*(painted.min(0) + 1)[::-1], *(painted.max(0) + 1)[::-1]] == pytest.approx(box, abs=1)


@given(
    st.lists(
        st.tuples(st.integers(1, WIDTH - 1), st.integers(1, HEIGHT - 1), st.integers(1, WIDTH), st.integers(1, HEIGHT)),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_boxes_of_whole_pixels_stay_so_however_they_turn(drawn: list[tuple[int, ...]], turned: bool) -> None:
    boxes = [[x - 1, y - 1, min(w, WIDTH - x) + 1, min(h, HEIGHT - y) + 1] for x, y, w, h in drawn]
    fresh = form().write(Labels({"boxes": boxes, "category": ["a"] * len(boxes)}), about())
    labels = form().read(fresh, about())
    assert labels.fields["boxes"] == boxes
    steps = [{"image.vflip": {"p": 1}}] if turned else [{"image.hflip": {"p": 1}}]
    _, once = moved(labels, steps)
    _, twice = moved(form().read(form().write(once, about()), about()), steps)
    assert form().write(twice, about()) == fresh


@pytest.mark.parametrize(
    "steps",
    [
        [{"image.hflip": {"p": 1}}, {"image.vflip": {"p": 1}}],
        [{"image.center_crop": {"size": [30, 50]}}],
        [{"image.rot90": {"p": 1}}],
        [{"image.vflip": {"p": 1}}, {"image.center_crop": {"size": [41, 33]}}],
    ],
    ids=str,
)
def test_painted_boxes_stand_where_a_plain_reader_finds_them(steps: list[Any]) -> None:
    boxes = [[12, 11, 9, 7], [30, 12, 11, 20], [25, 35, 4, 5]]
    source = form().write(Labels({"boxes": boxes, "category": ["a", "b", "c"]}), about())
    picture, labels = moved(form().read(source, about()), steps)
    written = form().write(labels, about(width=picture.width, height=picture.height))
    pixels = np.asarray(picture)[..., 0]
    painted = [np.argwhere(pixels == number) + 1 for number in (1, 2, 3) if (pixels == number).any()]
    assert corners(written) == [[*places.min(0)[::-1], *places.max(0)[::-1]] for places in painted]


def test_a_moved_box_holds_every_pixel_that_it_touches() -> None:
    box = {"boxes": [[1.25, 2.0, 4.5, 1e-4]], "category": ["a"]}
    assert corners(form().write(Labels(box), about())) == [[2, 3, 6, 3]]
    assert corners(form().write(Labels({**box, "boxes": [[60, 40, 9, 9]]}), about())) == [[61, 41, 64, 48]]


def test_what_coco_has_read_is_written_as_far_as_boxes_say_it() -> None:
    fields: dict[str, Any] = {"boxes": [[1.0, 2, 4, 5]], "category": ["a<b"], "segmentation": [None], "area": [20.0]}
    fields |= {
        "keypoints": [None],
        "num_keypoints": [0],
        "object": [{"iscrowd": 0, "more": {"colors": ["red", "blue"]}}],
    }
    root = ElementTree.fromstring(form().write(Labels(fields, {"license": 3}), about("a/7.jpg")))
    assert (root.findtext("object/name"), root.findtext("object/iscrowd"), root.findtext("license")) == (
        "a<b",
        "0",
        "3",
    )
    assert [node.text for node in root.iter("colors")] == ["red", "blue"]
    assert (root.findtext("folder"), root.findtext("filename"), root.findtext("object/difficult")) == (
        "a",
        "7.jpg",
        "0",
    )


def test_objects_of_another_picture_bring_what_was_said_of_them() -> None:
    one, other = form().read(SOURCE, about()), form().read(SOURCE, about("JPEGImages/8.jpg"))
    both = {name: [*one.fields[name], *other.fields[name]] for name in one.fields}
    written = form().write(Labels(both, one.rest), about())
    assert corners(written) == corners(SOURCE) * 2
    assert written.count(b"<!-- odd -->") == 2


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("segmentation", [[[1, 2, 3, 4, 5, 6]]], "Write coco"),
        ("keypoints", [[1, 2, 2]], "Write coco"),
        ("boxes", [[1, 2, 3, 2, 3, 4, 1, 4]], "Write yolo"),
        ("mask", None, "have mask"),
        ("object", [{"bndbox": 1}], "VOC's own word"),
        ("object", [{"two words": 1}], "no name of an XML element"),
        ("category", ["\x00"], "which XML cannot"),
    ],
)
def test_what_voc_cannot_say_is_refused(field: str, value: Any, words: str) -> None:
    fields = {"boxes": [[1, 2, 3, 4]], "category": ["a"], field: value}
    with pytest.raises(MediaError, match=words) as caught:
        form().write(Labels(fields), about())
    assert caught.value.code == "E_LABEL"


BOX = "<bndbox><xmin>5</xmin><ymin>1</ymin><xmax>14</xmax><ymax>20</ymax></bndbox>"


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("<object>\n<name>a</name></object>", "line 2: this <object> has no <bndbox>"),
        (f"<object>{BOX}</object>", "line 2: this <object> needs one <name>"),
        (f"<object><name>a</name>\n{BOX.replace('5', 'nan')}</object>", "line 3: xmin is 'nan'"),
        (f"<object><name>a</name>\n{BOX.replace('5', '1e999')}</object>", "line 3: xmin is '1e999'"),
        (f"<object><name>a</name>\n{BOX.replace('>5', '>15')}</object>", "line 3: xmin 15 lies beyond xmax 14"),
        (
            f"<object><name>a</name>\n{BOX.replace('5', '70').replace('14', '80')}</object>",
            "line 3: this box lies outside",
        ),
        (f"<object><name>a</name>{BOX}\n<polygon><x1>3</x1></polygon></object>", "line 3: <polygon> speaks of a place"),
        (f"<object><name>a</name>{BOX}\n<part>{BOX}</part></object>", "line 3: this <part> needs one <name>"),
        ("<size><width>48</width><height>64</height></size>", "line 2: size is 48x64, .* EXIF"),
        ("<size><width>a</width><height>64</height></size>", "line 2: width is 'a'"),
        ("<size>", "line 2: it is no XML: mismatched tag"),
        ("<a>" * 40 + "</a>" * 40, "line 2: more than 32 elements"),
    ],
)
def test_bad_files_are_refused_by_line(inner: str, words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        form().read(f"<annotation>\n{inner}</annotation>".encode(), about())
    assert (caught.value.code, caught.value.path) == ("E_LABEL", "JPEGImages/7.jpg")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no XML: no element found"),
        (b"<html></html>", "line 1: its root is <html>"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>\n<annotation/>', "line 1: it declares entities"),
        (b"<?xml version='1.0' encoding='punycode'?><annotation/>", "encoding 'punycode' is not read"),
        (b"<annotation>\xff</annotation>", "byte 12 is not utf-8"),
        (b" " * (16 * 2**20 + 1), "bytes are more than"),
    ],
)
def test_files_that_are_none_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        form().read(content, about())


def test_a_box_that_cvat_turned_is_refused_and_one_that_it_did_not_is_kept() -> None:
    said = "<attributes><attribute><name>rotation</name><value>{}</value></attribute></attributes>"
    text = f"<annotation><object><name>a</name>{BOX}{said}</object></annotation>"
    assert form().read(text.format("0.0").encode(), about()).fields["boxes"] == [[4, 0, 10, 20]]
    with pytest.raises(MediaError, match="<attribute> speaks of a place"):
        form().read(text.format("12.5").encode(), about())


@pytest.mark.parametrize(
    ("picture", "place"),
    [
        ("JPEGImages/7.jpg", "Annotations/7.xml"),
        ("VOC2012/JPEGImages/7.jpg", "VOC2012/annotations/7.xml"),
        ("images/train/7.jpg", "ANNOTATIONS/train/7.xml"),
        ("images/7.jpg", "annotations/xmls/7.xml"),
        ("7.jpg", "Annotations/7.xml"),
        ("train/7.jpg", "train/7.xml"),
    ],
)
def test_it_is_found_where_tools_put_it(tmp_path: Path, picture: str, place: str) -> None:
    voc: Any = reading("voc")
    for path, content in ((picture, b""), (place, SOURCE)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert voc.find(tmp_path, [picture]) == [""]
    found = voc(voc.open(tmp_path, ""))
    assert next(each for each in found.places(picture) if (tmp_path / each).exists()) == place
    assert found.place(picture.replace("7", "7__a0")) == place.replace("7", "7__a0")


def test_what_is_no_annotation_is_not_found(tmp_path: Path) -> None:
    voc: Any = reading("voc")
    (tmp_path / "7.xml").write_text("<scene/>")
    assert voc.find(tmp_path, ["7.jpg"]) == []
    with pytest.raises(ConfigError, match="no folder 'boxes'"):
        voc.open(tmp_path, "boxes")
