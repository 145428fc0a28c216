"""Image operators for who has many pictures to each row of an operator, as a clip has frames."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from augreg import BatchInfo
from augreg.kernel import Window
from augreg_image import patterns
from augreg_image.kernels.layout import SMALL, Array
from augreg_image.ops import ImageOp
from augreg_image.stages.chain import busy_stages, prepare, run_stages
from augreg_image.stages.stage import PreparedStage


class PreparedOp:
    """An operator and what was worked out for its rows, to be run on one picture at a time, on the CPU.

    What every picture of one shape and dtype has in common is worked out once: matrices, tables, what is read. Threads
    may share it.

    Args:
        op: of n rows.
        info: the facts of n pictures, one for each row. Targets are moved at once.

    Attributes:
        after: the facts of the n pictures after the operator, with their targets where they are then.

    >>> import torch
    >>> from augreg import Params, kernel
    >>> from augreg_image import to_hwc
    >>> from augreg_image.geometry import HFlip
    >>> frames = [torch.arange(6, dtype=torch.uint8).reshape(1, 2, 3) + 6 * t for t in range(4)]
    >>> info = kernel.make_batch("image", frames[:1]).info  # all frames are like the first
    >>> mirror = PreparedOp(HFlip().lower(info, Params(1)), info)
    >>> [mirror.run(to_hwc(frame), 0)[0, :, 0].tolist() for frame in frames]
    [[2, 1, 0], [8, 7, 6], [14, 13, 12], [20, 19, 18]]

    """

    def __init__(self, op: ImageOp, info: BatchInfo) -> None:
        groups = patterns.split(op.stages, info)
        if groups is None:
            prepared, self.after = prepare(op.stages, info)
            self._groups: list[tuple[list[int], list[PreparedStage]]] = [(list(range(len(op))), prepared)]
            return
        self._groups = []
        targets = {name: list(entries) for name, entries in info.targets.items()}
        for rows, stages in groups:
            prepared, part = prepare(stages, info.take(rows))
            self._groups.append((rows.tolist(), prepared))
            for name, entries in part.targets.items():
                for i, entry in zip(rows.tolist(), entries, strict=True):
                    targets[name][i] = entry
        self.after = op.infer(info).replace(targets=targets)

    @cached_property
    def _chains(self) -> dict[int, tuple[Sequence[PreparedStage], int]]:
        """For each row, the stages that do something to it and its place among their samples."""
        found: dict[int, tuple[Sequence[PreparedStage], int]] = {}
        for rows, prepared in self._groups:
            busy = busy_stages(prepared, range(len(rows))) if prepared else [()] * len(rows)
            found.update((i, (stages, k)) for k, (i, stages) in enumerate(zip(rows, busy, strict=True)))
        return found

    def idle(self, i: int) -> bool:
        """Whether row i leaves pictures as they are."""
        return not self._chains[i][0]

    def run(self, image: Array, i: int, dst: Array | None = None) -> Array:
        """Return a picture (H, W, C) after row i: in ``dst`` where the last stage can write there, else elsewhere.

        The picture is not written to; where nothing changes it, it comes back itself.
        """
        stages, k = self._chains[i]
        return run_stages(stages, image, k, dst)

    def run_all(self, images: Array, i: int) -> Array | None:
        """Return small pictures (n, H, W, C) after row i, at once; None where that is not quicker than one by one."""
        stages, k = self._chains[i]
        if images[0].size > SMALL or len(images) < 2 or not stages[0].together(images[0], [k]):
            return None
        found = stages[0].run_together(list(images), [k] * len(images))
        rest = stages[1:]
        return np.stack([run_stages(rest, image, k, None) for image in found]) if rest else found

    def window(self, i: int) -> Window | None:
        """Return the part of a picture that row i reads, None if that is all of it, or not known."""
        stages, k = self._chains[i]
        return stages[0].window(k) if stages else None

    def cut_out(self, i: int) -> Window | None:
        """Return the part of a picture that is all that row i makes of it, None if there is more to it."""
        stages, k = self._chains[i]
        return stages[0].cut_out(k) if len(stages) == 1 else None

    def mirrors(self, i: int) -> bool:
        """Whether all that row i does is exchange left and right."""
        stages, k = self._chains[i]
        return len(stages) == 1 and stages[0].mirrors(k)
