"""Brightness, contrast, color jitter, normalization: affine maps of the channels, clipped once per stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from augreg import AugmenterBase, BatchInfo, ConfigError, Declaration, Level, Params, Rng, param
from augreg_image.base import ColorBase, photometric
from augreg_image.matrices import identity
from augreg_image.measured import of_file
from augreg_image.ops import ImageOp
from augreg_image.stages.bands import Bands
from augreg_image.stages.color import LUMA, Color
from augreg_image.stages.normalize import Normalize as NormalizeStage

Floats = NDArray[np.float64]

YIQ: Final = np.array([LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
"""RGB to luma and two chroma axes (NTSC 1953)."""
_RGB: Final = np.linalg.inv(YIQ)
_ONE: Final = np.eye(3)
_GRAY: Final = np.ones((3, 1)) * LUMA
"""What takes each channel to the gray level."""


def _gray(factor: Floats) -> Floats:
    """Return (1 - factor) times the map to gray, (n, 3, 3)."""
    grays: Floats = (1.0 - factor)[:, None, None] * _GRAY
    return grays


def brightness_stage(factor: Floats) -> Color:
    """Multiply by factors (n,)."""
    n = len(factor)
    return Color(factor[:, None, None] * _ONE, np.zeros((n, 3, 3)), np.zeros((n, 3)), Bands(factor))


def contrast_stage(factor: Floats) -> Color:
    """Blend with the mean gray level of the picture: f x + (1 - f) mean gray."""
    return Color(factor[:, None, None] * _ONE, _gray(factor), np.zeros((len(factor), 3)), Bands(factor, 1.0 - factor))


def saturation_stage(factor: Floats) -> Color:
    """Blend with the gray picture: f x + (1 - f) gray(x)."""
    n = len(factor)
    return Color(factor[:, None, None] * _ONE + _gray(factor), np.zeros((n, 3, 3)), np.zeros((n, 3)))


def hue_stage(turn: Floats) -> Color:
    """Turn the chroma plane of YIQ by shares (n,) of a full turn: gray levels and luma stay."""
    n, angle = len(turn), 2.0 * np.pi * turn
    spin = identity(n)
    spin[:, 1, 1] = spin[:, 2, 2] = np.cos(angle)
    spin[:, 1, 2], spin[:, 2, 1] = np.sin(angle), -np.sin(angle)
    gain = np.where(turn[:, None, None] == 0.0, _ONE, _RGB @ spin @ YIQ)
    return Color(gain, np.zeros((n, 3, 3)), np.zeros((n, 3)))


_CHROMA: Final = _RGB[:, 1:] @ YIQ[1:]
_CHROMA_TURNED: Final = np.outer(_RGB[:, 1], YIQ[2]) - np.outer(_RGB[:, 2], YIQ[1])
"""What takes RGB to its chroma, and to its chroma after a quarter turn."""


def jitter_stage(brightness: Floats, contrast: Floats, saturation: Floats, turn: Floats) -> Color:
    """Return the four stages above one after the other, multiplied out.

    Saturation and hue leave gray alone, so that only brightness and contrast are left of what hangs on the mean.
    """
    angle = 2.0 * np.pi * turn
    both = brightness * contrast
    kept = both * saturation
    # Hue keeps luma (the gray picture) and turns the rest, which is what it is given times the two below.
    terms = (both, _GRAY), (kept * np.cos(angle), _CHROMA), (kept * np.sin(angle), _CHROMA_TURNED)
    gain: Floats = np.zeros((3, 3))
    for factor, matrix in terms:
        gain = gain + factor[:, None, None] * matrix
    if 0.0 in turn.tolist():  # not to the last bit of a rounded inverse, but exactly
        still = turn == 0.0
        plain = kept[:, None, None] * _ONE + (both - kept)[:, None, None] * _GRAY
        gain = np.where(still[:, None, None], plain, gain)
    return Color(gain, (brightness - both)[:, None, None] * _GRAY, np.zeros((len(turn), 3)))


_JITTERED: Final = ("brightness", "contrast", "saturation", "hue")


@dataclass(frozen=True, kw_only=True)
class FactorBase(ColorBase):
    """A strength around 1, which a level moves to either side."""

    factor: tuple[float, float] = param.interval(
        (0.6, 1.4), "1: no change; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio"
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a factor per sample."""
        return Params(len(batch), factor=self.sample("factor", rng, level))


@dataclass(frozen=True, kw_only=True)
class Brightness(FactorBase):
    """Multiply all values by a random factor."""

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"brightness"}), level=Level("factor", 1.0, 1.9, signed=True), memory=1.5
    )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((brightness_stage(params.array("factor")),))


@dataclass(frozen=True, kw_only=True)
class Contrast(FactorBase):
    """Move values away from or towards the mean gray level."""

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"contrast"}), level=Level("factor", 1.0, 1.9, signed=True), memory=1.5
    )

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((contrast_stage(params.array("factor")),))


