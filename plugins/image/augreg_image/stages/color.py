"""The color stage: one affine map of the channels per sample, clipped once at its end."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.modalities import ALPHA, CHANNELS
from augreg_image.kernels import values_cv, values_torch
from augreg_image.kernels.layout import Array, white_value
from augreg_image.matrices import identity
from augreg_image.stages.bands import Bands, both
from augreg_image.stages.named_color import NamedColor
from augreg_image.stages.stage import PreparedStage, PreparedValues, Stage, fitting

Floats = NDArray[np.float64]

LUMA: Final = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in gray (ITU-R BT.601), as in PIL, OpenCV and torchvision."""
_ONE: Final = np.eye(3)


@dataclass(frozen=True, slots=True, eq=False)
class Color(Stage):
    """Channels become ``gain @ x + by_mean @ mean(x) + offset``, clipped to black and white at the end.

    ``mean(x)`` is the mean color of the stage's input. So contrast, which pivots on the mean gray level of
    the picture at that point, stays exact inside a chain: the mean of an affine map is the map of the mean.
    Written for three channels; see :func:`channel_maps` for other counts.

    Args:
        gain, by_mean: float64 (n, 3, 3).
        offset: float64 (n, 3), as shares of white.
        bands: what happens to bands that are neither red, green nor blue, where pictures name their channels; None:
            nothing.

    """

    gain: Floats
    by_mean: Floats
    offset: Floats
    bands: Bands | None = None

    def __len__(self) -> int:
        return len(self.gain)

    def take(self, rows: NDArray[Any]) -> Color:
        """Return the stage of some samples."""
        bands = None if self.bands is None else self.bands.take(rows)
        return Color(self.gain[rows], self.by_mean[rows], self.offset[rows], bands)

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Color:
        """Spread over len(shapes) samples, with identities beside ``rows``."""
        return self.gathered([(rows, self)], shapes)

    @property
    def family(self) -> Hashable:
        """All color stages can be gathered."""
        return Color

    def gathered(self, parts: Sequence[tuple[NDArray[Any], Color]], shapes: NDArray[np.int64]) -> Color:
        """See :meth:`Stage.gathered`."""
        out, bands = unchanged(len(shapes)), None
        for rows, one in parts:
            out.gain[rows], out.by_mean[rows], out.offset[rows] = one.gain, one.by_mean, one.offset
            if one.bands is not None:
                bands = both(bands, one.bands.expand(rows, len(shapes)))
        return out if bands is None else replace(out, bands=bands)

    def then(self, other: Color) -> Color:
        """Return both in one map, with one clip."""
        gain = other.gain @ self.gain
        by_mean = other.gain @ self.by_mean + other.by_mean @ (self.gain + self.by_mean)
        offset = ((other.gain + other.by_mean) @ self.offset[..., None])[..., 0] + other.offset
        return Color(gain, by_mean, offset, both(self.bands, other.bands))

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples that the stage leaves alone."""
        same: NDArray[np.bool_] = self.gain[:, 0, 0] == 1.0
        if True not in same.tolist():
            return same  # by far the most, and the rest takes ten times as long
        same &= np.logical_and.reduce(self.gain == _ONE, axis=(1, 2))
        same &= np.logical_and.reduce(self.by_mean == 0, axis=(1, 2))
        same &= np.logical_and.reduce(self.offset == 0, axis=1)
        if self.bands is not None:
            same &= self.bands.identities(len(self))
        return same

    def sets_alpha_aside(self, channels: int) -> bool:
        """See :meth:`Stage.sets_alpha_aside`; the maps for four channels leave alpha as it is."""
        return channels != 4

    def prepare(self, info: BatchInfo) -> PreparedStage:
        """Return the stage ready to run on pictures of one channel count, and of the same names if any."""
        if CHANNELS in info.extras and info.extras[CHANNELS][0] is not None:
            return NamedColor((self.gain, self.by_mean, self.offset), self.bands, info.extras[CHANNELS][0])
        return PreparedColor(self, info)


class PreparedColor(PreparedValues):
    """A color stage with its maps for the channel count at hand."""

    def __init__(self, stage: Color, info: BatchInfo) -> None:
        channels = int(info.shapes[0, -3])
        said = info.extras.get(ALPHA)
        alpha = channels == 4 and (said is None or said[0] is not False)
        plain = stage.gain, stage.by_mean, stage.offset
        self.maps = plain if channels == 3 else channel_maps(stage, channels, alpha=alpha)
        self.idle = stage.identities(info)
        gain, by_mean, offset = self.maps
        self.matrices = np.empty((len(gain), gain.shape[1], gain.shape[2] + 1))
        self.matrices[:, :, :-1] = gain
        self.matrices[:, :, -1] = offset * _whites(info.dtypes)
        self.shifted: list[bool] = np.logical_or.reduce(by_mean, axis=(1, 2)).tolist()

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Color one image."""
        by_mean = self.maps[1][i] if self.shifted[i] else None
        return values_cv.color(image, self.matrices[i], by_mean, fitting(dst, image))

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Color images."""
        gain, by_mean, offset = (m[rows] for m in self.maps)
        return values_torch.color(images, gain, by_mean, offset)


def _whites(dtypes: tuple[str, ...]) -> float | Floats:
    """Return the value of white, one number if all dtypes are one, else (n, 1)."""
    if dtypes.count(dtypes[0]) == len(dtypes):
        return white_value(dtypes[0])
    return np.array([[white_value(name)] for name in dtypes])


def unchanged(n: int) -> Color:
    """Return the stage that changes nothing."""
    return Color(identity(n), np.zeros((n, 3, 3)), np.zeros((n, 3)))


def channel_maps(stage: Color, channels: int, *, alpha: bool = True) -> tuple[Floats, Floats, Floats]:
    """Return gain (n, k, k), by_mean (n, k, k) and offset (n, k) for pictures of ``channels`` channels.

    1: a gray picture, as if its three channels were equal. 3: RGB. 4 with ``alpha``: RGBA, alpha stays. Else every
    channel alike, the mean over all of them instead of the gray level; k is 1 then. The maps must treat the
    channels alike in the cases 1 and "other"; augmenters check that by the channel counts that they declare.
    """
    gain, by_mean, offset = stage.gain, stage.by_mean, stage.offset
    if channels == 3:
        return gain, by_mean, offset
    if channels != 4 or not alpha:
        return gain[:, :1].sum(axis=2, keepdims=True), by_mean[:, :1].sum(axis=2, keepdims=True), offset[:, :1]
    n = len(stage)
    wide, wide_mean, wide_offset = np.zeros((n, 4, 4)), np.zeros((n, 4, 4)), np.zeros((n, 4))
    wide[:, :3, :3], wide_mean[:, :3, :3], wide_offset[:, :3] = gain, by_mean, offset
    wide[:, 3, 3] = 1.0
    return wide, wide_mean, wide_offset
