"""Cells of Hugging Face `datasets` that are not decoded yet, {"bytes", "path"}: what they hold, and what stands for it.

They become what `datasets` itself makes of them, or could read before its version 4: a picture becomes one of PIL, a
sound {"array", "sampling_rate"}, a film an augreg.Video. So the code behind the pipeline need not know of augreg.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps

from augreg.errors import MediaError, SampleError
from augreg.media.formats import head_of, load, readers
from augreg.media.images import FORMATS, check_size, guarded
from augreg.media.limits import DEFAULT
from augreg.media.sniff import HEAD, sniff
from augreg.modalities.audio import Audio
from augreg.registry.spec import FormatSpec

Cell = Mapping[str, Any]


def cell_modality(cell: Cell) -> str | None:
    """Return the modality of a cell's bytes, or of the file at its path; None if they show no format that is read."""
    found = _format(cell)
    return None if found is None else found[1].modality


def _format(cell: Cell) -> tuple[str, FormatSpec] | None:
    head = head_of(Path(cell["path"])) if cell["bytes"] is None else bytes(cell["bytes"][:HEAD])
    extension = sniff(head)
    spec = readers().get(extension or "")
    return None if extension is None or spec is None else (extension, spec)


def decode_cell(cell: Cell) -> Any:
    """Decode a cell.

    Raises:
        MediaError: the bytes or the file cannot be read.
        SampleError: the bytes show no format that is read.

    """
    found = _format(cell)
    if found is None:
        raise SampleError(
            f"a cell of bytes begins with {bytes((cell['bytes'] or b'')[:8])!r}, which no readable format does. "
            "Decode it first, or give the bytes of a whole file."
        )
    extension, spec = found
    path = Path(cell.get("path") or f"bytes{extension}")
    if extension in FORMATS and spec.modality == "image":
        return _picture(cell, path, extension)
    sample = load(path).sample if cell["bytes"] is None else _loaded(cell["bytes"], path, extension)
    if not isinstance(sample, Audio):
        return sample
    wave = sample.data.numpy()
    return {"path": cell.get("path"), "array": wave[0] if len(wave) == 1 else wave, "sampling_rate": sample.sample_rate}


def _picture(cell: Cell, path: Path, extension: str) -> Any:
    """Open a picture as `datasets` does: its mode is kept, and it is turned as its EXIF orientation says."""
    source = path if cell["bytes"] is None else BytesIO(cell["bytes"])
    picture = guarded(path, lambda: Pillow.open(source, formats=[FORMATS[extension]]))
    check_size(path, picture.size, DEFAULT)
    guarded(path, picture.load)
    return guarded(path, lambda: ImageOps.exif_transpose(picture))


def _loaded(data: bytes, path: Path, extension: str) -> Any:
    """Read bytes by way of a file, for readers take paths."""
    with tempfile.TemporaryDirectory(prefix="augreg-cell-") as folder:
        file = Path(folder) / f"cell{extension}"
        file.write_bytes(data)
        try:
            return load(file).sample
        except MediaError as error:
            raise MediaError(path, error.reason, error.code) from None
