"""Cells of the picture that trade places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Boxes, Declaration, Keypoints, Level, Params, Rng, param
from augreg_image.base import GeometricBase, geometric
from augreg_image.kernels.each_image import map_rows
from augreg_image.kernels.layout import Array
from augreg_image.targets.boxes import ROTATED, corners, from_corners
from augreg_image.targets.instances import changed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class GridShuffle(GeometricBase):
    """Let the cells of a grid trade places, as in a jigsaw puzzle.

    The chosen cells move one on, in a random order. Cells have equal sizes; rows and columns that are left over stay.
    Keypoints move with their cell; of an axis-aligned box its largest part in one cell is left; rotated boxes move
    with their middle.
    """

    cells: int = param.integer(3, "cells along each side", low=2, high=64)
    amount: tuple[float, float] = param.interval(
        (1.0, 1.0), "share of cells that move", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = geometric(
        alters=frozenset({"legibility", "position"}), level=Level("amount", 0.0, 1.0), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw, for every cell in reading order, the one that it will show: int64 (n, cells**2)."""
        every = self.cells**2
        count = np.rint(self.sample("amount", rng, level) * every).astype(np.int64)
        order = np.asarray(rng.permutation("order", every)).reshape(-1, every)
        source = np.tile(np.arange(every), (len(batch), 1))
        for row, chosen, k in zip(source, order, count.tolist(), strict=True):
            row[chosen[:k]] = np.roll(chosen[:k], 1)
        return Params(len(batch), source=source)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Move cells and targets."""
        if not len(batch):
            return batch
        grids = [
            Grid(int(h), int(w), self.cells, np.asarray(params["source"][i]))
            for i, (h, w) in enumerate(batch.info.shapes[:, -2:].tolist())
        ]
        targets = changed(batch.info, lambda i, _, target: self._move(grids[i], target))
        if batch.device.type != "cpu":
            images = batch.stack()
            index = torch.from_numpy(np.stack([grid.index() for grid in grids])).to(images.device)
            flat = images.flatten(2).gather(2, index[:, None].expand(-1, images.shape[1], -1))
            return batch.replace(flat.view(images.shape), targets=targets)
        return map_rows(batch, lambda image, i: grids[i].shuffled(image), targets=targets)

    def _move(self, grid: Grid, target: Any) -> Any:
        if grid.still:
            return target
        if isinstance(target, Keypoints):
            return target.replace(target.data + grid.way(target.data))
        return self._boxes(grid, target) if isinstance(target, Boxes) else grid.masks(target)

    def _boxes(self, grid: Grid, boxes: Boxes) -> Boxes:
        if not len(boxes):
            return boxes
        points = corners(boxes)
        if boxes.format in ROTATED:
            return boxes.replace(from_corners(points + grid.way(points.mean(axis=1))[:, None], boxes.format))
        low, high, whole = grid.largest_part(points.min(axis=1), points.max(axis=1))
        way = grid.way((low + high) / 2)
        moved = boxes.replace(from_corners(np.stack([low + way, high + way], axis=1), boxes.format))
        left = np.prod(high - low, axis=1)
        return moved.keep(np.flatnonzero((left > 0) & (left >= self.min_area) & (left >= self.min_visibility * whole)))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where the cells of one picture go: ``source`` int64 (cells**2,), the cell that each cell shows."""

    height: int
    width: int
    cells: int
    source: Ints

    @property
    def size(self) -> Ints:
        """Width and height of a cell."""
        return np.array([self.width // self.cells, self.height // self.cells])

    @property
    def still(self) -> bool:
        """Whether nothing moves."""
        return not self.size.all() or bool((self.source == np.arange(len(self.source))).all())

    def corners(self) -> Ints:
        """Return the upper left corners (cells**2, 2), x first."""
        number = np.arange(self.cells**2)
        return np.stack([number % self.cells, number // self.cells], axis=1) * self.size

    def pairs(self) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
        """Return rows and columns of every cell that changes, and of the one that it shows."""
        wide, tall = self.size.tolist()
        cut = [(slice(y, y + tall), slice(x, x + wide)) for x, y in self.corners().tolist()]
        return [] if self.still else [(cut[a], cut[b]) for a, b in enumerate(self.source.tolist()) if a != b]

    def shuffled(self, image: Array) -> Array:
        """Move the cells of a picture (H, W, ...)."""
        pairs = self.pairs()
        out = image.copy() if pairs else image
        for there, here in pairs:
            out[there] = image[here]
        return out

    def masks(self, masks: torch.Tensor) -> torch.Tensor:
        """Move the cells of masks (..., H, W)."""
        out = masks.clone()
        for there, here in self.pairs():
            out[(..., *there)] = masks[(..., *here)]
        return out

    def index(self) -> Ints:
        """Return the pixel that every pixel shows, int64 (H * W,)."""
        return self.shuffled(np.arange(self.height * self.width).reshape(self.height, self.width)).ravel()

    def way(self, points: Floats) -> Floats:
        """Return how far points (n, 2) move."""
        column, row = np.floor(points / np.maximum(self.size, 1)).astype(np.int64).T
        inside = (column >= 0) & (column < self.cells) & (row >= 0) & (row < self.cells)
        cell = np.where(inside, row * self.cells + column, 0)
        target = np.argsort(self.source)[cell]
        places = self.corners()
        return np.where(inside[:, None], (places[target] - places[cell]).astype(np.float64), 0.0)

    def largest_part(self, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the largest part (n, 2) and (n, 2) of boxes in one cell, and the areas (n,) of the boxes."""
        places = self.corners()
        first = np.maximum(low[:, None], places)
        last = np.minimum(high[:, None], places + self.size)
        shared = np.prod(np.clip(last - first, 0, None), axis=2)
        best, rows = shared.argmax(axis=1), np.arange(len(low))
        some = (shared[rows, best] > 0)[:, None]
        part = np.where(some, first[rows, best], low), np.where(some, last[rows, best], high)
        return *part, np.prod(high - low, axis=1)
