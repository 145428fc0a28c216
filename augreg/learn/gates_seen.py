"""Looks at samples in memory as `augreg clean` looks at files."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from PIL import Image as Pillow

from augreg.data.samples import Sample
from augreg.errors import SampleError
from augreg.jobs.cleaning.look import Seen, look_at
from augreg.jobs.items import Item
from augreg.modalities.audio import Audio
from augreg.modalities.image import Image
from augreg.modalities.text import Text

JUDGED: Final = ("image", "audio", "text")


def seen_of(given: Any, name: str, place: int) -> Seen:
    """Return what is seen of a sample, its features included.

    Args:
        given: a string, a picture, or a sample of augreg.
        name, place: what messages call it: "candidate", 3.

    Raises:
        SampleError: it is of no kind that is judged, or cannot be read.

    """
    sample = _sample(given, f"{name} {place}")
    if isinstance(sample.data, torch.Tensor):
        _check_values(sample, f"{name} {place}")
    seen = Seen(Item(place, f"{name} {place}", str(place), sample.modality, "", ""))
    look_at(seen, sample, judged=True)
    return seen


def _check_values(sample: Any, called: str) -> None:
    data = sample.data
    if not data.numel() or not bool(torch.isfinite(data).all()):
        raise SampleError(f"{called} is empty or not finite. Leave it out.")
    within = float(data.min()) >= 0.0 and float(data.max()) <= 1.0
    if isinstance(sample, Image) and data.is_floating_point() and not within:
        raise SampleError(f"{called} has values up to {float(data.max()):g}; floats of pictures are 0 to 1. Divide it.")


def _sample(given: Any, called: str) -> Any:
    """Return a sample whose data is a string or a tensor."""
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
