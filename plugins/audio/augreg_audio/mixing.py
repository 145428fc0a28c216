"""Mixing samples of one batch: mixup, cutmix, batch_mix."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import devices, fields
from augreg.errors import SampleError
from augreg.samples import Events
from augreg_audio.labels import alike, mix_frame_labels, mix_labels, on_hops
from augreg_audio.noise import snr_scale
from augreg_audio.waveform import DTYPES, Array, entries, from_float, to_float


def _declare(labels: Any, targets: tuple[str, ...], leaves: tuple[str, ...] = ()) -> augreg.Declaration:
    return augreg.Declaration(
        targets=targets,
        leaves=leaves,
        dtypes=DTYPES,
        devices=("cpu",),
        keeps_shape=True,
        labels=labels,
        alters=frozenset({"meaning"}),
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


def _blend(batch: augreg.Batch, partners: list[int], work: Any) -> torch.Tensor:
    """Return every row made by ``work(i, x, other)`` from its own frames and its partner's, cut or padded to them."""
    data = batch.stack()
    out = devices.empty(tuple(data.shape), data.dtype)

    def one(i: int) -> None:
        frames = int(batch.lengths[i])
        x = to_float(data[i, :, :frames]).numpy()
        heard = min(frames, int(batch.lengths[partners[i]]))
        other = np.zeros_like(x)
        other[:, :heard] = to_float(data[partners[i], :, :heard]).numpy()
        out[i, :, :frames] = from_float(torch.from_numpy(work(i, x, other)), data.dtype)
        out[i, :, frames:] = 0

    devices.for_each(one, len(batch))
    return out


