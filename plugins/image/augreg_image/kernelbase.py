"""Augmenters with one kernel per image on the CPU and one per batch elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from augreg.augmenter import AugmenterBase
from augreg.batch import Batch
from augreg.errors import UnsupportedError
from augreg.params import Params
from augreg_image.kernels.layout import Array
from augreg_image.kernels.rows import map_rows


@dataclass(frozen=True, kw_only=True)
class KernelBase(AugmenterBase):
    """Changes values only: ``on_cpu`` for one image (H, W, C), ``on_device`` for a batch (B, C, H, W)."""

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Return the image of sample i, in its dtype; the input itself where nothing changes."""
        raise NotImplementedError

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Return all images, in their dtype."""
        raise UnsupportedError(f"{type(self).__name__} has no kernel for {images.device.type!r}. Use device='cpu'.")

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Run the kernel for the device of the batch."""
        if not len(batch):
            return batch
        if batch.device.type != "cpu":
            return batch.replace(self.on_device(batch.stack(), params))
        return map_rows(batch, lambda image, i: self.on_cpu(image, params, i))
