"""Test-time augmentation: several views of each sample, and the way back from each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from augreg.compute.devices import resolve_device
from augreg.contract.inverse import Inverse, inverses_of, inverts
from augreg.engine.augment import options_of, run_steps, seed_of
from augreg.engine.call import Call, Stream, read
from augreg.engine.hinted import check_heeded, said
from augreg.engine.keyless import check_keys
from augreg.engine.view_batch import Passed, View, ViewBatch
from augreg.errors import ConfigError, UnsupportedError
from augreg.intake.container import Container
from augreg.modalities.base import Hints
from augreg.pipeline.pipeline import Pipeline, Steps
from augreg.pipeline.program import Execution
from augreg.random.rng import integer


class Views:
    """Makes n views of each sample, for predictions that are averaged: test-time augmentation. See ``pipe.views``.

    View v of a sample is what ``pipe(sample, seed=seed, keys=key, copy=v)`` makes of it, so that a sample has the same
    views in every batch, and the first five are the same of eight. The first view is the sample itself, untouched:
    steps that a model needs in any case, such as normalization, belong before or behind the views.

    Args:
        pipeline: the steps, or what a pipeline is built from. Each must leave the class of a sample true. Where places
            are predicted, it must also have a way back: steps that change values only, and those that move pixels by a
            matrix (flips, crops, scaling, rotation, perspective) or sounds along time.
        n: how many views there are of each sample, the untouched one counted.
        seed, epoch: see :func:`augreg.augment`. Without a seed, one is drawn from torch's global generator per call.
        original: whether the first view is the untouched sample; False: it is augmented as all others are.
        back: whether places are mapped back; False: steps without a way back are taken, too, and only classes can be
            merged.
        device, modality, sample_rate, layout, schema, boxes, options, fuse: see :func:`augreg.augment`.

    Raises:
        ConfigError: n is no number of views.
        UnsupportedError: a step does not keep the class of a sample, or has no way back.

    >>> import augreg, torch
    >>> views = augreg.Views(["image.hflip"], 4, seed=0, modality="image")
    >>> made = views([torch.rand(3, 20, 30), torch.rand(3, 16, 16)], keys=["a", "b"])
    >>> len(made.samples)
    8
    >>> scores = [sample.mean(dim=0, keepdim=True) for sample in made.samples]  # a "model" of one class per pixel
    >>> [tuple(found.shape) for found in made.merge(masks=scores)]
    [(1, 20, 30), (1, 16, 16)]

    """

    @options_of("views")
    def __init__(
        self,
        pipeline: Pipeline | Steps,
        n: int,
        *,
        seed: int | None = None,
        epoch: int = 0,
        original: bool = True,
        back: bool = True,
        device: torch.device | str | None = None,
        modality: str | None = None,
        sample_rate: float | None = None,
        layout: str | None = None,
        schema: Mapping[str, Any] | None = None,
        boxes: str | None = None,
        options: Mapping[str, Any] | None = None,
        fuse: bool = True,
    ) -> None:
        self.pipeline = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ConfigError(f"n={n!r} is not a number of views; give an integer >= 1, such as pipe.views(8).")
        for name, value in (("original", original), ("back", back), ("fuse", fuse)):
            if not isinstance(value, bool):
                raise ConfigError(f"{name}={value!r} is not valid; give True or False.")
        _check_steps(self.pipeline, back=back)
        if seed is not None:
            seed_of(seed)
        self.n, self.seed, self.epoch = n, seed, integer("epoch", epoch)
        self.original, self.maps_back, self.fuse, self.schema = original, back, fuse, schema
        self.device = None if device is None else resolve_device(device)
        told = () if options is None else said(options, modality, self.pipeline.known)
        self.hints = Hints(modality, sample_rate, layout=layout, boxes=boxes, options=told)

    @options_of("a call of views")
    def __call__(
        self, samples: Any, *, keys: Sequence[str | int] | str | int | None = None, lengths: Any = None
    ) -> ViewBatch:
        """Make the views of samples.

        Args:
            samples: one sample, a list, a stack, records, ... as for :func:`augreg.augment`.
            keys, lengths: see there.

        Raises:
            ConfigError, SampleError, UnsupportedError, UnknownModalityError: see :func:`augreg.augment`.

        """
        seed = seed_of(self.seed)
        made, first = [], self._read(samples, keys, lengths)
        if self.hints.options:
            check_heeded(first, self.hints.options)
        if self.seed is not None and first.positional:
            check_keys(first)
        for v in range(self.n):
            container = self._read(samples, keys, lengths) if v else first
            made.append(self._view(container, Stream(seed, self.epoch, v)))
        return ViewBatch(made, Passed.of(first), whole=lengths is not None, back=self.maps_back)

    def _read(self, samples: Any, keys: Any, lengths: Any) -> Container:
        return read(samples, self.pipeline, keys, self.hints, self.schema, lengths)

    def _view(self, container: Container, stream: Stream) -> View:
        run = Call(container, self.pipeline, self.device, stream, fuse=self.fuse, record=self.maps_back)
        ways = self._unmoved(run)
        if stream.copy or not self.original:
            run_steps(run)
            if self.maps_back:
                _add_steps(ways, run)
        return View(container.build(run.results()), ways)

    def _unmoved(self, run: Call) -> list[Inverse | None]:
        ways: list[Inverse | None] = [None] * len(run.container.units)
        for name, executor in run.executors.items():
            modality = self.pipeline.known[name]
            for number, shape in zip(run.members[name], executor.store.info.shapes.tolist(), strict=True):
                ways[number] = modality.unmoved(shape)
        return ways


def _add_steps(ways: list[Inverse | None], run: Call) -> None:
    """Add, to the way back of every sample, what was done to it."""
    for name, executor in run.executors.items():
        members = run.members[name]
        if not run.pipe.known[name].maps_back:
            continue
        for part in executor.recorded:
            if part.info is None:
                continue
            found = inverses_of(part.execution.augmenter, part.info, part.params)
            for row, way in zip(part.rows.tolist(), found, strict=True):
                before = ways[members[row]]
                ways[members[row]] = before if way is None else way if before is None else before.then(way)


def _check_steps(pipe: Pipeline, *, back: bool) -> None:
    for modality in pipe.modalities:
        for execution in pipe.executions(modality):
            if execution.built.step.p == 0:
                continue
            _check_class(execution)
            if back and pipe.known[modality].maps_back and not inverts(execution.augmenter):
                raise UnsupportedError(
                    f"{execution.label} moves things, and nothing leads back from where it moved them, so predictions "
                    f"on its views cannot be mapped to the {modality}. Steps that change values only qualify, and "
                    "those that map all places by one formula, such as flips, crops, scaling and shifts. Leave it "
                    "out; or, to merge classes only, give back=False."
                )


def _check_class(execution: Execution) -> None:
    declares, kept = execution.augmenter.declares, execution.built.step.labels == "keep"
    if declares.labels == "mixes":
        what = "mixes samples with their labels"
    elif "label" in declares.targets or not (declares.supports("label") or kept):
        what = "may change the class of a sample"
    else:
        return
    raise UnsupportedError(
        f"{execution.label} {what}, so predictions on its views are none of the sample. Steps that leave labels true "
        "qualify. Leave it out of the pipeline for views."
    )
