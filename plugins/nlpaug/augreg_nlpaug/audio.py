"""nlpaug's audio augmenters as augreg augmenters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import EVERY, SampleError
from augreg.kernel import pad, shapes_of
from augreg.param import choice, flag, interval, number
from augreg_nlpaug import engine

_SHORTEST_SOUND: Final = 16
"""Samples; shorter sounds stay as they are: the parts that nlpaug cuts them into would be empty."""
_SPEECH_RATE: Final = 16_000
"""Hz; stands for a sample rate that is not known, or not known yet."""


def _declare(
    *alters: str, leaves: tuple[str, ...] = EVERY, keeps_shape: bool = True, memory: float = 4.0
) -> augreg.Declaration:
    return augreg.Declaration(
        leaves=leaves, dtypes=("float32", "float64"), alters=frozenset(alters), keeps_shape=keeps_shape, memory=memory
    )


@dataclass(frozen=True, kw_only=True)
class NlpaugAudio(augreg.AugmenterBase):
    """Runs an augmenter of nlpaug on every channel of a sound; a subclass names it.

    All channels of a sound get the same numbers. What nlpaug draws hangs on a key per sample, kept in params.
    """

    path: ClassVar[str]
    act: ClassVar[str] = "substitute"
    needs_rate: ClassVar[bool] = False

    zone: tuple[float, float] = interval(
        (0.2, 0.8), "part of the sound that may change", low=0.0, high=1.0, unit="fraction"
    )
    coverage: float = number(1.0, "share of the zone that changes", low=0.0, high=1.0, unit="fraction")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.build(_SPEECH_RATE)

    def options(self) -> dict[str, Any]:
        """Return the arguments of nlpaug's constructor."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def build(self, rate: int) -> Any:
        """Return this thread's nlpaug object for sounds of a sample rate in Hz."""
        options = self.options() | ({"sampling_rate": rate} if self.needs_rate else {})
        return engine.instance(self.path, tuple(options.items()))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw one column "seed", int64 (n,): what nlpaug's random numbers hang on."""
        return augreg.Params(len(batch), seed=rng.noise_key("seed"))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Run nlpaug on every channel of every row."""
        rates = batch.info.rates.tolist()
        rows = [self._row(row, params.row(i), rates[i]) for i, row in enumerate(batch.rows())]
        if not rows:
            return batch
        return batch.replace(pad(rows), shapes=shapes_of(rows))

    def prepare(self, made: Any, row: Mapping[str, Any]) -> None:
        """Give this thread's nlpaug object what was drawn for a row beyond the seed."""

    def _row(self, row: torch.Tensor, drawn: Mapping[str, Any], rate: float) -> torch.Tensor:
        made = self.build(int(rate) if rate == rate else _SPEECH_RATE)
        self.prepare(made, drawn)
        if row.shape[-1] < _SHORTEST_SOUND:
            return row
        done = []
        for channel in row.cpu().numpy():
            with engine.seeded(int(drawn["seed"])):
                try:
                    done.append(getattr(made, self.act)(channel.copy()))
                except ValueError as error:
                    raise SampleError(
                        f"nlpaug's {type(made).__name__} cannot take a sound of {row.shape[-1]} samples: {error}"
                    ) from None
        return torch.from_numpy(np.stack(done).astype(channel.dtype, copy=False))


@dataclass(frozen=True, kw_only=True)
class Noise(NlpaugAudio):
    """Add colored noise of amplitude 1 to a part of the sound, with nlpaug's NoiseAug."""

    path: ClassVar[str] = "augmenter.audio:NoiseAug"
    declares: ClassVar[augreg.Declaration] = _declare("noise", memory=11)

    color: str = choice(
        "white", "color of the noise", options=("white", "pink", "red", "brown", "blue", "violet", "random")
    )


@dataclass(frozen=True, kw_only=True)
class Loudness(NlpaugAudio):
    """Multiply a part of the sound by a random factor, with nlpaug's LoudnessAug."""

    path: ClassVar[str] = "augmenter.audio:LoudnessAug"
    declares: ClassVar[augreg.Declaration] = _declare("loudness", memory=4.5)

    factor: tuple[float, float] = interval((0.5, 2.0), "range of the factor", low=0.001, unit="ratio")


@dataclass(frozen=True, kw_only=True)
class Mask(NlpaugAudio):
    """Replace a part of the sound by noise or silence, with nlpaug's MaskAug."""

    path: ClassVar[str] = "augmenter.audio:MaskAug"
    declares: ClassVar[augreg.Declaration] = _declare("completeness", "noise", memory=4.5)

    coverage: float = number(0.1, "share of the zone that changes", low=0.0, high=1.0, unit="fraction")
    mask_with_noise: bool = flag(True, "noise of amplitude 1, or silence")


