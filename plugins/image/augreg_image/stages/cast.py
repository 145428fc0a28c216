"""The cast stage: values get another dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg_image.kernels import casts
from augreg_image.kernels.layout import Array
from augreg_image.stages.normalize import Normalize
from augreg_image.stages.stage import PreparedValues, Stage


@dataclass(frozen=True, slots=True, eq=False)
class Cast(Stage):
    """Values get another dtype, see :func:`augreg_image.kernels.casts.cast`; the picture is to become a tensor.

    Args:
        dtype: "float32", "float16" or "uint8".
        scale: whether white stays white.
        active: bool (n,): samples to which it applies.

    """

    dtype: str
    scale: bool
    active: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.active)

    def take(self, rows: NDArray[Any]) -> Cast:
        """Return the stage of some samples."""
        return Cast(self.dtype, self.scale, self.active[rows])

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Cast:
        """Spread over len(shapes) samples, with identities beside ``rows``."""
        active = np.zeros(len(shapes), dtype=bool)
        active[rows] = self.active
        return Cast(self.dtype, self.scale, active)

    def followed_by(self, other: Stage) -> tuple[Stage, ...] | None:
        """Return what does both; normalization scales by itself, so that no cast is needed before it."""
        whole = self.scale and self.dtype == "float32"
        if whole and isinstance(other, Normalize) and np.array_equal(self.active, other.active):
            return (Normalize(other.mean, other.std, other.active, planar=True),)
        return self, other

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage."""
        pairs = zip(info.dtypes, self.active.tolist(), strict=True)
        return info.replace(dtypes=tuple(self.dtype if on else dtype for dtype, on in pairs))

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples to which it does not apply, or that have the dtype already."""
        idle: NDArray[np.bool_] = ~self.active
        idle |= np.array([dtype == self.dtype for dtype in info.dtypes], dtype=bool)
        return idle

    def prepare(self, info: BatchInfo) -> PreparedCast:
        """Return the stage ready to run."""
        return PreparedCast(self, info)


class PreparedCast(PreparedValues):
    """A cast stage."""

    brings_memory: ClassVar[bool] = True

    def __init__(self, stage: Cast, info: BatchInfo) -> None:
        self.stage, self.idle = stage, stage.identities(info)

    @property
    def gives_planes(self) -> bool:
        """See :class:`PreparedStage`."""
        return self.last

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Cast one image."""
        return casts.cast(image, np.dtype(self.stage.dtype), self.stage.scale, planar=self.last, dst=dst)

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Cast images."""
        return casts.cast_torch(images, getattr(torch, self.stage.dtype), self.stage.scale)
