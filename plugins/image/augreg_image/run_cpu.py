"""Running stages on the CPU: each image goes through all of them before the next one starts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo
from augreg.kernel import for_each
from augreg_image.kernels import values_cv, warp_cv
from augreg_image.kernels.layout import Array, full_range, slots, to_chw, to_hwc
from augreg_image.kernels.masks import move_masks
from augreg_image.stages.colour import Colour, channel_maps
from augreg_image.stages.geometry import Geometry
from augreg_image.stages.kernel import Kernel
from augreg_image.stages.plan import IDENTITY, make_plan
from augreg_image.stages.stage import Stage
from augreg_image.stages.values import Lookup, Normalise
from augreg_image.targets.move import move_targets


class GeometryWork:
    """A geometry stage with its plan."""

    def __init__(self, stage: Geometry, sizes: NDArray[np.int64]) -> None:
        self.stage, self.sizes = stage, sizes
        self.plan = make_plan(stage, sizes)
        self.idle = self.plan.kind == IDENTITY

    @cached_property
    def warp(self) -> warp_cv.Warp:
        """The plan made ready for OpenCV."""
        return warp_cv.Warp(self.plan, self.stage.canvas, self.sizes, self.stage.resampling)

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Warp one image."""
        fits = dst is not None and dst.dtype == image.dtype and dst.shape[:2] == self.warp.canvas[i]
        return self.warp.run(image, i, dst if fits else None)

    def targets(self, info: BatchInfo) -> dict[str, list[Any]]:
        """Move boxes, keypoints and masks along."""
        masks = move_masks(self.plan, self.stage, self.sizes)
        return move_targets(info, self.stage, self.idle, masks)


class ColourWork:
    """A colour stage with its maps for the channel count at hand."""

    def __init__(self, stage: Colour, info: BatchInfo) -> None:
        self.maps = channel_maps(stage, int(info.shapes[0, -3]))
        self.idle = stage.identities()
        gain, by_mean, offset = self.maps
        names = set(info.dtypes)
        whites = {name: full_range(np.dtype(name)) for name in names}
        white = np.array([whites[name] for name in (info.dtypes if len(names) > 1 else names)])
        self.matrices = np.concatenate([gain, offset[..., None] * white[:, None, None]], axis=2)
        shifted: NDArray[np.bool_] = np.logical_or.reduce(by_mean, axis=(1, 2))
        self.means = [m if on else None for m, on in zip(by_mean, shifted.tolist(), strict=True)]

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Colour one image."""
        return values_cv.colour(image, self.matrices[i], self.means[i], _fitting(dst, image))


class LookupWork:
    """A lookup stage."""

    def __init__(self, stage: Lookup) -> None:
        self.stage = stage
        self.idle = stage.identities()

    @cached_property
    def tables(self) -> NDArray[np.uint8]:
        """Tables (n, 256) for uint8."""
        return values_cv.tables(self.stage, 256).astype(np.uint8)

    @cached_property
    def bitwise(self) -> list[tuple[Any, int] | None]:
        """What does the same as each of the tables, see :func:`augreg_image.kernels.values_cv.bitwise`."""
        return values_cv.bitwise(self.tables)

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Look one image up."""
        if image.dtype == np.uint8:
            simple = self.bitwise[i]
            if simple is not None:
                operate, operand = simple
                found: Array = operate(image, operand, out=_fitting(dst, image))
                return found
            return values_cv.look_up(image, self.tables[i], _fitting(dst, image))
        return values_cv.lookup(image, self.stage, i, _fitting(dst, image))


class NormaliseWork:
    """A normalisation stage."""

    def __init__(self, stage: Normalise) -> None:
        self.stage = stage
        self.idle = stage.identities()
        self.matrices: dict[tuple[int, np.dtype[Any]], NDArray[np.float64]] = {}

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Normalise one image."""
        look = image.shape[2], image.dtype
        if look not in self.matrices:
            self.matrices[look] = values_cv.normalisation(self.stage, *look)
        fits = dst is not None and dst.shape == image.shape and dst.dtype == np.float32
        return values_cv.normalise(image, self.matrices[look], dst if fits else None)


class KernelWork:
    """An operation with a kernel of its own."""

    def __init__(self, stage: Kernel) -> None:
        self.stage = stage
        self.idle = stage.idle
        self.place = stage.place.tolist()

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Run the kernel on one image; it brings its own memory."""
        return self.stage.augmenter.on_cpu(image, self.stage.params, self.place[i])


