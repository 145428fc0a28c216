"""Pictures that name their channels: what is for colors gets red, green and blue, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.modalities import ALPHA, CHANNELS
from augreg_image.kernels.layout import Array
from augreg_image.stages.stage import PreparedStage, PreparedValues

RGB: Final = ("red", "green", "blue")


def colors(names: tuple[str, ...]) -> list[int]:
    """Return where red, green and blue stand, else where gray does; empty where a picture has neither."""
    wanted = RGB if set(RGB) <= set(names) else ("gray",)
    return [names.index(name) for name in wanted if name in names]


def chosen(names: tuple[str, ...], *, rgb: bool) -> list[int]:
    """Return the channels that a step changes: the colors, or all but alpha; red, green and blue in this order."""
    bands = [k for k, name in enumerate(names) if name != "alpha"]
    found = colors(names)
    return found if rgb or len(found) == len(bands) else bands


def of_some(info: BatchInfo, channels: list[int]) -> BatchInfo:
    """Return the facts of some channels, none of which is alpha."""
    shapes = info.shapes.copy()
    shapes[:, -3] = len(channels)
    extras = {name: entries for name, entries in info.extras.items() if name != CHANNELS}
    return info.replace(shapes=shapes, extras={**extras, ALPHA: [False] * len(info)})


class Among(PreparedValues):
    """A stage that is given some channels of a picture; the others come back as they were."""

    brings_memory: ClassVar[bool] = True

    def __init__(self, prepare: Callable[[BatchInfo], PreparedStage], info: BatchInfo, channels: list[int]) -> None:
        self.channels, self.inner = channels, prepare(of_some(info, channels))
        self.idle = self.inner.idle

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Run the stage on the channels of one image."""
        some = np.ascontiguousarray(image[:, :, self.channels])
        found = self.inner.run(some, i, None)
        if found is some:
            return image
        out = image.copy()
        out[:, :, self.channels] = found
        return out

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Run the stage on the channels of images."""
        assert isinstance(self.inner, PreparedValues)
        out = images.clone()
        out[:, self.channels] = self.inner.change(images[:, self.channels].contiguous(), rows)
        return out
