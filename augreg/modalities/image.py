"""Images: PIL, tensors (C, H, W), arrays (H, W, C), tv_tensors and augreg.Image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from typing import Any, ClassVar, Final, Literal, Self

import numpy as np
import torch

from augreg import late
from augreg.data.batch import Row
from augreg.data.lazy import LazyPicture
from augreg.data.samples import Sample
from augreg.data.targets import Boxes, Keypoints
from augreg.errors import SampleError
from augreg.modalities.base import (
    Hints,
    Result,
    Wrapped,
    WrappedMany,
    as_tensor,
    bare,
    restore_like,
)
from augreg.modalities.bulk import arrays_alike, only, samples_alike
from augreg.modalities.foreign import is_pil, is_pil_type, is_tv
from augreg.modalities.label_maps import as_steps_see
from augreg.modalities.label_picture import label_picture
from augreg.modalities.layouts import read_as_said
from augreg.modalities.made_up import natural, pixels, places
from augreg.modalities.picture_options import RENDERING, all_options, with_options
from augreg.modalities.picture_records import PICTURE_RECORDS
from augreg.modalities.picture_regions import PICTURE_REGIONS
from augreg.modalities.picture_roles import PICTURE_ROLES
from augreg.modalities.pictures import DTYPES, check_image, doubts, swapped, unsaid
from augreg.modalities.pil import pil_row, wrap_pil
from augreg.modalities.pixels import PixelModality
from augreg.modalities.plane import PlaneMap
from augreg.modalities.resemblance import is_beside, resembles
from augreg.modalities.restoring import restore_row
from augreg.modalities.scale import scale_of
from augreg.modalities.target_checks import check_given
from augreg.modalities.target_kinds import BOXES, KEYPOINTS, MASKS
from augreg.modalities.values import sound_values


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
        options: how steps that move pixels are to read the picture, whatever they say themselves:
            ``"interpolation"`` ("nearest", "bilinear" or "bicubic"), ``"border"`` ("constant", "edge" or "reflect")
            and ``"fill"``, one value or one per channel, in the units of the data (255 for the ignored label of a
            uint8 label map). Masks are read at the nearest pixel in any case. ``"white"`` (4095) or ``"range"``
            ([-1024, 3071]), the values of black and white: then any integer dtype is taken, too, steps see shares of
            white, and the result has the dtype and the units that came. ``"channels"``, the name of every channel
            ("red", "green", "blue", "alpha", "gray", others are bands), and ``"alpha"``, whether the last one is that.

    >>> import augreg, torch
    >>> depth = torch.tensor([[[800, 4000], [800, 4000]]], dtype=torch.uint16)
    >>> sample = augreg.Image(depth, options={"interpolation": "nearest", "fill": 0})
    >>> out = augreg.augment(sample, [{"image.rotate": {"degrees": [30, 30], "p": 1.0}}], seed=7, keys=0)
    >>> sorted(set(out.data.flatten().tolist()) - {0, 800, 4000})
    []

    """

    modality: ClassVar[str] = "image"
    target_names: ClassVar[tuple[str, ...]] = ("boxes", "masks", "keypoints", "label")

    data: Any
    boxes: Boxes | None = None
    masks: Any = None
    keypoints: Keypoints | None = None
    options: Mapping[str, Any] | None = None

    @classmethod
    def open(cls, path: str | PathLike[str], *, decode: Literal["exact", "fast"] = "exact", **more: Any) -> Self:
        """Return the picture of a file; that of a JPEG file is decoded when a pipeline needs it.

        Only the header is read, so that a batch of large pictures is never decoded as a whole: each is when its turn
        comes. ``picture.data`` has ``shape``, ``dtype`` and ``read()``; it pickles as a path. Other formats are read
        at once. With the extra ``augreg[fast]`` JPEG is decoded in two thirds of the time, to the same bits.

        Args:
            path: an image file.
            decode: "exact" gives what the decoded file gives, bit for bit. With "fast" steps that come first and make
                a JPEG picture smaller to a half or less (crops with a size, resizes, and what composes with them) get
                it decoded at a half, a quarter or an eighth of its size already, but never below one pixel for each
                of theirs. Shapes, parameters and targets are the same; pixels differ, see docs/data.md.
            more: further fields, such as label=3, key="a/b.jpg", boxes=...

        Raises:
            MediaError: the file cannot be read; damage of the pixels shows when they are decoded.
            SampleError: the file holds no picture.
            ConfigError: ``decode`` is something else.

        >>> import augreg, torch
        >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 600, 800)), "black.jpg")
        >>> picture = augreg.Image.open("black.jpg", decode="fast", key=0)
        >>> augreg.augment(picture, [{"image.resize": {"size": [60, 80]}}], seed=7).data.shape
        torch.Size([3, 60, 80])

        """
        picture: Self = late.call("load_picture", path, cls, decode)
        return picture.changed(**more)


