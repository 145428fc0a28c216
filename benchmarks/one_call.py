r"""One sample per call, as in `Dataset.__getitem__`, of augreg and of libraries for one modality.

Run: OMP_NUM_THREADS=1 uv run --with albumentations==2.0.8 --with audiomentations==0.43.1 --with nltk \
    python benchmarks/one_call.py
A peer that is not installed is left out; synonyms of nlpaug need nltk's data, see text.py. One thread. Microseconds per
call, medians over interleaved rounds. In a round every library runs some calls uncounted and then some counted, each
with another sample and key. Every library gets the kinds of sample that it takes natively (albumentations arrays,
torchvision tensors and PIL images), augreg all of them. "ratio" is the fastest peer divided by augreg on that peer's
kind, the median over the rounds, and "target" what it is to be at least. Steps run always (p=1), apart from the flip
of the standard pipeline. nlpaug runs as it is built by default, which changes more characters than augreg does.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import cv2
import numpy as np
import PIL.Image
import torch
from fused_image import pictures
from image import CASES, NORMALIZE, PIPELINES

import augreg

Call = Callable[[Any], Any]
RATE = 16000
SENTENCE = (
    "The quick brown fox jumped happily over a lazy dog while two curious children watched from their small garden wall"
)
FAST, NEAR, CHEAP = 1.0, 0.2, 2.0
"""Targets: as fast as the fastest peer; within five times of it; twice as fast."""


@dataclass
class Case:
    """One comparison: kind of sample -> augreg's options and steps, and what peers do with such a sample."""

    name: str
    target: float
    ours: dict[str, tuple[list[Any], dict[str, Any]]]
    peers: dict[str, tuple[str, Callable[[], Call]]] = field(default_factory=dict)
    """Name of the peer -> the kind that it takes, and what builds it."""


def always(steps: list[Any]) -> list[Any]:
    """Return steps that run on every sample."""
    pairs = [(step, {}) if isinstance(step, str) else next(iter(step.items())) for step in steps]
    return [{name: {**options, "p": 1.0}} for name, options in pairs]


def of_albumentations(steps: list[Any], *, sure: bool) -> Call:
    library = importlib.import_module("albumentations")
    more = {"p": 1.0} if sure else {}
    pipe = library.Compose([getattr(library, name)(**{**options, **more}) for name, options in steps])
    return lambda image: pipe(image=image)["image"]


def of_torchvision(steps: list[Any], *, sure: bool, before: tuple[str, ...] = ()) -> Call:
    library = importlib.import_module("torchvision.transforms.v2")
    made = [getattr(library, name)() for name in before]
    for name, options in steps:
        chance = sure and name in ("RandomHorizontalFlip", "RandomErasing", "RandomPerspective")
        made.append(getattr(library, name)(**{**options, **({"p": 1.0} if chance else {})}))
    return library.Compose(made)


OTHER_TORCHVISION = {
    "elastic": [("ElasticTransform", {"alpha": 50.0, "sigma": 8.0})],
    # It adds noise to floats only.
    "gaussian_noise": [
        ("ToDtype", {"dtype": torch.float32, "scale": True}),
        ("GaussianNoise", {"sigma": 0.06}),
        ("ToDtype", {"dtype": torch.uint8, "scale": True}),
    ],
}
ON_TENSORS = ("erasing", "gaussian_noise")
"""What torchvision does to tensors only."""


def image_case(name: str, target: float) -> Case:
    own, albumentations, torchvision, _ = {**CASES, **PIPELINES}[name]
    single = name in CASES
    steps = always(own) if single else own
    torchvision = torchvision or OTHER_TORCHVISION.get(name, [])
    hint = {"modality": "image"}
    case = Case(name, target, {"array": (steps, hint), "tensor": (steps, hint), "PIL": (steps, {})})
    if albumentations:
        case.peers["albumentations"] = "array", lambda: of_albumentations(albumentations, sure=single)
    if torchvision:
        case.peers["torchvision"] = "tensor", lambda: of_torchvision(torchvision, sure=single)
        if name not in ON_TENSORS and name != "heavy":
            case.peers["torchvision PIL"] = "PIL", lambda: of_torchvision(torchvision, sure=single)
    return case


