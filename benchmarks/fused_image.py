"""Fused resized_crop + hflip + rotate + color_jitter beside albumentations 2.0.8, one thread each.

Run: uv run --with albumentations==2.0.8 python benchmarks/fused_image.py
"copy" copies the pictures once; --cold empties the caches before every run that is timed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import time
from importlib.metadata import version

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import cv2
import numpy as np
import torch

import augreg


def pictures(count: int, height: int, width: int) -> list[np.ndarray]:
    """Photo-like pictures: smooth shapes, edges and grain."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        coarse = rng.integers(0, 256, (height // 25, width // 25, 3), dtype=np.uint8)
        image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.circle(image, (width // 3, height // 2), height // 4, (30, 200, 90), -1)
        found.append(np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8))
    return found


def ours(images: list[np.ndarray], fuse: bool):
    pipe = augreg.Pipeline(
        {
            "image": [
                {"image.resized_crop": {"size": 224}},
                {"image.hflip": {"p": 0.5}},
                {"image.rotate": {"degrees": [-20, 20]}},
                {"image.color_jitter": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}},
            ]
        }
    )
    return lambda epoch: augreg.augment(images, pipe, seed=1, epoch=epoch, device="cpu", modality="image", fuse=fuse)


def theirs(images: list[np.ndarray]):
    library = importlib.import_module("albumentations")  # pictures() is of use without it
    pipe = library.Compose(
        [
            library.RandomResizedCrop(size=(224, 224)),
            library.HorizontalFlip(p=0.5),
            library.Rotate(limit=20, p=1.0),
            library.ColorJitter(
                brightness=(0.6, 1.4), contrast=(0.6, 1.4), saturation=(0.6, 1.4), hue=(-0.1, 0.1), p=1.0
            ),
        ]
    )
    return lambda epoch: [pipe(image=image)["image"] for image in images]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cpu-time", action="store_true", help="count CPU time, for machines that others use too")
    parser.add_argument("--cold", action="store_true", help="empty the caches before every run that is timed")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    images = pictures(options.images, 375, 500)
    cases = {
        "copy": lambda epoch: [image.copy() for image in images],
        "augreg, fused": ours(images, True),
        "augreg, fuse=False": ours(images, False),
        "albumentations": theirs(images),
    }
    clock = time.process_time if options.cpu_time else time.perf_counter
    times: dict[str, list[float]] = {name: [] for name in cases}
    pages = np.zeros(64 << 20 if options.cold else 0, dtype=np.uint8)  # more than the caches hold
    for epoch in range(options.rounds):
        for name, case in cases.items():
            case(2 * epoch)  # uncounted: nobody pays for the state in which its neighbour left caches and memory
            pages += 1
            start = clock()
            kept = case(2 * epoch + 1)
            times[name].append((clock() - start) / len(images) * 1e3)
            del kept
    print(f"{len(images)} uint8 images 500x375 -> 224x224, other parameters for each, one thread")
    print(f"albumentations {version('albumentations')}, OpenCV {cv2.__version__}, torch {torch.__version__}")
    for name, values in times.items():
        ratio = statistics.median(a / b for a, b in zip(times["albumentations"], values, strict=True))
        print(f"  {name:20s} {statistics.median(values):6.3f} ms per image (best {min(values):.3f})   {ratio:5.2f}x")


if __name__ == "__main__":
    main()
