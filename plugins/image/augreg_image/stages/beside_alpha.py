"""Alpha stands beside colors: stages that change values are given the colors alone, and alpha comes back as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, UnsupportedError
from augreg.modalities import ALPHA
from augreg_image.kernels.layout import OPENCV_DTYPES, Array
from augreg_image.stages.stage import PreparedStage, PreparedValues, Stage


def alphas(info: BatchInfo) -> list[bool]:
    """Return for each picture whether its last channel is alpha: as it says, else where there are four, as in RGBA.

    PIL pictures of the modes RGBA and LA say so. A bare array says nothing, and four channels are read as RGBA.
    """
    counts = info.shapes[:, -3].tolist()
    said = info.extras.get(ALPHA) or [None] * len(counts)
    return [count == 4 if word is None else bool(word) for word, count in zip(said, counts, strict=True)]


def parts(info: BatchInfo) -> list[NDArray[np.int64]] | None:
    """Return the pictures with alpha and those without, None if all are alike; asked where some say what they have."""
    found = np.array(alphas(info), dtype=bool)
    return None if found.all() or not found.any() else [np.flatnonzero(found), np.flatnonzero(~found)]


def prepared(stage: Stage, info: BatchInfo) -> PreparedStage:
    """Return a stage ready to run on pictures that all have alpha, or all have none."""
    said = info.extras.get(ALPHA)
    channels = int(info.shapes[0, -3])
    alpha = channels == 4 if said is None or said[0] is None else bool(said[0])
    return BesideAlpha(stage, info) if alpha and stage.sets_alpha_aside(channels) else stage.prepare(info)


def beside_alpha(batch: Batch, change: Callable[[Batch], Batch]) -> Batch:
    """Let something change the colors of pictures that all have alpha, which stays.

    Raises:
        UnsupportedError: some of them have none.

    """
    found = alphas(batch.info)
    if not all(found):
        raise UnsupportedError(
            f"sample {found.index(False)} has no alpha and sample {found.index(True)} has, and both have "
            f"{int(batch.info.shapes[0, -3])} channels. Convert them to one mode, or augment them apart."
        )
    rows = batch.rows()
    colors = batch.replace([row[:-1] for row in rows], extras={ALPHA: [False] * len(rows)})
    if batch.stacked:
        colors = colors.replace(colors.stack())
    pairs = zip(change(colors).rows(), rows, strict=True)
    done = [torch.cat([color, row[-1:]]) for color, row in pairs]
    return batch.replace(torch.stack(done) if batch.stacked else done)


class BesideAlpha(PreparedValues):
    """A stage that is given all channels but the last."""

    brings_memory: ClassVar[bool] = True

    def __init__(self, stage: Stage, info: BatchInfo) -> None:
        shapes = info.shapes.copy()
        shapes[:, -3] -= 1
        self.colors = stage.prepare(info.replace(shapes=shapes))
        self.idle = self.colors.idle

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Run the stage on the colors of one image."""
        colors = np.ascontiguousarray(image[:, :, :-1])
        found = self.colors.run(colors, i, None)
        if found is colors:
            return image
        out = np.empty(image.shape, image.dtype)
        if image.dtype in OPENCV_DTYPES and image.size:
            last = image.shape[2] - 1  # the channels of both sources are counted on: alpha is the last of all
            places = [k for c in range(last) for k in (c, c)]
            cv2.mixChannels([found, np.ascontiguousarray(image)], [out], [*places, 2 * last, last])
            return out
        out[:, :, :-1], out[:, :, -1] = found, image[:, :, -1]
        return out

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Run the stage on the colors of images."""
        assert isinstance(self.colors, PreparedValues)
        found = self.colors.change(images[:, :-1].contiguous(), rows)
        return torch.cat([found, images[:, -1:]], dim=1)
