"""The geometry stage: one matrix and one canvas per sample, however many steps it came from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.kernel import LazyPicture, Shrunk, Window
from augreg.modalities import RENDERING
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, to_hwc
from augreg_image.kernels.masks import mask_mover
from augreg_image.kernels.resampling import NO_RESAMPLING, Resampling
from augreg_image.kernels.shrunk import resize_of_shrunk, shrinking
from augreg_image.kernels.warp_cv import OpenCVWarp
from augreg_image.kernels.warp_many import together, warp_many
from augreg_image.kernels.warp_plan import IDENTITY, RESIZE, WARP, WHOLE_PIXELS, plan_warp
from augreg_image.kernels.warp_torch import warp
from augreg_image.matrices import identity
from augreg_image.stages.apart import Apart, said
from augreg_image.stages.stage import PreparedStage, Stage
from augreg_image.targets.move import move_targets

_ONE: Final = np.eye(3)
_CORNERS: Final = np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
Limit = float | NDArray[np.float64]
"""One number for all samples, or one for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry(Stage):
    """Where pixels go.

    Args:
        matrix: float64 (n, 3, 3), source to destination in pixel-edge coordinates.
        canvas: int64 (n, 2), height and width of the result.
        resampling: border and interpolation.
        min_area, min_visibility: one number, or float64 (n,); a box is dropped when less than this many square
            pixels, or less than this share of its area, is left on the canvas.
        hard: nothing that follows may see pixels beyond the canvas, so nothing fuses onto this stage.

    """

    matrix: NDArray[np.float64]
    canvas: NDArray[np.int64]
    resampling: Resampling = NO_RESAMPLING
    min_area: Limit = 0.0
    min_visibility: Limit = 0.0
    hard: bool = False

    def __len__(self) -> int:
        return len(self.matrix)

    @property
    def limits(self) -> NDArray[np.float64]:
        """float64 (n, 2): smallest area and smallest visible share of a box that is kept."""
        found = np.empty((len(self), 2))
        found[:, 0], found[:, 1] = self.min_area, self.min_visibility
        return found

    def take(self, rows: NDArray[Any]) -> Geometry:
        """Return the stage of some samples."""
        area, visibility = _taken(self.min_area, rows), _taken(self.min_visibility, rows)
        return Geometry(self.matrix[rows], self.canvas[rows], self.resampling, area, visibility, self.hard)

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Geometry:
        """Spread over samples of ``shapes`` (n, 3), with identities beside ``rows``."""
        return self.gathered([(rows, self)], shapes)

    @property
    def family(self) -> Hashable:
        """Stages that read alike can be gathered."""
        return Geometry, self.resampling, self.hard

    def gathered(self, parts: Sequence[tuple[NDArray[Any], Geometry]], shapes: NDArray[np.int64]) -> Geometry:
        """See :meth:`Stage.gathered`."""
        matrix, canvas = identity(len(shapes)), shapes[:, -2:].copy()
        area, visibility = np.zeros((2, len(shapes)))
        for rows, one in parts:
            matrix[rows], canvas[rows] = one.matrix, one.canvas
            area[rows], visibility[rows] = one.min_area, one.min_visibility
        return Geometry(matrix, canvas, self.resampling, area, visibility, self.hard)

    def then(self, other: Geometry) -> Geometry | None:
        """Return both in one resampling, or None if this one is hard or their resamplings differ."""
        if self.hard or (resampling := self.resampling.merge(other.resampling)) is None:
            return None
        area, visibility = self.min_area, self.min_visibility
        if area is not other.min_area or visibility is not other.min_visibility:
            area, visibility = _larger(area, other.min_area), _larger(visibility, other.min_visibility)
        return Geometry(other.matrix @ self.matrix, other.canvas, resampling, area, visibility, other.hard)

    def followed_by(self, other: Stage) -> tuple[Stage, ...] | None:
        """Return one stage for two of geometry, or None: whoever sees that they differ is to run them apart."""
        if not isinstance(other, Geometry):
            return self, other
        both = self.then(other)
        return None if both is None else (both,)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage: the canvases."""
        shapes = info.shapes.copy()
        shapes[:, -2:] = self.canvas
        return BatchInfo(
            info.modality, info.keys, shapes, info.rates, info.dtypes, info.targets, info.data, info.extras, info.form
        )

    def alike(self, info: BatchInfo, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """See :meth:`Stage.alike`: whether the corners of both canvases show the same places, to a pixel."""
        sides = info.shapes[:, :-3:-1].astype(np.float64)
        shown = self._shown(first) / sides[first][:, None], self._shown(second) / sides[second][:, None]
        finest = np.minimum(sides[first], sides[second])[:, None]  # a crop's edges are whole pixels of either size
        apart = np.abs(shown[0] - shown[1]) * finest
        near: NDArray[np.bool_] = np.logical_and.reduce(apart <= 1.0 + 1e-6, axis=(1, 2))
        return near

    def _shown(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the places (k, 4, 2) in their sources, x and y, that the corners of some canvases show."""
        corners = np.ones((len(rows), 3, 4))
        corners[:, :2] = _CORNERS * self.canvas[rows][:, ::-1, None]
        found = np.linalg.solve(self.matrix[rows], corners)
        return np.moveaxis(found[:, :2] / found[:, 2:], 1, 2)

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples whose matrix and canvas are the identity's, to the last bit."""
        same: NDArray[np.bool_] = self.matrix[:, 0, 0] == 1.0
        if True not in same.tolist():
            return same
        same &= np.logical_and.reduce(self.matrix == _ONE, axis=(1, 2))
        same &= np.logical_and.reduce(self.canvas == info.shapes[:, -2:], axis=1)
        return same

    def prepare(self, info: BatchInfo) -> PreparedStage:
        """Return the stage with a plan for every sample; those that say how they are read have plans of their own."""
        if RENDERING in info.extras:
            sizes, ways = info.shapes[:, -2:], said(self.resampling, info)
            return Apart([(at, PreparedGeometry(self.take(at), sizes[at], how)) for at, how in ways], len(self))
        return PreparedGeometry(self, info.shapes[:, -2:], self.resampling)


