"""Make the gallery page of image augmenters: each on one picture, with boxes, masks and points, at three strengths.

Run: uv run python docs/gallery_image.py OUT [--photo photo.jpg]
Writes OUT/index.md and one PNG per augmenter, one for each of ImageNet-C's corruptions at severities 1, 3 and 5, and
OUT/overview.jpg: the middle strength of every augmenter, small.
Without --photo the picture is drawn. Boxes are yellow, masks have a white outline, the first point is red, the second
green, the third blue: mirroring exchanges the first two.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw

import augreg

STRENGTHS = (0.25, 0.6, 1.0)
NEEDED: dict[str, list[dict[str, Any]]] = {
    "image.resize": [{"size": s} for s in ([120, 160], [90, 220], [200, 120])],
    "image.longest_side": [{"size": s} for s in (80, 140, 220)],
    "image.smallest_side": [{"size": s} for s in (60, 120, 180)],
    "image.letterbox": [{"size": s, "fill": 0.5} for s in ([200, 200], [120, 240], [240, 120])],
    "image.crop": [{"size": s} for s in ([120, 160], [80, 80], [200, 280])],
    "image.center_crop": [{"size": s} for s in ([120, 160], [80, 80], [200, 280])],
    "image.pad": [{"padding": 20}, {"padding": [10, 40], "border": "reflect"}, {"size": 320, "fill": 0.5}],
    "image.mask_crop": [{"size": s} for s in ([100, 100], [60, 120], [160, 160])],
    "image.crop_and_pad": [{"amount": a} for a in (0.1, [-0.3, -0.1], [0.1, 0.3])],
    "image.corruption": [{"kind": k, "severity": 3} for k in ("fog", "snow", "glass_blur")],
    "image.spatter": [{"strength": 0.5}, {"strength": 1.0}, {"strength": 0.7, "liquid": "mud"}],
    "image.mask_dropout": [{"chance": c, "fill": 0.5} for c in (0.4, 0.7, 1.0)],
    "image.copy_paste": [{"chance": c} for c in (0.4, 0.7, 1.0)],
}
"""Configurations for augmenters that cannot be built without, or say little at their defaults."""


def drawn(height: int = 240, width: int = 320, *, night: bool = False) -> np.ndarray:
    """Draw a picture with a sky, hills, a house and a person, by day or, mirrored, by night."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    image = np.stack([90 + 90 * y / height, 140 + 70 * y / height, 235 - 40 * y / height], axis=2)
    for base, colour in ((150, (70, 120, 80)), (185, (50, 95, 50))):
        hill = base + 14 * np.sin(x[0] / 37 + base) + 6 * np.sin(x[0] / 11)
        image[y > hill] = colour
    image = np.clip(image + rng.normal(0, 5, image.shape), 0, 255).astype(np.uint8)
    cv2.circle(image, (260, 50), 22, (250, 230, 120), -1, cv2.LINE_AA)
    cv2.rectangle(image, (40, 110), (120, 190), (190, 90, 70), -1)
    cv2.fillPoly(image, [np.array([[32, 112], [80, 70], [128, 112]])], (120, 50, 40), cv2.LINE_AA)
    cv2.rectangle(image, (70, 145), (92, 190), (80, 50, 30), -1)
    cv2.circle(image, (206, 128), 13, (230, 190, 160), -1, cv2.LINE_AA)
    cv2.rectangle(image, (194, 141), (218, 196), (60, 70, 170), -1)
    for px in (201, 211):
        cv2.circle(image, (px, 126), 2, (30, 30, 30), -1, cv2.LINE_AA)
    return (image[:, ::-1] * [0.35, 0.3, 0.55] + [10, 5, 35]).astype(np.uint8) if night else image


def sample(photo: Path | None, *, night: bool = False) -> augreg.Image:
    """Return the picture with two boxes, the masks of what they hold, and three points."""
    if photo is None:
        array = drawn(night=night)
        boxes, points = [[32, 70, 128, 190], [190, 112, 222, 198]], [[201, 126], [211, 126], [206, 168]]
    else:
        with Image.open(photo) as opened:
            array = np.asarray(opened.convert("RGB").resize((320, 240)))
        boxes, points = [[60, 50, 180, 200], [200, 90, 290, 220]], [[110, 100], [150, 100], [240, 150]]
    if night:
        boxes = [[320 - right, top, 320 - left, bottom] for left, top, right, bottom in boxes]
        points = [[320 - x, y] for x, y in points]
    y, x = np.mgrid[0:240, 0:320] + 0.5
    masks = [((2 * x - a - c) / (c - a)) ** 2 + ((2 * y - b - d) / (d - b)) ** 2 <= 1 for a, b, c, d in boxes]
    return augreg.Image(
        torch.from_numpy(array.copy()).permute(2, 0, 1),
        boxes=augreg.Boxes(boxes, labels=[0, 1]),
        masks=torch.from_numpy(np.stack(masks).astype(np.uint8)),
        keypoints=augreg.Keypoints(points, swap=[(0, 1)]),
        label=int(night),
    )


