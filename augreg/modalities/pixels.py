"""What pictures and clips have in common as modalities: rows of pixels with channels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

import torch

from augreg.data.batch import BatchInfo, Row
from augreg.modalities.base import Modality, Wrapped
from augreg.modalities.channel_names import channel_fault
from augreg.modalities.picture_options import PICTURE_OPTIONS, RENDERING


class PixelModality(Modality):
    """Base of modalities whose rows are pixels: which may share a kernel call, and which are read exactly."""

    like_shapes = True
    same_places = True
    channel_axis: ClassVar[int] = 0
    options = PICTURE_OPTIONS

    def says_exact(self, options: Mapping[str, Any]) -> bool:
        """See :class:`Modality`."""
        return options.get("interpolation") == "nearest"

    def exact(self, wrapped: Wrapped) -> bool:
        """Whether it is said to be read at the nearest pixel."""
        return RENDERING in wrapped.extras and wrapped.extras[RENDERING].interpolation == "nearest"

    def channel_fault(self, info: BatchInfo, i: int, taken: Sequence[int], *, by_name: bool) -> str | None:
        """See :class:`Modality`."""
        return channel_fault(info, i, self.channel_axis, taken, by_name=by_name)

    def key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """On the CPU: dtype and channels, sizes may differ; elsewhere the whole shape."""
        shape = info.shapes[i].tolist()
        return (info.dtypes[i], shape[self.channel_axis]) if device.type == "cpu" else (info.dtypes[i], *shape)

    def collate(self, rows: Sequence[Row], device: torch.device) -> torch.Tensor | list[Row]:
        """Keep a list on the CPU, stack elsewhere."""
        return list(rows) if device.type == "cpu" else torch.stack(list(rows))
