"""PIL's pictures as rows (C, H, W), and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.base import ALPHA, AS_TENSOR, Hints, Result, Wrapped, restore_row
from augreg.modalities.pictures import check_image
from augreg.modalities.scale import scale_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LEFT: Final = {"P": "RGB", "1": "L", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "PA": "RGBA"}
"""Modes that pictures leave, since steps reckon with colors or gray: a palette has no brightness."""
HAVE_ALPHA: Final = ("RGBA", "LA", "PA")
KEPT: Final = ("RGB", "RGBA", "L", "LA", "F")
BYTES: Final = {"RGB": 3, "L": 1, "RGBA": 4, "LA": 2}
"""Modes of 8 bits whose values lie side by side, with their channels."""


def wrap_pil(image: Picture, hints: Hints) -> Wrapped:
    """Wrap a PIL picture; one of a mode that pictures leave (P, 1, CMYK) is given back converted in any case.

    One of 8 bits is read in one look: every property of a PIL picture is a function, and `numpy.array(image)` asks for
    twenty of them.
    """
    try:
        data = bytearray(image.tobytes())  # a copy: torch may only be given memory that is writable
    except (OSError, ValueError, SyntaxError):
        data = bytearray()  # what is wrong is said below
    channels, (width, height) = BYTES.get(image.mode, 0), image.size
    if channels and data:
        pixels = np.frombuffer(data, np.uint8).reshape(height, width, channels)
        row = torch.from_numpy(pixels).permute(2, 0, 1)
        return Wrapped(row, _restored) if channels % 2 else Wrapped(row, _restored, extras={ALPHA: True})
    row, back, held = pil_row(image, hints)
    unchanged = None if held is image else held
    return Wrapped(row, lambda result: restore_row(result, back), extras=alpha_of(image), unchanged=unchanged)


def alpha_of(image: Any) -> dict[str, Any]:
    """Return what a PIL picture says of its channels, as extras of a batch: that the last of them is alpha."""
    return {ALPHA: True} if image.mode in HAVE_ALPHA or (image.mode == "P" and "transparency" in image.info) else {}


def _restored(result: Result) -> Any:
    return result.row if result.extras.get(AS_TENSOR) else to_pil(result.row)


def pil_row(image: Picture, hints: Hints) -> tuple[torch.Tensor, Callable[[Any], Any], Any]:
    """Return a PIL picture as (C, H, W), what gives PIL back, and the picture in the mode of results.

    Raises:
        SampleError: it cannot be decoded, or its mode has no fixed range.

    """
    _load(image)
    mode = image.mode
    if mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    elif mode in LEFT:
        image = image.convert(LEFT[mode])
    elif mode not in KEPT and not mode.startswith("I;16") and (mode != "I" or scale_of(hints.options) is None):
        known = f"PIL image has mode {mode!r}, which has no fixed range."
        if mode == "I":
            raise SampleError(f"{known} Say which values are black and white: options={{'range': [low, high]}}.")
        raise SampleError(f"{known} Convert it to 'RGB' or 'L' first.")
    array = np.array(image)  # a copy: PIL's own buffer is read-only
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    row = torch.from_numpy(array if array.ndim == 3 else array[..., None]).permute(2, 0, 1)
    check_image(row, hints)
    return row, to_pil, image


def _load(image: Picture) -> None:
    """Decode an image that is still a file."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        name = getattr(image, "filename", "") or "from memory"
        raise SampleError(f"PIL image {name} cannot be decoded: {error}. Open it again, or leave it out.") from None


_MODES: Final = {channels: mode for mode, channels in BYTES.items()}


def to_pil(row: torch.Tensor) -> Picture:
    """Return a picture (C, H, W) as PIL holds it.

    Raises:
        SampleError: floats of several channels, which PIL does not know.

    """
    import PIL.Image

    channels, height, width = row.shape
    if row.is_floating_point() and channels > 1:
        raise SampleError(
            f"a step made a picture of {row.dtype} with {channels} channels of a PIL image; PIL holds none such. "
            "Add the step image.to_tensor before it, or collate the batch: augreg.collate(..., stack=True)."
        )
    array = row.detach().cpu().permute(1, 2, 0).contiguous().numpy()
    if row.dtype is torch.uint8 and channels in _MODES:
        return PIL.Image.frombytes(_MODES[channels], (width, height), array)
    return PIL.Image.fromarray(array[..., 0] if channels == 1 else array)
