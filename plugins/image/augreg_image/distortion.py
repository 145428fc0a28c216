"""Distortions that bend straight lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Boxes, Declaration, Level, Params, Rng, UnsupportedError, param
from augreg_image.base import WarpBase, geometric
from augreg_image.kernels import displacement, keyed_noise
from augreg_image.kernels.each_image import map_rows
from augreg_image.kernels.filters import gaussian_weights
from augreg_image.kernels.layout import Array
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_torch import pick, put
from augreg_image.stages.apart import each_said, said
from augreg_image.targets.boxes import ROTATED, corners, settle_boxes
from augreg_image.targets.instances import changed, label_beyond
from augreg_image.targets.move import move_with

Floats = NDArray[np.float64]

_ALTERS = frozenset({"proportions", "position"})

_FOLLOW: Final = frozenset({"boxes", "masks", "keypoints"})

OPENCV_MAX_SIDE: Final = 32766
"""The longest side that OpenCV's remap takes: it keeps places in 16 signed bits."""


@dataclass(frozen=True, kw_only=True)
class DenseBase(WarpBase):
    """Moves every pixel by its own displacement.

    Keypoints and the corners of rotated boxes follow the inverse of the displacement, found by iteration;
    axis-aligned boxes hold the moved outline of the box.
    """

    def field(self, height: int, width: int, params: Params, i: int) -> displacement.Field:
        """Return the displacements (H, W, 2) of sample i, in pixels."""
        raise NotImplementedError

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Move pixels and targets."""
        if not len(batch):
            return batch
        shapes = batch.info.shapes[:, -2:].tolist()
        if batch.device.type == "cpu" and batch.info.shapes[:, -2:].max() > OPENCV_MAX_SIDE:
            raise UnsupportedError(
                f"a picture of {max(shapes)} has a side beyond OpenCV's {OPENCV_MAX_SIDE}. Crop it first."
            )

        def field(i: int) -> displacement.Field:
            height, width = shapes[i]
            return self.field(height, width, params, i)

        on_cpu, how = batch.device.type == "cpu", each_said(self.resampling, batch.info)
        if on_cpu and not _FOLLOW & batch.info.targets.keys():
            # A field is larger than its picture, so none is kept that nothing else needs.
            return map_rows(batch, lambda image, i: _moved(image, field(i), how[i]))
        found = [field(i) for i in range(len(batch))]
        targets = changed(
            batch.info,
            lambda i, name, target: self._follow(batch.info, i, name, target, found[i]) if found[i].any() else target,
        )
        if on_cpu:
            return map_rows(batch, lambda image, i: _moved(image, found[i], how[i]), targets=targets)
        return batch.replace(self._on_device(batch, np.stack(found)), targets=targets)

    def _on_device(self, batch: Batch, fields: displacement.Field) -> torch.Tensor:
        """Move the pixels of a stacked batch, those together that are read alike."""
        images, parts = batch.stack(), said(self.resampling, batch.info)
        if len(parts) == 1:
            return displacement.remap_torch(images, fields, parts[0][1])
        out = images
        for rows, how in parts:
            index = torch.as_tensor(rows, device=images.device)
            out = put(out, index, displacement.remap_torch(pick(images, index), fields[rows], how))
        return out

    def _follow(self, info: BatchInfo, i: int, name: str, target: Any, field: displacement.Field) -> Any:
        canvas = (int(info.shapes[i, -2]), int(info.shapes[i, -1]))
        if name == "masks":
            label = label_beyond(info, i, self.mask_fill)
            return displacement.remap_masks(target, field, self.resampling.border, label)
        move: Callable[[Floats], Floats] = lambda points: displacement.follow(field, points)  # noqa: E731 - an argument
        if isinstance(target, Boxes) and target.format not in ROTATED:
            return settle_boxes(target, move(outline(corners(target))), canvas, self.min_area, self.min_visibility)
        return move_with(target, move, canvas, (self.min_area, self.min_visibility))


def _moved(image: Array, field: displacement.Field, how: Resampling) -> Array:
    return displacement.remap(image, field, how) if field.any() else image


def _enlarged(coarse: displacement.Field, height: int, width: int) -> displacement.Field:
    found: Array = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return found


def outline(points: Floats, per_side: int = 12) -> Floats:
    """Return points (n, 4 * per_side, 2) along the sides of quadrangles (n, 4, 2)."""
    share = (np.arange(per_side) / per_side)[:, None]
    following = np.roll(points, -1, axis=1)
    return (points[:, :, None] * (1 - share) + following[:, :, None] * share).reshape(len(points), 4 * per_side, 2)


@dataclass(frozen=True, kw_only=True)
class Elastic(DenseBase):
    """Stretch and squeeze the picture like a sheet of rubber.

    Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural Networks", 2003: displacements are noise
    smoothed with a Gaussian. ``magnitude`` is their standard deviation, ``smoothness`` that of the Gaussian.
    """

    magnitude: tuple[float, float] = param.interval(
        (0.005, 0.02), "typical displacement, as a share of the shorter side", low=0.0, high=0.2, unit="fraction"
    )
    smoothness: float = param.number(
        0.08, "width of the Gaussian, as a share of the shorter side", low=0.01, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = geometric(alters=_ALTERS, level=Level("magnitude", 0.0, 0.04), memory=14.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a magnitude and the key of the noise per sample."""
        return Params(len(batch), magnitude=self.sample("magnitude", rng, level), noise=rng.noise_key("noise"))

    def field(self, height: int, width: int, params: Params, i: int) -> displacement.Field:
        """Smooth noise on a coarse grid and interpolate it."""
        size = float(params["magnitude"][i]) * min(height, width)
        if size == 0:
            return np.zeros((height, width, 2), np.float32)
        sigma = max(self.smoothness * min(height, width), 0.5)
        step = max(sigma / 3.0, 1.0)
        rows, columns = max(2, round(height / step)), max(2, round(width / step))
        weights = gaussian_weights(sigma / step).astype(np.float32)
        noise = keyed_noise.normals(int(params["noise"][i]), (rows, columns, 2))
        soft: Array = cv2.sepFilter2D(noise, -1, weights, weights, borderType=cv2.BORDER_REFLECT)
        soft *= np.float32(size / (weights**2).sum())
        return _enlarged(soft, height, width)


