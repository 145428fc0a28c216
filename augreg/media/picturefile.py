"""A JPEG file that is decoded when a pipeline needs it, and, if that was asked for, no larger than it needs."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image as Pillow

from augreg.data.lazy import LazyPicture, Shrunk
from augreg.errors import MediaError
from augreg.media import jpeg
from augreg.media.images import ORIENTATION, check_size, guarded, read
from augreg.media.limits import DEFAULT, Limits
from augreg.media.origin import Loaded, Origin
from augreg.media.regular import refused
from augreg.modalities.image import Image

Decode = Literal["exact", "fast"]
"""See :data:`augreg.media.formats.Decode`."""


class PictureFile(LazyPicture):
    """The picture of a JPEG file, uint8 (C, H, W) with 1 or 3 channels, upright as its EXIF data says.

    What ``read`` gives is what :func:`augreg.media.read` gives, bit for bit, and so are its errors.

    Args:
        path: the file.
        mode, size, orientation: PIL's mode, width and height as they are stored, EXIF orientation: by its header.
        limits: the largest picture that is decoded.
        decode: whether :meth:`shrunk` may decode smaller.

    """

    dtype = torch.uint8

    def __init__(
        self,
        path: Path,
        mode: str,
        size: tuple[int, int],
        orientation: int = 1,
        limits: Limits = DEFAULT,
        decode: Decode = "exact",
    ) -> None:
        self.path, self.mode, self.size, self.orientation = path, mode, size, orientation
        self.limits, self.decode = limits, decode
        width, height = size
        self.shape = (1 if mode == "L" else 3, *((width, height) if orientation > 4 else (height, width)))
        self.scale = 1
        """By how much smaller than stored it was decoded last."""

    def __repr__(self) -> str:
        return f"PictureFile({str(self.path)!r}, shape={self.shape}, decode={self.decode!r})"

    def read(self) -> torch.Tensor:
        """Return the whole picture: a view of (H, W, C) memory.

        Raises:
            MediaError: E_TRUNCATED, E_CORRUPT, E_CHANGED, or another of :func:`augreg.media.read`.

        """
        return self._read()

    def _read(self, *, transient: bool = False) -> torch.Tensor:
        self.scale = 1
        pixels = jpeg.decoded(self._bytes(), self.mode, self.size, transient=transient)
        if pixels is not None:
            return _tensor(jpeg.upright(pixels, self.orientation))
        found: torch.Tensor = read(self.path, ".jpg", self.limits).sample.data  # type: ignore[attr-defined]  # an Image
        self._same(tuple(found.shape))
        return found

    def shrunk(self, factor: float, *, transient: bool = False) -> Shrunk:
        """Return the picture decoded at a half, a quarter or an eighth, if the factor allows it and "fast" was said.

        Raises:
            MediaError: as :meth:`read`.

        """
        least = min(*self.size, factor) if self.decode == "fast" else 1.0
        scale = next((scale for scale in jpeg.SCALES if scale <= least), 1)
        if scale == 1:
            return Shrunk(self._read(transient=transient))
        data, self.scale = self._bytes(), scale
        pixels = jpeg.decoded(data, self.mode, self.size, scale, transient=transient)
        if pixels is None:
            pixels = guarded(self.path, lambda: self._drafted(data, scale))
        upright = _tensor(jpeg.upright(pixels, self.orientation))
        # Turning brings the last, incomplete pixels of a side to its beginning.
        height, width = self.shape[1:]
        rows, columns = upright.shape[1] * scale - height, upright.shape[2] * scale - width
        top = -rows if self.orientation in (3, 4, 7, 8) else 0
        left = -columns if self.orientation in (2, 3, 6, 7) else 0
        return Shrunk(upright, scale, top, left)

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise refused(self.path, error) from None

    def _drafted(self, data: bytes, scale: int) -> np.ndarray:
        width, height = self.size
        picture = Pillow.open(BytesIO(data), formats=["JPEG"])
        self._same((self.shape[0], *((picture.width, picture.height) if self.orientation > 4 else picture.size[::-1])))
        picture.draft(None, (width // scale, height // scale))
        return np.array(picture).reshape(picture.height, picture.width, self.shape[0])

    def _same(self, shape: tuple[int, ...]) -> None:
        if shape != self.shape:
            raise MediaError(self.path, f"it changed since it was opened: {shape}, not {self.shape}.", "E_CHANGED")


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)


def open_exact(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read the header of a JPEG file; its data is a :class:`PictureFile`. What is no plain picture is read at once."""
    return _opened(path, extension, limits, "exact")


def open_fast(path: Path, extension: str, limits: Limits) -> Loaded:
    """Open a file as :func:`open_exact` does; steps that make the picture smaller may get it decoded smaller."""
    return _opened(path, extension, limits, "fast")


def _opened(path: Path, extension: str, limits: Limits, decode: Decode) -> Loaded:
    with path.open("rb") as file:
        picture = guarded(path, lambda: Pillow.open(file, formats=["JPEG"]))
        check_size(path, picture.size, limits)
        if picture.mode not in jpeg.COLORS or getattr(picture, "n_frames", 1) > 1:
            return read(path, extension, limits)
        details = {"mode": picture.mode, "icc": picture.info.get("icc_profile")}
        found = guarded(path, lambda: picture.getexif().get(ORIENTATION, 1))
    orientation = found if found in jpeg.TURNS else 1
    notes = (f"EXIF orientation {orientation} applied",) if orientation != 1 else ()
    data = PictureFile(path, picture.mode, picture.size, orientation, limits, decode)
    return Loaded(Image(data), Origin(path, extension, notes, not notes, details))


def scale_note(data: Any) -> tuple[str, ...]:
    """Return what to say of a picture that was decoded smaller than it is stored."""
    smaller = isinstance(data, PictureFile) and data.scale > 1
    return (f"decode fast: decoded at 1/{data.scale} of its size",) if smaller else ()
