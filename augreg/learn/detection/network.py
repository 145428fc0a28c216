"""A small detector without anchors that learns from scratch in a minute or two on a CPU."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch
from torch import nn

from augreg.errors import ConfigError
from augreg.learn.detection.heatmap import Targets, boxes, loss, targets
from augreg.learn.detection.pictures import Square
from augreg.learn.examples import Augment, Examples
from augreg.learn.network import seeded

LOOKS: Final = 10
"""Looks at each picture that a training has at least."""

AT_ONCE: Final = 64
"""Test pictures that go through the network at once."""

RARE: Final = -2.19
"""What heatmaps begin at: 0.1 after the sigmoid, as nearly all cells hold nothing (Lin et al. 2017)."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained detector with what makes its input, and the mean loss of its last look at the training pictures."""

    square: Square
    model: nn.Module
    loss: float


@dataclass(frozen=True)
class Heatmap:
    """Trains a heatmap detector for so many steps, whether pictures are augmented or not: its own repeat control.

    Args:
        steps: steps of Adam; more where these would be fewer than ten looks at each picture.
        batch: pictures of a step.
        rate: the largest learning rate; it falls to 0 along a cosine.
        width: channels of the first layer; deeper ones have two to four times as many.

    """

    repeats: ClassVar[bool] = False

    steps: int = 450
    batch: int = 16
    rate: float = 4e-3
    width: int = 16

    def fit(self, train: Examples, augment: Augment | None, seed: int) -> Fitted:
        """See :meth:`augreg.learn.Task.fit`."""
        square = Square.fitted(train.samples)
        with seeded(seed):
            model = Detector(square.channels, len(train.classes), self.width).train()
            optimizer = torch.optim.AdamW(model.parameters(), self.rate)
            steps = max(self.steps, LOOKS * math.ceil(len(train) / self.batch))
            losses: list[float] = []
            for step, (x, wanted) in zip(range(steps), self._batches(square, train, augment, seed), strict=False):
                for group in optimizer.param_groups:
                    # A start from 0 over the first twentieth: early steps of a random detector are large.
                    group["lr"] = (
                        self.rate * min(1, 20 * (step + 1) / steps) * (1 + math.cos(math.pi * step / steps)) / 2
                    )
                found = loss(model(x), wanted)
                if not math.isfinite(found.item()):
                    raise ConfigError(
                        f"training diverged: the loss is {found.item()} at step {step}. Look for pictures that are not "
                        "finite (augreg clean), or for a step of the pipeline that makes such."
                    )
                optimizer.zero_grad()
                torch.autograd.backward(found)
                optimizer.step()
                losses.append(found.item())
        return Fitted(square, model.eval(), float(np.mean(losses[-math.ceil(len(train) / self.batch) :])))

    def _batches(
        self, square: Square, train: Examples, augment: Augment | None, seed: int
    ) -> Iterator[tuple[torch.Tensor, Targets]]:
        """Yield batches for ever, each picture once before any again."""
        order = torch.Generator().manual_seed(seed)
        epoch, held = 0, None
        while True:
            if held is None or augment is not None:
                made = train if augment is None else augment(train, epoch)
                x, scales = square(made.samples)
                held = x, targets(made.samples, scales, len(train.classes), square.side)
            shuffled = torch.randperm(len(train), generator=order)
            for start in range(0, len(train), self.batch):
                chosen = shuffled[start : start + self.batch]
                yield held[0][chosen], held[1].take(chosen)
            epoch += 1

    def score(self, fitted: Fitted, test: Examples) -> Mapping[str, Any]:
        """See :meth:`augreg.learn.Task.score`."""
        found: list[Mapping[str, Any]] = []
        with torch.inference_mode():
            for start in range(0, len(test), AT_ONCE):
                samples = test.samples[start : start + AT_ONCE]
                x, scales = fitted.square(samples)
                sizes = [(int(sample.data.shape[-2]), int(sample.data.shape[-1])) for sample in samples]
                found += boxes(fitted.model(x), scales, sizes)
        return {"detections": found, "train_loss": fitted.loss}


class Detector(nn.Module):
    """Halves four times, comes back to a quarter, and says of each cell there which class is in the middle of what."""

    def __init__(self, channels: int, classes: int, width: int) -> None:
        super().__init__()
        wide, wider = 2 * width, 4 * width
        self.quarter = nn.Sequential(_layer(channels, width, 2), _layer(width, wide, 2), _layer(wide, wide))
        self.eighth = nn.Sequential(_layer(wide, wider, 2), _layer(wider, wider))
        self.sixteenth = nn.Sequential(_layer(wider, wider, 2), _layer(wider, wider))
        self.across = nn.ModuleList([nn.Conv2d(n, wider if k == 0 else wide, 1) for k, n in enumerate((wider, wider))])
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.joined = _layer(wide, wide)
        self.heat = nn.Sequential(_layer(wide, wider), nn.Conv2d(wider, classes, 1))
        self.rest = nn.Sequential(_layer(wide, wide), nn.Conv2d(wide, 4, 1))
        nn.init.constant_(self.heat[-1].bias, RARE)  # type: ignore[arg-type]  # a module's parameter

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (n, classes + 4, rows, columns): heat before the sigmoid; offsets x, y; logarithms of sizes."""
        fine = self.quarter(x)
        middle = self.eighth(fine)
        middle = middle + self.up(self.across[0](self.sixteenth(middle)))
        fine = self.joined(fine + self.up(self.across[1](middle)))
        return torch.cat([self.heat(fine), self.rest(fine)], 1)


def _layer(before: int, after: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )
