r"""Policies that draw per sample, on batches of 64 and one sample per call, beside the loops of other libraries.

Run: uv run --with albumentations==2.0.8 --with timm --with kornia --with audiomentations==0.43.1 \
    python benchmarks/policies.py [--threads 1] [--rounds 15] [--only image]
A peer that is not installed is left out, and named. Every library gets what it takes natively: torchvision tensors,
timm PIL images, albumentations arrays, kornia a float batch, of which it gives all pictures one operation, so it does
less; augreg the same pictures as tensors. In a round every arm runs once, in another order each time. "us" is the
median time per sample, "x" the median over the rounds of the peer's time divided by augreg's, on the whole batch and
called one by one. Operations are each library's own: fourteen or so. --threads 0 means all cores.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import cv2
import numpy as np
import PIL.Image
import torch

import augreg

N, RATE = 64, 16000
SENTENCE = (
    "The quick brown fox jumped happily over a lazy dog while two curious children watched from their small garden wall"
)
Run = Callable[[], Any]
POLICIES: dict[str, Any] = {
    "trivial": "policy.trivial",
    "rand, n=2": {"policy.rand": {"n": 2}},
    "augmix": "policy.augmix",
}


def pictures(size: int) -> list[np.ndarray]:
    """Return smooth pictures (H, W, 3), different ones."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (N, 8, 8, 3), dtype=np.uint8)
    return [np.ascontiguousarray(cv2.resize(p, (size, size), interpolation=cv2.INTER_CUBIC)) for p in small]


def tensors(arrays: list[np.ndarray]) -> list[torch.Tensor]:
    return [torch.from_numpy(a).permute(2, 0, 1).contiguous() for a in arrays]


def ours(modality: str, step: Any, samples: list[Any], **options: Any) -> dict[str, Run]:
    """Return augreg on the whole batch, and one sample per call."""
    pipe = augreg.Pipeline({modality: [step]})
    keys, epochs = list(range(len(samples))), iter(range(1 << 30))
    bound = pipe.bind(seed=7, modality=modality, **options)

    def one_by_one() -> list[Any]:
        bound.set_epoch(next(epochs))
        return [bound(sample, key=k) for k, sample in enumerate(samples)]

    return {
        "augreg": lambda: pipe(samples, seed=7, keys=keys, epoch=next(epochs), modality=modality, **options),
        "augreg, one per call": one_by_one,
    }


def of_torchvision(name: str, size: int) -> Run:
    transforms = importlib.import_module("torchvision.transforms.v2")
    kinds = {"trivial": "TrivialAugmentWide", "rand, n=2": "RandAugment", "augmix": "AugMix"}
    made, rows = getattr(transforms, kinds[name])(), tensors(pictures(size))
    return lambda: [made(row) for row in rows]


def of_timm(name: str, size: int) -> Run:
    auto = importlib.import_module("timm.data.auto_augment")
    configs = {"rand, n=2": "rand-m9-n2-mstd0.5", "augmix": "augmix-m3"}
    build = auto.rand_augment_transform if name.startswith("rand") else auto.augment_and_mix_transform
    made, rows = build(configs[name], {}), [PIL.Image.fromarray(p) for p in pictures(size)]
    return lambda: [made(row) for row in rows]


def of_albumentations(name: str, size: int) -> Run:
    if name != "trivial":
        raise KeyError(name)
    a = importlib.import_module("albumentations")
    steps = [
        a.Rotate(30, p=1),
        a.Affine(shear={"x": (-17, 17), "y": 0}, p=1),
        a.Affine(shear={"x": 0, "y": (-17, 17)}, p=1),
        a.Affine(translate_percent=(-0.3, 0.3), p=1),
        a.Affine(scale=(0.67, 1.5), p=1),
        a.RandomBrightnessContrast(0.9, 0, p=1),
        a.RandomBrightnessContrast(0, 0.9, p=1),
        a.ColorJitter(0, 0, (0.1, 1.9), 0, p=1),
        a.Sharpen(p=1),
        a.Posterize((4, 8), p=1),
        a.Solarize(p=1),
        a.GaussianBlur(p=1),
        a.GaussNoise(p=1),
        a.CoarseDropout(p=1),
    ]
    made, rows = a.Compose([a.OneOf(steps, p=1)]), pictures(size)
    return lambda: [made(image=row)["image"] for row in rows]


def of_kornia(name: str, size: int) -> Run:
    auto = importlib.import_module("kornia.augmentation.auto")
    made = {"trivial": auto.TrivialAugment, "rand, n=2": lambda: auto.RandAugment(n=2, m=9)}[name]()
    batch = torch.stack(tensors(pictures(size))).float() / 255
    return lambda: made(batch)


def image_case(name: str, size: int) -> dict[str, Run]:
    arms = ours("image", POLICIES[name], tensors(pictures(size)))
    peers = {"torchvision": of_torchvision, "timm": of_timm, "albumentations": of_albumentations, "kornia": of_kornia}
    return arms | built(peers, name, size)


