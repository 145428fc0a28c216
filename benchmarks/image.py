"""Image operations and pipelines beside albumentations, torchvision v2, kornia and DALI, other parameters per image.

Run: uv run --with albumentations==2.0.8 --with kornia --with nvidia-dali-cuda130 python benchmarks/image.py
A peer that is not installed is left out. Medians of interleaved rounds; the ratio is to the fastest peer. Prints
Markdown tables. With --threads above 1, kernels of all libraries may use so many threads. The column "copy" is the
time to copy the pictures once: nothing that reads every picture and writes a new one takes less. By default a run
finds in the cache what the uncounted run before it left there; with --cold nobody's pictures are in the cache, as in
training, where a model's step lies between two batches.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import cv2
import numpy as np
import torch
from fused_image import pictures
from image_dali import STEPS, dali

import augreg

Clock = Callable[[], float]

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# name -> (ours, albumentations, torchvision v2, kornia); each peer's entry is a list of (class, arguments).
TV_AFFINE = {"degrees": 10, "scale": (0.8, 1.2), "shear": 5, "translate": (0.1, 0.1)}
A_AFFINE = {"scale": (0.8, 1.2), "rotate": (-10, 10), "shear": (-5, 5), "translate_percent": (-0.1, 0.1), "p": 1}
A_JITTER = {"brightness": (0.6, 1.4), "contrast": (0.6, 1.4), "saturation": (0.6, 1.4), "hue": (-0.1, 0.1), "p": 1}

CASES: dict[str, tuple[list[Any], list[Any], list[Any], list[Any]]] = {
    "hflip": (
        ["image.hflip"],
        [("HorizontalFlip", {})],
        [("RandomHorizontalFlip", {})],
        [("RandomHorizontalFlip", {})],
    ),
    "rotate": (
        [{"image.rotate": {"degrees": 20}}],
        [("Rotate", {"limit": 20, "p": 1})],
        [("RandomRotation", {"degrees": 20, "interpolation": 2})],
        [("RandomRotation", {"degrees": 20.0, "p": 1})],
    ),
    "affine": (
        [{"image.affine": {}}],
        [("Affine", A_AFFINE)],
        [("RandomAffine", {**TV_AFFINE, "interpolation": 2})],
        [("RandomAffine", {"degrees": 10.0, "scale": (0.8, 1.2), "shear": 5.0, "translate": (0.1, 0.1), "p": 1})],
    ),
    "perspective": (
        [{"image.perspective": {"distortion": 0.4}}],
        [("Perspective", {"p": 1})],
        [("RandomPerspective", {"distortion_scale": 0.4, "p": 1})],
        [("RandomPerspective", {"distortion_scale": 0.4, "p": 1})],
    ),
    "resized_crop": (
        [{"image.resized_crop": {"size": 224}}],
        [("RandomResizedCrop", {"size": (224, 224)})],
        [("RandomResizedCrop", {"size": 224})],
        [("RandomResizedCrop", {"size": (224, 224), "p": 1})],
    ),
    "color_jitter": (
        ["image.color_jitter"],
        [("ColorJitter", A_JITTER)],
        [("ColorJitter", {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1})],
        [("ColorJitter", {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "p": 1})],
    ),
    "gamma": ([{"image.gamma": {}}], [("RandomGamma", {"p": 1})], [], [("RandomGamma", {"p": 1})]),
    "posterize": (
        [{"image.posterize": {"bits": 4}}],
        [("Posterize", {"num_bits": 4, "p": 1})],
        [("RandomPosterize", {"bits": 4, "p": 1})],
        [("RandomPosterize", {"bits": 4.0, "p": 1})],
    ),
    "equalize": (
        [{"image.equalize": {"p": 1}}],
        [("Equalize", {"mode": "pil", "p": 1})],
        [("RandomEqualize", {"p": 1})],
        [("RandomEqualize", {"p": 1})],
    ),
    "gaussian_blur": (
        [{"image.gaussian_blur": {"sigma": [0.5, 2.0]}}],
        [("GaussianBlur", {"sigma_limit": (0.5, 2.0), "blur_limit": 0, "p": 1})],
        [("GaussianBlur", {"kernel_size": 13, "sigma": (0.5, 2.0)})],
        [("RandomGaussianBlur", {"kernel_size": (13, 13), "sigma": (0.5, 2.0), "p": 1})],
    ),
    "gaussian_noise": (
        [{"image.gaussian_noise": {"std": [0.02, 0.1]}}],
        [("GaussNoise", {"std_range": (0.02, 0.1), "p": 1})],
        [],
        [("RandomGaussianNoise", {"std": 0.06, "p": 1})],
    ),
    "erasing": (
        ["image.erasing"],
        [("Erasing", {"scale": (0.02, 0.33), "ratio": (0.3, 3.3), "p": 1})],
        [("RandomErasing", {"p": 1})],
        [("RandomErasing", {"p": 1})],
    ),
    "jpeg": (
        [{"image.jpeg": {"quality": [30, 90]}}],
        [("ImageCompression", {"quality_range": (30, 90), "p": 1})],
        [("JPEG", {"quality": (30, 90)})],
        [],
    ),
    "elastic": ([{"image.elastic": {}}], [("ElasticTransform", {"alpha": 50, "sigma": 8, "p": 1})], [], []),
}


def _join(*parts: str | tuple[list[Any], list[Any], list[Any], list[Any]]) -> tuple[list[Any], ...]:
    found = [CASES[part] if isinstance(part, str) else part for part in parts]
    # A peer without one of the steps cannot run the pipeline.
    return tuple([s for p in found for s in p[k]] if all(p[k] for p in found) else [] for k in range(4))


NORMALIZE = (
    ["image.normalize"],
    [("Normalize", {"mean": MEAN, "std": STD})],
    [("ToDtype", {"dtype": torch.float32, "scale": True}), ("Normalize", {"mean": MEAN, "std": STD})],
    [("Normalize", {"mean": MEAN, "std": STD})],
)
PIPELINES = {
    "standard": _join("resized_crop", "hflip", "color_jitter", NORMALIZE),
    "heavy": _join("hflip", "affine", "perspective", "color_jitter", "gaussian_blur", "gaussian_noise", "erasing"),
    "pair": _join("rotate", "posterize"),
}


def ours(steps: list[Any], images: list[np.ndarray]) -> Callable[[int], Any]:
    pipe = augreg.Pipeline({"image": steps})
    return lambda epoch: augreg.augment(images, pipe, seed=1, epoch=epoch, device="cpu", modality="image")


def albumentations(steps: list[Any], images: list[np.ndarray]) -> Callable[[int], Any]:
    library = importlib.import_module("albumentations")
    pipe = library.Compose([getattr(library, name)(**options) for name, options in steps])
    return lambda epoch: [pipe(image=image)["image"] for image in images]


def torchvision(steps: list[Any], images: list[np.ndarray]) -> Callable[[int], Any]:
    library = importlib.import_module("torchvision.transforms.v2")
    pipe = library.Compose([getattr(library, name)(**options) for name, options in steps])
    tensors = [torch.from_numpy(image).permute(2, 0, 1).contiguous() for image in images]
    return lambda epoch: [pipe(tensor) for tensor in tensors]


def kornia(steps: list[Any], images: list[np.ndarray]) -> Callable[[int], Any]:
    library = importlib.import_module("kornia.augmentation")
    pipe = torch.nn.Sequential(*[getattr(library, name)(**options) for name, options in steps])
    stack = torch.stack([torch.from_numpy(image).permute(2, 0, 1) for image in images]).contiguous()
    # uint8 in, as for everybody else; kornia works on floats.
    return lambda epoch: pipe(stack.float() / 255)


LIBRARIES = ("albumentations", "torchvision", "kornia", "nvidia-dali-cuda130", "nvidia-dali-cuda120")
PEERS = (("albumentations", albumentations), ("torchvision", torchvision), ("kornia", kornia), ("dali", dali))


def known(library: str) -> bool:
    try:
        return bool(version(library))
    except PackageNotFoundError:
        return False


def competitors(case: str, images: list[np.ndarray], wanted: list[str]) -> dict[str, Callable[[int], Any]]:
    own, *theirs = {**CASES, **PIPELINES}[case]
    found = {"augreg": ours(own, images)}
    for (name, build), steps in zip(PEERS, [*theirs, STEPS.get(case, [])], strict=True):
        if not steps or name not in wanted:
            continue
        try:
            run = build(steps, images)
            run(0)
        except Exception as error:
            print(f"({name}: {type(error).__name__}: {str(error)[:90]})", file=sys.stderr)
            continue
        found[name] = run
    return found


def copies(images: list[np.ndarray]) -> Callable[[int], Any]:
    return lambda epoch: [image.copy() for image in images]


EVICTION = 64 << 20
"""Bytes that are written between two runs with --cold: more than the caches hold."""


def measure(
    runs: dict[str, Callable[[int], Any]], rounds: int, count: int, clock: Clock, *, cold: bool
) -> dict[str, float]:
    """Milliseconds per image: medians over rounds.

    Each counted run follows an uncounted one of the same library, so that nobody pays for the state in which its
    neighbour left caches and memory. What a run returns is kept until it has been timed.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    pages = np.zeros(EVICTION if cold else 0, dtype=np.uint8)
    for epoch in range(rounds):
        for name, run in runs.items():
            run(2 * epoch)
            pages += 1
            start = clock()
            kept = run(2 * epoch + 1)
            times[name].append((clock() - start) / count * 1e3)
            del kept
    return {name: statistics.median(values) for name, values in times.items()}


