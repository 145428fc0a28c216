"""Painted things stand where written labels say, after 50 random pipelines each; read by others, never by our own."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import datasets
import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
import torchvision
from painted import BOXES, SIZE, differs, paint, picture, pipelines, seen
from pycocotools.coco import COCO

import augreg
from augreg.jobs import Settings, run

COUNT: Final = 50
NAMES: Final = ("a/0.png", "1.png")
LEANING: Final = {"image.rotate", "image.shear", "image.affine", "image.perspective"}
"""Steps after which a box about a box is larger than what was in it, if another one follows or the border cuts it."""

UPRIGHT: Final = {"image.hflip", "image.vflip", "image.rot90", "image.d4", "image.transpose", "image.resize"}
"""Steps that cut nothing."""

Said = tuple[str, list[float]]
"""A name and the corners x1, y1, x2, y2 that a reader gave."""


def jobs(source: Path, tmp_path: Path, **more: Any) -> Iterator[tuple[dict[str, Any], Path]]:
    """Yield each pipeline and what it made; nothing may be refused."""
    known = {spec.name for spec in augreg.registry.default().augmenters()}
    for number, steps in enumerate(pipelines(COUNT, sorted(known))):
        out = tmp_path / "out" / str(number)
        done = run(augreg.Pipeline(steps), Settings(source=source, out=out, seed=number, **more))
        assert done.tally.errors == [], steps
        assert done.written == 2, steps
        yield steps, out


def check_boxes(steps: Any, pixels: np.ndarray, said: Sequence[Said], slack: float = 1.6) -> None:
    """Check that each written box is about its paint, tightly where it must be, and that no paint lacks a box."""
    names = [next(iter(step)) for step in steps["image"]]
    leaning = sum(name in LEANING for name in names)
    uncut = leaning == 1 and sum(name in UPRIGHT for name in names) == len(names) - 1
    height, width = pixels.shape[:2]
    for name, (x1, y1, x2, y2) in said:
        mask = seen(pixels, name)
        if mask.sum() < 12:
            continue  # a sliver at the border, which interpolation has mixed with what is around
        within = min(x1, y1) > slack and x2 < width - slack and y2 < height - slack
        if leaning == 0 or (uncut and within):
            assert differs(pixels, name, (x1, y1, x2, y2)) <= slack, (steps, name)
        rows, columns = np.nonzero(mask)
        inside = (columns >= x1 - slack) & (columns < x2 + slack) & (rows >= y1 - slack) & (rows < y2 + slack)
        assert inside.all(), (steps, name)
    missing = set(BOXES) - {name for name, _ in said}
    assert all(seen(pixels, name).sum() < 12 for name in missing), (steps, missing)


def as_corners(x: float, y: float, w: float, h: float) -> list[float]:
    return [x, y, x + w, y + h]


def opened(path: Path) -> np.ndarray:
    return np.asarray(PIL.Image.open(path).convert("RGB"))


def overlap(mask: np.ndarray, other: np.ndarray) -> float:
    return float((mask & other).sum() / max(1, (mask | other).sum()))


def filled(polygon: Sequence[float], pixels: np.ndarray) -> np.ndarray:
    """Return the pixels of a polygon x, y, x, y, ... as PIL draws it, whose coordinates are middles of pixels."""
    canvas = PIL.Image.new("L", (pixels.shape[1], pixels.shape[0]))
    points = [(x - 0.5, y - 0.5) for x, y in zip(polygon[::2], polygon[1::2], strict=True)]
    PIL.ImageDraw.Draw(canvas).polygon(points, fill=1)
    return np.asarray(canvas) > 0


def write_coco(root: Path) -> None:
    images, annotations = [], []
    for number, name in enumerate(NAMES):
        images.append({"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1], "license": 4})
        for kind, (word, (x, y, w, h)) in enumerate(BOXES.items()):
            mine = {"id": 10 * number + kind, "image_id": number, "category_id": kind + 1, "iscrowd": 0, "score": 0.5}
            outline = [x, y, x + w, y, x + w, y + h, x, y + h]
            annotations.append({**mine, "bbox": [x, y, w, h], "segmentation": [outline], "area": w * h, "note": word})
    categories = [{"id": kind + 1, "name": word, "supercategory": "paint"} for kind, word in enumerate(BOXES)]
    whole = {"info": {"year": 2026}, "licenses": [{"id": 4}], "categories": categories, "more": [1]}
    (root / "instances.json").write_text(json.dumps({**whole, "images": images, "annotations": annotations}))


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools and numpy 2
def test_coco_by_pycocotools_and_torchvision(tmp_path: Path) -> None:
    paint(root := tmp_path / "in", NAMES)
    write_coco(root)
    for steps, out in jobs(root, tmp_path):
        whole = json.loads((out / "instances.json").read_text())
        assert (whole["info"], whole["licenses"], whole["more"]) == ({"year": 2026}, [{"id": 4}], [1])
        read = COCO(str(out / "instances.json"))
        data = torchvision.datasets.CocoDetection(str(out), str(out / "instances.json"))
        assert len(data) == 2
        for image, targets in data:
            pixels = np.asarray(image.convert("RGB"))
            assert all(each["note"] == read.cats[each["category_id"]]["name"] for each in targets)
            check_boxes(steps, pixels, [(each["note"], as_corners(*each["bbox"])) for each in targets])
            for each in targets:
                mask = seen(pixels, each["note"])
                if mask.sum() > 200:
                    assert overlap(read.annToMask(each) > 0, mask) > 0.85, (steps, each)
                    assert each["area"] == pytest.approx(mask.sum(), rel=0.12)


def write_yolo(root: Path, row: Callable[[int, int, int, int], list[float]]) -> None:
    """Write a line for each box; ``row`` gives x, y, ... in pixels, or x, y and sizes."""
    (root / "data.yaml").write_text("names: [red, green, blue]\nnote: ours # and kept\n")
    sides = SIZE * 4
    for name in NAMES:
        rows = (row(*box) for box in BOXES.values())
        shares = [[value / sides[i % 2] for i, value in enumerate(values)] for values in rows]
        place = (root / "labels" / name.removeprefix("images/")).with_suffix(".txt")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(f"{kind} {' '.join(f'{v:.6f}' for v in row)}\n" for kind, row in enumerate(shares)))


def read_yolo(out: Path, name: str, pixels: np.ndarray) -> list[tuple[str, list[float]]]:
    place = out / "labels" / f"{name.removesuffix('.png')}__a0.txt"
    sides = (pixels.shape[1], pixels.shape[0]) * 400
    rows = [line.split() for line in place.read_text().splitlines()]
    return [(list(BOXES)[int(c)], [float(v) * sides[i] for i, v in enumerate(values)]) for c, *values in rows]


def test_yolo_by_a_plain_reader(tmp_path: Path) -> None:
    paint(tmp_path / "in" / "images", NAMES)
    write_yolo(tmp_path / "in", lambda x, y, w, h: [x + w / 2, y + h / 2, w, h])
    for steps, out in jobs(tmp_path / "in", tmp_path):
        assert "note: ours # and kept" in (out / "data.yaml").read_text()
        for name in NAMES:
            pixels = opened(out / "images" / f"{name.removesuffix('.png')}__a0.png")
            rows = read_yolo(out, name, pixels)
            said = [(word, as_corners(x - w / 2, y - h / 2, w, h)) for word, (x, y, w, h) in rows]
            check_boxes(steps, pixels, said)


@pytest.mark.parametrize("kind", ["segment", "obb"])
def test_yolo_outlines_by_a_plain_reader(kind: str, tmp_path: Path) -> None:
    paint(tmp_path / "in" / "images", NAMES)
    write_yolo(tmp_path / "in", lambda x, y, w, h: [x, y, x + w, y, x + w, y + h, x, y + h])
    for steps, out in jobs(tmp_path / "in", tmp_path, labels=f"yolo:{kind}"):
        for name in NAMES:
            pixels = opened(out / "images" / f"{name.removesuffix('.png')}__a0.png")
            for word, polygon in read_yolo(out, name, pixels):
                mask, drawn = seen(pixels, word), filled(polygon, pixels)
                if mask.sum() < 200:
                    continue
                if kind == "segment":
                    assert overlap(mask, drawn) > 0.85, (steps, word)
                else:  # four corners about what a cut or a lens has made of it
                    assert (mask & ~drawn).sum() < 0.08 * mask.sum(), (steps, word)


def test_voc_by_torchvision(tmp_path: Path) -> None:
    base = tmp_path / "in" / "VOCdevkit" / "VOC2012"
    paint(base / "JPEGImages", ["0.jpg", "1.jpg"])
    for name in "01":
        PIL.Image.fromarray(picture()).save(base / "JPEGImages" / f"{name}.jpg", quality=98, subsampling=0)
        parts = [f"<annotation><!-- by hand --><filename>{name}.jpg</filename><size><width>{SIZE[0]}</width>"]
        parts.append(f"<height>{SIZE[1]}</height><depth>3</depth></size>")
        for word, (x, y, w, h) in BOXES.items():
            ends = f"<xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{x + w}</xmax><ymax>{y + h}</ymax>"
            parts.append(f"<object><name>{word}</name><pose>left</pose><bndbox>{ends}</bndbox></object>")
        (base / "Annotations").mkdir(exist_ok=True)
        (base / "Annotations" / f"{name}.xml").write_text("".join(parts) + "</annotation>")
    for steps, out in jobs(tmp_path / "in", tmp_path):
        made = out / "VOCdevkit" / "VOC2012"
        (made / "ImageSets" / "Main").mkdir(parents=True)
        (made / "ImageSets" / "Main" / "train.txt").write_text("0__a0\n1__a0\n")
        for image, target in torchvision.datasets.VOCDetection(str(out), image_set="train"):
            whole, said = target["annotation"], []
            assert (whole["size"]["width"], whole["size"]["height"]) == (str(image.width), str(image.height))
            for each in whole.get("object", []):
                assert each["pose"] == "left"
                ends = {name: float(value) for name, value in each["bndbox"].items()}
                said.append((each["name"], [ends["xmin"] - 1, ends["ymin"] - 1, ends["xmax"], ends["ymax"]]))
            check_boxes(steps, np.asarray(image.convert("RGB")), said, slack=2.6)  # whole pixels, and JPEG
        for place in (made / "Annotations").iterdir():
            assert "<!-- by hand -->" in place.read_text()
            assert ET.parse(place).getroot().findtext("filename") == f"{place.stem}.jpg"


def test_label_maps_by_pil(tmp_path: Path) -> None:
    paint(tmp_path / "in" / "images", NAMES)
    labels = np.zeros(SIZE[::-1], np.uint8)
    for number, (x, y, w, h) in enumerate(BOXES.values(), 1):
        labels[y : y + h, x : x + w] = number
    palette = [0, 0, 0, 250, 20, 20, 20, 250, 20, 20, 20, 250]
    for name in NAMES:
        drawn = PIL.Image.fromarray(labels, "P")
        drawn.putpalette(palette)
        (tmp_path / "in" / "masks" / name).parent.mkdir(parents=True, exist_ok=True)
        drawn.save(tmp_path / "in" / "masks" / name)
    for steps, out in jobs(tmp_path / "in", tmp_path):
        for name in NAMES:
            place = f"{name.removesuffix('.png')}__a0.png"
            pixels, found = opened(out / "images" / place), PIL.Image.open(out / "masks" / place)
            assert found.mode == "P"
            assert (found.getpalette() or [])[:12] == palette
            for number, word in enumerate(BOXES, 1):
                mask = seen(pixels, word)
                if mask.sum() > 200:
                    assert overlap(mask, np.asarray(found) == number) > 0.85, (steps, word)


def test_objects_by_datasets(tmp_path: Path) -> None:
    paint(root := tmp_path / "in", NAMES)
    boxes = [list(box) for box in BOXES.values()]
    objects = {"bbox": boxes, "area": [w * h for _, _, w, h in boxes], "category": list(BOXES)}
    rows = [{"file_name": name, "objects": objects, "id": number} for number, name in enumerate(NAMES)]
    (root / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    datasets.disable_progress_bars()
    for steps, out in jobs(root, tmp_path):
        cache = str(tmp_path / "cache" / out.name)
        for row in datasets.load_dataset("imagefolder", data_dir=str(out), split="train", cache_dir=cache):
            both = zip(row["objects"]["category"], row["objects"]["bbox"], strict=True)
            check_boxes(steps, np.asarray(row["image"].convert("RGB")), [(w, as_corners(*box)) for w, box in both])
