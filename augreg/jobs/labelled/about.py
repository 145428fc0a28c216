"""What a form of labels may know of the sample that they belong to."""

from __future__ import annotations

from typing import Any

from augreg.media.labels.base import About


def about(path: str, modality: str, sample: Any) -> About:
    """Return the facts of a sample; what its kind does not have is 0."""
    data = getattr(sample, "data", sample)
    shape: Any = getattr(data, "shape", ())
    found: dict[str, Any] = {"path": path, "modality": modality}
    if isinstance(data, str):
        found["characters"] = len(data)
    rate, fps = getattr(sample, "sample_rate", None), getattr(sample, "fps", None)
    if rate:
        found |= {"sample_rate": rate, "seconds": shape[-1] / rate}
    elif len(shape) >= 3:
        found |= {"height": int(shape[-2]), "width": int(shape[-1]), "channels": int(shape[-3])}
    if fps and len(shape) == 4:
        found |= {"frames": int(shape[0]), "fps": float(fps), "seconds": shape[0] / fps}
    return About(**found)