def _fitting(dst: Array | None, image: Array) -> Array | None:
    return dst if dst is not None and dst.shape == image.shape and dst.dtype == image.dtype else None


PointWork = ColourWork | LookupWork | NormaliseWork | KernelWork
"""What moves no pixels."""

Work = GeometryWork | PointWork
"""A stage made ready for some samples.

``idle``, bool (n,), says which it leaves alone; ``run(image, i, dst)`` carries out sample i, and the result may lie in
``dst``, which is not the memory of the image.
"""


def ready(stage: Stage, info: BatchInfo) -> Work:
    """Prepare a stage for samples of which these are the facts."""
    if isinstance(stage, Geometry):
        return GeometryWork(stage, info.shapes[:, -2:])
    if isinstance(stage, Colour):
        return ColourWork(stage, info)
    if isinstance(stage, Kernel):
        return KernelWork(stage)
    return LookupWork(stage) if isinstance(stage, Lookup) else NormaliseWork(stage)


def run_cpu(stages: Sequence[Stage], batch: Batch) -> Batch:
    """Carry out stages on a list of images (C, H, W) and their targets."""
    works: list[Work] = []
    after = batch.info
    for stage in stages:
        work = ready(stage, after)
        if isinstance(work, GeometryWork) and after.targets:
            after = after.replace(targets={**after.targets, **work.targets(after)})
        after = stage.infer(after)
        works.append(work)
    return Batch(_images(works, batch, after), after)


def _images(works: list[Work], batch: Batch, after: BatchInfo) -> list[torch.Tensor]:
    rows = list(batch.data)
    busy = np.flatnonzero(~np.all([work.idle for work in works], axis=0)).tolist()
    steps = _steps(works, busy)
    memory = _memory(steps, after, busy)

    def one(k: int) -> None:
        i, (slot, tensor) = busy[k], memory[k]
        image = to_hwc(rows[i])
        found = run_steps(steps[k], image, i, slot)
        if found is not image:  # a kernel may find that it has nothing to do
            rows[i] = tensor if found is slot else to_chw(found)

    for_each(one, len(busy), light=True)
    return rows


def _memory(steps: list[list[Work]], after: BatchInfo, busy: list[int]) -> list[tuple[Any, Any]]:
    """Return memory for the results of busy samples, nothing where the last work brings its own."""
    brings = [isinstance(some[-1], KernelWork) for some in steps]
    if all(brings):
        return [(None, None)] * len(busy)
    shapes = [(height, width, channels) for channels, height, width in after.shapes[busy].tolist()]
    dtypes = [after.dtypes[i] for i in busy]
    if not any(brings):
        return list(slots(shapes, dtypes))
    made = iter(
        slots(
            [shape for shape, own in zip(shapes, brings, strict=True) if not own],
            [dtype for dtype, own in zip(dtypes, brings, strict=True) if not own],
        )
    )
    return [(None, None) if own else next(made) for own in brings]


def _steps(works: list[Work], busy: list[int]) -> list[list[Work]]:
    """Return the works that do something to each busy sample."""
    idle = np.stack([work.idle for work in works], axis=1)
    if not idle.any():
        return [works] * len(busy)
    known = {
        pattern.tobytes(): [work for work, still in zip(works, pattern.tolist(), strict=True) if not still]
        for pattern in np.unique(idle, axis=0)
    }
    return [known[idle[i].tobytes()] for i in busy]


def run_steps(steps: Sequence[Work], image: Array, i: int, dst: Array | None) -> Array:
    """Take an image (H, W, C) through the steps of sample i; the result lies in ``dst`` where that suits the last."""
    # What lies between two steps is thrown away at once, so that its memory is still in the cache for the next image.
    # The final memory is not: it is written once.
    last = len(steps) - 1
    for k, step in enumerate(steps):
        image = step.run(image, i, dst if k == last else None)
    return image
