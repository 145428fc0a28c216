"""Reads and writes plain text: UTF-8, strictly, with every byte kept."""

from __future__ import annotations

import codecs
from pathlib import Path

from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.media.limits import Limits
from augreg.media.origin import Loaded, Origin
from augreg.modalities.text import Text


def read(path: Path, extension: str, limits: Limits) -> Loaded:
    """Read a whole file as one text; line ends stay as they are, one byte order mark is set aside.

    Raises:
        MediaError: E_TOO_LONG, or E_ENCODING with the offset of the first wrong byte.

    """
    check_header(path, extension, limits)
    with path.open("rb") as file:
        raw = file.read(limits.text_bytes)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MediaError(path, "it begins like UTF-16, and texts must be UTF-8. Convert it.", "E_ENCODING")
    bom = raw.startswith(codecs.BOM_UTF8)
    try:
        text = raw[3 * bom :].decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + 3 * bom
        raise MediaError(
            path, f"byte 0x{raw[at]:02x} at offset {at} is not UTF-8 ({error.reason}). Convert it.", "E_ENCODING"
        ) from None
    notes = ("byte order mark set aside",) if bom else ()
    return Loaded(Text(text), Origin(path, extension, notes, details={"bom": bom}))


def check_header(path: Path, _extension: str, limits: Limits) -> None:
    """Refuse a text of more bytes than the limits allow."""
    size = path.stat().st_size
    if size > limits.text_bytes:
        advice = "Split it, or allow more: --limit text_bytes=N, or augreg.media.Limits(text_bytes=N)."
        reason = f"{size:_} bytes of text are more than the limit, {limits.text_bytes:_}. {advice}"
        raise MediaError(path, reason, "E_TOO_LONG")


def write(sample: Sample, path: Path, _extension: str, like: Origin | None) -> tuple[str, ...]:
    """Write a text as UTF-8, with a byte order mark if the original had one.

    Raises:
        MediaError: E_ENCODE for lone surrogates, which UTF-8 cannot hold.

    """
    text: str = sample.data  # type: ignore[attr-defined]  # a Text
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MediaError(
            path, f"character {error.start} cannot be written as UTF-8: {error.reason}", "E_ENCODE"
        ) from None
    bom = codecs.BOM_UTF8 if like is not None and like.details.get("bom") else b""
    path.write_bytes(bom + raw)
    return ()
