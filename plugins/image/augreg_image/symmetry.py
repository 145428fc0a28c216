"""The eight symmetries of the square: exact moves of whole pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import BatchInfo, ConfigError, Declaration, Params, Rng, param
from augreg_image import matrices
from augreg_image.base import GeometricBase, sizes, whole_pixels
from augreg_image.kernels.resampling import NO_RESAMPLING
from augreg_image.ops import ImageOp

_ALTERS = frozenset({"chirality", "orientation", "position", "legibility"})


def turned(
    info: BatchInfo, turns: NDArray[Any], mirrored: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return matrices and canvases of mirroring left and right where asked, then quarter turns."""
    height, width = sizes(info)
    matrix = matrices.rot90(turns, height, width)
    flips = matrices.hflip(width)
    matrix = np.where(mirrored[:, None, None], matrix @ flips, matrix)
    canvas = info.shapes[:, -2:]
    return matrix, np.where((turns % 2 == 1)[:, None], canvas[:, ::-1], canvas)


@dataclass(frozen=True, kw_only=True)
class Transpose(GeometricBase):
    """Mirror about the main diagonal: rows become columns."""

    declares: ClassVar[Declaration] = whole_pixels(p=0.5, keeps_shape=False, alters=_ALTERS, memory=1.5)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        return self.stage(matrices.transpose(len(info)), info.shapes[:, :-3:-1].copy(), NO_RESAMPLING)


@dataclass(frozen=True, kw_only=True)
class Rot90(GeometricBase):
    """Rotate counter-clockwise by a random number of quarter turns."""

    turns: tuple[int, ...] = param.value((0, 1, 2, 3), "numbers of quarter turns to choose from")

    declares: ClassVar[Declaration] = whole_pixels(keeps_shape=False, alters=_ALTERS - {"chirality"}, memory=1.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        turns = self.turns if isinstance(self.turns, tuple) else (self.turns,)
        if not turns or any(not isinstance(t, int) or isinstance(t, bool) for t in turns):
            raise ConfigError(f"turns={self.turns!r} is not valid: expected whole numbers, such as [0, 1, 2, 3].")
        object.__setattr__(self, "turns", turns)

    def draw(self, batch: BatchInfo, rng: Rng, level: NDArray[np.float64] | None = None) -> Params:
        """Draw a number of turns per sample."""
        return Params(len(batch), turns=np.asarray(self.turns)[rng.choice("turns", len(self.turns))] % 4)

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        return self.stage(*turned(info, params.array("turns"), np.zeros(len(info), dtype=bool)), NO_RESAMPLING)


@dataclass(frozen=True, kw_only=True)
class D4(GeometricBase):
    """Apply one of the eight symmetries of the square.

    Quarter turns, with and without mirroring, all equally likely.
    """

    declares: ClassVar[Declaration] = whole_pixels(keeps_shape=False, alters=_ALTERS, memory=2.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: NDArray[np.float64] | None = None) -> Params:
        """Draw a symmetry, 0 to 7, per sample: turns in the lower two bits, mirroring in the third."""
        return Params(len(batch), symmetry=rng.choice("symmetry", 8))

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the geometry operator."""
        symmetry = params.array("symmetry")
        return self.stage(*turned(info, symmetry % 4, symmetry >= 4), NO_RESAMPLING)
