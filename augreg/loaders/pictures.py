"""Samples as tensors that stack: PIL images and arrays (H, W, C) as (C, H, W)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL.Image import Image as PilImage

from augreg.data.samples import Sample
from augreg.errors import SampleError
from augreg.modalities.base import Hints
from augreg.modalities.foreign import is_tv
from augreg.modalities.image import image_row
from augreg.modalities.target_kinds import MASKS


def label_map(value: Any, field: str | None) -> Any:
    """Return a mask that is a PIL image as its indices (H, W), not its colors; anything else as it is."""
    return torch.from_numpy(np.array(value)) if field in MASKS.fields and isinstance(value, PilImage) else value


def is_strict(value: Any, modality: str | None) -> bool:
    """Whether a value is a sample that has to become part of a stack, and no target or other field."""
    if isinstance(value, (PilImage, Sample)) or is_tv(value, "Image", "Video"):
        return not isinstance(getattr(value, "data", None), str)
    numbers = isinstance(value, (torch.Tensor, np.ndarray))
    return modality is not None and (numbers or _sound(value) is not None)


def as_tensor(value: Any, modality: str | None, where: str) -> torch.Tensor:
    """Return a sample as the tensor that is stacked.

    Raises:
        SampleError: the sample has targets, or is nothing that becomes a tensor.

    """
    if isinstance(value, Sample):
        targets = value.targets
        if targets:
            raise SampleError(
                f"stack=True: {where} hold a {type(value).__name__} with {', '.join(targets)}, which have no place in "
                "a stack. Give targets as fields of a record beside the picture, or collate with then=."
            )
        modality, value = modality or value.modality, getattr(value, "data", None)
    value = value if _sound(value) is None else _sound(value)
    if isinstance(value, PilImage) or (isinstance(value, np.ndarray) and modality == "image"):
        # As the steps read it: an image that no step changed may still be a palette's indices.
        row: torch.Tensor = image_row(value, Hints("image", nonfinite=True, any_values=True))[0]
        return row
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, torch.Tensor):
        return value.as_subclass(torch.Tensor)
    raise SampleError(f"stack=True: {where} hold a {type(value).__name__}, which is no tensor. Give all the same kind.")


def _sound(value: Any) -> Any:
    """Return the waveform of (waveform, rate) or {"array", "sampling_rate"}; None for anything else."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], (torch.Tensor, np.ndarray)):
        return value[0]
    return value["array"] if isinstance(value, Mapping) and "array" in value else None
