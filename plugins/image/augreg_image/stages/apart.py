"""Samples that say how they are to be read: those that say the same go through a stage together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.kernel import LazyPicture, Window
from augreg.modalities import RENDERING
from augreg_image.kernels.layout import Array
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_torch import pick, put
from augreg_image.stages.stage import PreparedStage

Rows = NDArray[np.int64]


def each_said(how: Resampling, info: BatchInfo) -> list[Resampling]:
    """Return how each sample is read, by what it says itself and else by what a step says."""
    words = info.extras.get(RENDERING)
    if words is None:
        return [how] * len(info)
    return [how.said(word, dtype) for word, dtype in zip(words, info.dtypes, strict=True)]


def said(how: Resampling, info: BatchInfo) -> list[tuple[Rows, Resampling]]:
    """Return how samples are read, each way with the samples that are read so, ascending."""
    found: dict[Resampling, list[int]] = {}
    for i, one in enumerate(each_said(how, info)):
        found.setdefault(one, []).append(i)
    return [(np.asarray(rows, dtype=np.int64), one) for one, rows in found.items()]


class Apart(PreparedStage):
    """A stage that was prepared for some samples this way and for others that way.

    Args:
        parts: samples, ascending, and the stage that was prepared for them.
        n: number of samples.

    """

    def __init__(self, parts: Sequence[tuple[Rows, PreparedStage]], n: int) -> None:
        self.parts = parts
        self.idle = np.zeros(n, dtype=bool)
        self.at: list[tuple[PreparedStage, int]] = [(parts[0][1], 0)] * n
        for rows, stage in parts:
            self.idle[rows] = stage.idle
            for k, i in enumerate(rows.tolist()):
                self.at[i] = (stage, k)

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Run the stage on one image."""
        stage, k = self.at[i]
        return stage.run(image, k, dst)

    def run_lazy(self, picture: LazyPicture, i: int, dst: Array | None) -> Array:
        """Run the stage on one image that is not decoded yet."""
        stage, k = self.at[i]
        return stage.run_lazy(picture, k, dst)

    def run_on_device(self, images: torch.Tensor) -> torch.Tensor:
        """Run the stage on images, part by part; all results have one shape."""
        if len(self.parts) == 1:
            return self.parts[0][1].run_on_device(images)
        index = [torch.as_tensor(rows, device=images.device) for rows, _ in self.parts]
        done = [stage.run_on_device(pick(images, at)) for (_, stage), at in zip(self.parts, index, strict=True)]
        out = done[0].new_empty((len(images), *done[0].shape[1:]))
        for at, part in zip(index, done, strict=True):
            out = put(out, at, part)
        return out

    def move_targets(self, info: BatchInfo) -> BatchInfo:
        """Move the targets of all samples."""
        targets = {name: list(entries) for name, entries in info.targets.items()}
        for rows, stage in self.parts:
            moved = stage.move_targets(info.take(rows))
            for name, entries in moved.targets.items():
                for i, entry in zip(rows.tolist(), entries, strict=True):
                    targets[name][i] = entry
        return info.replace(targets=targets)

    def window(self, i: int) -> Window | None:
        """Return the part of image i that is read."""
        stage, k = self.at[i]
        return stage.window(k)

    def cut_out(self, i: int) -> Window | None:
        """Return the part of image i that is all that becomes of it."""
        stage, k = self.at[i]
        return stage.cut_out(k)

    def mirrors(self, i: int) -> bool:
        """Whether all that happens to image i is that left and right are exchanged."""
        stage, k = self.at[i]
        return stage.mirrors(k)
