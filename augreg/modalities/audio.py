"""Sound: (waveform, sample_rate) pairs, Hugging Face dictionaries, arrays with a rate, and augreg.Audio."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
import torch

from augreg.data.batch import BatchInfo, Row
from augreg.data.form import RowForm, length_bucket
from augreg.data.samples import Sample
from augreg.data.targets import Events
from augreg.errors import SampleError
from augreg.modalities.base import (
    Hints,
    Modality,
    Result,
    Wrapped,
    WrappedMany,
    as_tensor,
    bare,
    restore_like,
)
from augreg.modalities.bulk import only, samples_alike
from augreg.modalities.decoders import decoded_sound, decodes_sound
from augreg.modalities.frame_labels import FRAME_LABELS, SOUND_LABELS
from augreg.modalities.hops import check_hop, check_hops
from augreg.modalities.layouts import read_as_said
from augreg.modalities.made_up import speech
from augreg.modalities.rates import HIGHEST_RATE, check_rate, rate_like
from augreg.modalities.regions import EVENT_REGION
from augreg.modalities.target_checks import check_given
from augreg.modalities.target_kinds import EVENTS
from augreg.modalities.time_roles import EVENT_ROLES
from augreg.modalities.values import check_values, sound_values


@dataclass(slots=True)
class Audio(Sample):
    """A sound.

    Args:
        data: tensor or array (channels, frames) or (frames,), float in about [-1, 1], or int16.
        sample_rate: frames per second, in Hz.
        events: things that happen in it, see :class:`Events`.
        frame_labels: one label per hop, the first at 0 s: tensor, array or list (hops, ...).
        hop: seconds from one frame label to the next. Steps that change the time keep it, and there are as many labels
            as it makes; an uneven rest at the end has one if it had one. Without it the labels are spread evenly over
            the whole length.

    """

    modality: ClassVar[str] = "audio"
    target_names: ClassVar[tuple[str, ...]] = ("events", "frame_labels", "label")

    data: Any
    sample_rate: int
    events: Events | None = None
    frame_labels: Any = None
    hop: float | None = None


EXAMPLE_FRAMES: Final = (8000, 8900, 8431, 9300)
HOP: Final = 0.02
"""Seconds between frame labels of example sounds."""

DTYPES = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int16))


LONG: Final = 1000
"""Sounds of fewer samples say nothing by their length: an embedding may have as many entries."""

MOST_CHANNELS: Final = 16
"""Third-order ambisonics; more rows than that are, most likely, a stack of sounds, or frames: they must be said."""

LOWEST_RATE = 100
"""Hz; a smaller second number of a pair is no sample rate but, most likely, a class."""


class AudioModality(Modality):
    """Sound; rows are (channels, frames)."""

    name = "audio"
    sample_type = Audio
    channel_axis = 0
    maps_back = ("events",)
    targets = (EVENTS, FRAME_LABELS)
    regions = (EVENT_REGION,)
    roles = (*EVENT_ROLES, SOUND_LABELS)
    form = RowForm(length_axis=-1, ragged=True)
    array_dims = (1, 2)
    array_name = "a sound"
    layouts = ("CT", "T", "TC", "BT", "BCT", "BTC")
    axes = "CT"
    rate_fields = ("sample_rate", "sampling_rate")
    by_content = True
    like_shapes = True
    timed = True

    def owns(self, obj: Any) -> bool:
        """``(waveform, sample_rate)``, ``{"array", "sampling_rate"}``, augreg.Audio and decoders of sound."""
        return is_pair(obj) or isinstance(obj, Audio) or is_hf(obj) or decodes_sound(obj)

    def readings(self, array: torch.Tensor | np.ndarray) -> tuple[str, ...]:
        """One or two rows are the channels of one sound; more may be as many sounds."""
        if array.ndim != 2 or array.shape[0] in (0, 1, 2):
            return ()
        rows, columns = array.shape
        return ("TC", "BT") if columns <= MOST_CHANNELS < rows else ("CT", "BT")

    def with_class(self, obj: Any, hints: Hints) -> bool:
        """``(waveform, class)`` where the caller said what it is and at which rate: the integer is no rate then."""
        said = hints.modality == self.name and hints.sample_rate is not None
        return said and is_pair(obj) and isinstance(obj[1], (int, np.integer)) and obj[1] != hints.sample_rate

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`Modality`."""
        if is_pair(obj):
            return _agreed(_wrap_pair(obj, hints, sure=hints.modality == self.name), hints)
        if isinstance(obj, Audio):
            return _agreed(_wrap_sample(obj, hints), hints)
        if is_hf(obj):
            return _agreed(_wrap_hf(obj, hints), hints)
        if decodes_sound(obj):
            return _agreed(_wrap_decoder(obj, hints), hints)
        if hints.sample_rate is None:
            raise SampleError(
                f"audio of shape {tuple(np.shape(obj))} comes without a sample rate. "
                "Pass sample_rate=16000 (in Hz), or the pair (waveform, sample_rate)."
            )
        row, back = audio_row(obj, hints)
        _check_unsaid(row, hints)
        restore = bare if back is _same else lambda result: back(result.row)
        return Wrapped(row, restore, check_rate(hints.sample_rate))

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """See :class:`Modality`."""
        if only(objs, Audio) and all(sample.hop is None for sample in objs):
            rates = [sample.sample_rate for sample in objs]
            return samples_alike(
                objs,
                lambda data: _alike(data, rates, hints, 0, most=None),
                lambda info, i: {"sample_rate": rate_like(rates[i], info.rates[i])},
            )
        if hints.sample_rate is not None and only(objs, torch.Tensor):
            return _alike(objs, [check_rate(hints.sample_rate)] * len(objs), hints, 0)
        if not only(objs, tuple) or set(map(len, objs)) != {2}:
            return None
        found = _alike(
            [p[0] for p in objs], [p[1] for p in objs], hints, 0 if hints.modality == "audio" else LOWEST_RATE
        )
        if found is not None:
            found.restore = lambda *after: _pairs(objs, *after)
        return found

    def wrap_stack(self, stack: torch.Tensor | np.ndarray, hints: Hints) -> WrappedMany | None:
        """See :class:`Modality`."""
        if type(stack) is np.ndarray and stack.flags.writeable and stack.dtype.isnative and min(stack.strides) >= 0:
            data = torch.from_numpy(stack) if stack.dtype.kind == "f" or stack.dtype == np.int16 else None
        else:
            data = stack if type(stack) is torch.Tensor else None
        if hints.sample_rate is None or data is None or data.requires_grad or not _plain(data, hints, dims=3):
            return None
        return WrappedMany(data, check_rate(hints.sample_rate), restore=None if data is stack else _arrays)

    def key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """Dtype, channels, rate, and a length within a factor of 1.25: little padding, and few groups."""
        channels, frames = info.shapes[i].tolist()
        return info.dtypes[i], channels, float(info.rates[i]), length_bucket(frames)

    def mixing_key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """Dtype, channels and rate: sounds of any length can be mixed."""
        return info.dtypes[i], int(info.shapes[i, 0]), float(info.rates[i])

    def resembles(self, value: Any, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """See :class:`Modality`; a series as long as the sound has a value for each of its moments."""
        if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim in (1, 2) and len(value):
            long = shape[-1] >= LONG and value.shape[-1] == shape[-1]
            return ("frame_labels", f"it has {shape[-1]} entries, as many as the sound has samples") if long else None
        return None

    def examples(self, n: int) -> list[Any]:
        """See :class:`Modality`."""
        return [example(i) for i in range(n)]


def _plain(row: torch.Tensor, hints: Hints, dims: int = 2, most: int | None = MOST_CHANNELS) -> bool:
    """Whether a tensor is a sound (channels, frames) as it stands; with three ``dims`` a stack of such.

    More than ``most`` channels are looked at one by one, unless they were said.
    """
    if row.ndim != dims or row.dtype not in DTYPES or row.dtype is torch.float64 or hints.layout not in (None, "CT"):
        return False
    channels, frames = row.shape[-2:]
    few = (
        hints.layout is not None or channels <= (32 if most is None else most) or (most is None and channels <= frames)
    )
    return few and sound_values(row, hints)


def _alike(
    waves: Sequence[Any], rates: Sequence[Any], hints: Hints, lowest: float, most: int | None = MOST_CHANNELS
) -> WrappedMany | None:
    """Read tensors (channels, frames) at once, whose rates are numbers and not others than the caller's."""
    if not only(waves, torch.Tensor) or not set(map(type, rates)) <= {int, float}:
        return None
    stated = hints.sample_rate
    for rate in set(rates):
        if not lowest <= rate <= HIGHEST_RATE or rate <= 0 or stated not in (None, rate):
            return None
    # Most sounds have few forms, and looking at each of them would take longer than looking at its values.
    forms = {(w.dtype, w.shape, w.device, w.layout): w for w in waves}
    unseen = replace(hints, nonfinite=True, full_scale="")
    if not all(_plain(wave, unseen, most=most) for wave in forms.values()):
        return None
    if (not hints.nonfinite or hints.full_scale) and not all(sound_values(wave, hints) for wave in waves):
        return None
    return WrappedMany(list(waves), [float(rate) for rate in rates])


def _pairs(given: Sequence[Any], info: BatchInfo, rows: list[Row], changed: np.ndarray) -> list[Any]:
    """Return (waveform, sample rate) of what changed, and what came in of the rest."""
    rates = [rate_like(pair[1], rate) for pair, rate in zip(given, info.rates.tolist(), strict=True)]
    found = zip(rows, rates, strict=True)
    return [new if c else old for new, old, c in zip(found, given, changed.tolist(), strict=True)]


def _arrays(_info: BatchInfo, rows: list[Row], _changed: np.ndarray) -> list[Any]:
    return [row.detach().cpu().numpy() for row in rows]


def is_pair(obj: Any) -> bool:
    """Whether the object is what ``torchaudio.load`` returns."""
    if not isinstance(obj, tuple) or len(obj) != 2:
        return False
    wave, rate = obj
    if not isinstance(wave, (torch.Tensor, np.ndarray)) or wave.ndim > 2:
        return False  # (image, class) looks alike, but a picture has three axes
    return isinstance(rate, (int, float, np.integer, np.floating)) and not isinstance(rate, bool)


def is_hf(obj: Any) -> bool:
    """Whether the object is a decoded audio cell of Hugging Face ``datasets``."""
    return isinstance(obj, Mapping) and "array" in obj and "sampling_rate" in obj


def audio_row(data: Any, hints: Hints) -> tuple[torch.Tensor, Callable[[Any], Any]]:
    """Return a waveform as (channels, frames) and the function that gives the same kind back.

    float64 is computed in float32 and given back as float64.
    """
    if hints.layout not in (None, "CT"):
        return read_as_said(data, hints, "CT", audio_row)
    tensor = as_tensor(data, "audio")
    if tensor.dtype not in DTYPES:
        raise SampleError(f"audio has dtype {tensor.dtype}; expected float16, float32, float64 or int16.")
    if tensor.ndim not in (1, 2):
        raise SampleError(f"audio has shape {tuple(tensor.shape)}; expected (channels, frames) or (frames,).")
    row = tensor if tensor.ndim == 2 else tensor[None]
    if hints.layout is None and row.shape[0] > 32 and row.shape[0] > row.shape[1]:
        raise SampleError(
            f"audio has shape {tuple(tensor.shape)}, which looks like (frames, channels). "
            "Transpose it, or pass layout='TC'."
        )
    check_values(row, "audio", hints)
    dtype, flat = row.dtype, tensor.ndim == 1
    if type(data) is torch.Tensor and not flat and dtype != torch.float64:
        return row, _same

    def back(result: torch.Tensor) -> Any:
        found = result[0] if flat and result.shape[0] == 1 else result
        return restore_like(data, found.to(torch.float64) if dtype == torch.float64 else found)

    return (row.to(torch.float32) if dtype == torch.float64 else row), back


def _check_unsaid(row: torch.Tensor, hints: Hints) -> None:
    """Refuse more channels than sounds have, where nobody said that they are channels."""
    if hints.layout is None and row.shape[0] > MOST_CHANNELS:
        raise SampleError(
            f"audio of shape {tuple(row.shape)} would be one sound of {row.shape[0]} channels. Pass layout='CT' if it "
            "is, layout='TC' for (frames, channels), or layout='BT' for a stack of sounds."
        )


def _same(row: Any) -> Any:
    return row


def _wrap_sample(sample: Audio, hints: Hints) -> Wrapped:
    row, back = audio_row(sample.data, hints)

    def restore(result: Result) -> Audio:
        return sample.changed(
            data=back(result.row), sample_rate=rate_like(sample.sample_rate, result.rate), **result.targets
        )

    rate, targets = check_rate(sample.sample_rate), check_given(sample)
    if sample.hop is None:
        return Wrapped(row, restore, rate, targets, sample.key)
    hop = check_hop(sample.hop)
    if sample.frame_labels is not None:
        check_hops(sample.frame_labels, hop, row.shape[-1] / rate)
    return Wrapped(row, restore, rate, targets, sample.key, {"hop": hop})


def _wrap_pair(pair: tuple[Any, Any], hints: Hints, *, sure: bool) -> Wrapped:
    row, back = audio_row(pair[0], hints)
    _check_unsaid(row, hints)
    rate = check_rate(pair[1])
    if rate < LOWEST_RATE and not sure:
        raise SampleError(
            f"(array, {pair[1]!r}) reads as a sound at {pair[1]!r} Hz, which no sound has. "
            "If it is an image with its class, pass modality='image' or augreg.Image(data, label=...)."
        )
    return Wrapped(row, lambda result: (back(result.row), rate_like(pair[1], result.rate)), rate)


def _wrap_hf(cell: Mapping[str, Any], hints: Hints) -> Wrapped:
    row, back = audio_row(cell["array"], hints)
    _check_unsaid(row, hints)

    def restore(result: Result) -> dict[str, Any]:
        return {**cell, "array": back(result.row), "sampling_rate": rate_like(cell["sampling_rate"], result.rate)}

    return Wrapped(row, restore, check_rate(cell["sampling_rate"]))


def _wrap_decoder(decoder: Any, hints: Hints) -> Wrapped:
    """Wrap what a decoder gives; its result is a decoded cell, or an augreg.Audio, whether or not a step changes it."""
    found = decoded_sound(decoder)
    if isinstance(found, Mapping):
        wrapped = _wrap_hf(found, hints)
        wrapped.unchanged = found
        return wrapped
    sample = Audio(*found)
    wrapped = _wrap_sample(sample, hints)
    wrapped.unchanged = sample
    return wrapped


def _agreed(wrapped: Wrapped, hints: Hints) -> Wrapped:
    """Refuse a sound whose own rate is not the one that the caller stated."""
    if hints.sample_rate is not None and check_rate(hints.sample_rate) != wrapped.rate:
        raise SampleError(
            f"a sound of {wrapped.rate:g} Hz comes with sample_rate={hints.sample_rate!r}. "
            "Leave sample_rate out: it is for arrays that come without a rate."
        )
    return wrapped


def example(number: int) -> Audio:
    """Return the sound of a number: float32, mono (every fourth stereo), 16 kHz (every third 8 kHz), every target."""
    frames = EXAMPLE_FRAMES[number % len(EXAMPLE_FRAMES)]
    rate = 8000 if number % 3 == 2 else 16000
    rng = np.random.default_rng(200 + number)
    wave = speech(rng, frames / rate, rate)[None]
    if number % 4 == 3:
        wave = np.concatenate([wave, 0.7 * np.roll(wave, 40, axis=1)])
    seconds = frames / rate
    hops = np.arange(int(np.ceil(seconds / HOP)))
    return Audio(
        torch.from_numpy(wave.astype(np.float32)),
        rate,
        events=Events(np.array([[0.1, 0.2], [0.3, 0.42]]), labels=["a", "b"]),
        frame_labels=hops // 4,
        label=number % 10,
    )
