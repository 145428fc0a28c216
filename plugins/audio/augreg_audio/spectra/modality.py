"""The modality "spectrogram": complex or real, linear or mel, with its targets on the frame axis."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from augreg import Audio, BatchInfo, Events, Sample, SampleError
from augreg.kernel import as_tensor, restore_like
from augreg.modalities import EVENT_REGION, Hints, Modality, Result, Wrapped

DTYPES = ("float32", "float16", "bfloat16", "float64", "complex64", "complex128")


@dataclass(slots=True)
class Spectrogram(Sample):
    """A spectrogram.

    Args:
        data: tensor or array (channels, bins, frames) or (bins, frames), float or complex; low frequencies first.
        frame_rate: frames per second, or None if unknown; needed where there are events.
        events: things that happen in it, in seconds from the start of the first frame.
        frame_labels: one label per frame (or per fixed hop over the whole length): tensor or array (hops, ...).
        label: class label.

    """

    modality: ClassVar[str] = "spectrogram"
    target_names: ClassVar[tuple[str, ...]] = ("events", "frame_labels", "label")

    data: Any
    frame_rate: float | None = None
    events: Events | None = None
    frame_labels: Any = None


class SpectrogramModality(Modality):
    """Rows are (channels, bins, frames); on the CPU lists of any shapes, on other devices stacks of one shape."""

    name = "spectrogram"
    sample_type = Spectrogram
    channel_axis = 0
    regions = (EVENT_REGION,)
    array_dims = (2, 3)

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`augreg.modalities.Modality`."""
        sample = obj if isinstance(obj, Spectrogram) else Spectrogram(obj)
        tensor = as_tensor(sample.data, "a spectrogram")
        _check(tensor, sample)

        def restore(result: Result) -> Any:
            row = result.row if tensor.ndim == 3 else result.row[0]
            data = restore_like(sample.data, row)
            return dataclasses.replace(sample, data=data, **result.targets) if isinstance(obj, Spectrogram) else data

        rate = float("nan") if sample.frame_rate is None else float(sample.frame_rate)
        return Wrapped(tensor if tensor.ndim == 3 else tensor[None], restore, rate, sample.targets, sample.key)

    def key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """Dtype, channels and bins; on devices the frames too."""
        shape = tuple(int(s) for s in info.shapes[i])
        return info.dtypes[i], shape[:2] if device.type == "cpu" else shape

    def collate(self, rows: Sequence[Any], device: torch.device) -> torch.Tensor | list[Any]:
        """Return a list on the CPU, a stack elsewhere."""
        return list(rows) if device.type == "cpu" else torch.stack(list(rows))

    def derive(self, sample: Sample) -> Spectrogram | None:
        """Return the log power spectrogram of a sound, in decibels: a Hann window of 25 ms every 10 ms."""
        if not isinstance(sample, Audio):
            return None
        given = torch.as_tensor(sample.data)
        wave = given.to(torch.float32) / (1.0 if given.is_floating_point() else 32768.0)
        wave = wave if wave.ndim == 2 else wave[None]
        size, hop = max(16, round(0.025 * sample.sample_rate)), max(1, round(0.010 * sample.sample_rate))
        window = torch.hann_window(size)
        padded = torch.nn.functional.pad(wave, (size // 2, size // 2))
        bins = torch.stft(padded, size, hop, window=window, center=False, return_complex=True).abs().square()
        levels = 10.0 * torch.log10(bins / window.sum().square() + 1e-10)
        return Spectrogram(levels, sample.sample_rate / hop, events=sample.events, label=sample.label)

    def heat(self, sample: Sample) -> np.ndarray | None:
        """Return the first channel; of complex data its level in decibels."""
        data = torch.as_tensor(sample.data).detach().cpu() if isinstance(sample, Spectrogram) else None
        if data is None:
            return None
        first = data[0] if data.ndim == 3 else data
        shown = 20.0 * torch.log10(first.abs() + 1e-5) if first.is_complex() else first
        found: np.ndarray = shown.to(torch.float32).numpy()
        return found

    def examples(self, n: int) -> list[Any]:
        """Return n log spectrograms of noise with two events and labeled frames."""
        return [_example(i) for i in range(n)]


def _check(tensor: torch.Tensor, sample: Spectrogram) -> None:
    if str(tensor.dtype).removeprefix("torch.") not in DTYPES:
        raise SampleError(f"a spectrogram has dtype {tensor.dtype}; expected one of {', '.join(DTYPES)}.")
    if tensor.ndim not in (2, 3):
        raise SampleError(
            f"a spectrogram has shape {tuple(tensor.shape)}; expected (channels, bins, frames) or (bins, frames)."
        )
    if sample.frame_rate is not None and not sample.frame_rate > 0:
        raise SampleError(f"frame_rate={sample.frame_rate!r} is not a positive number per second, e.g. 100.")
    if sample.events is not None and sample.frame_rate is None:
        raise SampleError("a spectrogram with events comes without frame_rate. Give it, in frames per second.")
    if tensor.device.type == "cpu" and not bool(torch.isfinite(tensor).all()):
        raise SampleError("a spectrogram holds NaN or infinity. Add a floor before taking the logarithm.")


def _example(number: int) -> Spectrogram:
    generator = np.random.default_rng(200 + number)
    frames = (50, 61, 48, 57)[number % 4]
    tilt = np.linspace(0.0, -3.0, 40)[:, None]
    data = (tilt + generator.standard_normal((1, 40, frames))).astype(np.float32)
    labels = np.zeros(frames, dtype=np.int64)
    labels[10:20], labels[30:38] = 1, 2
    events = Events(np.array([[0.1, 0.2], [0.3, 0.38]]), labels=[1, 2])
    return Spectrogram(torch.from_numpy(data), 100.0, events, labels, label=number % 10)