@dataclass(frozen=True, kw_only=True)
class Mixup(Mixer):
    """Average two sounds of the batch and their labels.

    y = w x + (1 - w) x', with w drawn from Beta(alpha, alpha) and taken at least 1/2, so the row's own sound leads;
    its length stays, a shorter partner is followed by silence, a longer one cut off. Events of both are kept, the
    labels mixed: class weights stay weights, plain labels become a mapping label -> weight. So do frame labels, hop
    by hop; of flags, (hops, classes), both sounds' hold. Zhang et al., "mixup: beyond empirical risk minimization",
    2018.
    """

    alpha: float = fields.number(0.4, "of the beta distribution", low=0.01, high=100.0)

    declares: ClassVar[augreg.Declaration] = _declare("mixes", ("events", "frame_labels", "label"))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the ``partner`` and the ``weight`` of the row's own sound."""
        weight = rng.beta("weight", self.alpha, self.alpha)
        return augreg.Params(len(batch), partner=self.partners(batch, rng), weight=np.maximum(weight, 1.0 - weight))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the averages."""
        if not len(batch):
            return batch
        partners, weight = self.rows_of(batch, params), params.array("weight").tolist()

        def work(i: int, x: Array, other: Array) -> Array:
            result: Array = x * x.dtype.type(weight[i]) + other * x.dtype.type(1.0 - weight[i])
            return result

        spans = (batch.info.lengths / batch.info.rates).tolist()
        return batch.replace(_blend(batch, partners, work), targets=mix_targets(batch.info, partners, weight, spans))


def mix_targets(
    info: augreg.BatchInfo, partners: list[int], weight: list[float], spans: list[float], *, alone: bool = False
) -> dict[str, Any]:
    """Return labels, events and frame labels of averages; ``spans`` are the durations in seconds.

    ``alone`` says that a row keeps its full weight where its partner is over.
    """
    targets: dict[str, list[Any]] = {}
    pairs = list(enumerate(partners))
    if "label" in info.targets:
        label = info.target("label")
        targets["label"] = [mix_labels(label[i], label[j], weight[i]) for i, j in pairs]
    if "events" in info.targets:
        events = info.target("events")
        targets["events"] = [_joined(events[i], events[j], spans[i]) for i, j in pairs]
    if "frame_labels" in info.targets:
        hops = info.target("frame_labels")
        targets["frame_labels"] = [
            mix_frame_labels(hops[i], hops[j], weight[i], spans[j] / max(spans[i], 1e-9), alone=alone) for i, j in pairs
        ]
    return targets


@dataclass(frozen=True, kw_only=True)
class Cutmix(Mixer):
    """Replace a stretch of the sound by the same stretch of another one of the batch.

    The stretch is 1 - w of the row's own length, w drawn from Beta(alpha, alpha) and taken at least 1/2; the labels
    are mixed by what remains. Events outside stay, the partner's events inside come in; frame labels are taken over.
    After Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", 2019.
    """

    alpha: float = fields.number(1.0, "of the beta distribution", low=0.01, high=100.0)

    declares: ClassVar[augreg.Declaration] = _declare("mixes", ("events", "frame_labels", "label"))

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
        widths = np.rint((1.0 - params.array("weight")) * info.lengths).astype(np.int64)
        starts = np.floor(params.array("place") * (info.lengths - widths)).astype(np.int64)

        def work(i: int, x: Array, other: Array) -> Array:
            part = slice(int(starts[i]), int(starts[i] + widths[i]))
            made = x.copy()
            made[:, part] = other[:, part]
            return made

        return batch.replace(_blend(batch, partners, work), targets=self._targets(info, partners, starts, widths))

    @staticmethod
    def _targets(info: augreg.BatchInfo, partners: list[int], starts: Array, widths: Array) -> dict[str, list[Any]]:
        targets: dict[str, list[Any]] = {}
        kept = (1.0 - widths / np.maximum(info.lengths, 1)).tolist()
        cuts = np.stack([starts, starts + widths], axis=1) / info.rates[:, None]
        spans = (info.lengths / info.rates).tolist()
        pairs = list(enumerate(partners))
        if "label" in info.targets:
            label = info.target("label")
            targets["label"] = [mix_labels(label[i], label[j], kept[i]) for i, j in pairs]
        if "events" in info.targets:
            events = info.target("events")
            targets["events"] = [
                _spliced(events[i], events[j], float(cuts[i, 0]), float(cuts[i, 1]), spans[i]) for i, j in pairs
            ]
        if "frame_labels" in info.targets:
            labels = info.target("frame_labels")
            targets["frame_labels"] = [
                _collage(labels[i], labels[j], (cuts[i] / max(spans[i], 1e-9)).tolist(), spans[j] / max(spans[i], 1e-9))
                for i, j in pairs
            ]
        return targets


@dataclass(frozen=True, kw_only=True)
class BatchMix(Mixer):
    """Mix another sound of the batch in as background, at a random signal-to-noise ratio.

    The row's own label and events stay, as for ``audio.background_mix``: the partner is taken for noise. It is
    repeated or cut off to the row's length. Silence, and a silent partner, change nothing.
    """

    snr: tuple[float, float] = fields.interval((3.0, 30.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = _declare("mixes", ("label",), ("events", "frame_labels"))

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the ``partner`` and ``snr``."""
        return augreg.Params(len(batch), partner=self.partners(batch, rng), snr=self.sample("snr", rng, level))

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Return the mixtures."""
        if not len(batch):
            return batch
        partners, snr = self.rows_of(batch, params), params.array("snr").tolist()

        def work(i: int, x: Array, other: Array) -> Array:
            heard = min(x.shape[-1], int(batch.lengths[partners[i]]))
            if heard:
                other = np.take(other, np.arange(x.shape[-1]) % heard, axis=1)
            factor = 0.0 if partners[i] == i else snr_scale(x, other, snr[i])
            result: Array = x + other * x.dtype.type(factor)
            return result

        return batch.replace(_blend(batch, partners, work))


def _joined(first: Events | None, second: Events | None, span: float) -> Events | None:
    """Return the events of both within ``span`` seconds; None if the row itself has none declared."""
    if first is None or second is None:
        return first
    inside = np.flatnonzero(second.data[:, 0] < span)
    clipped = second.keep(inside)
    return _concatenated(first, clipped.replace(np.minimum(clipped.data, span)))


def _spliced(first: Events | None, second: Events | None, start: float, end: float, span: float) -> Events | None:
    if first is None or second is None:
        return first
    parts = [_within(first, 0.0, start), _within(second, start, end), _within(first, end, span)]
    return _concatenated(_concatenated(parts[0], parts[1]), parts[2])


def _within(events: Events, start: float, end: float) -> Events:
    clipped = np.clip(events.data, start, end)
    instant = (events.data[:, 0] == events.data[:, 1]) & (events.data[:, 0] >= start) & (events.data[:, 0] < end)
    rows = np.flatnonzero((clipped[:, 1] > clipped[:, 0]) | instant)
    return events.keep(rows).replace(clipped[rows])


def _concatenated(first: Events, second: Events) -> Events:
    if (first.labels is None) != (second.labels is None) or set(first.fields) != set(second.fields):
        raise SampleError("events with and without labels, or with different fields, cannot be mixed. Give all alike.")
    fields_ = {name: _chained(first.fields[name], second.fields[name]) for name in first.fields}
    labels = None if first.labels is None else _chained(first.labels, second.labels)
    return Events(np.concatenate([first.data, second.data]), labels, fields_)


def _chained(first: Any, second: Any) -> Any:
    if isinstance(first, torch.Tensor):
        return torch.cat([first, second])
    if isinstance(first, np.ndarray):
        return np.concatenate([first, second])
    return type(first)([*first, *second])


def _collage(first: Any, second: Any, cut: list[float], scale: float) -> Any:
    """Return frame labels with those of the partner between the shares ``cut``; ``scale`` is its relative duration."""
    if first is None or second is None or not len(first) or not len(second):
        return first
    start, end = (math.ceil(share * len(first) - 0.5) for share in cut)
    made: Any = first.clone() if isinstance(first, torch.Tensor) else copy(first)
    made[start:end] = alike(on_hops(second, len(first), scale), first)[start:end]
    return made
