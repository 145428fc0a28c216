"""Mixing samples of one batch: mixup, cutmix, batch_mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import SampleError, param
from augreg_audio import files
from augreg_audio.mixed_targets import Cut, collage_targets, mix_targets
from augreg_audio.noise import snr_scale
from augreg_audio.waveform import (
    DTYPES,
    Array,
    by_row,
    column,
    entries,
    frame_mask,
    from_db,
    map_batch,
    map_rows,
    to_float,
)

RowWork = Callable[[int, Array, Array, Array], None]
BatchWork = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def declare_mixing(
    labels: Any, targets: tuple[str, ...], leaves: tuple[str, ...] = (), memory: float = 4.0
) -> augreg.Declaration:
    """Return the declaration of what mixes samples of one batch."""
    return augreg.Declaration(
        targets=targets,
        leaves=leaves,
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        keeps_shape=True,
        differentiable=True,
        labels=labels,
        alters=frozenset({"content"}),
        memory=memory,
    )


@dataclass(frozen=True)
class Mixer(augreg.AugmenterBase):
    """Draws a partner for every row among the other rows of the batch, by key; alone, a row is its own partner."""

    def partners(self, batch: augreg.BatchInfo, rng: augreg.Rng) -> list[str]:
        """Return the partners' keys as decimal text: JSON holds no unsigned 64-bit numbers everywhere.

        The partner is the row whose key comes next when all keys are put in a random order that depends on the keys
        themselves: it does not depend on the order of the batch.
        """
        n = len(batch)
        order = np.argsort(batch.keys, kind="stable")
        step = 1 + (rng.uniform("partner") * max(n - 1, 1)).astype(np.int64)
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        chosen = order[(rank + step) % max(n, 1)] if n > 1 else np.zeros(n, dtype=np.int64)
        return [str(int(k)) for k in batch.keys[chosen]]

    @staticmethod
    def rows_of(batch: augreg.Batch, params: augreg.Params) -> list[int]:
        """Return the partners' positions in the batch, or raise SampleError if one is not there."""
        place = {str(int(key)): i for i, key in enumerate(batch.info.keys)}
        missing = [key for key in entries(params, "partner") if key not in place]
        if missing:
            raise SampleError(
                f"the partner with key {missing[0]} is not in this batch. Replay a mixture together with its partners."
            )
        return [place[key] for key in entries(params, "partner")]


@dataclass(frozen=True, kw_only=True)
class LabelMixer(Mixer):
    """Mixes the labels of two rows as well."""

    classes: int | None = param.integer(
        None, "number of classes, to turn class numbers into class weights", low=1, optional=True
    )

    @property
    def label_classes(self) -> int | None:
        """The number of classes."""
        return self.classes


def blended(batch: augreg.Batch, partners: list[int], work: RowWork, kernel: BatchWork) -> torch.Tensor:
    """Return every row mixed with its partner's.

    ``work(i, x, other, out)`` fills out from x, both (channels, L), and the partner's own frames (channels, L').
    ``kernel(x, other)`` does so for padded rows (n, channels, frames) at once, wherever they are.
    """
    data = batch.stack()
    if not by_row(batch):
        index = torch.as_tensor(partners, device=data.device)
        return map_batch(batch, lambda x, _inside: kernel(x, x[index]))

    def row(i: int, x: Array, out: Array) -> None:
        j = partners[i]
        work(i, x, to_float(data[j, :, : int(batch.lengths[j])]).numpy(), out)

    return map_rows(batch, row)


