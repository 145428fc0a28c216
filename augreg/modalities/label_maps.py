"""Label maps and instance masks as people hold them: tensors, arrays, PIL pictures; which of both is said, not counted.

Steps see a label map as (H, W) or (1, k, H, W), and instance masks, one per box, as (k, H, W): three axes are the mark.
A label map with an axis in front, (1, H, W), would look like the mask of one box, and gets another axis on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch

from augreg.data.plain import check_plain
from augreg.data.targets import Boxes
from augreg.errors import SampleError
from augreg.modalities.foreign import is_pil, is_tv
from augreg.modalities.label_picture import label_picture

INSTANCES: Final = ("masks", "gt_masks")
"""Fields whose masks (k, H, W) belong to as many boxes, one each, as in torchvision's references."""

PIL_MODES: Final = ("1", "L", "P", "I", "I;16")
"""Modes of PIL pictures that hold one whole number per pixel, and may be label maps."""


def is_label_picture(value: Any) -> bool:
    """Whether a value is a PIL picture of one whole number per pixel."""
    return is_pil(value) and value.mode in PIL_MODES


def held_labels(value: Any) -> tuple[torch.Tensor, Callable[[torch.Tensor], Any]] | None:
    """Return labels as a tensor and what gives their kind back; None if it holds no labels.

    Labels are whole numbers or truth values: a tensor, a ``tv_tensors.Mask``, an array (..., H, W) or (H, W, 1), or a
    PIL picture of mode 1, L, P, I or I;16, which keeps its palette.
    """
    if is_label_picture(value):
        labels, restore = label_picture(value)
        return torch.from_numpy(labels), restore
    if is_tv(value, "Mask"):
        from torchvision import tv_tensors

        return value.as_subclass(torch.Tensor), lambda new: tv_tensors.wrap(new, like=value)
    if type(value) is torch.Tensor:
        return None if value.is_floating_point() or value.is_complex() else (value, _same)
    check_plain(value, "it")
    if isinstance(value, np.ndarray) and value.dtype.kind in "biu":
        array = value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))
        last = array.ndim == 3 and array.shape[2] == 1 and array.shape[0] > 1
        tensor = torch.from_numpy(np.ascontiguousarray(array[:, :, 0] if last else array))
        return tensor, lambda new: _like(value, new.numpy(force=True)[:, :, None] if last else new.numpy(force=True))
    return None


def _like(value: np.ndarray, new: np.ndarray) -> np.ndarray:
    return new if value.dtype.isnative else new.astype(value.dtype)


def _same(new: torch.Tensor) -> torch.Tensor:
    return new


def read_label_map(value: Any) -> tuple[torch.Tensor, Callable[[torch.Tensor], Any]] | None:
    """Return a label map as steps see it, never three axes, and what gives its kind back; None if it is none."""
    held = held_labels(value)
    if held is None or held[0].ndim < 2:
        return None
    labels, back = held
    return (labels[None], lambda new: back(new[0])) if labels.ndim == 3 else held


def read_instances(value: Any) -> tuple[torch.Tensor, Callable[[torch.Tensor], Any]] | None:
    """Return instance masks (k, H, W) as steps see them; None if it is none.

    A list of masks (H, W) is as many of them.
    """
    if isinstance(value, (list, tuple)):
        parts = [held_labels(each) for each in value]
        whole = [part for part in parts if part is not None]
        if not value or len(whole) < len(parts) or len({tuple(part[0].shape) for part in whole}) > 1:
            return None
        if whole[0][0].ndim != 2:
            return None
        back = whole[0][1]
        kind = type(value)
        return torch.stack([part[0] for part in whole]), lambda new: kind(back(each) for each in new)
    held = held_labels(value)
    return None if held is None or held[0].ndim != 3 else held


def as_steps_see(masks: torch.Tensor, boxes: Boxes | None) -> torch.Tensor:
    """Return the masks of a sample with an axis more where they are no instance masks.

    Masks (k, H, W) beside k boxes belong to these if they hold truth values, or one value each beside zero. Of a single
    mask that value has to be 1, 255 or the largest there is: another is a label of a map that has an axis in front.

    Raises:
        SampleError: one of several holds several labels; it may be either.

    """
    if masks.ndim != 3 or boxes is None or len(masks) != len(boxes) or not masks.numel() or masks.dtype is torch.bool:
        return masks
    numbers = masks.to(torch.int64) if masks.dtype in (torch.uint16, torch.uint32, torch.uint64) else masks
    low, high = torch.aminmax(numbers)  # quicker than a look at every value, and nearly always enough
    if low >= 0 and high <= 1:
        return masks
    top = numbers.amax(dim=(1, 2), keepdim=True)
    single = bool(((numbers == 0) | (numbers == top)).all())
    if len(masks) == 1:
        return masks if single and int(top) in (255, torch.iinfo(masks.dtype).max) else masks[None]
    if single:
        return masks
    raise SampleError(
        f"masks {tuple(masks.shape)} beside as many boxes, with several labels in one of them, may be those of the "
        f"boxes or label maps. For masks of the boxes give truth values, masks != 0; for label maps give "
        f"(1, {len(masks)}, H, W)."
    )


def check_size(masks: torch.Tensor, shape: tuple[int, ...]) -> None:
    """Refuse masks of another size than the picture's.

    Raises:
        SampleError: height and width differ.

    """
    if tuple(masks.shape[-2:]) != tuple(shape[-2:]):
        raise SampleError(
            f"it holds labels of {tuple(masks.shape)}, and the picture has height and width {tuple(shape[-2:])}. "
            "Make both alike."
            + (
                " Channels stand first, (k, H, W); of an array, 'mask of ...' in a schema reads them last, too."
                if tuple(masks.shape[-3:-1]) == tuple(shape[-2:])
                else ""
            )
        )
