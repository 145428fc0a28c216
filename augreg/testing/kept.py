"""Rules: dtype, shape, range and targets of a result are as declared; what is not declared is refused."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import torch

from augreg.data.samples import Sample
from augreg.errors import AugregError, UnsupportedError
from augreg.random.rng import Rng
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.compare import explain
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject, examples

N: Final = 4
BOUNDED: Final = ("image", "video")
SLACK: Final = 1e-3


def dtype_kept(subject: Subject) -> None:
    """Every declared dtype is taken, and comes back unless it is declared that it does not."""
    base = subject.samples(N)
    for dtype in subject.declares.dtypes:
        samples = [forms.in_dtype(s, dtype) for s in base] if dtype != "str" else base
        for name, augmenter in subject.each():
            for result, sample in zip(_run(subject, name, augmenter, samples, dtype), samples, strict=True):
                found, wanted = _dtype(subject.data(result)), _dtype(subject.data(sample))
                kept = found == wanted or not subject.declares.keeps_dtype
                require(kept, f"{name}: {wanted} comes back as {found}; declare keeps_dtype=False if it should.")


def _dtype(data: Any) -> str:
    return str(data.dtype) if isinstance(data, torch.Tensor) else type(data).__name__


def _run(subject: Subject, name: str, augmenter: Any, samples: list[Any], what: str) -> list[Any]:
    try:
        found: list[Any] = subject.run(augmenter, samples)
    except AugregError as error:
        require(False, f"{name}: refuses {what}, which it declares: {error}")
        raise
    return found


def shape_kept(subject: Subject) -> None:
    """The result has the input's shape, where that is declared."""
    samples = subject.samples(N + 2)
    for name, augmenter in subject.each():
        for result, sample in zip(subject.run(augmenter, samples), samples, strict=True):
            found, wanted = shape(subject.data(result)), shape(subject.data(sample))
            require(found == wanted, f"{name}: declares keeps_shape, but {wanted} comes back as {found}.")


def shape(data: Any) -> tuple[int, ...]:
    """Return the shape of a row; () for what has none."""
    return tuple(getattr(data, "shape", ()))


def finite_and_in_range(subject: Subject) -> None:
    """Finite samples give finite results; pictures in [0, 1] stay in [0, 1]."""
    floating = [d for d in subject.declares.dtypes if "float" in d]
    dtype = "float32" if "float32" in floating else floating[0]
    samples = [forms.in_dtype(s, dtype) for s in subject.samples(N)]
    bounded = subject.modality.name in BOUNDED and subject.declares.keeps_range
    for name, augmenter in subject.each():
        for i, result in enumerate(subject.run(augmenter, samples)):
            data = subject.data(result)
            if not isinstance(data, torch.Tensor) or not data.numel() or not data.is_floating_point():
                continue
            require(bool(torch.isfinite(data).all()), f"{name}: sample {i} comes out with NaN or infinity.")
            low, high = float(data.min()), float(data.max())
            inside = low >= -SLACK and high <= 1 + SLACK
            require(inside or not bounded, f"{name}: sample {i} in [0, 1] comes out in [{low:.4g}, {high:.4g}].")


def targets_kept(subject: Subject) -> None:
    """Every target that came in comes out, as the same kind; those that it leaves, and kept labels, are unchanged."""
    samples = subject.samples(N)
    declares = subject.declares
    fixed = {t for t in _names(samples) if t not in declares.targets}
    fixed |= {"label"} if declares.labels == "keeps" else set()
    for name, augmenter in subject.each():
        for i, (sample, result) in enumerate(zip(samples, subject.run(augmenter, samples), strict=True)):
            for target, entry in sample.targets.items():
                found = result.targets.get(target)
                kind = type(entry).__name__
                require(type(found) is type(entry), f"{name}: {target} of sample {i}, a {kind}, is now {found!r}.")
                different = explain(entry, found, where=target) if target in fixed else ""
                require(not different, f"{name}: declares that it leaves {target}, but {different} (sample {i}).")


def targets_fit(subject: Subject) -> None:
    """A target whose kind says which size of sample it belongs to fits the result, too."""
    kinds = {kind.name: kind for kind in subject.modality.targets}
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        for i, result in enumerate(subject.run(augmenter, samples)):
            came = shape(subject.data(result))
            for target, entry in result.targets.items():
                size = kinds[target].size(entry) if target in kinds else None
                fits = size is None or size == came[-len(size) :]
                require(fits, f"{name}: {target} of sample {i} is for {size}, but the data comes out as {came}.")


def _sized(subject: Subject) -> bool:
    if not _with_targets(subject):
        return False
    given = subject.samples(1)[0].targets
    return any(kind.name in given and kind.size(given[kind.name]) is not None for kind in subject.modality.targets)


def _names(samples: list[Any]) -> set[str]:
    return {name for s in samples for name in s.target_names}


def undeclared_target_refused(subject: Subject) -> None:
    """A sample with a target that is not declared is refused with UnsupportedError."""
    for sample in examples(subject.modality, 1):
        full = forms.fitted(sample, subject.declares, subject.modality.channel_axis)
        for target in _undeclared(subject, full):
            others = {t: None for t in full.targets if t != target}
            name, augmenter = next(subject.each())
            try:
                subject.run(augmenter, [dataclasses.replace(full, **others)])
            except UnsupportedError:
                continue
            require(False, f"{name}: takes {target}, which it does not declare, without an error.")


def _undeclared(subject: Subject, sample: Sample) -> list[str]:
    return [target for target in sample.targets if not subject.declares.supports(target)]


def empty_batch(subject: Subject) -> None:
    """A batch without samples comes back empty, from draw, apply and the whole pipeline."""
    none = np.zeros(0, dtype=np.int64)
    for name, augmenter in subject.each():
        require(subject.run(augmenter, []) == [], f"{name}: an empty list does not come back empty.")
        batch = subject.batch(subject.samples(2)).take(none)
        if "data" in subject.declares.reads:
            batch = dataclasses.replace(batch, info=batch.info.replace(data=[]))
        params = augmenter.draw(batch.info, Rng(SEED, batch.info.keys).at("step0"))
        require(params.n == 0, f"{name}: draw returns {params.n} rows for no samples.")
        out = augmenter.apply(batch, params)
        require(len(out) == 0, f"{name}: apply returns {len(out)} rows for no samples.")


def _bounded(subject: Subject) -> bool:
    return any("float" in d for d in subject.declares.dtypes)


def _with_targets(subject: Subject) -> bool:
    return subject.modality.sample_type is not None and any(
        isinstance(s, Sample) for s in examples(subject.modality, 1)
    )


def _selective(subject: Subject) -> bool:
    """Whether there is a target that it does not declare."""
    return _with_targets(subject) and any(_undeclared(subject, s) for s in examples(subject.modality, 1))


RULES: Final = (
    Rule(dtype_kept, lambda s: bool(s.declares.dtypes)),
    Rule(shape_kept, lambda s: s.declares.keeps_shape and s.modality.name != "text"),
    Rule(finite_and_in_range, _bounded),
    Rule(targets_kept, lambda s: _with_targets(s) and s.declares.labels != "mixes"),
    Rule(targets_fit, _sized),
    Rule(undeclared_target_refused, _selective),
    Rule(empty_batch),
)
