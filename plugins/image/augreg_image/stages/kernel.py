"""Operations with a kernel of their own: a stage composes with nothing, but runs while the image is in cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import torch

from augreg import BatchInfo, Declaration, Params
from augreg.kernel import DrawnStage
from augreg_image.kernels.layout import Array

EVERYWHERE: Final = frozenset(("cpu", "cuda"))
"""Devices of all stages without a kernel of their own."""


class HasKernel(Protocol):
    """What carries the stage out: see :class:`augreg_image.kernelbase.KernelBase`."""

    @property
    def declares(self) -> Declaration:
        """The facts; ``devices`` are those that have a kernel."""
        ...

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Return image i (H, W, C) after the operation; shape and dtype stay."""
        ...

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Return all images (B, C, H, W) after the operation; shape and dtype stay."""
        ...


@dataclass(frozen=True, eq=False)
class Kernel(DrawnStage[HasKernel]):
    """An operation that changes values only and keeps shape and dtype."""

    @property
    def devices(self) -> frozenset[str]:
        """Where there is a kernel."""
        return frozenset(self.augmenter.declares.devices)

    def infer(self, info: BatchInfo) -> BatchInfo:
        """Return the facts after the stage: unchanged."""
        return info


def company(stages: Sequence[Any]) -> frozenset[str] | None:
    """Return the devices on which all of some stages run, None where they are to run apart from others.

    Grain needs a number for every value, at four bytes and more each. That pushes the image out of the cache, so
    that nothing is won by running it between others: for pictures of 512 x 512 a seventh was lost.
    """
    found = EVERYWHERE
    for stage in stages:
        if isinstance(stage, Kernel):
            if "grain" in stage.augmenter.declares.alters:
                return None
            found &= stage.devices
    return found