def painted(result: augreg.Image) -> np.ndarray:
    """Draw masks, boxes and points onto a result."""
    data = result.data.float()
    if result.data.dtype != torch.uint8:
        # Normalised values are shown between their own extremes.
        data = (data - data.min()) / (data.max() - data.min()).clamp(min=1e-6) * 255
    image = np.ascontiguousarray(data.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())
    for mask in result.masks.numpy() if result.masks is not None else ():
        outlines, _ = cv2.findContours(np.ascontiguousarray(mask), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(image, outlines, -1, (255, 255, 255), 1)
    for box in result.boxes.data if result.boxes is not None else ():
        cv2.rectangle(image, *(tuple(int(v) for v in part) for part in (box[:2], box[2:])), (255, 220, 0), 1)
    if result.keypoints is not None:
        seen = result.keypoints.visible
        for k, (px, py) in enumerate(result.keypoints.data):
            if seen is None or seen[k]:
                colour = ((255, 60, 60), (60, 255, 60), (80, 160, 255))[k % 3]
                cv2.circle(image, (int(px), int(py)), 3, colour, -1, cv2.LINE_AA)
    return image


def variants(spec: augreg.AugmenterSpec) -> list[tuple[str, Any]]:
    """Return three captions and steps: strengths where the augmenter has them, else configurations or repeats."""
    if spec.name in NEEDED:
        return [
            (json.dumps(config)[1:-1].replace('"', ""), {spec.name: {**config, "p": 1.0}})
            for config in NEEDED[spec.name]
        ]
    cls = type(augreg.make(spec.name))
    if cls.declares.level is not None:
        return [(f"level {level:g}", augreg.Step(spec.name, p=1.0, level=level)) for level in STRENGTHS]
    return [(f"draw {k + 1}", {spec.name: {"p": 1.0}}) for k in range(len(STRENGTHS))]


def panel(
    spec: augreg.AugmenterSpec, original: augreg.Image, other: augreg.Image
) -> tuple[list[np.ndarray], list[str]]:
    """Return the original and three results, with their captions."""
    if "uint8" not in augreg.make(spec.name, **NEEDED.get(spec.name, [{}])[0]).declares.dtypes:
        original, other = (x.changed(data=x.data / 255) for x in (original, other))
    cells, captions = [painted(original)], ["original"]
    for k, (caption, step) in enumerate(variants(spec)):
        pipe = augreg.Pipeline({"image": [step]})
        found = augreg.augment([original, other], pipe, seed=11 + k)[0]
        cells.append(painted(found))
        captions.append(caption)
    return cells, captions


def thumbnail(cell: np.ndarray, name: str, width: int = 120, height: int = 90) -> np.ndarray:
    """Return a picture of fixed size with a name below."""
    scale = min(width / cell.shape[1], height / cell.shape[0])
    size = max(1, round(cell.shape[1] * scale)), max(1, round(cell.shape[0] * scale))
    found = np.full((height + 16, width + 6, 3), 255, np.uint8)
    found[: size[1], : size[0]] = cv2.resize(cell, size, interpolation=cv2.INTER_AREA)
    canvas = Image.fromarray(found)
    ImageDraw.Draw(canvas).text((0, height + 1), name, fill=(0, 0, 0))
    return np.asarray(canvas)


def overview(thumbnails: list[np.ndarray], columns: int = 10) -> Image.Image:
    """Return all thumbnails on one sheet."""
    blank = np.full_like(thumbnails[0], 255)
    cells = thumbnails + [blank] * (-len(thumbnails) % columns)
    rows = [np.concatenate(cells[k : k + columns], axis=1) for k in range(0, len(cells), columns)]
    return Image.fromarray(np.concatenate(rows))


def side_by_side(cells: list[np.ndarray]) -> np.ndarray:
    """Return pictures in one row."""
    height = max(cell.shape[0] for cell in cells)
    framed = [np.pad(c, ((0, height - c.shape[0]), (0, 6), (0, 0)), constant_values=255) for c in cells]
    return np.concatenate(framed, axis=1)


def corruptions(original: augreg.Image, out: Path) -> list[str]:
    """Draw every corruption of ImageNet-C, and return the lines of the page."""
    lines = ["## ImageNet-C at severities 1, 3 and 5", ""]
    parameters = augreg.param.describe(type(augreg.make("image.corruption")))
    kinds = next(p for p in parameters if p.name == "kind").choices
    for kind in kinds[2:]:
        cells = [painted(original)]
        for severity in (1, 3, 5):
            step = {"image.corruption": {"kind": kind, "severity": severity, "p": 1.0}}
            cells.append(painted(augreg.augment([original], augreg.Pipeline({"image": [step]}), seed=5)[0]))
        Image.fromarray(side_by_side(cells)).save(out / f"corruption_{kind}.png")
        lines += [f"### {kind}", "", f"![{kind}](corruption_{kind}.png)", ""]
    return lines


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photo", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    original = sample(options.photo)
    other = sample(None, night=True)
    lines, small = ["# Image augmenters", "", "![overview](overview.jpg)", ""], []
    specs = augreg.list_augmenters(plugin="augreg-image")
    for tag in dict.fromkeys(spec.tags[0] for spec in specs):
        lines += [f"## {tag}", ""]
        for spec in specs:
            if spec.tags[0] != tag:
                continue
            cells, captions = panel(spec, original, other)
            short = spec.name.partition(".")[2]
            name = f"{short}.png"
            Image.fromarray(side_by_side(cells)).save(options.out / name)
            small.append(thumbnail(cells[2], short))
            lines += [
                f"### {spec.name}",
                "",
                augreg.registry.summary_of(spec),
                "",
                f"![{spec.name}]({name})",
                "",
                " | ".join(captions),
                "",
            ]
    overview(small).save(options.out / "overview.jpg", quality=60)
    lines += corruptions(original, options.out)
    (options.out / "index.md").write_text("\n".join(lines))
    sys.stdout.write(f"{len(specs)} augmenters in {options.out / 'index.md'}\n")


if __name__ == "__main__":
    main()