@dataclass(frozen=True, kw_only=True)
class ColorJitter(ColorBase):
    """Change brightness, contrast, saturation and hue by random amounts.

    The parameters are torchvision's. Values are clipped once, at the end, so that the order of the four does
    not matter and none is drawn. Hue turns the chroma plane of YIQ (as DALI's ``color_twist``), which keeps
    luma; torchvision turns HSV's hue, for which there is ``image.hsv``. On one-channel pictures saturation and hue
    change nothing; alpha stays.
    """

    brightness: tuple[float, float] = param.interval(
        0.4, "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio"
    )
    contrast: tuple[float, float] = param.interval(0.4, "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio")
    saturation: tuple[float, float] = param.interval(
        0.4, "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio"
    )
    hue: tuple[float, float] = param.interval(
        0.1, "share of a full turn; x means -x to x", low=-0.5, high=0.5, centre=0.0, unit="turns"
    )

    declares: ClassVar[Declaration] = photometric(
        channels=(1, 3, 4), alters=frozenset({"brightness", "contrast", "hue", "saturation"}), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw three factors and a turn per sample."""
        drawn = {}
        for name in _JITTERED:
            drawn[name] = rng.uniform(name, *getattr(self, name))
        return Params(len(batch), drawn)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the color operator."""
        return ImageOp((jitter_stage(*map(params.array, _JITTERED)),))


@dataclass(frozen=True, kw_only=True)
class Normalize(AugmenterBase):
    """Turn values into floats with a given mean and standard deviation.

    The result is float32 ``(x / white - mean) / std``, where white is 255 for uint8, 65535 for uint16, 1 for
    floats; it is not clipped. The defaults are ImageNet's; ``stats`` takes both from a file that ``augreg stats``
    wrote of a data set.
    """

    mean: tuple[float, ...] = param.numbers(
        (0.485, 0.456, 0.406), "mean of each channel, or one for all, as a share of white", unit="fraction"
    )
    std: tuple[float, ...] = param.numbers(
        (0.229, 0.224, 0.225), "standard deviation of each channel, or one for all", unit="fraction"
    )
    stats: str = param.text("", "file with both, as augreg stats writes it, in place of mean and std")

    declares: ClassVar[Declaration] = photometric(nonfinite="passes", keeps_dtype=False, keeps_range=False, memory=10)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stats:
            self._take(of_file(self.stats))
        if any(s <= 0 for s in self.std):
            raise ConfigError(f"std={list(self.std)} is not valid: expected numbers above 0.")

    def _take(self, measured: dict[str, tuple[float, ...]]) -> None:
        """Take mean and deviation from what was measured, where nothing else was said of them."""
        for name, value in measured.items():
            own = getattr(self, name)
            if own not in (type(self).__dataclass_fields__[name].default, value):
                raise ConfigError(f"stats={self.stats!r} and {name}={list(own)} exclude each other. Give one of them.")
            object.__setattr__(self, name, value)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the normalization operator."""
        _check_channels(info, mean=self.mean, std=self.std)
        return ImageOp((NormalizeStage(self.mean, self.std, ~np.zeros(len(info.shapes), dtype=bool)),))


def _check_channels(info: BatchInfo, **given: tuple[float, ...]) -> None:
    counts = set(info.shapes[:, -3].tolist())
    for name, values in given.items():
        if len(values) != 1 and counts - {len(values)}:
            count = next(count for count in sorted(counts) if count != len(values))
            found, made = f"{count} channel{'s'[: count != 1]}", "RGB" if len(values) == 3 else "so many"
            raise ConfigError(
                f"{name}={values!r} has {len(values)} values, and a picture has {found}. Give one for all, or "
                f"one per channel, or make the pictures {made} before, e.g. PIL's image.convert('RGB')."
            )


@dataclass(frozen=True, kw_only=True)
class Denormalize(AugmenterBase):
    """Turn normalized values back into shares of white.

    The inverse of image.normalize for floats: float32 ``x * std + mean``, not clipped.
    """

    mean: tuple[float, ...] = param.numbers(
        (0.485, 0.456, 0.406), "mean of each channel, or one for all, as a share of white", unit="fraction"
    )
    std: tuple[float, ...] = param.numbers(
        (0.229, 0.224, 0.225), "standard deviation of each channel, or one for all", unit="fraction"
    )

    declares: ClassVar[Declaration] = photometric(
        dtypes=("float16", "float32"), nonfinite="passes", keeps_dtype=False, keeps_range=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        normalize = Normalize(mean=self.mean, std=self.std)
        object.__setattr__(self, "mean", normalize.mean)
        object.__setattr__(self, "std", normalize.std)

    @property
    def values_after(self) -> Literal["same", "unit", "any"]:
        """Normalized pictures are back in [0, 1]."""
        return "unit"

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the operator: normalization by the inverse numbers."""
        _check_channels(info, mean=self.mean, std=self.std)
        mean, std = np.broadcast_arrays(self.mean, self.std)
        inverse = tuple((-mean / std).tolist()), tuple((1.0 / std).tolist())
        return ImageOp((NormalizeStage(*inverse, ~np.zeros(len(info), dtype=bool)),))
