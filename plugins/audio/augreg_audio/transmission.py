"""What gets lost on the way: packet_loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg.kernel import noise
from augreg_audio.base import RowAugmenter, waveform_declaration
from augreg_audio.waveform import Array, BatchWork, RowWork


@dataclass(frozen=True, kw_only=True)
class PacketLoss(RowAugmenter):
    """Lose packets of the sound, as calls over the internet do.

    The sound is cut into packets of ``packet`` seconds, a share ``loss`` of which is lost in bursts of ``burst``
    packets on average (a chain with two states: Gilbert, "Capacity of a burst-noise channel", 1960). ``conceal``
    says what is heard instead: silence, or the last packet that arrived, half as loud each further time.
    """

    loss: tuple[float, float] = param.interval((0.02, 0.2), "share of the packets", low=0.0, high=0.9, unit="fraction")
    burst: tuple[float, float] = param.interval((1.0, 3.0), "mean length of a burst, in packets", low=1.0, high=100.0)
    packet: float = param.number(0.02, "duration of a packet", low=0.0005, high=1.0, unit="s")
    conceal: str = param.choice("silence", "what is heard instead", options=("silence", "repeat"))

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "artifacts",
            "completeness",
        ),
        level=augreg.Level("loss", 0.0, 0.4),
        differentiable=True,
        memory=1.5,
    )
    examples: ClassVar[tuple[dict[str, str], ...]] = ({"conceal": "repeat"},)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``loss`` and ``burst`` uniformly, and the key of the losses."""
        drawn = {name: self.sample(name, rng, level) for name in ("loss", "burst")}
        return augreg.Params(len(batch), drawn, noise=rng.noise_key("noise"))

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that loses packets of a row."""

        def row(i: int, x: Array, out: Array) -> None:
            size = self._size(float(info.rates[i]))
            out[...] = x
            source, gain = self._heard(info, params, i)
            for k in np.flatnonzero((gain < 1.0) | (source != np.arange(len(source)))).tolist():
                part = out[:, k * size : (k + 1) * size]
                part[...] = x[:, source[k] * size :][:, : part.shape[-1]] * x.dtype.type(gain[k])

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that loses packets of a batch."""

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            size = self._size(float(info.rates[0]))
            count = -(-x.shape[-1] // size)
            sources, gains = np.tile(np.arange(count), (len(info), 1)), np.ones((len(info), count))
            for i in range(len(info)):
                source, gain = self._heard(info, params, i)
                sources[i, : len(source)], gains[i, : len(gain)] = source, gain
            frames = torch.arange(x.shape[-1], device=x.device)
            index = torch.from_numpy(sources).to(x.device)[:, frames // size] * size + frames % size
            heard = torch.gather(x, -1, index[:, None].expand(x.shape))
            return heard * torch.from_numpy(gains).to(x.device, x.dtype)[:, None, frames // size]

        return batch

    def _size(self, rate: float) -> int:
        return max(1, round(self.packet * rate))

    def _heard(self, info: augreg.BatchInfo, params: augreg.Params, i: int) -> tuple[Array, Array]:
        """Return which packet is heard in place of each, and how loud: int64 and float64 (packets,)."""
        count = -(-int(info.lengths[i]) // self._size(float(info.rates[i])))
        loss, burst = float(params.array("loss")[i]), float(params.array("burst")[i])
        lost = _losses(noise.uniform_numpy(int(params["noise"][i]), count), loss, burst)
        numbers = np.arange(count)
        arrived = np.maximum.accumulate(np.where(lost, -1, numbers))
        age = numbers - arrived
        gain = np.where(lost, 0.0 if self.conceal == "silence" else 0.5 ** (age - 1.0), 1.0)
        gain[arrived < 0] = 0.0
        return np.maximum(arrived, 0), gain


def _losses(numbers: Array, loss: float, burst: float) -> Array:
    """Return which packets are lost, bool (n,), from uniform numbers (n,); it is those of a longer row, cut off."""
    into, onward = min(1.0, loss / (1.0 - loss) / burst), 1.0 - 1.0 / burst
    state, found = False, np.zeros(len(numbers), dtype=bool)
    for k, number in enumerate(numbers.tolist()):
        state = number < (loss if k == 0 else onward if state else into)
        found[k] = state
    return found