def peak_memory(name: str, count: int, size: int, threads: int) -> float:
    """Return the most memory that augmenting a batch takes, in a process of its own, as a multiple of the batch.

    The batch is the larger of what goes in and what comes out; what comes out is counted too.
    """
    command = [sys.executable, __file__, "--peak", name, "--images", count, "--sizes", size, "--threads", threads]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def report_peak(name: str, count: int, size: int) -> None:
    images = pictures(count, size, size)
    ours({**CASES, **PIPELINES}[name][0], images[:2])(0)  # what is imported and set up once is not counted
    run = ours({**CASES, **PIPELINES}[name][0], images)
    # Linux: 5 sets the high-water mark back to what is in use now.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = status("VmHWM")
    out = run(0)
    batch = max(sum(image.nbytes for image in images), sum(image.nbytes for image in out))
    print((status("VmHWM") - before) / batch)


def status(field: str) -> int:
    """Return a number of bytes that the kernel keeps about this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def table(size: int, options: argparse.Namespace) -> None:
    clock = time.process_time if options.cpu_time else time.perf_counter
    images = pictures(options.images, size, size)
    names = ["copy", "augreg", *options.peers]
    state = ", caches emptied" if options.cold else ""
    print(f"\n{options.images} uint8 images {size}x{size}, {options.threads} thread(s), ms per image{state}\n")
    last = ["fastest peer / augreg"] + ["peak memory / batch"] * options.memory
    print("| " + " | ".join(["case", *names, *last]) + " |")
    print("|---" * (1 + len(names) + len(last)) + "|")
    for name in options.cases or [*CASES, *PIPELINES]:
        runs = {"copy": copies(images), **competitors(name, images, options.peers)}
        medians = measure(runs, options.rounds, options.images, clock, cold=options.cold)
        peers = [medians[peer] for peer in options.peers if peer in medians]
        ratio = f"{min(peers) / medians['augreg']:.2f}" if peers else "-"
        cells = [f"{medians[n]:.3f}" if n in medians else "-" for n in names]
        peak = [f"{peak_memory(name, options.images, size, options.threads):.1f}"] if options.memory else []
        print("| " + " | ".join([name, *cells, ratio, *peak]) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 512])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cpu-time", action="store_true", help="count CPU time, for machines that others use too")
    parser.add_argument("--cold", action="store_true", help="empty the caches before every run that is timed")
    parser.add_argument("--cases", nargs="*", help="names of operations and pipelines; all by default")
    parser.add_argument("--peers", nargs="*", choices=[n for n, _ in PEERS], default=[n for n, _ in PEERS])
    parser.add_argument("--memory", action="store_true", help="measure augreg's peak memory too (Linux)")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    torch.set_num_threads(options.threads)
    if options.peak:
        report_peak(options.peak, options.images, options.sizes[0])
        return
    versions = [f"{name} {version(name)}" for name in (*LIBRARIES, "opencv-python-headless", "torch") if known(name)]
    print(", ".join(versions))
    for size in options.sizes:
        table(size, options)


if __name__ == "__main__":
    main()
