"""Checks of a modality that a plugin adds: its samples are read, batched, and given back as what they were."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from augreg.engine.by_modality import facts
from augreg.engine.store import Store
from augreg.modalities.base import Hints, Modality, Result, Wrapped
from augreg.modalities.known import modalities
from augreg.registry import Registry
from augreg.registry.discovery import normalised
from augreg.testing.check import Check, ConformanceError, require
from augreg.testing.compare import explain

N: Final = 6


def modality_checks(registry: Registry, distribution: str) -> Iterator[Check]:
    """Yield the checks of the modalities that a distribution offers."""
    for spec in registry.modalities():
        if normalised(spec.plugin or "") != normalised(distribution):
            continue
        for function in (gives_samples_back, batches_give_rows_back, heeds_layouts):
            doc = (function.__doc__ or "").strip()
            yield Check(f"{spec.name}-{function.__name__}", partial(_run, function, registry, spec.name), doc)


def _run(function: Callable[[Modality], None], registry: Registry, name: str) -> None:
    try:
        function(modalities(registry)[name])
    except ConformanceError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        raise ConformanceError(f"modality {name!r} fails where it should not: {found}") from error


def _wrapped(modality: Modality) -> list[tuple[Any, Wrapped]]:
    odd = [sample for samples in modality.odd_examples().values() for sample in samples]
    return [(sample, modality.wrap(sample, Hints())) for sample in [*modality.examples(N), *odd]]


def gives_samples_back(modality: Modality) -> None:
    """A sample that is read and given back is what it was: data, targets and facts."""
    for i, (sample, wrapped) in enumerate(_wrapped(modality)):
        back = wrapped.restore(Result(wrapped.row, dict(wrapped.targets), wrapped.rate, dict(wrapped.extras)))
        found = explain(sample, back)
        require(not found, f"modality {modality.name!r}: sample {i} comes back otherwise: {found}.")


def heeds_layouts(modality: Modality) -> None:
    """A bare tensor whose axes lie in one of the modality's ``layouts`` is the same row, and comes back so."""
    orders = [layout for layout in modality.layouts if sorted(layout) == sorted(modality.axes)]
    for _, wrapped in _wrapped(modality) if orders else []:
        row = wrapped.row
        if not isinstance(row, torch.Tensor) or row.ndim != len(modality.axes):
            continue
        rate = None if math.isnan(wrapped.rate) else wrapped.rate
        for layout in orders:
            given = row.permute([modality.axes.index(axis) for axis in layout]).clone()
            read = modality.wrap(given, Hints(modality.name, rate, nonfinite=True, any_values=True, layout=layout))
            found = explain(row, read.row)
            require(not found, f"modality {modality.name!r} reads layout={layout!r} otherwise: {found}. {_HOW}")
            back = read.restore(Result(read.row, {}, read.rate, dict(read.extras)))
            found = explain(given, back)
            require(not found, f"modality {modality.name!r}: layout={layout!r} comes back otherwise: {found}. {_HOW}")


_HOW: Final = "See augreg.modalities.read_as_said, or leave it out of layouts."


def batches_give_rows_back(modality: Modality) -> None:
    """Samples that ``key`` puts in one batch come out of it as they went in, each of its own length."""
    wrapped = [w for _, w in _wrapped(modality)]
    groups: dict[tuple[int, str], list[Wrapped]] = {}
    for each in wrapped:
        groups.setdefault((getattr(each.row, "ndim", 0), type(each.row).__name__), []).append(each)
    for members in groups.values():
        rows = [each.row for each in members]
        keys = np.arange(len(rows), dtype=np.uint64)
        for mixing in (False, True):
            store = Store(modality, list(rows), facts(modality, members, rows, keys), None)
            for chosen, batch in store.gather(np.arange(len(rows)), torch.device("cpu"), mixing=mixing):
                for j, i in enumerate(chosen.tolist()):
                    found = explain(rows[i], batch.row(j))
                    require(not found, f"modality {modality.name!r}: row {i} is another one in its batch: {found}.")
