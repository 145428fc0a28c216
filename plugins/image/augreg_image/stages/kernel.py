"""Operations with a kernel of their own: a stage composes with nothing, but runs while the image is in cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import BatchInfo, Declaration, Params
from augreg.kernel import DrawnStage
from augreg_image.kernels.layout import Array
from augreg_image.stages.named import chosen
from augreg_image.stages.stage import PreparedValues, Stage

EVERYWHERE: Final = frozenset(("cpu", "cuda"))
"""Devices on which stages of all other kinds run, beside one another."""


class HasKernel(Protocol):
    """What carries the stage out: see :class:`augreg_image.kernelbase.KernelBase`."""

    @property
    def declares(self) -> Declaration:
        """The facts; ``devices`` are those that have a kernel."""
        ...

    @property
    def draws_per_value(self) -> bool:
        """Whether it needs a random number for every value."""
        ...

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Return image i (H, W, C) after the operation; shape and dtype stay."""
        ...

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Return all images (B, C, H, W) after the operation; shape and dtype stay."""
        ...


@dataclass(frozen=True, eq=False)
class Kernel(DrawnStage[HasKernel], Stage):
    """An operation that changes values only and keeps shape and dtype."""

    def identities(self, info: BatchInfo) -> NDArray[np.bool_]:
        """Bool (n,): samples that the stage leaves alone."""
        return self.idle

    def sets_alpha_aside(self, channels: int) -> bool:
        """See :meth:`Stage.sets_alpha_aside`."""
        return True

    def changes(self, names: tuple[str, ...]) -> list[int] | None:
        """See :meth:`Stage.changes`; what takes few counts of channels is made for colors."""
        return chosen(names, rgb=bool(self.augmenter.declares.channels))

    def prepare(self, info: BatchInfo) -> PreparedKernel:
        """Return the stage ready to run."""
        return PreparedKernel(self, info)


class PreparedKernel(PreparedValues):
    """An operation with a kernel of its own."""

    brings_memory: ClassVar[bool] = True

    def __init__(self, stage: Kernel, info: BatchInfo) -> None:
        self.stage = stage
        self.idle = stage.place < 0
        self.place: list[int] = stage.place.tolist()

    def run(self, image: Array, i: int, dst: Array | None) -> Array:
        """Run the kernel on one image; it brings its own memory."""
        return self.stage.augmenter.on_cpu(image, self.stage.params, self.place[i])

    def change(self, images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        """Run the kernel on images."""
        return self.stage.augmenter.on_device(images, self.stage.drawn(rows))


def company(augmenter: HasKernel) -> frozenset[str] | None:
    """Return the devices on which an operation runs beside others, None where it is to run apart from them.

    Grain needs a number for every value, at four bytes and more each. That pushes the image out of the cache, so
    that nothing is won by running it between others: for pictures of 512 x 512 a seventh was lost.
    """
    return None if augmenter.draws_per_value else EVERYWHERE.intersection(augmenter.declares.devices)
