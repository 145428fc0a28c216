"""The manifest: one JSON line per output, and one per input that was refused."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from augreg.errors import AugregError, MediaError, SampleError, UnsupportedError
from augreg.media.images import as_pixels
from augreg.run.plan import Item
from augreg.samples import Image, Sample

NAME: Final = "manifest.jsonl"
VERSION: Final = 1


class Manifest:
    """Appends whole lines to ``manifest.jsonl``; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file = self.path.open("ab", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, lines: list[dict[str, Any]]) -> None:
        """Write lines with one system call, so that an interruption tears at most the last of them."""
        if lines:
            os.write(self._file.fileno(), b"".join(as_json(line) for line in lines))


def as_json(line: Mapping[str, Any]) -> bytes:
    """Return a line as ASCII JSON; names that are not UTF-8 survive as surrogate escapes."""
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"), default=str).encode("ascii") + b"\n"


def opening(item: Item) -> dict[str, Any]:
    """Return what every line says first: which input."""
    return {"v": VERSION, "source": item.path, "key": item.key, "modality": item.modality}


def error_line(item: Item, error: Exception) -> dict[str, Any]:
    """Return the line of an input that was refused: nothing of it was written."""
    code, reason = describe_error(error)
    return {**opening(item), "outcome": "error", "code": code, "reason": reason, "output": None}


def describe_error(error: Exception) -> tuple[str, str]:
    """Return the stable code and the reason of whatever went wrong with one input."""
    if isinstance(error, MediaError):
        return error.code, error.reason
    if isinstance(error, UnsupportedError):
        return "E_UNSUPPORTED", str(error)
    if isinstance(error, (SampleError, AugregError)):
        return "E_SAMPLE", str(error)
    return "E_STEP", f"{type(error).__name__}: {error}"


def facts(sample: Sample) -> dict[str, Any]:
    """Return a sample's shape, dtype and rate: image (H, W, C), audio (channels, frames), video (T, C, H, W)."""
    data: Any = sample.data  # type: ignore[attr-defined]  # every kind of sample has data
    if isinstance(data, str):
        return {"characters": len(data)}
    if isinstance(sample, Image):
        data = as_pixels(data)
    plain: dict[str, Any] = {"shape": list(data.shape), "dtype": str(data.dtype).removeprefix("torch.")}
    for rate in ("sample_rate", "fps"):
        if getattr(sample, rate, None) is not None:
            plain[rate] = getattr(sample, rate)
    return plain
