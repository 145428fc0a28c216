"""The work on one task: read, augment every copy, encode into a staging folder. Nothing final is touched here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from augreg import devices, media
from augreg.dispatcher import augment
from augreg.errors import ConfigError, ContractError, MediaError, PluginLoadError
from augreg.media import Limits, Loaded
from augreg.media.clipfile import ClipFile
from augreg.pipeline import Pipeline
from augreg.run.manifest import error_line, facts, opening
from augreg.run.plan import Item, Task
from augreg.samples import Sample

MEMORY = 512 * 1024**2
"""Bytes of decoded samples after which a task is worked on, however few they are."""

FATAL = (ConfigError, ContractError, PluginLoadError, ImportError, NameError, MemoryError, OSError)
"""Errors that are not about one sample: every other one would fail likewise."""


@dataclass(slots=True)
class Outcome:
    """What became of one input: staged files with their output paths, manifest lines, or the error."""

    item: Item
    staged: list[tuple[Path, str]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None

    def fail(self, error: Exception) -> None:
        """Refuse the input: what was staged of it goes, and one line says why."""
        self.error = error
        for path, _ in self.staged:
            path.unlink(missing_ok=True)
        self.staged, self.lines = [], [error_line(self.item, error)]


@dataclass(frozen=True, slots=True)
class Worker:
    """Works on tasks; holds only configuration, so that any number of workers may run anywhere."""

    source: Path
    pipeline: Pipeline
    seed: int
    epoch: int = 0
    copies: int = 1
    device: str | None = "cpu"
    limits: Limits = media.DEFAULT

    def work(self, task: Task, stage: Path) -> list[Outcome]:
        """Do one task: the outcome of each of its items, in order. The same task gives the same bytes."""
        outcomes = [Outcome(item) for item in task.items]
        for outcome in outcomes:
            if outcome.item.fault is not None:
                outcome.fail(outcome.item.fault)
        sound = [outcome for outcome in outcomes if outcome.error is None]
        if task.items[0].copied:
            devices.for_each(lambda i: self._pass_through(sound[i], stage), len(sound))
            return outcomes
        for group in self._read(sound):
            for copy in range(self.copies):
                self._augment(group, copy, stage)
        return outcomes

    def _pass_through(self, outcome: Outcome, stage: Path) -> None:
        item, path = outcome.item, self.source / outcome.item.path
        try:
            media.check(path, self.pipeline.registry)
        except MediaError as error:
            outcome.fail(error)
            return
        for copy in range(self.copies):
            staged = stage / f"{item.position}_{copy}"
            shutil.copyfile(path, staged)
            line = {**self._opening(item, copy), "outcome": "passed-through", "steps": []}
            note = f"no steps for {item.modality}: copied byte for byte"
            self._stage(outcome, copy, staged, {**line, "notes": [note]})

    def _opening(self, item: Item, copy: int) -> dict[str, Any]:
        """Return what an output's line says first: which input, and the key of its random numbers."""
        return {**opening(item), "seed": self.seed, "epoch": self.epoch, "copy": copy}

    def _stage(self, outcome: Outcome, copy: int, staged: Path, line: dict[str, Any]) -> None:
        output = outcome.item.output(copy)
        outcome.staged.append((staged, output))
        outcome.lines.append({**line, "output": output})

    def _read(self, outcomes: Sequence[Outcome]) -> Iterator[list[tuple[Outcome, Loaded]]]:
        """Yield groups of decoded inputs that fit in memory; those that cannot be read fail."""
        group: list[tuple[Outcome, Loaded]] = []
        held = 0
        width = devices.thread_count()
        for start in range(0, len(outcomes), width):
            wave = outcomes[start : start + width]
            for outcome, loaded in zip(wave, self._load(wave), strict=True):
                if loaded is not None:
                    group.append((outcome, loaded))
                    held += _bytes(loaded.sample)
            if held >= MEMORY:
                yield group
                group, held = [], 0
        if group:
            yield group

    def _load(self, outcomes: Sequence[Outcome]) -> list[Loaded | None]:
        found: list[Loaded | None] = [None] * len(outcomes)

        def one(i: int) -> None:
            try:
                path = self.source / outcomes[i].item.path
                found[i] = loaded = media.load(path, self.limits, self.pipeline.registry, lazy=True)
                if isinstance(data := getattr(loaded.sample, "data", None), ClipFile):
                    data.uses = self.copies
            except MediaError as error:
                outcomes[i].fail(error)

        devices.for_each(one, len(outcomes))
        return found

    def _augment(self, group: Sequence[tuple[Outcome, Loaded]], copy: int, stage: Path) -> None:
        alive = [(outcome, loaded) for outcome, loaded in group if outcome.error is None]
        results = self._results([(o.item.key, loaded.sample) for o, loaded in alive], copy)
        done: list[tuple[Outcome, Loaded, Sample, dict[str, Any]]] = []
        for (outcome, loaded), result in zip(alive, results, strict=True):
            if isinstance(result, Exception):
                outcome.fail(result)
            else:
                done.append((outcome, loaded, *result))
        devices.for_each(lambda i: self._encode(*done[i], copy, stage), len(done))

    def _results(
        self, samples: Sequence[tuple[str, Sample]], copy: int
    ) -> list[tuple[Sample, dict[str, Any]] | Exception]:
        """Return each sample's result and trace, or its error: one bad sample does not spoil its batch.

        When the batch fails, every sample is tried alone; it gets the same result as in the batch.
        """
        if not samples:
            return []
        try:
            augmented, trace = augment(
                [sample for _, sample in samples],
                self.pipeline,
                seed=self.seed,
                epoch=self.epoch,
                copy=copy,
                keys=[key for key, _ in samples],
                device=self.device,
                return_trace=True,
            )
        except Exception as error:
            if isinstance(error, FATAL) and not isinstance(error, MediaError):
                raise
            if len(samples) == 1:
                return [error]
            return [result for sample in samples for result in self._results([sample], copy)]
        return [(result, trace[i].to_dict()) for i, result in enumerate(augmented)]

    def _encode(
        self, outcome: Outcome, loaded: Loaded, result: Sample, trace: dict[str, Any], copy: int, stage: Path
    ) -> None:
        item, staged = outcome.item, stage / f"{outcome.item.position}_{copy}"
        try:
            notes = self._write(item, loaded, result, staged)
        except MediaError as error:
            outcome.fail(MediaError(item.output(copy), error.reason, error.code))
            return
        line = {**self._opening(item, copy), "modality": result.modality, "outcome": "ok", "steps": trace["steps"]}
        line |= {"in": facts(loaded.sample), "out": facts(result), "notes": [*loaded.origin.notes, *notes]}
        self._stage(outcome, copy, staged, line)

    def _write(self, item: Item, loaded: Loaded, result: Sample, staged: Path) -> tuple[str, ...]:
        """Encode a result; where no step fired, the file itself is the best copy of the sample."""
        suffix = PurePosixPath(item.path).suffix
        if result is loaded.sample and loaded.origin.as_stored and suffix == item.suffix:
            shutil.copyfile(self.source / item.path, staged)
            return ("no step fired: copied byte for byte",)
        return media.write(result, staged, loaded.origin, item.suffix.lower(), self.pipeline.registry)


def _bytes(sample: Any) -> int:
    """Return the memory that a decoded sample takes."""
    data = sample.data
    return 4 * len(data) if isinstance(data, str) else int(data.nbytes)
