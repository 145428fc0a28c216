"""The fused image operator: a short list of stages that every image goes through while it is in cache."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Op
from augreg.modalities import ALPHA, PlaneMap
from augreg_image import patterns
from augreg_image.run_cpu import run_cpu
from augreg_image.run_torch import run_torch
from augreg_image.stages import beside_alpha
from augreg_image.stages.geometry import Geometry
from augreg_image.stages.kernel import EVERYWHERE
from augreg_image.stages.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class ImageOp:
    """Stages over n images, one after the other.

    Consecutive stages of one kind become one: matrices multiply, tables compose, so that an image is
    interpolated once and clipped once. Two geometry stages with different border or interpolation, or after a
    hard crop, do not compose: ``then`` returns None. A fused crop only sets the canvas; a rotation that follows
    may bring in pixels from beyond it, unless the crop is hard. Operations with a kernel of their own keep a stage
    each, and stand only beside others that run on the same devices; noise stands alone.

    Boxes are clipped and filtered once per geometry stage.

    Args:
        stages: in their order.
        company: devices on which all stages run; None where they are to run apart from others. Only operators that
            agree compose: what has a kernel for the device must not follow its neighbor to the CPU.

    """

    stages: tuple[Stage, ...]
    company: frozenset[str] | None = EVERYWHERE

    takes_lazy: ClassVar[bool] = True
    """Pictures that are not decoded yet come as they are; what makes them smaller may get them decoded smaller."""

    def __len__(self) -> int:
        return len(self.stages[0])

    def take(self, rows: NDArray[Any]) -> ImageOp:
        """Return the operator of some samples."""
        return ImageOp(tuple(stage.take(rows) for stage in self.stages), self.company)

    def expand(self, rows: NDArray[Any], info: BatchInfo) -> ImageOp:
        """Spread over all samples of ``info``, with the identity beside ``rows``."""
        spread: list[Stage] = []
        for stage in self.stages:
            spread.append(stage.expand(rows, info.shapes))
            info = spread[-1].infer(info)
        return ImageOp(tuple(spread), self.company)

    @property
    def family(self) -> Hashable:
        """What operators agree in that can be gathered: those of one stage each, and of geometry those that read alike.

        Two that read differently would meet as they must not, see :meth:`Geometry.followed_by`.
        """
        if len(self.stages) > 1:
            return None
        return self.company, self.stages[0].family if isinstance(self.stages[0], Geometry) else None

    def gathered(self, parts: Sequence[tuple[NDArray[Any], ImageOp]], info: BatchInfo) -> ImageOp:
        """Return one operator over all samples of ``info`` for several on different ones, none of which is in two."""
        kinds: dict[Hashable, list[tuple[NDArray[Any], Stage]]] = {}
        for place, (rows, op) in enumerate(parts):
            stage = op.stages[0]
            kinds.setdefault(place if stage.family is None else stage.family, []).append((rows, stage))
        stages: list[Stage] = []
        for some in kinds.values():
            rows, first = some[0]
            stages.append(first.expand(rows, info.shapes) if len(some) == 1 else first.gathered(some, info.shapes))
            info = stages[-1].infer(info)
        return ImageOp(tuple(stages), self.company)

    def then(self, other: Op) -> ImageOp | None:
        """Return this and then ``other``, or None if they don't compose."""
        if not isinstance(other, ImageOp) or self.company is None or self.company != other.company:
            return None
        between = self.stages[-1].followed_by(other.stages[0])
        if between is None:
            return None
        return ImageOp((*self.stages[:-1], *between, *other.stages[1:]), self.company)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the operator."""
        for stage in self.stages:
            info = stage.infer(info)
        return info

    def alike(self, info: BatchInfo, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for pairs of samples whether they are moved alike, in shares of their sides: bool (k,)."""
        same = np.ones(len(first), dtype=bool)
        for stage in self.stages:
            same &= stage.alike(info, first, second)
            info = stage.infer(info)
        return same

    def run(self, batch: Batch) -> Batch:
        """Carry the stages out: OpenCV image by image on the CPU, batched torch elsewhere."""
        if not len(batch.info.keys):
            return batch
        apart = beside_alpha.parts(batch.info) if ALPHA in batch.info.extras else None
        if apart is not None:
            return patterns.gather(batch, [(rows, self.take(rows).run(batch.take(rows))) for rows in apart])
        groups = patterns.split(self.stages, batch.info) if len(self.stages) > 2 else None
        if groups is None:
            data = batch.data
            one = isinstance(data, list) and len(data) == 1 and getattr(data[0], "is_cpu", True)
            return run_cpu(self.stages, batch) if one else _run(self.stages, batch)
        return patterns.gather(batch, [(rows, _run(stages, batch.take(rows))) for rows, stages in groups])


def _run(stages: Sequence[Stage], batch: Batch) -> Batch:
    if batch.device.type != "cpu":
        return run_torch(stages, batch)
    if not isinstance(batch.data, torch.Tensor):
        return run_cpu(stages, batch)
    done = run_cpu(stages, Batch(list(batch.data.unbind(0)), batch.info))
    same = len({row.shape for row in done.data}) == 1
    return done.replace(torch.stack(list(done.data))) if same else done


def geometry_op(matrix: NDArray[np.float64], canvas: NDArray[np.int64], **settings: Any) -> ImageOp:
    """Return the operator of one geometry stage; see :class:`Geometry` for the arguments."""
    return ImageOp((Geometry(matrix, canvas, **settings),))


def plane_maps(op: ImageOp, info: BatchInfo) -> list[PlaneMap]:
    """Return for each sample the matrices of an operator's geometry stages as one map; ``info`` is from before it."""
    found = [PlaneMap.still(height, width) for height, width in info.shapes[:, -2:].tolist()]
    for stage in op.stages:
        if isinstance(stage, Geometry):
            steps = zip(stage.matrix, stage.canvas.tolist(), strict=True)
            ways = zip(found, steps, strict=True)
            found = [way.then(PlaneMap.of(matrix, way.canvas, (h, w))) for way, (matrix, (h, w)) in ways]
    return found
