"""Pictures that name their channels: what is for colors gets red, green and blue, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.modalities import ALPHA, CHANNELS
from augreg_image.kernels import values_cv, values_torch
from augreg_image.kernels.layout import Array, white_value
from augreg_image.stages.stage import PreparedStage, PreparedValues

if TYPE_CHECKING:
    from augreg_image.stages.color import Color

RGB = ("red", "green", "blue")


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


class NamedColor(PreparedValues):
    """Affine maps of red, green and blue, and of each other band by itself, as of a gray picture."""

    brings_memory: ClassVar[bool] = True

    def __init__(self, stage: Color, info: BatchInfo) -> None:
        names = info.extras[CHANNELS][0]
        self.stage, self.maps = stage, stage.bands
        self.rgb = [names.index(name) for name in RGB] if set(RGB) <= set(names) else []
        self.others = [k for k, name in enumerate(names) if name != "alpha" and k not in self.rgb]
        self.still = np.logical_and.reduce(stage.gain == np.eye(3), axis=(1, 2)) & (stage.by_mean == 0).all((1, 2))
        self.still &= (stage.offset == 0).all(1)
        if not self.rgb and "gray" in names:
            self.maps = stage.gray()
            self.others = [names.index("gray")]
        self.idle = self.still | (not self.rgb)
        if self.maps is not None:
            self.idle = self.idle & self.maps.identities(len(stage))

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Color one image."""
        out, white = image.copy(), white_value(image.dtype)
        if self.rgb and not self.still[i]:
            gain, offset = self.stage.gain[i], self.stage.offset[i] * white
            matrix = np.concatenate([gain, offset[:, None]], axis=1)
            some = np.ascontiguousarray(image[:, :, self.rgb])
            out[:, :, self.rgb] = values_cv.color(some, matrix, self.stage.by_mean[i], None)
        if self.maps is not None and not self.maps.identities(len(self.stage))[i]:
            g, m, o = (float(x[i]) for x in self.maps.each(len(self.stage)))
            for k in self.others:
                band = np.ascontiguousarray(image[:, :, k : k + 1])
                out[:, :, k : k + 1] = values_cv.color(band, np.array([[g, o * white]]), np.array([[m]]), None)
        return out

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Color images."""
        out = images.clone()
        if self.rgb:
            maps = (m[rows] for m in (self.stage.gain, self.stage.by_mean, self.stage.offset))
            done = values_torch.color(images[:, self.rgb].contiguous(), *maps)
            keep = torch.as_tensor(self.still[rows], device=images.device).view(-1, 1, 1, 1)
            out[:, self.rgb] = torch.where(keep, images[:, self.rgb], done)
        if self.maps is not None:
            g, m, o = (x[rows] for x in self.maps.each(len(self.stage)))
            keep = torch.as_tensor(self.maps.identities(len(self.stage))[rows], device=images.device).view(-1, 1, 1, 1)
            for k in self.others:
                band = images[:, k : k + 1].contiguous()
                done = values_torch.color(band, g[:, None, None], m[:, None, None], o[:, None])
                out[:, k : k + 1] = torch.where(keep, band, done)
        return out
