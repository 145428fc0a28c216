"""Label maps on disk, against PIL, numpy and torchvision's readers."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from torchvision.datasets import VOCSegmentation

import augreg
from augreg.errors import ConfigError, MediaError
from augreg.media.labels import About, Labels, reading

WIDTH, HEIGHT = 40, 24
VALUES = np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH)
COLORS = [[0, 0, 0], [128, 0, 0], [0, 128, 0], [255, 255, 255]]
SCHEMA = {"image": "image", "mask": "mask of image"}


def drawn(mode: str) -> Pillow.Image:
    """Return a label map of a mode, each pixel of which can be told from its neighbors."""
    if mode == "1":
        return Pillow.fromarray(VALUES % 3 == 0)
    if mode == "I;16":
        return Pillow.fromarray((VALUES * 60 + 7).astype(np.uint16))
    if mode in ("RGB", "RGBA"):
        return Pillow.fromarray(np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, len(mode)), np.uint8))
    picture = Pillow.fromarray((VALUES % (4 if mode == "P" else 251)).astype(np.uint8))
    if mode == "P":
        picture.putpalette([level for color in COLORS for level in color])
        picture.info["transparency"] = b"\x00\xff\xff\xff"
    return picture


def png(picture: Pillow.Image, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, format="PNG", **options)
    return file.getvalue()


def opened(content: bytes) -> Pillow.Image:
    picture = Pillow.open(BytesIO(content))
    picture.load()
    return picture


def form(head: Any = None) -> Any:
    return reading("masks")(head)


def about(width: int = WIDTH, height: int = HEIGHT) -> About:
    return About(path="images/7.jpg", modality="image", width=width, height=height)


def moved(labels: Labels, steps: list[Any]) -> Labels:
    record = {"image": Pillow.new("RGB", (WIDTH, HEIGHT)), "id": 1, **labels.fields}
    return Labels({"mask": augreg.Pipeline(steps)(record, schema=SCHEMA, seed=1)["mask"]}, labels.rest)


MODES = ("1", "L", "P", "I;16", "RGB", "RGBA")


@pytest.mark.parametrize("mode", MODES)
def test_mode_palette_depth_and_texts_come_back(mode: str) -> None:
    info = PngInfo()
    info.add_text("Author", "Ann")
    info.add_itxt("Note", "gezähmt")
    source = png(drawn(mode), pnginfo=info, dpi=(300, 300))
    back = opened(form().write(form().read(source, about()), about()))
    was = opened(source)
    assert (back.mode, back.getpalette(), back.info) == (was.mode, was.getpalette(), was.info)
    assert np.array_equal(np.asarray(back), np.asarray(was))


@pytest.mark.parametrize("mode", MODES)
def test_a_map_that_is_mirrored_is_numpys(mode: str) -> None:
    labels = moved(form().read(png(drawn(mode)), about()), [{"image.hflip": {"p": 1}}])
    back = opened(form().write(labels, about()))
    assert back.mode == drawn(mode).mode
    assert np.array_equal(np.asarray(back), np.asarray(drawn(mode))[:, ::-1])


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=12)
@given(degrees=st.integers(-90, 90))
def test_no_label_arises_that_was_not_there(mode: str, degrees: int) -> None:
    steps = [{"image.rotate": {"degrees": [degrees, degrees], "p": 1}}, {"image.brightness": {"p": 1}}]
    back = opened(form().write(moved(form().read(png(drawn(mode)), about()), steps), about()))
    colors = [set(map(tuple, np.asarray(each).reshape(WIDTH * HEIGHT, -1).tolist())) for each in (back, drawn(mode))]
    assert colors[0] <= colors[1] | {tuple([0] * len(next(iter(colors[1]))))}
    assert back.getpalette() == opened(png(drawn(mode))).getpalette()


def test_torchvision_reads_what_was_written(tmp_path: Path) -> None:
    home = tmp_path / "VOCdevkit" / "VOC2012"
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (home / name).mkdir(parents=True)
    masks: Any = reading("masks")
    where = masks(masks.open(home, "SegmentationClass")).place("JPEGImages/7__a0.jpg")
    labels = moved(form().read(png(drawn("P")), about()), [{"image.vflip": {"p": 1}}])
    (home / where).write_bytes(form().write(labels, about()))
    Pillow.new("RGB", (WIDTH, HEIGHT)).save(home / "JPEGImages/7__a0.jpg")
    (home / "ImageSets/Segmentation/train.txt").write_text("7__a0\n")
    _, target = VOCSegmentation(str(tmp_path), image_set="train")[0]
    assert target.mode == "P"
    assert np.array_equal(np.asarray(target), np.asarray(drawn("P"))[::-1])


def test_arrays_of_labels_are_written_as_deep_as_they_must_be() -> None:
    for most, mode in ((255, "L"), (256, "I;16"), (65_535, "I;16")):
        written = form().write(Labels({"mask": np.array([[0, most]])}), about())
        assert (opened(written).mode, np.asarray(opened(written)).tolist()) == (mode, [[0, most]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (png(drawn("L").crop((0, 0, 24, 24))), "the mask has 24x24 pixels, and the picture has 40x24"),
        (png(drawn("L").transpose(Pillow.Transpose.ROTATE_90)), "24x40 .* EXIF turns"),
        (png(drawn("L"))[:-40], "truncated|cut off|decoded"),
        (b"GIF89a", "cannot be read as an image"),
        (b"", "cannot be read as an image"),
    ],
)
def test_bad_maps_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        form().read(content, about())
    assert (caught.value.code, caught.value.path) == ("E_LABEL", "images/7.jpg")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"boxes": [[1, 2, 3, 4]]}, "holds no boxes"),
        ({"mask": np.array([[-1]])}, "whole numbers from 0 to 65535"),
        ({"mask": np.array([[70_000]])}, "whole numbers from 0 to 65535"),
        ({"mask": np.array([[0.5]])}, "a mask of float64"),
        ({"mask": np.zeros((2, 3, 4), np.uint8)}, "is no PNG"),
    ],
)
def test_what_no_map_can_say_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(MediaError, match=words):
        form().write(Labels(fields), about())


LAYOUTS = [
    ("images/7.jpg", "masks/7.png", "masks"),
    ("7.jpg", "mask/7.png", "mask"),
    ("a/7.jpg", "masks/a/7.png", "masks"),
    ("train/images/7.jpg", "train/masks/7.png", "masks"),
    ("images/7.jpg", "Masks/7_mask.png", "Masks/*_mask.png"),
    ("VOC2012/JPEGImages/7.jpg", "VOC2012/SegmentationClass/7.png", "SegmentationClass"),
    ("images/training/7.jpg", "annotations/training/7.png", "annotations"),
    ("leftImg8bit/train/b/7_leftImg8bit.png", "gtFine/train/b/7_gtFine_labelIds.png", "gtFine"),
    ("a/7.jpg", "a/7_mask.png", "*_mask.png"),
    ("7.png", "7.mask.png", "*.mask.png"),
]


@pytest.mark.parametrize(("picture", "mask", "given"), LAYOUTS)
def test_it_is_found_where_people_put_it(tmp_path: Path, picture: str, mask: str, given: str) -> None:
    for path in (picture, mask):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(png(drawn("L")))
    masks: Any = reading("masks")
    files = sorted([picture, mask])
    assert masks.find(tmp_path, files) == [given]
    found = masks(masks.open(tmp_path, given))
    assert next(each for each in found.places(picture) if (tmp_path / each).exists()) == mask
    # A map is none of another map: the places of its own path are not there.
    assert not [each for each in found.places(mask) if (tmp_path / each).exists()]
    copy, written = picture.replace(".", "__a0.", 1), mask.replace("7_gtFine", "7__a0_gtFine")
    copied = written if "gtFine" in written else written.replace("7", "7__a0")
    assert found.place(copy) == copied
    if "*" not in given or "/" in given:
        assert masks.open(tmp_path, "") == masks.open(tmp_path, given)


def test_what_may_be_something_else_is_not_found(tmp_path: Path) -> None:
    masks: Any = reading("masks")
    for name in ("images/7.png", "labels/7.png", "8.png", "8_mask.png", "9.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(png(drawn("RGB")))
    # Colors in `labels` may be drawings for people, and of two pictures one has no mask.
    assert masks.find(tmp_path, ["images/7.png", "labels/7.png"]) == []
    assert masks.find(tmp_path, ["8.png", "8_mask.png", "9.png"]) == []
    assert masks.find(tmp_path, ["8.png", "8_mask.png"]) == ["*_mask.png"]
    assert masks(masks.open(tmp_path, "*_mask.png")).places("8.png") == ["8_mask.png"]


@pytest.mark.parametrize(("given", "words"), [("", "nothing says"), ("seg", "no folder 'seg'"), ("a*b*.png", "suffix")])
def test_what_is_not_there_is_refused(tmp_path: Path, given: str, words: str) -> None:
    masks: Any = reading("masks")
    with pytest.raises(ConfigError, match=words):
        masks.open(tmp_path, given)
