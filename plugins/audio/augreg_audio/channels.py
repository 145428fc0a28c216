"""Channels: shuffle, swap, drop, mix down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio.base import Rendered, WaveformAugmenter, either, waveform_declaration
from augreg_audio.waveform import Array, by_row, entries, frame_mask, from_float, map_rows, to_float


@dataclass(frozen=True)
class _Reordered(WaveformAugmenter):
    """Channels in another order: ``order`` of the params says which channel stands where."""

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the reordered channels."""
        order = np.asarray([np.asarray(o) for o in entries(params, "order")], dtype=np.int64).reshape(len(batch), -1)

        def row(i: int, x: Array, out: Array) -> None:
            out[...] = x[order[i]]

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            index = torch.as_tensor(order, device=x.device)[:, :, None].expand(x.shape)
            return torch.gather(x, 1, index)

        return either(batch, row, kernel)


@dataclass(frozen=True, kw_only=True)
class ChannelShuffle(_Reordered):
    """Put the channels in a random order.

    All orders are equally likely, the old one included. Mono sound stays as it is.
    """

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("chirality",), differentiable=True, memory=2.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``order``, a permutation of each row's channels."""
        return augreg.Params(len(batch), order=list(rng.permutation("order", batch.shapes[:, 0])))


@dataclass(frozen=True, kw_only=True)
class ChannelSwap(_Reordered):
    """Exchange left and right.

    More than two channels are put in reverse order; mono sound stays as it is.
    """

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("chirality",), differentiable=True, p=0.5, memory=2.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Return the reverse ``order`` of each row's channels."""
        return augreg.Params(len(batch), order=[np.arange(c)[::-1].copy() for c in batch.shapes[:, 0].tolist()])


@dataclass(frozen=True, kw_only=True)
class ChannelDrop(WaveformAugmenter):
    """Silence random channels, but never all of them.

    Each channel is silenced with probability ``share``; if that would leave none, one of them is kept.
    """

    share: float = param.number(0.5, "probability for each channel", low=0.0, high=1.0, unit="probability")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("chirality",), differentiable=True, memory=1.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw which channels to ``keep``, one list of booleans per row."""
        counts = batch.shapes[:, 0].tolist()
        unit = rng.uniform("keep", 0.0, 1.0, size=max(counts, default=1))
        saved = np.floor(rng.uniform("saved") * np.maximum(counts, 1)).astype(np.int64)
        keep = [u[:c] >= self.share for u, c in zip(unit, counts, strict=True)]
        for kept, one in zip(keep, saved.tolist(), strict=True):
            if len(kept) and not kept.any():
                kept[one] = True
        return augreg.Params(len(batch), keep=keep)

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the remaining channels at their places, silence at the others."""
        keep = np.asarray([np.asarray(k) for k in entries(params, "keep")], dtype=bool).reshape(len(batch), -1)

        def row(i: int, x: Array, out: Array) -> None:
            np.multiply(x, keep[i][:, None].astype(x.dtype), out=out)

        return either(batch, row, lambda x, _inside: x * torch.as_tensor(keep, device=x.device)[:, :, None].to(x.dtype))


@dataclass(frozen=True, kw_only=True)
class ToMono(WaveformAugmenter):
    """Mix all channels down to one.

    The mean of the channels; with ``keep_channels`` every channel gets it and the count stays.
    """

    keep_channels: bool = param.flag(False, "whether the number of channels stays")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("chirality",), keeps_shape=False, differentiable=True, memory=1.5
    )

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the mean over channels."""
        count = int(batch.info.shapes[0, 0]) if self.keep_channels else 1
        if by_row(batch):

            def row(_i: int, x: Array, out: Array) -> None:
                out[...] = x.mean(axis=0, keepdims=True) if len(x) > 1 else x

            return Rendered(map_rows(batch, row, channels=count))
        x = to_float(batch.stack()).where(frame_mask(batch), 0.0)
        mixed = x.mean(dim=1, keepdim=True).expand(-1, count, -1)
        return Rendered(from_float(mixed, batch.stack().dtype))
