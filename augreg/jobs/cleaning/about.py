"""What has to be known of a sample to read its labels."""

from __future__ import annotations

from typing import Any

from augreg.media.labels import About


def about_of(path: str, sample: Any) -> About:
    """Return what is known of a sample that was read; of a modality that a plugin adds, its name alone."""
    data, modality = sample.data, sample.modality
    if isinstance(data, str):
        return About(path=path, modality=modality, characters=len(data))
    if modality == "image":
        channels, height, width = (int(size) for size in data.shape)
        return About(path=path, modality=modality, width=width, height=height, channels=channels)
    if modality == "audio":
        rate, count = float(sample.sample_rate), int(data.shape[-1])
        return About(path=path, modality=modality, sample_rate=rate, seconds=count / rate)
    if modality == "video":
        frames, fps = len(data), float(sample.fps or 0.0)
        size = {"width": int(data.shape[-1]), "height": int(data.shape[-2])}
        return About(path=path, modality=modality, frames=frames, fps=fps, seconds=frames / fps if fps else 0.0, **size)
    return About(path=path, modality=modality)
