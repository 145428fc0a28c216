"""Alpha stands beside colors: stages that change values are given the colors alone, and alpha comes back as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, UnsupportedError
from augreg.modalities import ALPHA, CHANNELS
from augreg_image.kernels.layout import OPENCV_DTYPES, Array
from augreg_image.stages.named import Among
from augreg_image.stages.stage import PreparedStage, PreparedValues, Stage


def alphas(info: BatchInfo) -> list[bool]:
    """Return for each picture whether its last channel is alpha: as it says, else where there are four, as in RGBA.

    PIL pictures of the modes RGBA and LA say so. A bare array says nothing, and four channels are read as RGBA.
    """
    counts = info.shapes[:, -3].tolist()
    said = info.extras.get(ALPHA) or [None] * len(counts)
    return [count == 4 if word is None else bool(word) for word, count in zip(said, counts, strict=True)]


def parts(info: BatchInfo) -> list[NDArray[np.int64]] | None:
    """Return the pictures whose channels are the same, kind by kind; None if all are; asked where some say them."""
    names = info.extras.get(CHANNELS) or [None] * len(info)
    kinds: dict[Any, list[int]] = {}
    for i, kind in enumerate(zip(alphas(info), names, strict=True)):
        kinds.setdefault(kind, []).append(i)
    return None if len(kinds) == 1 else [np.array(rows, dtype=np.int64) for rows in kinds.values()]


def prepared(stage: Stage, info: BatchInfo) -> PreparedStage:
    """Return a stage ready to run on pictures whose channels are the same."""
    said = info.extras.get(ALPHA)
    channels = int(info.shapes[0, -3])
    names = info.extras[CHANNELS][0] if CHANNELS in info.extras else None
    if names is not None:
        some = stage.changes(names)
        return stage.prepare(info) if some is None else Among(stage.prepare, info, some)
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


def beside(images: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return images (B, C, H, W) that were made of a stacked batch, with alpha as it was where there is some."""
    found = alphas(batch.info)
    if not any(found):
        return images
    rows = torch.as_tensor(np.flatnonzero(found), device=images.device)
    out = images.clone()
    out[rows, -1] = batch.stack()[rows, -1]
    return out


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
