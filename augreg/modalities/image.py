"""Images: PIL, tensors (C, H, W), arrays (H, W, C), tv_tensors and augreg.Image."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch

from augreg.data.batch import BatchInfo, Row
from augreg.data.samples import Sample
from augreg.data.targets import Boxes, Keypoints
from augreg.errors import SampleError
from augreg.modalities.base import (
    Hints,
    Modality,
    Result,
    Wrapped,
    WrappedMany,
    as_tensor,
    bare,
    check_values,
    restore_like,
    restore_row,
    sound_values,
)
from augreg.modalities.bulk import arrays_alike, only, samples_alike
from augreg.modalities.made_up import natural, pixels, places
from augreg.modalities.target_checks import check_given
from augreg.modalities.target_kinds import BOXES, KEYPOINTS, MASKS
from augreg.modalities.tv import is_tv


@dataclass(slots=True)
class Image(Sample):
    """An image.

    Args:
        data: torch tensor (C, H, W) or (H, W), numpy array (H, W, C) or (H, W), or a PIL image. uint8, uint16,
            or float16/float32 in [0, 1].
        boxes, keypoints: see :class:`Boxes`, :class:`Keypoints`.
        masks: integer or boolean tensor/array (..., H, W): a label map, or several masks.
        label: class label of the whole image: an int, a string, or a tensor of class weights.
        key: identifies the sample; its random numbers hang on it.

    """

    modality: ClassVar[str] = "image"
    target_names: ClassVar[tuple[str, ...]] = ("boxes", "masks", "keypoints", "label")

    data: Any
    boxes: Boxes | None = None
    masks: Any = None
    keypoints: Keypoints | None = None


EXAMPLE_SIZES: Final = ((48, 64), (64, 48), (57, 71), (48, 64), (80, 56), (63, 63))
"""Height and width of example pictures."""

DTYPES = frozenset((torch.uint8, torch.uint16, torch.float16, torch.bfloat16, torch.float32, torch.float64))
PIL_MODES = {"P": "RGB", "1": "L", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "PA": "RGBA"}


class ImageModality(Modality):
    """Images; rows are (C, H, W)."""

    name = "image"
    sample_type = Image
    channel_axis = 0
    targets = (BOXES, MASKS, KEYPOINTS)
    array_dims = (2, 3)
    array_name = "an image"
    like_shapes = True

    def owns(self, obj: Any) -> bool:
        """PIL images, tv_tensors.Image and augreg.Image."""
        return isinstance(obj, Image) or is_pil(obj) or is_tv(obj, "Image")

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`Modality`."""
        if isinstance(obj, Image):
            return self._wrap_sample(obj, hints)
        row, restore = image_row(obj, hints)
        return Wrapped(row, bare if restore is _same else lambda result: restore_row(result, restore))

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """See :class:`Modality`."""
        if only(objs, Image):
            return samples_alike(objs, lambda data: _data_alike(data, hints))
        return _data_alike(objs, hints)

    def _wrap_sample(self, sample: Image, hints: Hints) -> Wrapped:
        row, restore = image_row(sample.data, hints)
        targets = check_given(sample)
        if not targets:
            return Wrapped(row, lambda result: sample.changed(data=restore_row(result, restore)), key=sample.key)
        restore_masks = _wrap_masks(targets, row.shape[-2:])

        def back(result: Result) -> Image:
            changed = dict(result.targets)
            if "masks" in changed:
                changed["masks"] = restore_masks(changed["masks"])
            return sample.changed(data=restore_row(result, restore), **changed)

        return Wrapped(row, back, targets=targets, key=sample.key)

    def key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """On the CPU: dtype and channels, sizes may differ; elsewhere the whole shape."""
        shape = info.shapes[i]
        return (info.dtypes[i], int(shape[0])) if device.type == "cpu" else (info.dtypes[i], *map(int, shape))

    def collate(self, rows: Sequence[Row], device: torch.device) -> torch.Tensor | list[Row]:
        """Keep a list on the CPU, stack elsewhere."""
        return list(rows) if device.type == "cpu" else torch.stack(list(rows))

    def examples(self, n: int) -> list[Any]:
        """See :class:`Modality`."""
        return [example(i) for i in range(n)]


