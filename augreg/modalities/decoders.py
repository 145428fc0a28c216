"""Decoders of torchcodec, and the audio cells that Hugging Face `datasets` makes of them, known by their methods.

Nothing of either library is imported. A decoder is what its class says: one with ``get_all_samples`` decodes sound, one
with ``get_frames_in_range`` film; an audio cell of `datasets` also answers to ["array"] and ["sampling_rate"].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from augreg.data.lazy import LazyRow
from augreg.errors import SampleError


def decodes_sound(obj: Any) -> bool:
    """Whether an object is a decoder of sound; an older cell of `datasets` is one only by its name and its keys."""
    kind = type(obj)
    named = kind.__name__ == "AudioDecoder" and hasattr(kind, "__getitem__")
    return named or callable(getattr(kind, "get_all_samples", None))


def decodes_film(obj: Any) -> bool:
    """Whether an object is a decoder of film."""
    return callable(getattr(type(obj), "get_frames_in_range", None))


def decoded_sound(decoder: Any) -> Mapping[str, Any] | tuple[torch.Tensor, int]:
    """Return {"array", "sampling_rate"} of a cell of `datasets`, (waveform, rate) of another decoder.

    The array is what the cell itself gives, of several channels their mean.

    Raises:
        SampleError: it cannot be decoded.

    """
    try:
        if hasattr(type(decoder), "__getitem__"):
            return {"array": np.asarray(decoder["array"]), "sampling_rate": int(decoder["sampling_rate"])}
        found = decoder.get_all_samples()
        return found.data, int(found.sample_rate)
    except Exception as error:  # whatever its library raises, it is about this sample
        raise _undecodable(decoder, error) from error


def _undecodable(decoder: Any, error: Exception) -> SampleError:
    kind = type(decoder)
    return SampleError(
        f"{kind.__module__}.{kind.__qualname__} cannot be decoded: {type(error).__name__}: {error}. "
        "Decode it yourself, or leave it out."
    )


class DecodedFrames(LazyRow):
    """The frames of a decoder of film, read when steps ask for them: (T, C, H, W), uint8."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        try:
            frames = len(decoder) if hasattr(type(decoder), "__len__") else int(decoder.metadata.num_frames)
            first = decoder.get_frames_in_range(0, 1).data
        except Exception as error:
            raise _undecodable(decoder, error) from error
        self._last = first.shape[-1] in (1, 3, 4) and first.shape[1] not in (1, 3, 4)  # dimension_order="NHWC"
        self.shape = (frames, *self._ordered(first).shape[1:])
        self.dtype = first.dtype

    def _ordered(self, frames: torch.Tensor) -> torch.Tensor:
        return frames.permute(0, 3, 1, 2) if self._last else frames

    def take(self, index: np.ndarray) -> torch.Tensor:
        """See :class:`LazyRow`."""
        places = index.tolist()
        if not places:
            return torch.empty((0, *self.shape[1:]), dtype=self.dtype)
        try:
            if hasattr(self._decoder, "get_frames_at"):
                return self._ordered(self._decoder.get_frames_at(indices=places).data)
            return self._ordered(torch.cat([self._decoder.get_frames_in_range(i, i + 1).data for i in places]))
        except Exception as error:
            raise _undecodable(self._decoder, error) from error

    def read(self) -> torch.Tensor:
        """See :class:`LazyRow`."""
        try:
            return self._ordered(self._decoder.get_frames_in_range(0, len(self)).data)
        except Exception as error:
            raise _undecodable(self._decoder, error) from error


def frame_rate(decoder: Any) -> float | None:
    """Return the frames per second that a decoder's metadata states."""
    rate = getattr(getattr(decoder, "metadata", None), "average_fps", None)
    return float(rate) if isinstance(rate, (int, float)) and rate > 0 else None
