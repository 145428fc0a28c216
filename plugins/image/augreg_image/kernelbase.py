"""Augmenters with one kernel per image on the CPU and one per batch elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from augreg import AugmenterBase, BatchInfo, Params, UnsupportedError
from augreg_image.kernels.layout import Array
from augreg_image.ops import ImageOp
from augreg_image.stages.kernel import Kernel, company


@dataclass(frozen=True, kw_only=True)
class KernelBase(AugmenterBase):
    """Changes values only: ``on_cpu`` for one image (H, W, C), on a device ``on_device`` for a batch (B, C, H, W).

    Between its neighbors in a pipeline it runs on each image while that is in the cache.
    """

    by_name: ClassVar[bool] = True
    draws_per_value: ClassVar[bool] = False
    """Whether it needs a random number for every value, as grain does, so that it is not worth running it between its
    neighbors: see :func:`augreg_image.stages.kernel.company`."""

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Return the image of sample i, in its shape and dtype; the input itself where nothing changes."""
        raise NotImplementedError

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Return all images, in their shape and dtype."""
        raise UnsupportedError(f"{type(self).__name__} has no kernel for {images.device.type!r}. Use device='cpu'.")

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the operator of the kernel."""
        return ImageOp((Kernel.of(self, params),), company(self))
