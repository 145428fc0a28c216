"""Samples as arrays of one shape, standardized by the training: resized pictures, spectrograms, hashed words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg.errors import UnsupportedError, listing
from augreg.jobs.cleaning.features import of_text
from augreg.media.spectrogram import log_mel

SMALLEST: Final = 28
LARGEST: Final = 64
"""Pixels of a side that pictures are resized to; a larger network than ours would be needed for more."""

FRAMES: Final = 8
"""Frames of a clip that are looked at."""

BANDS: Final = 40
COLUMNS: Final = 64
"""Mel bands and moments of a sound."""

QUIET: Final = 80.0
"""Decibels below the loudest moment that count as silence."""


@dataclass(frozen=True, slots=True)
class Front:
    """Makes arrays of samples, as it was fitted to the training samples.

    Args:
        modality: of which samples.
        side: pixels of a side of pictures.
        channels: of pictures: 1 where all training pictures are gray.
        mean, deviation: of each channel over the training samples.

    """

    modality: str
    side: int = SMALLEST
    channels: int = 1
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)

    @classmethod
    def fitted(cls, samples: Sequence[Any]) -> Front:
        """Return the front that suits these training samples.

        Raises:
            UnsupportedError: there is none for their modality.

        """
        modality = samples[0].modality
        if modality not in _READ:
            raise UnsupportedError(
                f"the models of augreg take {listing(sorted(_READ))}, not {modality}. Give a task of your own, as in "
                "model='mymodule:MyTask'."
            )
        if modality == "text":
            return cls(modality)
        if modality in ("image", "video"):
            middle = int(np.median([min(sample.data.shape[-2:]) for sample in samples]))
            # Multiples of 4: the network halves twice.
            side = min(max(middle, SMALLEST), LARGEST) // 4 * 4
            bare = cls(modality, side, 1 if all(sample.data.shape[-3] <= 2 for sample in samples) else 3)
        else:
            bare = cls(modality)
        held = bare(samples).movedim(-3, 0).flatten(1).double()
        return cls(
            modality,
            bare.side,
            bare.channels,
            tuple(held.mean(1).tolist()),
            tuple(held.std(1).clamp(min=1e-3).tolist()),
        )

    def __call__(self, samples: Sequence[Any]) -> torch.Tensor:
        """Return float32 (n, channels, height, width), or (n, words) of texts, (n, frames, channels, ...) of clips."""
        found = _READ[self.modality](self, samples)
        if found.ndim == 2:
            return found
        mean, deviation = (torch.tensor(held, dtype=found.dtype) for held in (self.mean, self.deviation))
        return (found - mean[:, None, None]) / deviation[:, None, None]

    def flat(self, samples: Sequence[Any], side: int) -> NDArray[np.float64]:
        """Return what scikit-learn's models take: float64 (n, d), pooled to at most so many cells a side."""
        found = self(samples)
        if found.ndim > 2:
            found = F.adaptive_avg_pool2d(found.flatten(0, -4), side).reshape(*found.shape[:-2], -1)
        return np.asarray(found.flatten(1), np.float64)


def _pictures(front: Front, samples: Sequence[Any]) -> torch.Tensor:
    shapes: dict[tuple[int, ...], list[int]] = {}
    held = [torch.as_tensor(sample.data.read() if hasattr(sample.data, "read") else sample.data) for sample in samples]
    for place, data in enumerate(held):
        shapes.setdefault(tuple(data.shape), []).append(place)
    out = torch.empty(len(samples), front.channels, front.side, front.side)
    for places in shapes.values():  # those of one size at once
        out[places] = _resized(torch.stack([held[place] for place in places]), front)
    return out


def _clips(front: Front, samples: Sequence[Any]) -> torch.Tensor:
    """Return frames evenly over each clip, float32 (n, FRAMES, 2 * channels, side, side), each beside its change.

    A network that sees frames one by one and takes the mean could not tell to which side anything moves; in how a frame
    differs from the one that follows it can.
    """
    out = torch.empty(len(samples), FRAMES, 2 * front.channels, front.side, front.side)
    for row, sample in enumerate(samples):
        data = torch.as_tensor(sample.data.read() if hasattr(sample.data, "read") else sample.data)
        last = len(data) - 1
        # Each with its neighbor: of long clips frames far apart would differ by more than motion.
        places = torch.linspace(0, max(last - 1, 0), FRAMES).round().long()
        held, following = (_resized(data[at], front) for at in (places, (places + 1).clamp(max=last)))
        out[row] = torch.cat([held, following - held], 1)
    return out


def _resized(stack: torch.Tensor, front: Front) -> torch.Tensor:
    largest = 1.0 if stack.is_floating_point() else float(torch.iinfo(stack.dtype).max)
    pixels = stack.float() / largest
    color = pixels.shape[1] - (pixels.shape[1] in (2, 4))  # the last of 2 and 4 channels is alpha
    pixels = pixels[:, :color]
    if color != front.channels:
        pixels = pixels.mean(1, keepdim=True).expand(-1, front.channels, -1, -1)
    if pixels.shape[-2:] == (front.side, front.side):
        return pixels
    return F.interpolate(pixels, (front.side, front.side), mode="bilinear", antialias=True, align_corners=False)


def _sounds(_: Front, samples: Sequence[Any]) -> torch.Tensor:
    rows = [_mel(np.asarray(sample.data, np.float64).mean(0), int(sample.sample_rate)) for sample in samples]
    return torch.from_numpy(np.stack(rows)[:, None].astype(np.float32))


def _mel(wave: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    levels = log_mel(wave, rate, bands=BANDS, columns=COLUMNS)
    levels = np.maximum(levels - levels.max(), -QUIET)  # how loud it was recorded tells no class
    # Sounds of any length get the same number of moments.
    places = np.linspace(0, levels.shape[1] - 1, COLUMNS)
    low = np.floor(places).astype(int)
    high, part = np.minimum(low + 1, levels.shape[1] - 1), places - low
    return np.asarray(levels[:, low] * (1 - part) + levels[:, high] * part)


def _words(_: Front, samples: Sequence[Any]) -> torch.Tensor:
    return torch.from_numpy(np.stack([of_text(sample.data) for sample in samples]))


_READ: Final[Mapping[str, Callable[[Front, Sequence[Any]], torch.Tensor]]] = {
    "image": _pictures,
    "video": _clips,
    "audio": _sounds,
    "text": _words,
}
