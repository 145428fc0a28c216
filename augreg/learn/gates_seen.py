"""Looks at samples in memory as `augreg clean` looks at files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import torch
from PIL import Image as Pillow

from augreg.data.samples import Sample
from augreg.errors import SampleError
from augreg.jobs.cleaning.look import Seen, look_at
from augreg.jobs.items import Item
from augreg.learn.records import RECORD, modalities
from augreg.modalities.audio import Audio
from augreg.modalities.image import Image
from augreg.modalities.text import Text

JUDGED: Final = ("image", "audio", "text")


def seen_of(given: Any, name: str, place: int) -> Seen:
    """Return what is seen of a sample, its features included.

    Args:
        given: a string, a picture, a sample of augreg, or a record, a mapping whose fields are samples.
        name, place: what messages call it: "candidate", 3.

    Raises:
        SampleError: it is of no kind that is judged, or cannot be read.

    """
    if isinstance(given, Mapping):
        return _record(given, name, place)
    sample = sample_of(given, f"{name} {place}")
    check_values(sample, f"{name} {place}")
    seen = Seen(Item(place, f"{name} {place}", str(place), sample.modality, "", ""))
    look_at(seen, sample, judged=True)
    return seen


@dataclass(slots=True)
class SeenRecord(Seen):
    """What was seen of a record: of each field that is a sample, by its name."""

    fields: Mapping[str, Seen] = field(default_factory=dict)


def _record(given: Mapping[str, Any], name: str, place: int) -> SeenRecord:
    """Return what is seen of a record: its faults are those of its fields, its features those of all, one by one."""
    modalities(given)
    held = {str(key): value for key, value in given.items() if isinstance(value, Sample)}
    fields = {key: seen_of(value, f"{key} of {name}", place) for key, value in held.items()}
    seen = SeenRecord(Item(place, f"{name} {place}", str(place), RECORD, "", ""), fields=fields)
    for key, one in fields.items():
        seen.faults += [replace(fault, path=seen.item.path, reason=f"{key}: {fault.reason}") for fault in one.faults]
    contents = b"".join(key.encode() + b"\0" + one.content for key, one in fields.items())
    seen.content = hashlib.blake2b(contents, digest_size=16).digest()
    if all(one.features is not None for one in fields.values()):
        seen.features = np.concatenate([one.features for one in fields.values() if one.features is not None])
    return seen


def check_values(sample: Any, called: str) -> None:
    """Refuse what has no values, or none that can be seen or heard.

    Raises:
        SampleError: it is empty or not finite, or a picture of floats beyond 0 to 1.

    """
    data = sample.data
    if not isinstance(data, torch.Tensor):
        return
    if not data.numel() or not bool(torch.isfinite(data).all()):
        raise SampleError(f"{called} is empty or not finite. Leave it out.")
    within = float(data.min()) >= 0.0 and float(data.max()) <= 1.0
    if isinstance(sample, Image) and data.is_floating_point() and not within:
        raise SampleError(f"{called} has values up to {float(data.max()):g}; floats of pictures are 0 to 1. Divide it.")


def sample_of(given: Any, called: str) -> Any:
    """Return a sample whose data is a string or a tensor.

    Args:
        given: as :func:`seen_of` takes it.
        called: what messages call it.

    Raises:
        SampleError: it is of no kind that is judged.

    """
    if isinstance(given, str):
        return Text(given)
    held = getattr(given, "data", given) if isinstance(given, Sample) else given
    if isinstance(given, Sample) and given.modality not in JUDGED:
        raise SampleError(f"{called} is {given.modality}, which is not judged. Judged are pictures, sounds and texts.")
    if isinstance(given, Audio):
        return Audio(torch.as_tensor(held), given.sample_rate)
    if isinstance(given, Text):
        return given
    if isinstance(held, Pillow.Image):
        held = np.asarray(held.convert("L" if held.mode in ("1", "L") else "RGB"))
    if isinstance(held, np.ndarray) and held.ndim in (2, 3):
        held = torch.from_numpy(np.ascontiguousarray(np.atleast_3d(held).transpose(2, 0, 1)))
    if not isinstance(held, torch.Tensor) or held.ndim != 3:
        raise SampleError(f"{called} is a {type(given).__name__}. Give a string, a picture (H, W[, C]), or a sample.")
    return Image(held)