@dataclass(frozen=True, kw_only=True)
class Averager(LabelMixer):
    """Base class: every row leads in a weighted mean with a partner."""

    alpha: float = param.number(0.4, "of the beta distribution", low=0.01, high=100.0)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the ``partner`` and the ``weight`` of the row itself."""
        weight = rng.beta("weight", self.alpha, self.alpha)
        return augreg.Params(len(batch), partner=self.partners(batch, rng), weight=np.maximum(weight, 1.0 - weight))


@dataclass(frozen=True, kw_only=True)
class Mixup(Averager):
    """Average two sounds of the batch and their labels.

    y = w x + (1 - w) x', with w drawn from Beta(alpha, alpha) and taken at least 1/2, so the row's own sound leads;
    its length stays, a shorter partner is followed by silence, a longer one cut off. Events of both are kept, the
    labels mixed: class weights stay weights, class numbers become such with ``classes``, and other labels a mapping
    label -> weight. So do frame labels, hop
    by hop; of flags, (hops, classes), both sounds' hold. Zhang et al., "mixup: beyond empirical risk minimization",
    2018.
    """

    declares: ClassVar[augreg.Declaration] = declare_mixing("mixes", ("events", "frame_labels", "label"), memory=3)

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the averages."""
        if not len(batch):
            return batch
        partners, weight = self.rows_of(batch, params), params.array("weight").tolist()

        def work(i: int, x: Array, other: Array, out: Array) -> None:
            heard = min(x.shape[-1], other.shape[-1])
            np.multiply(x, x.dtype.type(weight[i]), out=out)
            out[:, :heard] += other[:, :heard] * x.dtype.type(1.0 - weight[i])

        def kernel(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            share = column(params.array("weight"), x.device, x.dtype)
            return x * share + other * (1.0 - share)

        spans = (batch.info.lengths / batch.info.rates).tolist()
        data = blended(batch, partners, work, kernel)
        targets = mix_targets(batch.info, partners, weight, spans, classes=self.classes)
        return batch.replace(data, shapes=batch.info.shapes, targets=targets)


@dataclass(frozen=True, kw_only=True)
class Cutmix(LabelMixer):
    """Replace a stretch of the sound by a stretch of another one of the batch.

    It is 1 - w of the row's own length, w drawn from Beta(alpha, alpha) and taken at least 1/2, but no longer than the
    partner, and comes from the same place in it, relative to its length. The labels are mixed by what remains. Events
    outside stay, the partner's events inside come in; frame labels are taken over.
    After Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", 2019.
    """

    alpha: float = param.number(1.0, "of the beta distribution", low=0.01, high=100.0)

    declares: ClassVar[augreg.Declaration] = declare_mixing("mixes", ("events", "frame_labels", "label"), memory=2.5)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the ``partner``, the share ``weight`` that remains, and the ``place`` of the stretch."""
        weight = rng.beta("weight", self.alpha, self.alpha)
        return augreg.Params(
            len(batch),
            partner=self.partners(batch, rng),
            weight=np.maximum(weight, 1.0 - weight),
            place=rng.uniform("place"),
        )

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the collages."""
        if not len(batch):
            return batch
        partners, info = self.rows_of(batch, params), batch.info
        theirs = info.lengths[partners]
        widths = np.minimum(np.rint((1.0 - params.array("weight")) * info.lengths).astype(np.int64), theirs)
        place = params.array("place")
        starts, froms = (np.floor(place * (whole - widths)).astype(np.int64) for whole in (info.lengths, theirs))

        def work(i: int, x: Array, other: Array, out: Array) -> None:
            width, start, first = int(widths[i]), int(starts[i]), int(froms[i])
            out[...] = x
            out[:, start : start + width] = other[:, first : first + width]

        def kernel(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            first, start, width = (column(c, x.device, torch.int64) for c in (froms, starts, widths))
            frames = torch.arange(x.shape[-1], device=x.device)
            index = (frames + (first - start)).clamp(0, x.shape[-1] - 1).expand(x.shape)
            return torch.where((frames >= start) & (frames < start + width), torch.gather(other, -1, index), x)

        rows = zip(*((v / info.rates).tolist() for v in (starts, starts + widths, starts - froms)), strict=True)
        data = blended(batch, partners, work, kernel)
        targets = collage_targets(info, partners, [Cut(*row) for row in rows], self.classes)
        return batch.replace(data, shapes=batch.info.shapes, targets=targets)


@dataclass(frozen=True, kw_only=True)
class BatchMix(Mixer):
    """Mix another sound of the batch in as background, at a random signal-to-noise ratio.

    The row's own label and events stay, as for ``audio.background_mix``: the partner is taken for noise. It is
    repeated or cut off to the row's length. Silence, and a silent partner, change nothing.
    """

    snr: tuple[float, float] = param.interval((3.0, 30.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = declare_mixing("mixes", ("label",), ("events", "frame_labels"), memory=3)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the ``partner`` and ``snr``."""
        return augreg.Params(len(batch), partner=self.partners(batch, rng), snr=self.sample("snr", rng, level))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the mixtures."""
        if not len(batch):
            return batch
        partners, snr = self.rows_of(batch, params), params.array("snr")

        def work(i: int, x: Array, other: Array, out: Array) -> None:
            out[...] = x
            if partners[i] != i and other.shape[-1]:
                heard = files.stretch_of(other, 0, x.shape[-1])
                out += heard * x.dtype.type(snr_scale(x, heard, float(snr[i])))

        def kernel(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            length = column(np.maximum(batch.lengths[partners], 1), x.device, torch.int64)
            frames = torch.arange(x.shape[-1], device=x.device)
            heard = torch.gather(other, -1, (frames % length).expand(x.shape))
            heard = heard.where(frame_mask(batch), 0.0)
            signal, rest = (y.square().sum((1, 2), keepdim=True) for y in (x, heard))
            alone = column(np.asarray(partners) == np.arange(len(batch)), x.device, torch.bool)
            silent = alone | (signal == 0) | (rest == 0)
            ratio = torch.where(silent, 1.0, signal) / torch.where(silent, 1.0, rest)
            scale = ratio.sqrt() * column(from_db(-snr), x.device, x.dtype)
            return torch.where(silent, x, x + heard * scale)

        return batch.replace(blended(batch, partners, work, kernel), shapes=batch.info.shapes)
