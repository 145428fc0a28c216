"""The color stage on pictures that name their channels."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg_image.kernels import values_cv, values_torch
from augreg_image.kernels.layout import Array, white_value
from augreg_image.stages.bands import Bands
from augreg_image.stages.named import RGB
from augreg_image.stages.stage import PreparedValues

Floats = NDArray[np.float64]
Maps = tuple[Floats, Floats, Floats]
"""Gain (n, k, k), what is added per mean (n, k, k) and offset (n, k)."""

_ONE: Final = np.eye(3)


class NamedColor(PreparedValues):
    """Affine maps of red, green and blue, and of each other band by itself, as of a gray picture.

    Channels that are left alone are not clipped either: they keep their bits.

    Args:
        maps: of red, green and blue.
        bands: of the other bands; None leaves them alone.
        names: of all channels.

    """

    brings_memory: ClassVar[bool] = True

    def __init__(self, maps: Maps, bands: Bands | None, names: tuple[str, ...]) -> None:
        n = len(maps[0])
        colors = [names.index(name) for name in RGB] if set(RGB) <= set(names) else []
        others = [[k] for k, name in enumerate(names) if name != "alpha" and k not in colors]
        if not colors and "gray" in names:  # a gray picture is changed as if it were three equal channels
            others, bands = [[names.index("gray")]], _of_gray(maps)
        self.parts: list[tuple[list[int], Maps, NDArray[np.bool_]]] = []
        if colors:
            self.parts.append((colors, maps, _still(maps)))
        if bands is not None:
            gain, by_mean, offset = bands.each(n)
            own = gain[:, None, None], by_mean[:, None, None], offset[:, None]
            self.parts += [(band, own, bands.identities(n)) for band in others]
        self.idle = np.logical_and.reduce([np.ones(n, dtype=bool), *(still for _, _, still in self.parts)])

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Color one image."""
        out, white = image.copy(), white_value(image.dtype)
        for channels, (gain, by_mean, offset), still in self.parts:
            if not still[i]:
                some = np.ascontiguousarray(image[:, :, channels])
                matrix = np.concatenate([gain[i], offset[i][:, None] * white], axis=1)
                out[:, :, channels] = values_cv.color(some, matrix, by_mean[i], None)
        return out

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Color images."""
        out = images.clone()
        for channels, maps, still in self.parts:
            some = images[:, channels].contiguous()
            gain, by_mean, offset = (m[rows] for m in maps)
            keep = torch.as_tensor(still[rows], device=images.device).view(-1, 1, 1, 1)
            out[:, channels] = torch.where(keep, some, values_torch.color(some, gain, by_mean, offset))
        return out


def _of_gray(maps: Maps) -> Bands:
    gain, by_mean, offset = maps
    return Bands(gain[:, 0].sum(axis=1), by_mean[:, 0].sum(axis=1), offset[:, 0])


def _still(maps: Maps) -> NDArray[np.bool_]:
    """Bool (n,): samples whose colors stay."""
    gain, by_mean, offset = maps
    same: NDArray[np.bool_] = (
        (gain == _ONE).all(axis=(1, 2)) & (by_mean == 0).all(axis=(1, 2)) & (offset == 0).all(axis=1)
    )
    return same
