"""What a heatmap detector learns, and how boxes are read out of what it says (CenterNet: Zhou et al. 2019)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg.learn.detection.scores import as_detection, there

STRIDE: Final = 4
"""Pixels of a cell."""

OVERLAP: Final = 0.7
"""A box whose middle is off by so much that no less than this overlaps counts as nearly right (CornerNet's radius)."""

BESIDE: Final = 1
"""Cells around a middle that say the same box, as in TTFNet (Liu et al. 2020): a peak may be off by one."""

PEAKS: Final = 50
"""Boxes of a picture, the surest."""

SIZES: Final = 1.0
"""Weight of the loss of offsets (in cells) and sizes (logarithms) against that of the heatmap."""

FOCUS, SPREAD = 2.0, 4.0
"""Exponents of the focal loss: what is right already counts little, and so do cells beside a middle."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What is to be said of some pictures, in cells.

    Args:
        heat: float32 (n, classes, rows, columns): 1 where the middle of a box is, less around it.
        places: int64 (m, 3): picture, row, column of each cell that says a box.
        rest: float32 (m, 4): how far the middle is from the corner of the cell, x and y; logarithm of width and height.

    """

    heat: torch.Tensor
    places: torch.Tensor
    rest: torch.Tensor

    def take(self, chosen: torch.Tensor) -> Targets:
        """Return those of some pictures, int64 (k,), in this order."""
        back = torch.full((len(self.heat),), -1)
        back[chosen] = torch.arange(len(chosen))
        known = back[self.places[:, 0]] >= 0
        places = self.places[known].clone()
        places[:, 0] = back[places[:, 0]]
        return Targets(self.heat[chosen], places, self.rest[known])


def targets(samples: Sequence[Any], scales: NDArray[np.float64], classes: int, side: int) -> Targets:
    """Return the targets of pictures that were scaled into squares of so many pixels."""
    cells = side // STRIDE
    heat = np.zeros((len(samples), classes, cells, cells), np.float32)
    places, rest = [], []
    for number, (sample, scale) in enumerate(zip(samples, scales, strict=True)):
        known = there(sample)
        for box, code in zip(known.boxes[~known.crowd] * scale / STRIDE, known.labels[~known.crowd], strict=True):
            middle, size = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 1e-2)
            column, row = np.clip(np.floor(middle), 0, cells - 1).astype(int)
            _splat(heat[number, code], row, column, _radius(*size) / 3)
            for y in range(max(0, row - BESIDE), min(cells, row + BESIDE + 1)):
                for x in range(max(0, column - BESIDE), min(cells, column + BESIDE + 1)):
                    places.append((number, y, x))
                    rest.append((*(middle - (x, y)), *np.log(size)))
    return Targets(
        torch.from_numpy(heat),
        torch.tensor(places, dtype=torch.int64).reshape(-1, 3),
        torch.tensor(rest, dtype=torch.float32).reshape(-1, 4),
    )


def _radius(width: float, height: float) -> float:
    """Return how far both corners of a box may be off, each for itself, and still overlap by :data:`OVERLAP`."""
    # Both move inward by r: (w - 2r)(h - 2r) = overlap * w * h, the strictest of CornerNet's three cases but for one.
    total = width + height
    inward = (total - math.sqrt(max(total**2 - 4 * (1 - OVERLAP) * width * height, 0.0))) / 4
    return max(inward, 1.0)


def _splat(heat: NDArray[np.float32], row: int, column: int, sigma: float) -> None:
    rows, columns = (np.arange(length) for length in heat.shape)
    away = (rows[:, None] - row) ** 2 + (columns[None] - column) ** 2
    bump = np.exp(-away / (2 * sigma**2))
    np.maximum(heat, np.where(bump > 1e-3, bump, 0), out=heat)


def loss(said: torch.Tensor, wanted: Targets) -> torch.Tensor:
    """Return the loss: focal over the heatmap, absolute differences of offsets and sizes; per box.

    Args:
        said: (n, classes + 4, rows, columns), what the network says.
        wanted: what it should.

    """
    heat, rest = said[:, :-4], said[:, -4:]
    found, missed = F.logsigmoid(heat), F.logsigmoid(-heat)
    sure, right = heat.sigmoid(), wanted.heat == 1
    there = (1 - sure) ** FOCUS * found * right
    away = sure**FOCUS * missed * (1 - wanted.heat) ** SPREAD * ~right
    many = max(1, int(right.sum()))
    number, row, column = wanted.places.T
    off = (rest[number, :, row, column] - wanted.rest).abs()
    return -(there.sum() + away.sum()) / many + SIZES * off.sum() / max(1, len(off))


def boxes(said: torch.Tensor, scales: NDArray[np.float64], sizes: Sequence[tuple[int, int]]) -> list[Mapping[str, Any]]:
    """Return the boxes that a network found: peaks of the heatmap, no lower than their neighbors.

    Args:
        said: (n, classes + 4, rows, columns).
        scales: by what each picture was scaled.
        sizes: height and width of each as it came; boxes are clipped to it.

    """
    heat = said[:, :-4].sigmoid()
    peaks = heat * (F.max_pool2d(heat, 3, 1, 1) == heat)
    cells = peaks.shape[-1]
    scores, flat = peaks.flatten(1).topk(min(PEAKS, peaks[0].numel()))
    found = []
    for number, (scale, (height, width)) in enumerate(zip(scales, sizes, strict=True)):
        code, place = flat[number] // cells**2, flat[number] % cells**2
        row, column = place // cells, place % cells
        x, y, wide, high = said[number, -4:, row, column].double()
        half = torch.stack([wide, high]).clamp(-5, 8).exp() / 2
        middle = torch.stack([x + column, y + row])
        ends = torch.cat([middle - half, middle + half]).T.numpy() * STRIDE / scale
        ends = np.clip(ends, 0, [width, height, width, height])
        found.append(as_detection(ends, scores[number].double().numpy(), code.numpy()))
    return found