class PreparedGeometry(PreparedStage):
    """A geometry stage with the cheapest exact way to carry out each sample's matrix.

    Args:
        stage: which says how masks are read.
        sizes: int64 (n, 2), heights and widths.
        how: how pictures are read.

    """

    def __init__(self, stage: Geometry, sizes: NDArray[np.int64], how: Resampling) -> None:
        self.stage, self.how = stage, how
        self.plan = plan = plan_warp(stage.matrix, stage.canvas, how, sizes)
        self.warp = OpenCVWarp(plan, how)
        self.idle = plan.kind == IDENTITY

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Warp one image."""
        return self.warp.run(image, i, dst if self._fits(dst, image, i) else None)

    def run_lazy(self, picture: LazyPicture, i: int, dst: Array | None) -> Array:
        """Warp one image that is not decoded yet: one that is to become smaller may be decoded smaller."""
        anew = self.plan.kinds[i] in (RESIZE, WARP)  # nothing else leaves the picture's own memory
        found = picture.shrunk(shrinking(self.plan, i), transient=True) if anew else Shrunk(picture.read())
        image = to_hwc(found.data)
        if found.scale == 1:
            return self.run(image, i, dst)
        if self.plan.kinds[i] == RESIZE:
            return resize_of_shrunk(image, found, self.plan, i, self.how, dst)
        enlarge = np.diag([float(found.scale), float(found.scale), 1.0])
        enlarge[:2, 2] = found.left, found.top
        only = np.array([i])
        stage, size = self.stage.take(only), np.array([image.shape[:2]], dtype=np.int64)
        plan = plan_warp(stage.matrix @ enlarge, stage.canvas, self.how, size)
        return OpenCVWarp(plan, self.how).run(image, 0, dst if self._fits(dst, image, i) else None)

    def _fits(self, dst: Array | None, image: Array, i: int) -> bool:
        return dst is not None and dst.dtype == image.dtype and dst.shape[:2] == self.warp.canvas[i]

    def together(self, image: Array, rows: list[int]) -> list[int]:
        """See :meth:`PreparedStage.together`."""
        return together(self.warp, rows) if image.shape[2] == 3 and image.dtype in OPENCV_DTYPES else []

    def run_together(self, images: list[Array], rows: list[int]) -> Array:
        """See :meth:`PreparedStage.run_together`."""
        return warp_many(self.warp, images, rows)

    def run_on_device(self, images: torch.Tensor) -> torch.Tensor:
        """Warp images that share a canvas."""
        height, width = self.stage.canvas[0].tolist()
        return warp(images, self.plan, (height, width), self.how)

    def move_targets(self, info: BatchInfo) -> BatchInfo:
        """Move boxes, keypoints and masks along."""
        stage, move = self.stage, mask_mover(self.plan, self.stage.resampling)
        moved = move_targets(
            info, stage.matrix, stage.canvas, stage.limits, self.idle, move, stage.resampling.mask_fill
        )
        return info.replace(targets={**info.targets, **moved})

    def window(self, i: int) -> Window | None:
        """Return the part of image i that is read."""
        plan = self.plan
        height, width = plan.sizes[i].tolist()
        if plan.kind[i] == RESIZE:
            box = plan.read[i].tolist()
        elif plan.kind[i] == WHOLE_PIXELS:
            box = np.rint(plan.reach[i]).astype(np.int64).tolist() if plan.inside[i] else [0, 0, height, width]
        else:
            box = self.warp.reads.boxes[i]
        top, left, bottom, right = box
        found = Window(max(0, top), max(0, left), min(height, bottom), min(width, right))
        return found if 0 < (found.bottom - found.top) * (found.right - found.left) < height * width else None

    @cached_property
    def _moves(self) -> list[tuple[list[list[float]], list[int], list[int]] | None]:
        """Matrix, size and canvas of images whose pixels move as wholes. Lists: looking into arrays takes longer."""
        plan, matrices = self.plan, np.rint(self.stage.matrix[:, :2])
        rows = zip(matrices.tolist(), plan.sizes.tolist(), plan.canvas.tolist(), strict=True)
        return [row if kind == WHOLE_PIXELS else None for kind, row in zip(plan.kind.tolist(), rows, strict=True)]

    def cut_out(self, i: int) -> Window | None:
        """Return the part of image i that its canvas shows, if it shows nothing else."""
        if (move := self._moves[i]) is None:
            return None
        ((a, b, x), (c, d, y)), (height, width), (rows, columns) = move
        top, left = int(-y), int(-x)
        inside = min(top, left) >= 0 and top + rows <= height and left + columns <= width
        return Window(top, left, top + rows, left + columns) if inside and (a, b, c, d) == (1, 0, 0, 1) else None

    def mirrors(self, i: int) -> bool:
        """Whether the canvas of image i shows it mirrored, and nothing else."""
        if (move := self._moves[i]) is None:
            return False
        ((a, b, x), (c, d, y)), size, canvas = move
        return (a, b, x, c, d, y) == (-1, 0, size[1], 0, 1, 0) and canvas == size


def _taken(limit: Limit, rows: NDArray[Any]) -> Limit:
    return limit[rows] if isinstance(limit, np.ndarray) else limit


def _larger(a: Limit, b: Limit) -> Limit:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.maximum(a, b)
    return a if a >= b else b
