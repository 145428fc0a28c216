"""How a geometry stage reads between and beyond the pixels of its input."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, get_args

from augreg import ConfigError, SampleError
from augreg.modalities import Border, Interpolation, Rendering
from augreg_image.kernels.layout import white_value

BORDERS: Final[dict[str, Border]] = {name: name for name in get_args(Border)}
"""Every border by its name, as a configuration holds it."""
INTERPOLATIONS: Final[dict[str, Interpolation]] = {name: name for name in get_args(Interpolation)}
"""Every interpolation by its name."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """Border and interpolation; None where an operation needs none (flips, crops inside the picture).

    Args:
        border: "constant" fills with ``fill``, "edge" repeats the outermost pixels, "reflect" mirrors the
            picture about its edge (``cba|abc``; what OpenCV calls BORDER_REFLECT, torch "symmetric").
        fill: one value or one per channel, as shares of white (0 to 1).
        mask_fill: the label that masks get beyond the border, whatever ``border`` is.
        interpolation: for pixels; masks are always read at the nearest pixel.

    """

    border: Border | None = None
    fill: tuple[float, ...] = (0.0,)
    mask_fill: int = 0
    interpolation: Interpolation | None = None
    mode: Interpolation = field(init=False, repr=False, compare=False)
    """The interpolation to use: bilinear where none was asked for."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", self.interpolation or "bilinear")

    def merge(self, other: Resampling) -> Resampling | None:
        """Return what both agree on, or None where they differ."""
        if other is self or other is NO_RESAMPLING:
            return self
        if self is NO_RESAMPLING:
            return other
        mine, yours = self._border_part(), other._border_part()
        if mine and yours and mine != yours:
            return None
        if self.interpolation and other.interpolation and self.interpolation != other.interpolation:
            return None
        kept = self if mine else other
        return resampling(kept.border, kept.fill, kept.mask_fill, self.interpolation or other.interpolation)

    def _border_part(self) -> tuple[Any, ...] | None:
        if self.border is None:
            return None
        return self.border, self.fill if self.border == "constant" else (), self.mask_fill

    def said(self, read: Rendering | None, dtype: str) -> Resampling:
        """Return the same for a picture of ``dtype`` of which was said how it is to be read; masks take no notice.

        Where no border shows (None) there is none to choose.

        Raises:
            SampleError: a fill was said for a picture of another dtype than it has by now.

        """
        if read is None:
            return self
        border, fill = self.border and (read.border or self.border), self.fill
        if read.scale is not None and border == "constant":
            low, high = read.scale.low, read.scale.high
            fill = tuple((low + (high - low) * value) / white_value(dtype) for value in fill)
        if read.fill is not None and border == "constant":
            if dtype != read.dtype:
                raise SampleError(
                    f"fill={list(read.fill)} was said for a picture of {read.dtype}, and a step made {dtype} of it. "
                    "Put the steps that move pixels before the one that changes the dtype."
                )
            fill = tuple(value / white_value(dtype) for value in read.fill)
        return resampling(border, fill, self.mask_fill, read.interpolation or self.interpolation)

    def channels(self, count: int) -> tuple[float, ...]:
        """Return the fill for each of ``count`` channels."""
        return fill_of(self.fill, count)


NO_RESAMPLING: Final = Resampling()
"""Of flips and crops inside the picture: it agrees with whatever resampling stands beside it."""


resampling = lru_cache(maxsize=256)(Resampling)
"""The same, one object for equal settings, which every call of a step asks for: two that are one need no comparing."""


def fill_of(fill: tuple[float, ...], count: int) -> tuple[float, ...]:
    """Return a fill, one value or one for each channel, for each of ``count`` channels."""
    if len(fill) == 1:
        return fill * count
    if len(fill) != count:
        raise ConfigError(f"fill={list(fill)} has {len(fill)} values for {count} channels; give one.")
    return fill


def parse_fill(fill: Any) -> tuple[float, ...]:
    """Check a fill: one share of white or one per channel, each from 0 to 1."""
    values = tuple(fill) if isinstance(fill, (tuple, list)) else (fill,)
    if not values or not all(isinstance(v, (int, float)) and not isinstance(v, bool) and 0 <= v <= 1 for v in values):
        raise ConfigError(f"fill={fill!r} is not valid: expected a share of white from 0 to 1, or one per channel.")
    return tuple(float(v) for v in values)
