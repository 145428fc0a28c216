"""What augmentation does to a small detector: scenes of 96 pixels into which pictures of things are pasted.

    python benchmarks/learn/detection.py --workers 2                          digits
    python benchmarks/learn/detection.py --fashion /usr/share/datasets/fashion-mnist     Debian: dataset-fashion-mnist

The figures are those of docs/evaluate.md. Without augmentation mAP must be 0.4 at least, else the comparison is void.
"""

from __future__ import annotations

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import augreg
import augreg.learn
from augreg.learn.tables import HEADS, metric_rows, rows

SIDE, SCENES = 96, 200
LEAST = 0.4

PIPELINE = {
    "image": [
        "image.hflip",
        {"image.translate": {"x": 0.15, "y": 0.15, "p": 0.7}},
        {"image.zoom": {"scale": [0.8, 1.25], "p": 0.7}},
    ]
}


def fashion(folder: Path, count: int = 2_000) -> tuple[np.ndarray, list[str]]:
    """Return pictures (n, 28, 28) of clothes, and which of five kinds each is: 200 scenes do not tell ten apart."""
    names = ["top", "trousers", "top", "dress", "top", "shoe", "top", "shoe", "bag", "shoe"]
    pixels = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    held = np.frombuffer(pixels, np.uint8, offset=16).reshape(-1, 28, 28)[:count]
    return held, [names[label] for label in np.frombuffer(labels, np.uint8, offset=8)[:count]]


def digits() -> tuple[np.ndarray, list[str]]:
    """Return scikit-learn's digits, (n, 28, 28)."""
    held = augreg.learn.digits().examples
    return np.stack([np.asarray(sample.data)[0] for sample in held.samples]), [held.classes[n] for n in held.labels]


def scenes(things: np.ndarray, names: list[str], count: int = SCENES, seed: int = 0) -> augreg.learn.Data:
    """Return scenes of three to six things of 20 to 40 pixels on a noisy ground, each thing in one scene only."""
    rng = np.random.default_rng(seed)
    order = iter(rng.permutation(len(things)))
    samples = []
    for _ in range(count):
        ground = rng.uniform(20, 90) + 25 * smooth(rng)
        canvas, boxes, labels = ground[None].repeat(3, 0), [], []
        for _ in range(rng.integers(3, 7)):
            place = next(order)
            box = paste(canvas, things[place], boxes, rng)
            if box is not None:
                boxes.append(box)
                labels.append(names[place])
        data = torch.from_numpy(np.clip(canvas + rng.normal(0, 4, canvas.shape), 0, 255).astype(np.uint8))
        samples.append(augreg.Image(data, boxes=augreg.Boxes(boxes, "xyxy", labels=labels)))
    return augreg.learn.Data.of(samples, name=f"{count} scenes")


def smooth(rng: np.random.Generator) -> np.ndarray:
    """Return a ground that varies slowly, (SIDE, SIDE)."""
    coarse = torch.from_numpy(rng.normal(size=(1, 1, 8, 8)))
    return F.interpolate(coarse, (SIDE, SIDE), mode="bicubic", align_corners=False)[0, 0].numpy()


def paste(canvas: np.ndarray, thing: np.ndarray, boxes: list, rng: np.random.Generator) -> list[float] | None:
    """Paste a thing where it covers no other by a tenth; return the box of what is seen of it."""
    side = int(rng.integers(20, 41))
    small = F.interpolate(torch.from_numpy(thing.astype(np.float32))[None, None], (side, side), mode="bilinear")[0, 0]
    ink = small.numpy() / 255
    rows, columns = np.flatnonzero((ink > 0.1).any(1)), np.flatnonzero((ink > 0.1).any(0))
    for _ in range(20):
        x, y = rng.integers(0, SIDE - side + 1, 2)
        box = [x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1]
        if all(shared(box, other) < 0.1 for other in boxes):
            color = rng.uniform(0.6, 1.0, (3, 1, 1)) * 255
            under = canvas[:, y : y + side, x : x + side]
            under[:] = under * (1 - ink) + color * ink
            return [float(end) for end in box]
    return None


def shared(one: list, other: list) -> float:
    """Return how much of the smaller of two boxes lies in the other."""
    wide = max(0, min(one[2], other[2]) - max(one[0], other[0]))
    high = max(0, min(one[3], other[3]) - max(one[1], other[1]))
    area = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide * high / area


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fashion", type=Path, help="folder of the .gz files of Fashion-MNIST")
    parser.add_argument("--report", type=Path, help="keep trainings there")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    began = time.monotonic()
    data = scenes(*(digits() if given.fashion is None else fashion(given.fashion)))
    found = augreg.learn.evaluate(
        data,
        PIPELINE,
        task="object-detection",
        alone=False,
        seeds=given.seeds,
        workers=given.workers,
        report=given.report,
    )
    print(f"{data.name}, {found.data['train']} train, {found.data['test']} test, {found.model}\n{found.summary}")
    for table in ((HEADS, *rows(found)), (metric_rows(found)[0], *metric_rows(found)[1])):
        for row in table:
            print("| " + " | ".join(row) + " |")
    none = found.effect("none").numbers["map"].mean
    print(f"mAP without augmentation {none:.3f}: the comparison {'counts' if none >= LEAST else 'is void'}")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
