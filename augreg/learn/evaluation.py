"""`evaluate`: whether augmentation helps a model, and what it breaks."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.learn.arms import arms_of, judged_of
from augreg.learn.cleaned import Cleaner, told
from augreg.learn.data import Data
from augreg.learn.doubles import NAMED, doubles
from augreg.learn.examples import Task
from augreg.learn.on_ray import check_engine
from augreg.learn.outcome import Outcome
from augreg.learn.page import page
from augreg.learn.probes import Probes, corruptions
from augreg.learn.projection import projection
from augreg.learn.reading import read
from augreg.learn.schedule import Progress, check_learns, run
from augreg.learn.splits import Splitter
from augreg.learn.tasks import check_task, model_name
from augreg.learn.trainings import Setup
from augreg.pipeline import Pipeline

SHARE: Final = 0.25
"""Of each class, the share of the test where nothing else is said."""


def evaluate(
    data: Data | str | Path,
    pipeline: Pipeline | Mapping[str, Any] | str | Path | None = None,
    *,
    task: str | None = None,
    model: str | Task | None = None,
    operations: Sequence[Any] | str | Path = (),
    alone: bool = True,
    seeds: int = 5,
    budget: float | None = None,
    workers: int = 1,
    engine: str = "process",
    ray_address: str | None = None,
    train_size: int | None = None,
    test_share: float | None = None,
    leaks: str = "refuse",
    clean: bool = False,
    full: bool = False,
    corrupt: Sequence[Any] | str = (),
    report: str | Path | None = None,
    progress: Progress = lambda done, wanted: None,
) -> Outcome:
    """Train with and without augmentation over paired seeds, and compare.

    Each seed trains every arm on the same samples: ``none``, the control ``repeat`` (as many looks at the samples as
    with augmentation, none augmented; left out where a task looks equally often anyway), ``trivial``
    (TrivialAugment), the pipeline, and alone each of its steps and of those in ``operations``.

    Args:
        data: what :func:`augreg.learn.read` reads, or what it returned. Data with a split keeps it; of other data each
            seed draws a stratified split of its own.
        pipeline: what is evaluated; None for ``trivial`` and ``operations`` alone.
        task: "image-classification", "object-detection", "text-classification", "audio-classification" or
            "video-classification"; None for that of the data.
        model: "small-cnn" (pictures, sounds, clips), "resnet18", "linear" (texts), "heatmap" (boxes in pictures),
            "sklearn:NAME", "torchvision:NAME", "module:Class", or a :class:`augreg.learn.Task`; None for ours.
        alone: whether the steps of a pipeline of several are trained alone, too.
        operations: names or steps that are trained alone, or a file of a pipeline whose steps are.
        seeds: how many, at least 2.
        budget: seconds; trainings that would not end in time read "not measured". None: all are done.
        workers: processes. Results do not hang on it.
        engine: "process", or "ray": trainings are tasks of a Ray cluster, of a local one with ``workers`` CPUs where no
            ``ray_address`` is given ("auto" for that of this machine).
        train_size: use so many training samples; each seed draws others.
        test_share: share of the test, where the data has no split; 0.25 if none is given.
        leaks: "refuse" a split in which training samples are in the test, too, or "drop" them from the training.
        clean: leave out of the training what :func:`augreg.jobs.clean` finds wrong: blank, silent, clipped and wordless
            samples, those that are the same or nearly the same as another or as a test sample, and those that look like
            another class to models that have not seen them. The test stays as it is.
        full: also train weaker and stronger variants of ``trivial`` and the pipeline, and the pipeline with each step
            left out; judge operations at four levels; and corrupt the test as with ``corrupt="default"``.
        corrupt: names or steps; main arms are also scored on tests that each of them corrupts. "default": noise, blur
            and the like, as the modality has them.
        report: a folder for report.json, report.html and a file for each training; trainings that are there are not
            done again. None: nothing is kept.
        progress: called with how many trainings are done, and how many there are.

    Raises:
        ConfigError: an argument is wrong; data has one class only, too few samples, or leaks; training diverged; or the
            model does not even learn ten samples by heart.

    >>> import augreg.learn
    >>> found = augreg.learn.evaluate(augreg.learn.digits(200), model="sklearn:GaussianNB", seeds=2)
    >>> [effect.arm.name for effect in found.effects]
    ['none', 'repeat', 'trivial']

    """
    for name, value, least in (("seeds", seeds, 2), ("workers", workers, 1)):
        if value < least:
            raise ConfigError(f"{name} is {value}; it must be at least {least}.")
    if budget is not None and budget <= 0:
        raise ConfigError(f"budget is {budget} seconds; it must be above 0.")
    check_engine(engine, ray_address)
    held = data if isinstance(data, Data) else read(data, labels="auto" if task == "object-detection" else None)
    boxed = held.examples.boxed
    check_task(task, held.modality, boxed=boxed)
    if test_share is not None and held.is_test is not None:
        raise ConfigError(f"test_share={test_share} would do nothing: {held.name} has a test of its own. Leave it out.")
    if leaks == "drop" and held.is_test is None:
        raise ConfigError(
            f"leaks='drop' would do nothing: {held.name} has no test of its own, and ours keep equal samples together. "
            "Leave it out (--leaks)."
        )
    share = SHARE if test_share is None else test_share
    splitter = Splitter(held, share, train_size, leaks, Cleaner.of(held) if clean else None)
    notes = splitter.check()
    cleaned = {seed: splitter.left_out(seed) for seed in range(seeds)} if clean else {}
    notes += _told(cleaned, splitter)
    bare = Setup(splitter, model, Probes(), model_name(model, held.modality, boxed=boxed))
    repeats = getattr(bare.task, "repeats", True)
    example = held.examples.samples[0]
    arms = arms_of(
        pipeline, operations, held.modality, repeats=repeats, alone=alone, full=full, boxed=boxed, example=example
    )
    probes = Probes(judged_of(arms, levels=full), corruptions(_corrupt(corrupt, full=full), held.modality))
    setup = Setup(splitter, model, probes, bare.called)
    with ExitStack() as stack:
        out = Path(report) if report is not None else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder = out / "trainings"
        check_learns(setup, folder)
        how: dict[str, Any] = {"workers": workers, "engine": engine, "ray_address": ray_address}
        results = run(setup, arms, range(seeds), folder, **how, budget=budget, progress=progress)
    facts = _facts(splitter)
    found = (doubles(splitter), projection(splitter, arms), cleaned)
    outcome = Outcome(facts, setup.called, arms, range(seeds), held.examples.classes, results, notes, *found)
    if report is not None:
        out.joinpath("report.json").write_text(json.dumps(outcome.to_json(), indent=1) + "\n", encoding="ascii")
        out.joinpath("report.html").write_text(page(outcome), encoding="utf-8")
    return outcome


def _told(cleaned: Mapping[int, Mapping[int, str]], splitter: Splitter) -> list[str]:
    """Return what has to be said of cleaning: what was left out of the first seed's training."""
    if 0 not in cleaned:
        return []
    if not (out := cleaned[0]):
        return ["cleaning left nothing out of the training of the first seed"]
    keys = splitter.data.examples.keys
    some = ", ".join(keys[place] for place in sorted(out)[:NAMED])
    counts = told(Counter(out.values()))
    return [f"cleaning left {len(out)} samples out of the training of the first seed: {counts}; such as {some}"]


def _corrupt(given: Sequence[Any] | str, *, full: bool) -> list[Any]:
    named = [name.strip() for name in given.split(",") if name.strip()] if isinstance(given, str) else list(given)
    return named or (["default"] if full else [])


def _facts(splitter: Splitter) -> dict[str, Any]:
    data = splitter.data
    train, test = splitter.of(0)
    return {
        "name": data.name,
        "modality": data.modality,
        "samples": len(data.examples),
        "classes": len(data.examples.classes),
        "groups": 0 if data.groups is None else len(set(data.groups)),
        "train": len(train),
        "test": len(test),
        "split": "as given" if data.is_test is not None else "drawn for each seed",
        "counts": data.examples.counts.tolist(),
        "digest": data.digest,
    }
