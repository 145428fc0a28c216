"""Many voices at once: babble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg import SampleError, param
from augreg_audio import files
from augreg_audio.mixing import Mixer, declare_mixing
from augreg_audio.noise import snr_scale
from augreg_audio.waveform import Array, by_row, column, entries, frame_mask, from_db, map_batch, map_rows, to_float


@dataclass(frozen=True, kw_only=True)
class Babble(Mixer):
    """Mix several other sounds of the batch in as a murmur of voices, at a random signal-to-noise ratio.

    ``count`` of them, or as many as there are, all equally loud, each repeated or cut off to the row's length. The
    row's own label, events and frame labels stay: the others are taken for noise. Silence, and silent others, change
    nothing. After Snyder et al., "X-vectors: robust DNN embeddings for speaker recognition", ICASSP 2018.
    """

    count: tuple[float, float] = param.interval((3, 7), "other sounds", low=1, high=1000, integral=True)
    snr: tuple[float, float] = param.interval((10.0, 25.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = declare_mixing("mixes", ("label",), ("events", "frame_labels"), memory=4.5)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the keys of all ``partner`` sounds, as decimal text, and ``snr``."""
        n, order = len(batch), np.argsort(batch.keys, kind="stable")
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        wanted = rng.integers("count", int(self.count[0]), int(self.count[1]) + 1)
        first = np.floor(rng.uniform("partner") * max(n - 1, 1)).astype(np.int64)
        chosen = []
        for i in range(n):
            steps = 1 + (first[i] + np.arange(min(int(wanted[i]), n - 1))) % max(n - 1, 1)
            chosen.append([str(int(key)) for key in batch.keys[order[(rank[i] + steps) % n]]])
        return augreg.Params(n, partner=chosen, snr=self.sample("snr", rng, level))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the mixtures."""
        if not len(batch):
            return batch
        partners, snr = _places(batch, params), params.array("snr")
        if not by_row(batch):
            made = map_batch(batch, lambda x, _inside: _all(batch, x, partners, snr))
            return batch.replace(made, shapes=batch.info.shapes)
        data = batch.stack()

        def row(i: int, x: Array, out: Array) -> None:
            murmur = np.zeros_like(x)
            for j in partners[i]:
                other = to_float(data[j, :, : int(batch.lengths[j])]).numpy()
                power = float(np.square(other, dtype=np.float64).mean()) if other.size else 0.0
                if power:
                    murmur += files.stretch_of(other, 0, x.shape[-1]) * x.dtype.type(power**-0.5)
            np.add(x, murmur * x.dtype.type(snr_scale(x, murmur, float(snr[i]))), out=out)

        return batch.replace(map_rows(batch, row), shapes=batch.info.shapes)


def _places(batch: augreg.Batch, params: augreg.Params) -> list[list[int]]:
    place = {str(int(key)): i for i, key in enumerate(batch.info.keys)}
    keys = [list(row) for row in entries(params, "partner")]
    missing = [key for row in keys for key in row if key not in place]
    if missing:
        raise SampleError(
            f"the partner with key {missing[0]} is not in this batch. Replay a mixture together with its partners."
        )
    return [[place[key] for key in row] for row in keys]


def _all(batch: augreg.Batch, x: torch.Tensor, partners: list[list[int]], snr: Array) -> torch.Tensor:
    """Return the mixtures of padded x (n, channels, frames), one round for every partner that a row has."""
    lengths = column(np.maximum(batch.lengths, 1), x.device, torch.int64)
    power = x.square().sum((1, 2), keepdim=True) / (lengths * x.shape[1])
    level = torch.where(power > 0, torch.where(power > 0, power, 1.0).rsqrt(), 0.0)
    frames, murmur = torch.arange(x.shape[-1], device=x.device), torch.zeros_like(x)
    for k in range(max(map(len, partners))):
        rows = torch.as_tensor([i for i, row in enumerate(partners) if k < len(row)], device=x.device)
        others = torch.as_tensor([row[k] for row in partners if k < len(row)], device=x.device)
        index = (frames % lengths[others]).expand(len(others), *x.shape[1:])
        murmur = murmur.index_add(0, rows, torch.gather(x[others], -1, index) * level[others])
    murmur = torch.where(frame_mask(batch), murmur, 0.0)
    rest = murmur.square().sum((1, 2), keepdim=True) / (lengths * x.shape[1])
    silent = (power == 0) | (rest == 0)
    ratio = torch.where(silent, 1.0, power) / torch.where(silent, 1.0, rest)
    scale = torch.where(silent, 0.0, ratio.sqrt() * column(from_db(-snr), x.device, x.dtype))
    return x + murmur * scale
