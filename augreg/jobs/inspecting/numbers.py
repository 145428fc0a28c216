"""What is measured of one sample, before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.jobs.cleaning import sounds
from augreg.jobs.cleaning.thumbs import BLANK, thumb_of
from augreg.jobs.cleaning.words import words_of

Numbers = dict[str, float]

SHARES: Final = frozenset({"blank", "silent", "clipped", "wordless"})
"""Numbers that are 1 or 0 of each sample: their mean is a share of the samples."""

FRAMES: Final = 3
"""Frames of a clip that are looked at: the first, one in the middle, the last."""

CHANNELS: Final = ("red", "green", "blue")
_LUMA: Final = np.array([0.299, 0.587, 0.114])
WHITE: Final = {"uint8": 255.0, "uint16": 65_535.0}


def numbers_of(sample: Any) -> Numbers:
    """Return what is measured of a sample; nothing of a modality that a plugin adds.

    Pictures and clips: brightness and contrast (mean and standard deviation of luma), saturation (of HSV), mean and
    deviation of each channel, all as shares of white; the share of values at black or white. Sounds: loudness in dB of
    full scale, peak, whether they are silent or clipped as :func:`augreg.jobs.clean` tells it.
    """
    measure = _MEASURES.get(sample.modality)
    return {} if measure is None else measure(sample)


def _picture(sample: Any) -> Numbers:
    data = sample.data
    found = {"height": float(data.shape[-2]), "width": float(data.shape[-1]), "channels": float(data.shape[-3])}
    return {**found, **_pixels([data])}


def _clip(sample: Any) -> Numbers:
    shape, count = sample.data.shape, len(sample.data)
    places = np.unique(np.rint(np.linspace(0, count - 1, FRAMES)).astype(int))
    lazy = hasattr(sample.data, "take") and not hasattr(sample.data, "numpy")
    frames = list(sample.data.take(places) if lazy else sample.data[places])
    rate = getattr(sample, "fps", None)
    times = {"rate": float(rate), "seconds": count / float(rate)} if rate else {}
    return {"frames": float(count), "height": float(shape[-2]), "width": float(shape[-1]), **times, **_pixels(frames)}


def _pixels(frames: list[Any]) -> Numbers:
    """Return the numbers of pictures (C, H, W), on average; alpha is no light, and is left out."""
    frames = [frame[: 3 if len(frame) >= 3 else 1] for frame in frames]
    found = [_one(_shares(frame)) for frame in frames]
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    return {**mean, "blank": float(max(thumb_of(frame).range for frame in frames) <= BLANK)}


def _shares(frame: Any) -> NDArray[np.float32]:
    """Return pixels (H, W, C) as shares of white."""
    pixels = frame.permute(1, 2, 0).numpy()
    return np.asarray(pixels.astype(np.float32) / WHITE.get(str(pixels.dtype), 1.0))


def _one(pixels: NDArray[np.float32]) -> Numbers:
    colored = pixels.shape[2] >= 3
    color = pixels[..., :3] if colored else np.repeat(pixels[..., :1], 3, axis=2)
    luma, most, least = color @ _LUMA, color.max(2), color.min(2)
    found = {"brightness": float(luma.mean()), "contrast": float(luma.std())}
    found["at black or white"] = float(((color <= 0.0) | (color >= 1.0)).mean())
    if colored:
        found["saturation"] = float(
            np.divide(most - least, most, out=np.zeros_like(most), where=most > 0).mean(dtype=float)
        )
        for number, name in enumerate(CHANNELS):
            found[f"mean of {name}"] = float(color[..., number].mean(dtype=float))
            found[f"deviation of {name}"] = float(color[..., number].std(dtype=float))
    return found


def _sound(sample: Any) -> Numbers:
    wave, rate = sample.data.numpy(), int(sample.sample_rate)
    if np.issubdtype(wave.dtype, np.integer):
        wave = wave / float(np.iinfo(wave.dtype).max)
    found = {"seconds": wave.shape[1] / rate, "rate": float(rate), "channels": float(wave.shape[0])}
    if not wave.size:
        return found
    power = float(np.square(wave, dtype=np.float64).mean())
    # Of what is silent there is no logarithm.
    loud = {"loudness in dB": 10.0 * float(np.log10(power))} if power > 0 else {}
    found |= {"peak": float(np.abs(wave).max()), **loud}
    found["silent"] = float(sounds.loudest(wave, rate) < sounds.SILENT)
    return {**found, "clipped": float(sounds.clipped(wave) > sounds.CLIPPED)}


def _text(sample: Any) -> Numbers:
    words = words_of(sample.data)
    found = {"characters": float(len(sample.data)), "words": float(len(words)), "wordless": float(not words)}
    return {**found, "distinct words": len(set(words)) / len(words)} if words else found


_MEASURES: Final[Mapping[str, Callable[[Any], Numbers]]] = {
    "image": _picture,
    "audio": _sound,
    "video": _clip,
    "text": _text,
}