def video_case(name: str, size: int) -> dict[str, Run]:
    rng = np.random.default_rng(0)
    clips = [torch.from_numpy(rng.integers(0, 256, (8, 3, size, size), dtype=np.uint8)) for _ in range(16)]

    def torchvision(*_: Any) -> Run:
        made = importlib.import_module("torchvision.transforms.v2").TrivialAugmentWide()
        return lambda: [made(clip) for clip in clips]

    return ours("video", "policy.trivial", clips) | built({"torchvision": torchvision}, name, size)


def text_case(name: str, size: int) -> dict[str, Run]:
    words = SENTENCE.split()
    texts = [" ".join(words[i % 5 :] + words[: i % 5]) for i in range(N)]

    def nlpaug(*_: Any) -> Run:
        char = importlib.import_module("nlpaug.augmenter.char")
        word = importlib.import_module("nlpaug.augmenter.word")
        steps = [char.KeyboardAug(), char.OcrAug(), word.SplitAug(), word.RandomWordAug(action="swap")]
        steps += [char.RandomCharAug(action=action) for action in ("swap", "delete", "insert", "substitute")]
        return lambda: [random.choice(steps).augment(text) for text in texts]

    return ours("text", "policy.trivial", texts) | built({"nlpaug": nlpaug}, name, size)


def audio_case(name: str, size: int) -> dict[str, Run]:
    rng = np.random.default_rng(0)
    sounds = [rng.standard_normal(size).astype(np.float32) * 0.1 for _ in range(N)]

    def audiomentations(*_: Any) -> Run:
        a = importlib.import_module("audiomentations")
        steps = [a.AddGaussianSNR(p=1), a.AddColorNoise(p=1), a.Shift(p=1), a.TimeMask(p=1), a.LowPassFilter(p=1)]
        steps += [
            a.HighPassFilter(p=1),
            a.BandStopFilter(p=1),
            a.TanhDistortion(p=1),
            a.Gain(p=1),
            a.ClippingDistortion(p=1),
        ]
        made = a.Compose([a.OneOf(steps), a.OneOf(steps)])
        return lambda: [made(sound, RATE) for sound in sounds]

    rows = [torch.from_numpy(sound) for sound in sounds]
    return ours("audio", "policy.trivial", rows, sample_rate=RATE) | built(
        {"audiomentations": audiomentations}, name, size
    )


def built(peers: dict[str, Callable[[str, int], Run]], name: str, size: int) -> dict[str, Run]:
    """Build the peers that are installed and have such a policy."""
    found = {}
    for peer, build in peers.items():
        try:
            found[peer] = build(name, size)
        except ImportError as error:
            print(f"  {peer} is left out: {error}", file=sys.stderr)
        except KeyError:
            continue  # it has no such policy
    return found


CASES: dict[str, Callable[[], dict[str, Run]]] = {
    **{f"image {s} px, {n}": lambda n=n, s=s: image_case(n, s) for s in (32, 224) for n in POLICIES},
    "video 8x64 px, trivial": lambda: video_case("trivial", 64),
    "audio 1 s, trivial, n=2": lambda: audio_case("trivial", RATE),
    "text 20 words, trivial": lambda: text_case("trivial", 0),
}


def measure(arms: dict[str, Run], rounds: int) -> dict[str, list[float]]:
    """Return seconds per round of every arm."""
    times: dict[str, list[float]] = {name: [] for name in arms}
    order = list(arms)
    for run in arms.values():
        run()
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            started = time.perf_counter()
            arms[name]()
            times[name].append(time.perf_counter() - started)
    return times


def report(case: str, times: dict[str, list[float]], n: int) -> dict[str, Any]:
    medians = {name: statistics.median(values) / n * 1e6 for name, values in times.items()}
    found: dict[str, Any] = {"case": case, "us": medians, "ratio": {}}
    print(f"\n{case}")
    for name, median in medians.items():
        line = f"  {name:22} {median:9.1f} us"
        if not name.startswith("augreg"):
            ratios = [
                statistics.median(p / o for p, o in zip(times[name], times[ours_], strict=True))
                for ours_ in ("augreg", "augreg, one per call")
            ]
            found["ratio"][name] = ratios
            line += f"   {ratios[0]:5.2f} x the batch's, {ratios[1]:5.2f} x one per call"
        print(line, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="cases whose names begin so")
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    threads = options.threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    warnings.simplefilter("ignore")
    print(f"torch {torch.__version__}, {threads} threads, {options.rounds} rounds, batches of {N} (clips: 16)")
    found = []
    for case, build in CASES.items():
        if case.startswith(options.only):
            n = 16 if case.startswith("video") else N
            found.append(report(case, measure(build(), options.rounds), n))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
