"""The manifest: one JSON line per output, and one per input that was refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from augreg.data.lazy import LazyPicture
from augreg.data.samples import Sample
from augreg.engine.trace import SampleTrace
from augreg.errors import AugregError, MediaError, SampleError, UnsupportedError
from augreg.jobs.items import Item
from augreg.jobs.names import without_names
from augreg.media.images import as_pixels
from augreg.modalities.image import Image

NAME: Final = "manifest.jsonl"
VERSION: Final = 2
TRACED: Final = ("key", "modality", "field", "seed", "epoch", "copy", "steps")
"""What a line says of the augmentation itself."""


def as_json(line: Mapping[str, Any]) -> bytes:
    """Return a line as ASCII JSON; names that are not UTF-8 survive as surrogate escapes."""
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"), default=str).encode("ascii") + b"\n"


def opening(item: Item) -> dict[str, Any]:
    """Return what every line says first: which input."""
    size = None if item.about and not item.size else item.size  # of a cell that was not read nobody knows the size
    return {"v": VERSION, "source": item.called, "source_bytes": size, "key": item.key, "modality": item.modality}


def place_of(line: Mapping[str, Any]) -> str:
    """Return where an output is, as people write it: a file, tar/member, table/row#column."""
    if "member" in line:
        return f"{line['output']}/{line['member']}"
    return f"{line['output']}/{line['row']}#{line['column']}" if "column" in line else str(line["output"])


def error_line(item: Item, error: Exception, source_sha256: str | None = None, key: str = "") -> dict[str, Any]:
    """Return the line of a file that was refused: nothing of it was written. The hash is that of what was read.

    ``key`` is that of its input, where the file is one of several of a record.
    """
    code, reason = describe_error(error)
    told = without_names(reason, item)
    said = {"source_sha256": source_sha256, "outcome": "error", "code": code, "reason": told, "output": None}
    return {**opening(item), **({"key": key} if key else {}), **said}


def describe_error(error: Exception) -> tuple[str, str]:
    """Return the stable code and the reason of whatever went wrong with one input."""
    if isinstance(error, MediaError):
        return error.code, error.reason
    if isinstance(error, UnsupportedError):
        return "E_UNSUPPORTED", str(error)
    if isinstance(error, (SampleError, AugregError)):
        return "E_SAMPLE", str(error)
    return "E_STEP", f"{type(error).__name__}: {error}"


def trace_of(*lines: Mapping[str, Any]) -> SampleTrace | dict[str, SampleTrace]:
    """Return the trace that manifest lines hold, to be given to :meth:`augreg.Pipeline.replay`.

    Args:
        lines: the line of one output; of a record, the lines of all its files of one copy.

    Returns:
        The trace of a sample; of a record, of each field (a film's sound track is one).

    """
    found: dict[str | None, SampleTrace] = {}
    for line in lines:
        plain = {name: line[name] for name in TRACED if name in line}
        found[line.get("field")] = SampleTrace.from_dict(plain)
        if sound := line.get("sound"):
            field, steps = sound["field"], sound["steps"]
            found[field] = SampleTrace.from_dict({**plain, "field": field, "modality": "audio", "steps": steps})
    return found[None] if None in found else {str(field): trace for field, trace in found.items()}


def facts(sample: Sample, rate_fields: Iterable[str] = ()) -> dict[str, Any]:
    """Return a sample's shape, dtype and rate: image (H, W, C), audio (channels, frames), video (T, C, H, W).

    What a plugin's modality keeps its data in may have neither shape nor dtype; then its type is all that is said.
    ``rate_fields`` are further names under which a sample may have its rate.
    """
    data: Any = sample.data  # type: ignore[attr-defined]  # every kind of sample has data
    if isinstance(data, str):
        return {"characters": len(data)}
    if isinstance(data, LazyPicture):
        return {"shape": [*data.shape[1:], data.shape[0]], "dtype": str(data.dtype).removeprefix("torch.")}
    if isinstance(sample, Image):
        data = as_pixels(data)
    if not (hasattr(data, "shape") and hasattr(data, "dtype")):
        return {"type": type(data).__name__}
    plain: dict[str, Any] = {"shape": list(data.shape), "dtype": str(data.dtype).removeprefix("torch.")}
    rates = {name: getattr(sample, name, None) for name in ("sample_rate", "fps", *rate_fields)}
    return plain | {name: rate for name, rate in rates.items() if rate is not None}
