"""Make the gallery page of image augmenters: each on one photograph, with boxes and keypoints, at three strengths.

Run: uv run python docs/gallery_image.py OUT [--photo photo.jpg]
Writes OUT/index.md and one PNG per augmenter. Without --photo the picture is drawn.
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
from PIL import Image

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
    "image.corruption": [{"kind": k, "severity": 3} for k in ("fog", "snow", "glass_blur")],
}
"""Configurations for augmenters that cannot be built without, or say little at their defaults."""


def drawn(height: int = 240, width: int = 320) -> np.ndarray:
    """Draw a picture with a sky, hills, a house and a person."""
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
    return image


def sample(photo: Path | None) -> augreg.Image:
    """Return the picture with two boxes, a rotated one's outline as mask, and three points."""
    if photo is None:
        array = drawn()
        boxes, points = [[32, 70, 128, 190], [190, 112, 222, 198]], [[201, 126], [211, 126], [206, 168]]
    else:
        with Image.open(photo) as opened:
            array = np.asarray(opened.convert("RGB").resize((320, 240)))
        boxes, points = [[60, 50, 180, 200], [200, 90, 290, 220]], [[110, 100], [150, 100], [240, 150]]
    return augreg.Image(
        torch.from_numpy(array.copy()).permute(2, 0, 1),
        boxes=augreg.Boxes(boxes, labels=[0, 1]),
        keypoints=augreg.Keypoints(points, swap=[(0, 1)]),
        label=0,
    )


def painted(result: augreg.Image) -> np.ndarray:
    """Draw boxes and points onto a result."""
    data = result.data.float()
    if result.data.dtype != torch.uint8:
        # Normalised values are shown between their own extremes.
        data = (data - data.min()) / (data.max() - data.min()).clamp(min=1e-6) * 255
    image = np.ascontiguousarray(data.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())
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


def panel(spec: augreg.AugmenterSpec, original: augreg.Image, other: augreg.Image) -> tuple[np.ndarray, list[str]]:
    """Return the original and three results side by side, with their captions."""
    cells, captions = [painted(original)], ["original"]
    for k, (caption, step) in enumerate(variants(spec)):
        pipe = augreg.Pipeline({"image": [step]})
        found = augreg.augment([original, other], pipe, seed=11 + k)[0]
        cells.append(painted(found))
        captions.append(caption)
    height = max(cell.shape[0] for cell in cells)
    framed = [np.pad(c, ((0, height - c.shape[0]), (0, 6), (0, 0)), constant_values=255) for c in cells]
    return np.concatenate(framed, axis=1), captions


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photo", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    original = sample(options.photo)
    other = augreg.Image(original.data.flip(0), boxes=original.boxes, keypoints=original.keypoints, label=1)
    lines = ["# Image augmenters", ""]
    specs = augreg.list_augmenters(plugin="augreg-image")
    for tag in dict.fromkeys(spec.tags[0] for spec in specs):
        lines += [f"## {tag}", ""]
        for spec in specs:
            if spec.tags[0] != tag:
                continue
            sheet, captions = panel(spec, original, other)
            name = f"{spec.name.partition('.')[2]}.png"
            Image.fromarray(sheet).save(options.out / name)
            lines += [f"### {spec.name}", "", spec.summary, "", f"![{spec.name}]({name})", "", " | ".join(captions), ""]
    (options.out / "index.md").write_text("\n".join(lines))
    sys.stdout.write(f"{len(specs)} augmenters in {options.out / 'index.md'}\n")


if __name__ == "__main__":
    main()