def is_pil(obj: Any) -> bool:
    """Whether the object is a PIL image; if nobody has imported PIL, it is none."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(obj, module.Image)


def image_row(data: Any, hints: Hints) -> tuple[torch.Tensor, Callable[[Any], Any]]:
    """Return an image as (C, H, W) and the function that gives the same kind back."""
    if type(data) is torch.Tensor and data.ndim == 3:
        check_image(data, hints)
        return data, _same
    if is_pil(data):
        return _pil_row(data, hints)
    tensor = as_tensor(data, "image")
    row, back = _chw(tensor, isinstance(data, torch.Tensor))
    check_image(row, hints, first=isinstance(data, torch.Tensor))
    if is_tv(data, "Image"):
        from torchvision import tv_tensors

        return row, lambda result: tv_tensors.wrap(back(result), like=data)
    return row, lambda result: restore_like(data, back(result))


def _data_alike(objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
    """Read tensors (C, H, W) or arrays (H, W, C) at once."""
    if only(objs, torch.Tensor):
        return WrappedMany(list(objs)) if all(_plain(row, hints) for row in objs) else None
    return arrays_alike(objs, (1, 2, 0), lambda row: _plain(row, hints)) if only(objs, np.ndarray) else None


def _plain(row: torch.Tensor, hints: Hints) -> bool:
    """Whether a tensor is an image (C, H, W) as it stands."""
    if row.ndim != 3 or not row.numel() or _swapped(row):
        return False
    if row.dtype is torch.uint8:
        return row.layout is torch.strided and not row.is_meta
    return row.dtype in DTYPES and sound_values(row, hints, unit=True)


def _swapped(row: torch.Tensor) -> bool:
    """Whether a picture taken as (C, H, W) has most likely its axes in the other order.

    Three or four columns (of an array: rows) beside more channels and rows than that could be a sliver of a
    hyperspectral picture, but hardly ever are.
    """
    channels, height, width = row.shape
    return channels > 16 and ((width in (3, 4) and height > 16) or (height in (1, 3, 4) and width > 16))


def _same(row: Any) -> Any:
    return row


def check_image(row: torch.Tensor, hints: Hints, *, first: bool = True) -> None:
    """Refuse dtypes and sizes that no image has, and values that are not numbers; ``first``: it came as (C, H, W)."""
    if row.dtype not in DTYPES:
        raise SampleError(
            f"image has dtype {row.dtype}; expected uint8, uint16, or float16/float32 in [0, 1]. "
            "Convert it, e.g. image.to(torch.uint8)."
        )
    if not row.numel():
        raise SampleError(f"image has no pixels: shape (C, H, W) = {tuple(row.shape)}.")
    if _swapped(row):
        channels, height, width = row.shape
        raise SampleError(
            f"image tensor of shape {(channels, height, width)} looks like (H, W, C), but tensors are (C, H, W). "
            "Give image.permute(2, 0, 1), or a numpy array."
            if first
            else f"image array of shape {(height, width, channels)} looks like (C, H, W), but arrays are (H, W, C). "
            "Give image.transpose(1, 2, 0), or torch.from_numpy(image)."
        )
    check_values(row, "image", hints, unit=True)


def _chw(tensor: torch.Tensor, channels_first: bool) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
    if tensor.ndim == 2:
        return tensor[None], lambda row: row[0] if row.shape[0] == 1 else row
    if tensor.ndim != 3:
        shape = tuple(tensor.shape)
        raise SampleError(
            f"image has shape {shape}; expected (C, H, W) for tensors and (H, W, C) for arrays. "
            "Pass a stack of images by itself, with modality='image'."
        )
    if channels_first:
        return tensor, lambda row: row
    return tensor.permute(2, 0, 1), lambda row: row.permute(1, 2, 0)


def _pil_row(image: Any, hints: Hints) -> tuple[torch.Tensor, Callable[[Any], Any]]:
    mode = image.mode
    _load(image)
    if mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    elif mode in PIL_MODES:
        image = image.convert(PIL_MODES[mode])
    elif mode not in ("RGB", "RGBA", "L", "LA", "F") and not mode.startswith("I;16"):
        raise SampleError(f"PIL image has mode {mode!r}, which has no fixed range. Convert it to 'RGB' or 'L' first.")
    array = np.array(image)  # a copy: PIL's own buffer is read-only
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    row = torch.from_numpy(array if array.ndim == 3 else array[..., None]).permute(2, 0, 1)
    check_image(row, hints)
    return row, _to_pil


def _load(image: Any) -> None:
    """Decode an image that is still a file."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        name = getattr(image, "filename", "") or "from memory"
        raise SampleError(f"PIL image {name} cannot be decoded: {error}. Open it again, or leave it out.") from None


def _to_pil(row: torch.Tensor) -> Any:
    import PIL.Image

    if row.is_floating_point() and row.shape[0] > 1:
        raise SampleError(
            f"a step made a picture of {row.dtype} with {row.shape[0]} channels of a PIL image; PIL holds none such. "
            "Add the step image.to_tensor before it, or collate the batch: augreg.collate(..., stack=True)."
        )
    array = row.detach().cpu().permute(1, 2, 0).contiguous().numpy()
    return PIL.Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def _wrap_masks(targets: dict[str, Any], size: torch.Size) -> Callable[[Any], Any]:
    """Put the masks of a sample into tensor form; return what restores their kind."""
    if "masks" not in targets:
        return lambda masks: masks
    given = targets["masks"]
    masks = as_tensor(given, "masks")
    if masks.ndim < 2 or masks.shape[-2:] != size:
        raise SampleError(f"masks have shape {tuple(masks.shape)} for an image of {tuple(size)}; give (..., H, W).")
    if masks.is_floating_point():
        raise SampleError(f"masks have dtype {masks.dtype}; labels are integers or booleans.")
    targets["masks"] = masks
    return lambda result: restore_like(given, result)


def example(number: int) -> Image:
    """Return the image of a number: uint8 RGB with every target."""
    height, width = EXAMPLE_SIZES[number % len(EXAMPLE_SIZES)]
    boxes, keypoints, masks = places(height, width)
    data = pixels(natural(np.random.default_rng(number), 3, height, width))
    return Image(data, boxes, masks, keypoints, label=number % 10)
