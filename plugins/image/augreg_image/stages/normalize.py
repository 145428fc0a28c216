"""The normalization stage: values become floats with a given mean and standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg_image.kernels import values_cv, values_torch
from augreg_image.kernels.layout import Array
from augreg_image.stages.stage import PreparedValues, Stage


@dataclass(frozen=True, slots=True, eq=False)
class Normalize(Stage):
    """Values become float32 ``(x / white - mean) / std``, not clipped.

    Two of them do not compose: each may apply to other samples.

    Args:
        mean, std: one value, or one per channel.
        active: bool (n,): samples to which it applies.
        planar: whether the pictures are to become tensors, with their channels one after the other in memory.

    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    active: NDArray[np.bool_]
    planar: bool = False

    def __len__(self) -> int:
        return len(self.active)

    def take(self, rows: NDArray[Any]) -> Normalize:
        """Return the stage of some samples."""
        return Normalize(self.mean, self.std, self.active[rows], self.planar)

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Normalize:
        """Spread over len(shapes) samples, with identities beside ``rows``."""
        active = np.zeros(len(shapes), dtype=bool)
        active[rows] = self.active
        return Normalize(self.mean, self.std, active, self.planar)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage: float32 where it applies."""
        dtypes = ("float32",) * len(info.dtypes)
        if False in (active := self.active.tolist()):
            dtypes = tuple("float32" if on else old for on, old in zip(active, info.dtypes, strict=True))
        facts = info.shapes, info.rates, dtypes, info.targets, info.data, info.extras
        return BatchInfo(info.modality, info.keys, *facts, info.form)

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples to which it does not apply."""
        return ~self.active

    def prepare(self, info: BatchInfo) -> PreparedNormalize:
        """Return the stage ready to run."""
        return PreparedNormalize(self, info)


class PreparedNormalize(PreparedValues):
    """A normalization stage, made ready."""

    def __init__(self, stage: Normalize, info: BatchInfo) -> None:
        self.mean, self.std, self.planar = stage.mean, stage.std, stage.planar
        self.idle = ~stage.active

    @property
    def gives_planes(self) -> bool:
        """See :class:`PreparedStage`."""
        return self.planar and self.last

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Normalize one image."""
        matrix = values_cv.normalization(self.mean, self.std, image.shape[2], image.dtype)
        if self.planar and self.last:
            return values_cv.normalize_planes(image, matrix, dst)
        fits = dst is not None and dst.shape == image.shape and dst.dtype == np.float32
        return values_cv.normalize(image, matrix, dst if fits else None)

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Normalize images."""
        return values_torch.normalize(images, self.mean, self.std)
