"""What the dispatcher itself costs: a mixed batch through steps that do nothing, beside the identity by hand.

Run: uv run python benchmarks/dispatch.py
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import ClassVar

import torch

import augreg
from augreg.declare import EVERY

SAMPLES = 256
ROUNDS = 60


@dataclass(frozen=True, kw_only=True)
class Nothing(augreg.AugmenterBase):
    """Draw one number per sample and return the batch as it is."""

    x: tuple[float, float] = augreg.interval((0.0, 1.0), "a number")
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY)

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"x": self.sample("x", rng, level)})

    def apply(self, batch, params):
        return batch


def main() -> None:
    registry = augreg.Registry(discover=False)
    modalities = ("image", "audio", "video", "text")
    registry.register(Nothing, name="bench.nothing", modalities=modalities)
    mixed = []
    for i in range(SAMPLES // 4):
        mixed += [
            augreg.Image(torch.zeros(3, 32, 32, dtype=torch.uint8)),
            (torch.zeros(1, 1600), 16000),
            augreg.Video(torch.zeros(4, 3, 16, 16, dtype=torch.uint8), fps=10.0),
            f"sentence number {i}",
        ]
    print(f"{SAMPLES} mixed samples; median of {ROUNDS} calls, one thread")
    torch.set_num_threads(1)
    for steps in (1, 3):
        pipe = augreg.Pipeline({m: ["bench.nothing"] * steps for m in modalities}, registry=registry)
        for name, options in (("", {}), (", with trace", {"return_trace": True})):
            augreg.augment(mixed, pipe, seed=1, **options)
            times = []
            for epoch in range(ROUNDS):
                start = time.perf_counter()
                augreg.augment(mixed, pipe, seed=1, epoch=epoch, **options)
                times.append(time.perf_counter() - start)
            label = f"{steps} step{'s' * (steps > 1)} per modality{name}"
            print(f"  {label:36s} {statistics.median(times) * 1e3:6.2f} ms  (best {min(times) * 1e3:.2f})")


if __name__ == "__main__":
    main()
