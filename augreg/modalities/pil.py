"""PIL's pictures as rows (C, H, W), and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.base import ALPHA, AS_TENSOR, Hints, Result, Wrapped
from augreg.modalities.pictures import check_image
from augreg.modalities.scale import scale_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LEFT: Final = dict.fromkeys(("P", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"), "RGB") | {
    **dict.fromkeys(("PA", "RGBa"), "RGBA"),
    **dict.fromkeys(("I;16L", "I;16B", "I;16N"), "I;16"),
    "La": "LA",
    "1": "L",
}
"""Modes that pictures leave, and for which: steps reckon with colors or gray of one order of bytes. A palette has no
brightness, premultiplied colors change with their alpha."""
KEY_COLOR: Final = "transparency"
"""The name, in what a picture says about itself, of the color that is transparent (in a palette: the alpha of each)."""
UNREADABLE: Final = (OSError, ValueError, SyntaxError, AssertionError)
"""What PIL raises for files that are damaged, or (an assertion without a word) closed."""
PROFILE: Final = "icc_profile"
KEPT: Final = ("RGB", "RGBA", "L", "LA", "F", "I;16")
BYTES: Final = {"RGB": 3, "L": 1, "RGBA": 4, "LA": 2}
"""Modes of 8 bits whose values lie side by side, with their channels."""


def wrap_pil(image: Picture, hints: Hints) -> Wrapped:
    """Wrap a PIL picture; one of a mode that pictures leave (P, 1, CMYK) is given back converted in any case.

    One of 8 bits is read in one look: every property of a PIL picture is a function, and `numpy.array(image)` asks for
    twenty of them.
    """
    try:
        data = bytearray(image.tobytes())  # a copy: torch may only be given memory that is writable
    except UNREADABLE:
        data = bytearray()  # what is wrong is said below
    channels, (width, height), info = BYTES.get(image.mode, 0), image.size, image.info
    if channels and data and KEY_COLOR not in info:
        pixels = np.frombuffer(data, np.uint8).reshape(height, width, channels)
        row = torch.from_numpy(pixels).permute(2, 0, 1)
        restore = Restored(info, channels > 2) if info else _restored
        return Wrapped(row, restore) if channels % 2 else Wrapped(row, restore, extras={ALPHA: True})
    read = pil_row(image, hints)
    return Wrapped(read.row, read.restore, extras=read.extras, unchanged=None if read.held is image else read.held)


def _restored(result: Result) -> Any:
    return result.row if result.extras.get(AS_TENSOR) else to_pil(result.row)


class PilRow(NamedTuple):
    """A PIL picture as a row (C, H, W), what makes a picture of a result, and the picture in the mode of results."""

    row: torch.Tensor
    restore: Restored
    held: Picture

    @property
    def extras(self) -> dict[str, Any]:
        """What the picture says of its channels: that the last of them is alpha."""
        return {ALPHA: True} if self.held.mode in ("RGBA", "LA") else {}


class Restored:
    """Makes pictures of results, with what PIL's own methods carry over, too: EXIF data, color profile, resolution.

    So a picture that says how it is to be turned, or what its colors are, says so whether or not a step fired.
    """

    def __init__(self, info: Mapping[Any, Any], colors: bool) -> None:
        self._info, self._colors = info, colors

    def __call__(self, result: Result) -> Any:
        """Return what a result is: a picture, or a tensor if a step says so."""
        return result.row if result.extras.get(AS_TENSOR) else self.picture(result.row)

    def picture(self, row: torch.Tensor) -> Picture:
        """Return a picture of a row."""
        found = to_pil(row)
        found.info = dict(self._info)
        if self._colors != (row.shape[0] > 2):
            found.info.pop(PROFILE, None)  # it is one of colors, and the picture gray, or the other way round
        return found


def pil_row(image: Picture, hints: Hints) -> PilRow:
    """Read a PIL picture.

    Raises:
        SampleError: it cannot be decoded, or its mode has no fixed range.

    """
    _load(image)
    held = _in_kept_mode(image, hints)
    row = torch.from_numpy(np.array(held)[..., None] if held.im.bands == 1 else np.array(held)).permute(2, 0, 1)
    check_image(row, hints)
    return PilRow(row, Restored(held.info, row.shape[0] > 2), held)


def _in_kept_mode(image: Picture, hints: Hints) -> Picture:
    """Return a picture in the mode of results: itself, or another."""
    mode = image.mode
    if mode == "I" and scale_of(hints.options) is not None:
        return image
    if mode not in KEPT and mode not in LEFT:
        known = f"PIL image has mode {mode!r}, which has no fixed range."
        if mode == "I":
            raise SampleError(f"{known} Say which values are black and white: options={{'range': [low, high]}}.")
        raise SampleError(f"{known} Convert it to 'RGB' or 'L' first.")
    if mode.startswith("I;16") and mode != "I;16":
        array = np.array(image)
        return _like(to_pil(torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))[None]), image)
    if mode == "P" and image.has_transparency_data:
        return image.convert("RGBA")
    if mode in LEFT:
        held = image.convert(LEFT[mode])
        if mode in ("CMYK", "LAB"):
            held.info.pop(PROFILE, None)  # of inks, and a new one of sRGB that holds the time of its making
        return held
    return image if KEY_COLOR not in image.info else _like(image.copy(), image)


def _like(picture: Picture, other: Picture) -> Picture:
    """Give a picture what another says about itself, but for a color that stands for nothing: steps alter colors."""
    picture.info = {name: value for name, value in other.info.items() if name != KEY_COLOR}
    return picture


def _load(image: Picture) -> None:
    """Decode an image that is still a file."""
    try:
        image.load()
    except UNREADABLE as error:
        name = getattr(image, "filename", "") or "from memory"
        why = str(error) or "its file was closed before it was read"
        raise SampleError(f"PIL image {name} cannot be decoded: {why}. Open it again, or leave it out.") from None


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