@dataclass(frozen=True, kw_only=True)
class PolarityInverse(NlpaugAudio):
    """Turn the sign of a part of the sound, with nlpaug's PolarityInverseAug."""

    path: ClassVar[str] = "augmenter.audio:PolarityInverseAug"
    declares: ClassVar[augreg.Declaration] = _declare(memory=4.5)

    coverage: float = number(0.3, "share of the zone that changes", low=0.0, high=1.0, unit="fraction")


@dataclass(frozen=True, kw_only=True)
class Normalize(NlpaugAudio):
    """Scale a part of the sound by its maximum, range or deviation, with nlpaug's NormalizeAug."""

    path: ClassVar[str] = "augmenter.audio:NormalizeAug"
    declares: ClassVar[augreg.Declaration] = _declare("loudness", memory=5.5)

    method: str = choice("max", "what is divided by", options=("max", "minmax", "standard", "random"))
    coverage: float = number(0.3, "share of the zone that changes", low=0.0, high=1.0, unit="fraction")

    def _row(self, row: torch.Tensor, drawn: Mapping[str, Any], rate: float) -> torch.Tensor:
        # nlpaug divides silence by its maximum of 0.
        return super()._row(row, drawn, rate).nan_to_num(0.0) if bool(row.any()) else row


@dataclass(frozen=True, kw_only=True)
class Crop(NlpaugAudio):
    """Cut a part out of the sound, with nlpaug's CropAug."""

    path: ClassVar[str] = "augmenter.audio:CropAug"
    act: ClassVar[str] = "delete"
    needs_rate: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = _declare(
        "completeness", "duration", "position", "synchrony", leaves=("label",), keeps_shape=False, memory=5
    )

    coverage: float = number(0.1, "share of the zone that is cut", low=0.0, high=1.0, unit="fraction")


@dataclass(frozen=True, kw_only=True)
class Speed(NlpaugAudio):
    """Stretch a part of the sound in time with its pitch kept, with nlpaug's SpeedAug."""

    path: ClassVar[str] = "augmenter.audio:SpeedAug"
    declares: ClassVar[augreg.Declaration] = _declare(
        "duration", "synchrony", "tempo", leaves=("label",), keeps_shape=False, memory=40.5
    )

    factor: tuple[float, float] = interval((0.5, 2.0), "range of the speed", low=0.1, high=10.0, unit="ratio")


@dataclass(frozen=True, kw_only=True)
class Pitch(NlpaugAudio):
    """Shift the pitch of a part of the sound by semitones, with nlpaug's PitchAug."""

    path: ClassVar[str] = "augmenter.audio:PitchAug"
    needs_rate: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = _declare("pitch", "speaker", memory=45)

    factor: tuple[float, float] = interval((-10.0, 10.0), "range of the shift", low=-48.0, high=48.0, unit="semitones")


@dataclass(frozen=True, kw_only=True)
class Vtlp(NlpaugAudio):
    """Warp the spectrum of a part of the sound like another vocal tract would, with nlpaug's VtlpAug."""

    path: ClassVar[str] = "augmenter.audio:VtlpAug"
    needs_rate: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = _declare("speaker", memory=6)

    coverage: float = number(0.1, "share of the zone that changes", low=0.0, high=1.0, unit="fraction")
    factor: tuple[float, float] = interval((0.9, 1.1), "range of the warp", low=0.5, high=2.0, unit="ratio")


@dataclass(frozen=True, kw_only=True)
class Shift(NlpaugAudio):
    """Move the sound in time and fill with silence, with nlpaug's ShiftAug."""

    path: ClassVar[str] = "augmenter.audio:ShiftAug"
    needs_rate: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = _declare("position", "synchrony", leaves=("label",), memory=5)

    duration: tuple[float, float] = interval((0.0, 0.2), "how far, drawn per sample", low=0.0, unit="s")
    direction: str = choice("random", "which way", options=("left", "right", "random"))

    def options(self) -> dict[str, Any]:
        """See :class:`NlpaugAudio`; a shift has no zone."""
        return {"duration": self.duration[1], "direction": self.direction}

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw "seed" as :class:`NlpaugAudio` does, and "duration" in seconds, float64 (n,)."""
        return augreg.Params(len(batch), seed=rng.noise_key("seed"), duration=rng.uniform("duration", *self.duration))

    def prepare(self, made: Any, row: Mapping[str, Any]) -> None:
        """See :class:`NlpaugAudio`."""
        made.duration = row["duration"]

    def _row(self, row: torch.Tensor, drawn: Mapping[str, Any], rate: float) -> torch.Tensor:
        # nlpaug takes a shift of no samples for one of all of them.
        return super()._row(row, drawn, rate) if int(int(rate) * drawn["duration"]) else row
