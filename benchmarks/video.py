"""Video augmentation beside torchvision v2, kornia's VideoSequential and albumentations' ``images=``.

8 clips of 16 x 3 x 224 x 224, uint8; every clip gets parameters of its own, its frames share them. Each library
gets the memory layout and dtype that it is fastest with, converted beforehand: kornia float32 frames, torchvision
contiguous (T, C, H, W), albumentations (T, H, W, C) arrays, augreg (T, C, H, W) views of (T, H, W, C) memory, as
video decoders deliver, and contiguous (T, C, H, W) for hflip. Output of "train" is normalised float32 in all of them.
"copy" is what copying the clips once takes. Rounds are interleaved: each library once, then again; medians.

Run: uv run --with albumentations==2.0.8 --with kornia==0.9.0 python benchmarks/video.py [--threads N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A
import cv2
import kornia.augmentation as K
import numpy as np
import torch
from torchvision.transforms import v2

import augreg

MEAN, STD = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)
JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
OURS = {
    "hflip": [{"video.hflip": {"p": 1.0}}],
    "resized_crop": [{"video.resized_crop": {"size": 224, "scale": [0.3, 1.0]}}],
    "rotate": [{"image.rotate": {"degrees": 20}}],
    "color_jitter": [{"video.color_jitter": JITTER}],
    "gaussian_blur": [{"image.gaussian_blur": {"sigma": [1.0, 1.0]}}],
    "train": [
        {"video.subsample": {"frames": 8, "mode": "random"}},
        {"video.resized_crop": {"size": 224, "scale": [0.3, 1.0]}},
        "video.hflip",
        {"video.color_jitter": JITTER},
        {"image.normalize": {"mean": MEAN, "std": STD}},
    ],
}


def clips(count: int, frames: int, size: int) -> list[np.ndarray]:
    """Return smooth moving shapes with grain: uint8 (T, H, W, 3)."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        coarse = cv2.resize(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8), (2 * size, 2 * size), interpolation=3)
        moved = np.stack([coarse[3 * t : 3 * t + size, 5 * t : 5 * t + size] for t in range(frames)])
        found.append(np.clip(moved + rng.normal(0, 5, moved.shape), 0, 255).astype(np.uint8))
    return found


def ours(case: str, data: list[np.ndarray]) -> Callable[[], Any]:
    pipe = augreg.Pipeline({"video": OURS[case]})
    rows = [torch.from_numpy(clip).permute(0, 3, 1, 2) for clip in data]
    rows = [row.contiguous() if case == "hflip" else row for row in rows]
    return lambda: augreg.augment(rows, pipe, seed=1, device="cpu", modality="video")


def torchvision(case: str, data: list[np.ndarray]) -> Callable[[], Any]:
    norm = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    steps = {
        "hflip": [v2.RandomHorizontalFlip(1.0)],
        "resized_crop": [v2.RandomResizedCrop(224, (0.3, 1.0), antialias=True)],
        "rotate": [v2.RandomRotation(20, interpolation=v2.InterpolationMode.BILINEAR)],
        "color_jitter": [v2.ColorJitter(**JITTER)],
        "gaussian_blur": [v2.GaussianBlur(7, 1.0)],
        "train": [
            v2.RandomResizedCrop(224, (0.3, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(**JITTER),
            *norm,
        ],
    }[case]
    pipe = v2.Compose(steps)
    rows = [torch.from_numpy(clip).permute(0, 3, 1, 2).contiguous() for clip in data]
    return lambda: [pipe(chosen(row) if case == "train" else row) for row in rows]


def chosen(clip: Any) -> Any:
    """Return 8 frames, one from each segment of the clip."""
    step = len(clip) // 8
    return clip[np.arange(8) * step + np.random.randint(0, step, 8)]  # noqa: NPY002 - what their users write


def kornia(case: str, data: list[np.ndarray]) -> Callable[[], Any]:
    steps = {
        "hflip": [K.RandomHorizontalFlip(p=1.0)],
        "resized_crop": [K.RandomResizedCrop((224, 224), (0.3, 1.0))],
        "rotate": [K.RandomRotation(20.0, p=1.0)],
        "color_jitter": [K.ColorJitter(*JITTER.values(), p=1.0)],
        "gaussian_blur": [K.RandomGaussianBlur((7, 7), (1.0, 1.0), p=1.0)],
        "train": [
            K.RandomResizedCrop((224, 224), (0.3, 1.0)),
            K.RandomHorizontalFlip(),
            K.ColorJitter(*JITTER.values(), p=1.0),
            K.Normalize(torch.tensor(MEAN), torch.tensor(STD)),
        ],
    }[case]
    pipe = K.VideoSequential(*steps, data_format="BTCHW", same_on_frame=True)
    rows = torch.stack([torch.from_numpy(clip).permute(0, 3, 1, 2).float() / 255 for clip in data])
    return lambda: pipe(torch.stack([chosen(row) for row in rows]) if case == "train" else rows)


def albumentation(case: str, data: list[np.ndarray]) -> Callable[[], Any]:
    steps = {
        "hflip": [A.HorizontalFlip(p=1.0)],
        "resized_crop": [A.RandomResizedCrop((224, 224), (0.3, 1.0))],
        "rotate": [A.Rotate(20, p=1.0)],
        "color_jitter": [A.ColorJitter(*[(1 - v, 1 + v) for v in (0.4, 0.4, 0.4)], hue=(-0.1, 0.1), p=1.0)],
        "gaussian_blur": [A.GaussianBlur(blur_limit=(7, 7), sigma_limit=(1.0, 1.0), p=1.0)],
        "train": [
            A.RandomResizedCrop((224, 224), (0.3, 1.0)),
            A.HorizontalFlip(),
            A.ColorJitter(*[(1 - v, 1 + v) for v in (0.4, 0.4, 0.4)], hue=(-0.1, 0.1), p=1.0),
            A.Normalize(MEAN, STD),
        ],
    }[case]
    pipe = A.Compose(steps)
    return lambda: [pipe(images=chosen(clip) if case == "train" else clip)["images"] for clip in data]


def copied(_case: str, data: list[np.ndarray]) -> Callable[[], Any]:
    return lambda: [clip.copy() for clip in data]


LIBRARIES = {
    "augreg": ours,
    "copy": copied,
    "torchvision": torchvision,
    "kornia": kornia,
    "albumentations": albumentation,
}


def measured(runs: dict[str, Callable[[], Any]], repeats: int, clock: Callable[[], float]) -> dict[str, float]:
    """Return the median of several interleaved rounds, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(repeats + 1):
        for name, run in runs.items():
            start = clock()
            run()
            if round_:  # the first is for warming up
                times[name].append((clock() - start) * 1e3)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--cases", nargs="*", default=list(OURS))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    data = clips(8, 16, 224)
    # Processor time is what one thread needs, however busy the machine is.
    clock = time.process_time if options.threads == 1 else time.perf_counter
    print(f"ms for 8 clips of 16 frames, {options.threads} thread(s); in brackets: times augreg")
    print(f"{'':14}" + "".join(f"{name:>20}" for name in LIBRARIES))
    for case in options.cases:
        times = measured({name: make(case, data) for name, make in LIBRARIES.items()}, options.repeats, clock)
        cells = [f"{t:11.1f} ({t / times['augreg']:5.1f})" for t in times.values()]
        print(f"{case:14}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
