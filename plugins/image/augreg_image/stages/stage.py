"""What every stage of a fused operator says of itself. A new kind of stage is one file with these two classes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo
from augreg.kernel import LazyPicture, Window
from augreg_image.kernels.layout import Array, to_hwc
from augreg_image.kernels.warp_torch import pick, put


class Stage:
    """One thing that happens to n images, with its parameters for each of them: a value, never changed."""

    __slots__ = ()

    def __len__(self) -> int:
        raise NotImplementedError

    def take(self, rows: NDArray[Any]) -> Self:
        """Return the stage of some samples."""
        raise NotImplementedError

    def expand(self, rows: NDArray[Any], shapes: NDArray[np.int64]) -> Self:
        """Spread over samples of ``shapes`` (n, 3), with identities beside ``rows``."""
        raise NotImplementedError

    @property
    def family(self) -> Hashable:
        """What stages agree in that can be gathered; None for those that cannot."""
        return None

    def gathered(self, parts: Sequence[tuple[NDArray[Any], Self]], shapes: NDArray[np.int64]) -> Self:
        """Return one stage over samples of ``shapes`` for several of this one's family, each on rows of its own.

        It does what they do, spread by ``expand`` and composed by ``then``.
        """
        raise NotImplementedError

    def then(self, other: Self) -> Self | None:
        """Return one stage that does this and then another of its kind, None where there is none."""
        return None

    def followed_by(self, other: Stage) -> tuple[Stage, ...] | None:
        """Return what does this and then ``other``: one stage or two, None where one operator must not hold both."""
        both = self.then(other) if isinstance(other, type(self)) else None
        return (self, other) if both is None else (both,)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage."""
        return info

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples of these facts that the stage leaves alone."""
        raise NotImplementedError

    def alike(self, info: BatchInfo, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Bool (k,): whether pairs of samples that may differ in size are moved alike; by default nothing is moved."""
        return np.ones(len(first), dtype=bool)

    def sets_alpha_aside(self, channels: int) -> bool:
        """Whether it is to get the colors alone of pictures of so many channels, the last of which is alpha."""
        return False

    def changes(self, names: tuple[str, ...]) -> list[int] | None:
        """Return which channels of pictures that name them it is to be given, None for the whole pictures."""
        return None

    def prepare(self, info: BatchInfo) -> PreparedStage:
        """Return the stage ready to run on samples of these facts."""
        raise NotImplementedError


class PreparedStage:
    """A stage and what was worked out for its samples, of which shapes and dtypes are known by now.

    ``idle``, bool (n,), says which it leaves alone.
    """

    idle: NDArray[np.bool_]

    brings_memory: ClassVar[bool] = False
    """Whether ``run`` has no use for memory that is offered for its results."""

    @property
    def gives_planes(self) -> bool:
        """Whether the channels of its results lie one after the other, in memory that is offered if theirs do there."""
        return False

    last: bool = False
    """Whether no other stage of the operator comes after it."""

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Return image i (H, W, C) after the stage, on the CPU.

        The result may lie in ``dst``, if that is of its shape and dtype; ``dst`` is not the memory of the image.
        """
        raise NotImplementedError

    def run_lazy(self, picture: LazyPicture, i: int, dst: Array | None) -> Array:
        """Return image i after the stage, which is not decoded yet; see :meth:`run`."""
        return self.run(to_hwc(picture.read()), i, dst)

    def together(self, image: Array, rows: list[int]) -> list[int]:
        """Return those of some samples, small and like ``image``, that one call carries out sooner than many do."""
        return []

    def run_together(self, images: list[Array], rows: list[int]) -> Array:
        """Return images, which are such samples, after the stage: (n, H, W, C), bit for bit as ``run`` does."""
        raise NotImplementedError

    def run_on_device(self, images: torch.Tensor) -> torch.Tensor:
        """Return all images, (B, C, H, W) of one shape and dtype, after the stage, on the device where they are."""
        raise NotImplementedError

    def move_targets(self, info: BatchInfo) -> BatchInfo:
        """Return the facts of the samples with the targets that follow the pixels where they are after the stage."""
        return info

    def window(self, i: int) -> Window | None:
        """Return the part of image i that is read, None if that is all of it, or not known."""
        return None

    def cut_out(self, i: int) -> Window | None:
        """Return the part of image i that is all that becomes of it, None if there is more to it."""
        return None

    def mirrors(self, i: int) -> bool:
        """Whether all that happens to image i is that left and right are exchanged."""
        return False


class PreparedValues(PreparedStage):
    """A stage that moves no pixels: on a device it runs on those images only that it does something to."""

    def run_on_device(self, images: torch.Tensor) -> torch.Tensor:
        """Change the images that are not idle."""
        busy = np.flatnonzero(~self.idle)
        if not len(busy):
            return images
        if len(busy) == len(images):
            return self.change(images, busy)
        index = torch.as_tensor(busy, device=images.device)
        return put(images, index, self.change(pick(images, index), busy))

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Return images after the stage, which are those of the samples ``rows``."""
        raise NotImplementedError


def fitting(dst: Array | None, image: Array) -> Array | None:
    """Return memory for a result if it suits one like the image."""
    return dst if dst is not None and dst.shape == image.shape and dst.dtype == image.dtype else None