@dataclass(frozen=True, kw_only=True)
class GridDistortion(DenseBase):
    """Stretch and squeeze the cells of a grid, rows and columns each by random amounts.

    The outer edges of the picture stay in place.
    """

    cells: int = param.integer(5, "cells along each side", low=1, high=64)
    magnitude: tuple[float, float] = param.interval(
        (0.1, 0.4), "largest change of a cell's side, as a share of the side", low=0.0, high=0.9, unit="fraction"
    )

    declares: ClassVar[Declaration] = geometric(alters=_ALTERS, level=Level("magnitude", 0.0, 0.8), memory=17)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the sides of the cells, float64 (n, cells), as shares that add up to 1, per sample."""
        size = self.sample("magnitude", rng, level)[:, None]
        drawn = {}
        for name in ("x", "y"):
            sides = 1.0 + size * rng.uniform(name, -1.0, 1.0, size=self.cells)
            total = np.zeros(len(batch))
            for k in range(self.cells):
                total = total + sides[:, k]
            drawn[name] = sides / total[:, None]
        return Params(len(batch), drawn)

    def field(self, height: int, width: int, params: Params, i: int) -> displacement.Field:
        """Interpolate between the grid lines."""
        x, y = (
            np.interp((np.arange(length) + 0.5) / length, np.linspace(0, 1, self.cells + 1), _edges(params[name][i]))
            * length
            - (np.arange(length) + 0.5)
            for name, length in (("x", width), ("y", height))
        )
        field = np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=2)
        return np.where(np.abs(field) < 1e-9, 0.0, field).astype(np.float32)


def _edges(sides: Any) -> Floats:
    edges = np.concatenate([[0.0], np.cumsum(np.asarray(sides, dtype=np.float64))])
    edges[-1] = 1.0
    # Equal cells must give exactly no displacement.
    plain = np.linspace(0, 1, len(edges))
    return plain if np.abs(edges - plain).max() < 1e-12 else edges


@dataclass(frozen=True, kw_only=True)
class OpticalDistortion(DenseBase):
    """Bend the picture like a lens.

    Radial distortion about the middle: a source radius r (1 at half the diagonal) is shown at r with
    r_source = r (1 + k r**2). Positive k is barrel distortion, negative k pincushion.
    """

    k: tuple[float, float] = param.interval((-0.2, 0.2), "strength; x means -x to x", low=-0.3, high=1.0, centre=0.0)

    declares: ClassVar[Declaration] = geometric(alters=_ALTERS, level=Level("k", 0.0, 0.3, signed=True), memory=29)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a strength per sample."""
        return Params(len(batch), k=self.sample("k", rng, level))

    def field(self, height: int, width: int, params: Params, i: int) -> displacement.Field:
        """Return k r**2 times the place relative to the middle."""
        y, x = np.mgrid[0:height, 0:width] + 0.5
        u, v = x - width / 2, y - height / 2
        share = float(params["k"][i]) * (u * u + v * v) / ((width / 2) ** 2 + (height / 2) ** 2)
        return np.stack([u * share, v * share], axis=2).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class PiecewiseAffine(DenseBase):
    """Pull the points of a grid to random places and stretch the cells between them.

    Displacements run linearly between the points, so that straight lines get corners where they cross the grid.
    """

    points: int = param.integer(4, "grid points along each side", low=2, high=64)
    magnitude: tuple[float, float] = param.interval(
        (0.01, 0.04),
        "largest move of a point along each axis, as a share of the side",
        low=0.0,
        high=0.3,
        unit="fraction",
    )

    declares: ClassVar[Declaration] = geometric(alters=_ALTERS, level=Level("magnitude", 0.0, 0.08), memory=14.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the moves of all points, float64 (n, points**2, 2), per sample."""
        return _drawn_moves(self.sample("magnitude", rng, level), self.points, rng)

    def field(self, height: int, width: int, params: Params, i: int) -> displacement.Field:
        """Interpolate the moves."""
        moves = np.asarray(params["moves"][i], dtype=np.float64).reshape(self.points, self.points, 2)
        down, across = _hats(height, self.points), _hats(width, self.points)
        found: Floats = np.einsum("hr,rcd,wc->hwd", down, moves, across, optimize=True) * [width, height]
        return found.astype(np.float32)


def _drawn_moves(size: Floats, points: int, rng: Rng) -> Params:
    """Draw moves of the points of a grid, of at most ``size`` (n,) along each axis."""
    return Params(len(size), moves=size[:, None, None] * rng.uniform("moves", -1.0, 1.0, size=(points**2, 2)))


def _hats(length: int, points: int) -> Floats:
    """Return the weights (length, points) of points, evenly spread from edge to edge, at the middles of pixels."""
    place = (np.arange(length) + 0.5) / length * (points - 1)
    return np.clip(1.0 - np.abs(place[:, None] - np.arange(points)), 0.0, None)


@dataclass(frozen=True, kw_only=True)
class ThinPlateSpline(DenseBase):
    """Pull the points of a grid to random places and bend the picture smoothly between them.

    Bookstein, "Principal Warps: Thin-Plate Splines and the Decomposition of Deformations", 1989.
    """

    points: int = param.integer(4, "grid points along each side", low=2, high=8)
    magnitude: tuple[float, float] = param.interval(
        (0.02, 0.08),
        "largest move of a point along each axis, as a share of the side",
        low=0.0,
        high=0.3,
        unit="fraction",
    )

    declares: ClassVar[Declaration] = geometric(alters=_ALTERS, level=Level("magnitude", 0.0, 0.12), memory=15.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the moves of all points, float64 (n, points**2, 2), per sample."""
        return _drawn_moves(self.sample("magnitude", rng, level), self.points, rng)

    def field(self, height: int, width: int, params: Params, i: int) -> displacement.Field:
        """Interpolate the moves with the spline, in shares of the sides, on a coarse grid, and refine it."""
        moves = np.asarray(params["moves"][i], dtype=np.float64).reshape(-1, 2)
        if not moves.any():
            return np.zeros((height, width, 2), np.float32)
        side = np.linspace(0, 1, self.points)
        nodes = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        weights = _spline(nodes, moves)
        rows, columns = max(2, -(-height // 4)), max(2, -(-width // 4))
        x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
        places = np.stack([x, y], axis=-1).reshape(-1, 2)
        found = _kernel(places, nodes) @ weights[:-3] + np.column_stack([np.ones(len(places)), places]) @ weights[-3:]
        coarse = (found * [width, height]).reshape(rows, columns, 2).astype(np.float32)
        return _enlarged(coarse, height, width)


def _kernel(a: Floats, b: Floats) -> Floats:
    """Return r**2 log r between points (k, 2) and (m, 2)."""
    square = (a[:, :1] - b[:, 0]) ** 2 + (a[:, 1:] - b[:, 1]) ** 2
    return 0.5 * square * np.log(np.maximum(square, 1e-12))


def _spline(nodes: Floats, moves: Floats) -> Floats:
    """Solve for the weights (m + 3, 2) of the spline through moves (m, 2) at nodes (m, 2)."""
    m = len(nodes)
    flat = np.column_stack([np.ones(m), nodes])
    system = np.zeros((m + 3, m + 3))
    system[:m, :m], system[:m, m:], system[m:, :m] = _kernel(nodes, nodes), flat, flat.T
    return np.linalg.solve(system, np.concatenate([moves, np.zeros((3, 2))]))
