"""Samples that come one by one and say by their type what they are, as data sets and transforms hand them over.

What hangs on the type alone (the modality, what the steps let pass, the line) is looked up once per type.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import torch

from augreg.data.lazy import LazyPicture
from augreg.engine.alone import Stream, way_of
from augreg.engine.line import UNCHANGED, Line
from augreg.intake.samples import SampleReader
from augreg.modalities.base import Hints, Modality
from augreg.pipeline.pipeline import Pipeline
from augreg.random.keys import hash_key
from augreg.random.one import OneRng

OTHERWISE: Final = object()
"""What :meth:`Bare.__call__` returns for what it does not take; ``augment`` takes it, or says what is wrong with it."""


class _Way(NamedTuple):
    """How samples of a type go."""

    modality: Modality
    hints: Hints
    line: Line


class Bare:
    """A pipeline for one sample at a time; like ``augment``, for what needs nothing else."""

    def __init__(self, pipe: Pipeline, hints: Hints) -> None:
        self._pipe = pipe
        facts = pipe.moving, pipe.allowed, pipe.mixing, pipe.mirrored
        self._reader = SampleReader(pipe.known, hints, None, pipe.roles, *facts)
        self._ways: dict[type, _Way | None] = {}

    def __call__(self, sample: Any, key: str | int | None, stream: Stream) -> Any:
        """Return the augmented sample, or :data:`OTHERWISE`: nothing was done.

        With a key of None the sample's own counts; without that it does not go this way.
        """
        kind = type(sample)
        if kind not in self._ways:
            self._ways[kind] = self._look(sample)
        way = self._ways[kind]
        if way is None:
            return OTHERWISE
        modality, hints, line = way
        if kind in _ARRAYS:  # the caller has said whose they are
            if sample.ndim not in modality.array_dims or modality.readings(sample):
                return OTHERWISE
        elif modality.by_content and self._reader.known.owner(sample) is not modality:
            return OTHERWISE
        try:
            wrapped = modality.wrap(sample, hints)
        except Exception:
            return OTHERWISE
        if key is None:
            key = wrapped.key
        row = wrapped.row
        # As Line.takes says.
        fits = row.device.type == "cpu" if isinstance(row, torch.Tensor) else isinstance(row, (str, LazyPicture))
        if not fits or not (type(key) is int or type(key) is str):
            return OTHERWISE
        seed, epoch, copy = stream
        rng = OneRng(seed, np.array([hash_key(key)], dtype=np.uint64), epoch=epoch, copy=copy)
        found = line.run(wrapped, rng)
        if found is not UNCHANGED:
            return found
        return sample if wrapped.unchanged is None else wrapped.unchanged

    def _look(self, sample: Any) -> _Way | None:
        """Return how samples of this one's type go, or None."""
        reader = self._reader
        modality, stated = reader.known.owner(sample), reader.hints.modality
        if type(sample) in _ARRAYS and stated is not None:
            modality = reader.known[stated]
        if modality is None or stated not in (None, modality.name) or self._pipe.registry.has_execute_wrappers:
            return None
        if modality.name in self._pipe.level_fields:
            return None  # what stands in no record has no strength, which the way of a batch says
        line = way_of(self._pipe, modality, None)
        return None if line is None else _Way(modality, reader.hints_of(modality), line)


_ARRAYS: Final = (torch.Tensor, np.ndarray)