def standard() -> Case:
    """The standard pipeline; of PIL images it makes tensors."""
    own, albumentations, torchvision, _ = PIPELINES["standard"]
    with_tensor = [*own[:-1], "image.to_tensor", *own[-1:]]
    hint = {"modality": "image"}
    case = Case("standard", FAST, {"array": (own, hint), "tensor": (own, hint), "PIL": (with_tensor, {})})
    case.peers["albumentations"] = "array", lambda: of_albumentations(albumentations, sure=False)
    case.peers["torchvision"] = "tensor", lambda: of_torchvision(torchvision, sure=False)
    last = len(NORMALIZE[2])
    from_pil = [*torchvision[:-last], ("ToImage", {}), *torchvision[-last:]]
    case.peers["torchvision PIL"] = "PIL", lambda: of_torchvision(from_pil, sure=False)
    return case


def heavy() -> Case:
    """The heavy pipeline; torchvision's noise wants floats."""
    case = image_case("heavy", FAST)
    names = ("hflip", "affine", "perspective", "color_jitter", "gaussian_blur", "gaussian_noise", "erasing")
    steps = [step for name in names for step in CASES[name][2] or OTHER_TORCHVISION[name]]
    case.peers["torchvision"] = "tensor", lambda: of_torchvision(steps, sure=False)
    return case


AUDIO: dict[str, tuple[dict[str, Any], tuple[str, dict[str, Any]]]] = {
    "gain": ({"decibels": [-12, 6]}, ("Gain", {"min_gain_db": -12, "max_gain_db": 6})),
    "shift": ({}, ("Shift", {})),
    "polarity": ({}, ("PolarityInversion", {})),
    "time_mask": ({}, ("TimeMask", {})),
}


def audio_case(name: str) -> Case:
    options, (peer, how) = AUDIO[name]

    def build() -> Call:
        library = importlib.import_module("audiomentations")
        pipe = library.Compose([getattr(library, peer)(p=1.0, **how)])
        return lambda sound: pipe(sound, sample_rate=RATE)

    hint = {"modality": "audio", "sample_rate": RATE}
    steps = [{f"audio.{name}": {**options, "p": 1.0}}]
    return Case(name, NEAR, {"sound": (steps, hint)}, {"audiomentations": ("sound", build)})


TEXT = {
    "keyboard": ("char:KeyboardAug", {}),
    "char_swap": ("char:RandomCharAug", {"action": "swap"}),
    "word_swap": ("word:RandomWordAug", {"action": "swap"}),
    "synonym": ("word:SynonymAug", {}),
}


def text_case(name: str) -> Case:
    path, how = TEXT[name]
    module, _, peer = path.partition(":")

    def build() -> Call:
        return getattr(importlib.import_module(f"nlpaug.augmenter.{module}"), peer)(**how).augment

    return Case(name, CHEAP, {"text": ([{f"text.{name}": {"p": 1.0}}], {})}, {"nlpaug": ("text", build)})


def cases() -> list[Case]:
    found = [standard(), heavy()]
    as_fast = ("rotate", "affine", "perspective", "color_jitter", "gaussian_blur", "elastic", "gaussian_noise")
    found += [image_case(name, FAST) for name in as_fast]
    found += [image_case(name, NEAR) for name in ("resized_crop", "hflip", "erasing", "jpeg")]
    return [*found, *map(audio_case, AUDIO), *map(text_case, TEXT)]