HELD: Final = ("boxes", "masks", "keypoints")
"""The targets that a sample may gain from others."""

EXAMPLE_SIZES: Final = ((48, 64), (64, 48), (57, 71), (48, 64), (80, 56), (63, 63))
"""Height and width of example pictures."""


class ImageModality(PixelModality):
    """Images; rows are (C, H, W)."""

    name = "image"
    sample_type = Image
    maps_back = ("boxes", "masks", "keypoints")
    targets = (BOXES, MASKS, KEYPOINTS)
    regions = PICTURE_REGIONS
    roles = PICTURE_ROLES
    records = PICTURE_RECORDS
    array_dims = (2, 3)
    array_name = "an image"
    layouts = ("CHW", "HWC", "HW", "NCHW", "NHWC", "NHW")
    axes = "CHW"
    array_axes = "HWC"

    def unmoved(self, shape: Sequence[int]) -> PlaneMap:
        """See :class:`Modality`."""
        return PlaneMap.still(int(shape[-2]), int(shape[-1]))

    def owns(self, obj: Any) -> bool:
        """PIL images, tv_tensors.Image and augreg.Image."""
        return isinstance(obj, Image) or is_pil(obj) or is_tv(obj, "Image")

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`Modality`."""
        if hints.options or (isinstance(obj, Image) and obj.options is not None):
            options = all_options(hints.options, obj.options if isinstance(obj, Image) else None, "image")
            hints = replace(hints, options=options)
            wrapped = with_options(self._wrap(obj, hints), options, hints, "image")
            _check_exact(wrapped, obj.data if isinstance(obj, Image) else obj)
            return wrapped
        return self._wrap(obj, hints)

    def _wrap(self, obj: Any, hints: Hints) -> Wrapped:
        kind: Any = type(obj)
        if kind not in (torch.Tensor, np.ndarray):
            if isinstance(obj, Image):
                return self._wrap_sample(obj, hints)
            if is_pil_type(kind):
                return wrap_pil(obj, hints)
        row, restore = image_row(obj, hints)
        if hints.layout is None and doubts(row) and not is_tv(obj, "Image"):
            raise unsaid(row, obj)
        return Wrapped(row, bare if restore is _same else lambda result: restore_row(result, restore))

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """See :class:`Modality`."""
        if hints.options:
            return None
        if only(objs, Image):
            if any(sample.options is not None for sample in objs):
                return None
            alike = samples_alike(objs, lambda data: _data_alike(data, hints))
            return None if alike is None or not all(map(_boxes_fit, objs, alike.rows)) else alike
        found = _data_alike(objs, hints)
        doubtful = found is not None and hints.layout is None and any(doubts(row) for row in found.rows)
        return None if doubtful else found

    def readings(self, array: torch.Tensor | np.ndarray) -> tuple[str, ...]:
        """See :class:`Modality`.

        A tensor of 1, 3 or 4 channels and an array of 1 to 4 are one picture; others may be a stack of gray ones. What
        most likely has its axes in the other order is refused when it is read, with a plainer message.
        """
        if array.ndim != 3:
            return ()
        first, _, last = array.shape
        if isinstance(array, torch.Tensor):
            return () if first in (1, 3, 4) or swapped(array) else ("CHW", "NHW")
        if last in (1, 2, 3, 4) or swapped(array.transpose(2, 0, 1)):
            return ()
        return ("NHW", "CHW", "HWC") if first in (1, 3, 4) else ("NHW", "HWC")

    def _wrap_sample(self, sample: Image, hints: Hints) -> Wrapped:
        read = pil_row(sample.data, hints) if is_pil(sample.data) else None
        row, restore = image_row(sample.data, hints) if read is None else (read.row, read.restore.picture)
        targets = check_given(sample)
        if sample.boxes is not None:
            BOXES.fits(sample.boxes, tuple(row.shape))
        given = "masks" in targets
        restore_masks = _wrap_masks(targets, row.shape[-2:]) if given else partial(restore_like, sample.data)

        def back(result: Result) -> Image:
            changed = dict(result.targets)
            if "masks" in changed:
                changed["masks"] = restore_masks(changed["masks"])
            return sample.changed(data=restore_row(result, restore), **changed)

        wrapped = Wrapped(row, back, targets=targets, key=sample.key, holds=HELD)
        if read is not None:
            wrapped.extras = read.extras
            wrapped.unchanged = None if read.held is sample.data else sample.changed(data=read.held)
        return wrapped

    def resembles(self, value: Any, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """See :func:`augreg.modalities.resemblance.resembles`."""
        return resembles(value, shape)

    def belongs_beside(self, value: Any, others: list[Any]) -> bool:
        """See :func:`augreg.modalities.resemblance.is_beside`."""
        return is_beside(value, others)

    def examples(self, n: int) -> list[Any]:
        """See :class:`Modality`."""
        return [example(i) for i in range(n)]


def _boxes_fit(sample: Image, row: torch.Tensor) -> bool:
    """Whether the boxes of a sample, if it has some, may be those of its picture."""
    try:
        if sample.boxes is not None:
            BOXES.fits(sample.boxes, tuple(row.shape))
    except SampleError:
        return False
    return True


def image_row(data: Any, hints: Hints) -> tuple[Row, Callable[[Any], Any]]:
    """Return an image as (C, H, W) and the function that gives the same kind back."""
    if isinstance(data, LazyPicture):
        # Units of the caller's own are worked out from pixels.
        return (data, _same) if scale_of(hints.options) is None else image_row(data.read(), hints)
    if type(data) is torch.Tensor and data.ndim == 3 and hints.layout in (None, "CHW") and not data.is_nested:
        check_image(data, hints)
        return (data, _same) if data.dtype is not torch.float64 or hints.float64 else (data.to(torch.float32), _doubled)
    if is_pil(data):
        read = pil_row(data, hints)
        return read.row, read.restore.picture
    if hints.layout is not None and not is_tv(data, "Image"):
        usual = "HWC" if isinstance(data, np.ndarray) else "CHW"
        if hints.layout != usual:
            return read_as_said(data, hints, usual, image_row)
    row, back = _array_row(data, hints)
    if row.dtype is not torch.float64 or hints.float64:
        return row, back
    return row.to(torch.float32), lambda result: back(_doubled(result))


def _check_exact(wrapped: Wrapped, data: Any) -> None:
    """Refuse float64 that is to be read at the nearest pixel and would lose digits: kernels compute in float32.

    Raises:
        SampleError: its values are not those of float32.

    """
    read = wrapped.extras.get(RENDERING)
    float64 = getattr(data, "dtype", None) in (torch.float64, np.float64)
    if read is None or read.interpolation != "nearest" or not float64:
        return
    wide = as_tensor(data, "image")
    if wrapped.row.dtype is torch.float32 and not torch.equal(wide.to(torch.float32).to(torch.float64), wide):
        raise SampleError(
            "image of float64 is to be read at the nearest pixel, and steps hold it as float32, which rounds its "
            "values. Convert it first: data.astype('float32'), or data.to(torch.float32)."
        )


def _doubled(result: torch.Tensor) -> torch.Tensor:
    """Give a picture back in float64; kernels compute in float32, which holds sixteen bits of color and more."""
    return result.to(torch.float64) if result.dtype is torch.float32 else result  # what a step chose stays


def _array_row(data: Any, hints: Hints) -> tuple[torch.Tensor, Callable[[Any], Any]]:
    tensor = as_tensor(data, "image")
    row, back = _chw(tensor, isinstance(data, torch.Tensor))
    check_image(row, hints, first=isinstance(data, torch.Tensor))
    if is_tv(data, "Image"):
        from torchvision import tv_tensors

        return row, lambda result: tv_tensors.wrap(back(result), like=data)
    return row, lambda result: restore_like(data, back(result))


def _data_alike(objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
    """Read tensors (C, H, W) or arrays (H, W, C) at once."""
    if only(objs, torch.Tensor) and hints.layout in (None, "CHW"):
        return WrappedMany(list(objs)) if all(_plain(row, hints) for row in objs) else None
    if only(objs, np.ndarray) and hints.layout in (None, "HWC"):
        return arrays_alike(objs, (1, 2, 0), lambda row: _plain(row, hints))
    return None


def _plain(row: torch.Tensor, hints: Hints) -> bool:
    """Whether a tensor is an image (C, H, W) as it stands."""
    if row.ndim != 3 or not row.numel() or (hints.layout is None and swapped(row)):
        return False
    if row.dtype is torch.uint8:
        return row.layout is torch.strided and not row.is_meta
    double = row.dtype is torch.float64 and not hints.float64
    return row.dtype in DTYPES and not double and sound_values(row, hints, unit=True)


def _same(row: Any) -> Any:
    return row


def _chw(tensor: torch.Tensor, channels_first: bool) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
    if tensor.ndim == 2:
        return tensor[None], lambda row: row[0] if row.shape[0] == 1 else row
    if tensor.ndim != 3:
        shape = tuple(tensor.shape)
        raise SampleError(
            f"image has shape {shape}; expected (C, H, W) for tensors and (H, W, C) for arrays. "
            "Pass a stack of images by itself, with modality='image'; beside its classes as columns, "
            "{'image': stack, 'label': classes} with schema={'image': 'image'}."
        )
    if channels_first:
        return tensor, lambda row: row
    return tensor.permute(2, 0, 1), lambda row: row.permute(1, 2, 0)


def _wrap_masks(targets: dict[str, Any], size: torch.Size) -> Callable[[Any], Any]:
    """Put the masks of a sample into tensor form; return what restores their kind."""
    given = targets["masks"]
    held, back = label_picture(given) if is_pil(given) else (given, partial(restore_like, given))
    masks = as_tensor(held, "masks")
    if masks.ndim < 2 or masks.shape[-2:] != size:
        raise SampleError(f"masks have shape {tuple(masks.shape)} for an image of {tuple(size)}; give (..., H, W).")
    if masks.is_floating_point():
        raise SampleError(f"masks have dtype {masks.dtype}; labels are integers or booleans.")
    targets["masks"] = seen = as_steps_see(masks, targets.get("boxes"))
    more = seen.ndim > masks.ndim
    return lambda result: back(result[0] if more else result)


def example(number: int) -> Image:
    """Return the image of a number: uint8 RGB with every target."""
    height, width = EXAMPLE_SIZES[number % len(EXAMPLE_SIZES)]
    boxes, keypoints, masks = places(height, width)
    data = pixels(natural(np.random.default_rng(number), 3, height, width))
    return Image(data, boxes, masks, keypoints, label=number % 10)
