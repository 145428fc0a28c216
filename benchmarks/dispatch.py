"""What the dispatcher itself costs: mixed batches, and lists of one kind, through steps that do nothing.

Run: uv run python benchmarks/dispatch.py
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg.contract.declaration import EVERY

MODALITIES = ("image", "audio", "video", "text")


@dataclass(frozen=True, kw_only=True)
class Nothing(augreg.AugmenterBase):
    """Draw one number per sample and return the batch as it is."""

    x: tuple[float, float] = augreg.param.interval((0.0, 1.0), "a number")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY)

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"x": self.sample("x", rng, level)})

    def apply(self, batch, params):
        return batch


def mixture(n: int) -> list[Any]:
    mixed: list[Any] = []
    for i in range(n // 4):
        mixed += [
            augreg.Image(torch.zeros(3, 32, 32, dtype=torch.uint8)),
            (torch.zeros(1, 1600), 16000),
            augreg.Video(torch.zeros(4, 3, 16, 16, dtype=torch.uint8), fps=10.0),
            f"sentence number {i}",
        ]
    return mixed


def of_one_kind(n: int) -> dict[str, tuple[Any, dict[str, Any]]]:
    pictures = [np.zeros((32, 32, 3), dtype=np.uint8) for _ in range(n)]
    tensors = [torch.zeros(3, 32, 32, dtype=torch.uint8) for _ in range(n)]
    return {
        "images: tensors": (tensors, {"modality": "image"}),
        "images: a stack": (torch.stack(tensors), {"modality": "image"}),
        "images: arrays": (pictures, {"modality": "image"}),
        "images: augreg.Image": ([augreg.Image(picture) for picture in pictures], {}),
        "sounds: (waveform, rate)": ([(torch.zeros(1, 1600), 16000) for _ in range(n)], {}),
        "texts: str": ([f"sentence number {i}" for i in range(n)], {}),
        "records: image + caption": (
            [{"image": tensors[i], "caption": f"number {i}"} for i in range(n)],
            {"schema": {"image": "image", "caption": "text"}},
        ),
    }


def median(run: Callable[[int], Any], rounds: int, clock: Callable[[], float]) -> float:
    run(0)
    times = []
    for epoch in range(rounds):
        start = clock()
        run(epoch)
        times.append(clock() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--cpu-time", action="store_true", help="count CPU time, for machines that others use too")
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(1)
    registry = augreg.Registry(discover=False)
    registry.register(Nothing, name="bench.nothing", modalities=MODALITIES)
    n = options.samples
    print(f"{n} samples; median of {options.rounds} calls, one thread")
    cases = {"mixed": (mixture(n), {}), "mixed, with trace": (mixture(n), {"return_trace": True}), **of_one_kind(n)}
    for steps in (1, 3):
        pipe = augreg.Pipeline({m: ["bench.nothing"] * steps for m in MODALITIES}, registry=registry)
        for name, (samples, how) in cases.items():
            run = partial(augreg.augment, samples, pipe, seed=1, **how)
            took = median(lambda epoch, run=run: run(epoch=epoch), options.rounds, clock)
            label = f"{name}, {steps} step{'s' * (steps > 1)}"
            print(f"  {label:36s} {took * 1e3:6.2f} ms  {took / n * 1e6:5.1f} microseconds each")


if __name__ == "__main__":
    main()