def samples(count: int, height: int, width: int) -> dict[str, list[Any]]:
    """Return samples by kind, as their owners would hold them."""
    arrays = pictures(count, height, width)
    sounds = np.random.default_rng(0).normal(0, 0.1, (count, RATE)).astype(np.float32)
    words = SENTENCE.split()
    return {
        "array": arrays,
        "tensor": [torch.from_numpy(array).permute(2, 0, 1).contiguous() for array in arrays],
        "PIL": [PIL.Image.fromarray(array) for array in arrays],
        "sound": list(sounds),
        "text": [" ".join(words[k % 20 :] + words[: k % 20]) for k in range(count)],
    }


def of_augreg(steps: list[Any], options: dict[str, Any]) -> Call:
    """Return augreg's call, each with another key."""
    pipe, count = augreg.Pipeline(steps), iter(range(1 << 62))
    if hasattr(pipe, "bind"):
        bound = pipe.bind(seed=7, **options)
        return lambda sample: bound(sample, key=next(count))
    return lambda sample: pipe([sample], seed=7, keys=[next(count)], **options)[0]


def runs_of(case: Case) -> dict[str, tuple[str, Call]]:
    """Return name -> kind and call, of augreg for every kind and of the peers that are installed."""
    found = {f"augreg {kind}": (kind, of_augreg(*how)) for kind, how in case.ours.items()}
    for name, (kind, build) in case.peers.items():
        try:
            found[name] = kind, build()
        except ImportError as error:
            print(f"({name} is left out: {error})", file=sys.stderr)
    return found


def measure(runs: dict[str, tuple[str, Call]], given: dict[str, list[Any]], rounds: int, calls: int) -> dict[str, Any]:
    """Return microseconds per call, one per round, by name; a peer that fails is left out."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, (kind, call) in list(runs.items()):
            inputs = [given[kind][(number * calls + k) % len(given[kind])] for k in range(calls)]
            try:
                call(inputs[0])
                begin = time.perf_counter()
                for sample in inputs:
                    call(sample)
                taken = (time.perf_counter() - begin) / calls * 1e6
            except Exception as error:
                if name.startswith("augreg"):
                    raise
                print(f"({name} is left out: {type(error).__name__}: {str(error)[:90]})", file=sys.stderr)
                del runs[name], times[name]
                continue
            if number:  # what is imported and worked out once is not counted
                times[name].append(taken)
    return times


def report(case: Case, runs: dict[str, tuple[str, Call]], times: dict[str, list[float]]) -> dict[str, Any]:
    """Return the figures of one case."""
    medians = {name: statistics.median(values) for name, values in times.items()}
    found: dict[str, Any] = {"case": case.name, "target": case.target, "microseconds": medians, "ratio": None}
    peers = [name for name in medians if not name.startswith("augreg ")]
    if peers:
        fastest = min(peers, key=medians.__getitem__)
        own = times[f"augreg {runs[fastest][0]}"]
        found["fastest"] = fastest
        found["ratio"] = statistics.median(a / b for a, b in zip(times[fastest], own, strict=True))
    return found


def line(found: dict[str, Any]) -> str:
    medians = found["microseconds"]
    own = ", ".join(f"{name.split()[1]} {value:.0f}" for name, value in medians.items() if name.startswith("augreg "))
    peers = ", ".join(f"{name} {value:.0f}" for name, value in medians.items() if not name.startswith("augreg "))
    ratio = "-" if found["ratio"] is None else f"{found['ratio']:.2f}"
    missed = " **" if found["ratio"] is not None and found["ratio"] < found["target"] else ""
    return f"| {found['case']} | {own} | {peers or '-'} | {ratio}{missed} | {found['target']:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="names of cases")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=20, help="calls that are counted in a round")
    parser.add_argument("--size", type=int, nargs=2, default=[375, 500], metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    known = {case.name: case for case in cases()}
    unknown = set(options.only) - set(known)
    if unknown:
        parser.error(f"no case named {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    given = samples(16, *options.size)
    print("| case | augreg, µs | peers, µs | ratio | target |\n|---|---|---|---|---|")
    rows = []
    for name in options.only or known:
        runs = runs_of(known[name])
        times = measure(runs, given, options.rounds, options.calls)
        rows.append(report(known[name], runs, times))
        print(line(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
