"""The work on one task: read, augment every copy, encode into a staging folder. Nothing final is touched here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from augreg import media
from augreg.compute.threads import for_each, thread_count
from augreg.data.samples import Sample
from augreg.engine.augment import augment
from augreg.errors import ConfigError, ContractError, MediaError, PluginLoadError, SampleError
from augreg.jobs.in_time import moved_by, without_sound
from augreg.jobs.manifest import error_line, facts, opening
from augreg.jobs.plan import Item, Task
from augreg.jobs.records import Layout, Reading
from augreg.media import Limits, Loaded
from augreg.media.clipfile import ClipFile
from augreg.media.encode import keeps_times
from augreg.media.films import write_with_sound
from augreg.media.formats import canonical
from augreg.modalities.audio import Audio
from augreg.pipeline import Pipeline

Result = tuple[Any, Any]
"""An augmented sample and its trace; for a record, both by field."""

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
        """Refuse the input: what was staged of it goes, and a line for each of its files says why."""
        self.error = error
        for path, _ in self.staged:
            path.unlink(missing_ok=True)
        self.staged, self.lines = [], [error_line(file, error) for file in self.item.files]


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
            for_each(lambda i: self._pass_through(sound[i], stage), len(sound))
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
            self._stage(outcome, item, copy, staged, {**line, "notes": [note]})

    def _opening(self, item: Item, copy: int) -> dict[str, Any]:
        """Return what an output's line says first: which input, and the key of its random numbers."""
        return {**opening(item), "seed": self.seed, "epoch": self.epoch, "copy": copy}

    def _stage(self, outcome: Outcome, file: Item, copy: int, staged: Path, line: dict[str, Any]) -> None:
        output = file.output(copy)
        outcome.staged.append((staged, output))
        outcome.lines.append({**line, "output": output})

    def _read(self, outcomes: Sequence[Outcome]) -> Iterator[list[tuple[Outcome, Reading]]]:
        """Yield groups of decoded inputs that fit in memory; those that cannot be read fail."""
        group: list[tuple[Outcome, Reading]] = []
        held = 0
        width = thread_count()
        for start in range(0, len(outcomes), width):
            wave = outcomes[start : start + width]
            for outcome, reading in zip(wave, self._load(wave), strict=True):
                if reading is not None:
                    group.append((outcome, reading))
                    held += reading.nbytes
            if held >= MEMORY:
                yield group
                group, held = [], 0
        if group:
            yield group

    def _load(self, outcomes: Sequence[Outcome]) -> list[Reading | None]:
        found: list[Reading | None] = [None] * len(outcomes)
        layout = Layout.of(self.pipeline)

        def one(i: int) -> None:
            item = outcomes[i].item
            try:
                found[i] = Reading.of(item, [self._load_file(file) for file in item.files], layout, self.limits)
            except MediaError as error:
                outcomes[i].fail(error)

        for_each(one, len(outcomes))
        return found

    def _load_file(self, file: Item) -> Loaded:
        loaded = media.load(self.source / file.path, self.limits, self.pipeline.registry, lazy=True)
        if isinstance(data := getattr(loaded.sample, "data", None), ClipFile):
            data.uses = self.copies
        return loaded

    def _augment(self, group: Sequence[tuple[Outcome, Reading]], copy: int, stage: Path) -> None:
        alive = [(outcome, reading) for outcome, reading in group if outcome.error is None]
        layout = Layout.of(self.pipeline)
        results = self._results([(o.item.key, reading.value(o.item, layout)) for o, reading in alive], copy)
        done: list[tuple[Outcome, Reading, Result]] = []
        for (outcome, reading), result in zip(alive, results, strict=True):
            if isinstance(result, Exception):
                outcome.fail(result)
            else:
                done.append((outcome, reading, result))
        for_each(lambda i: self._encode(*done[i], copy, stage), len(done))

    def _results(self, samples: Sequence[tuple[str, Any]], copy: int) -> list[Result | Exception]:
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
                # A file of a step's own, such as a background: the input is whole, so the line must name that file.
                return [SampleError(f"a step cannot use {error}") if isinstance(error, MediaError) else error]
            return [result for sample in samples for result in self._results([sample], copy)]
        return [(result, trace[i]) for i, result in enumerate(augmented)]

    def _encode(self, outcome: Outcome, reading: Reading, result: Result, copy: int, stage: Path) -> None:
        """Write every file of an input; for a film that is a record, with its sound."""
        for file, loaded in zip(outcome.item.files, reading.files, strict=True):
            staged = stage / f"{file.position}_{copy}"
            new, trace = _field(result, file.field)
            sound = _sound(reading, result) if new.modality == "video" else None
            moved = self._moved(new, trace)
            try:
                notes = self._write(file, loaded, new, staged, sound, moved)
            except MediaError as error:
                outcome.fail(MediaError(file.output(copy), error.reason, error.code))
                return
            line = {**self._opening(outcome.item, copy), **opening(file), "key": outcome.item.key}
            if file.field is not None:
                line["field"] = file.field
            line |= {"modality": new.modality, "outcome": "ok", "steps": trace["steps"]}
            if trace.get("note") and new.modality in self.pipeline.modalities:
                line["left"] = trace["note"]
            rates, said = self.pipeline.known[new.modality].rate_fields, [*loaded.origin.notes, *notes]
            line |= {"in": facts(loaded.sample, rates), "out": facts(new, rates), "notes": said}
            if sound is not None and not moved:
                line["sound"] = {
                    "field": reading.track,
                    "steps": sound.steps,
                    "in": facts(sound.before),
                    "out": facts(sound.after),
                }
            self._stage(outcome, file, copy, staged, line)

    def _moved(self, new: Sample, trace: Mapping[str, Any]) -> list[str]:
        """Return the steps that may have moved the frames of a film in time while its time line looks the same."""
        alone = self.pipeline.programs.get("video") if new.modality == "video" else None
        return moved_by(trace["steps"], alone.executions) if alone is not None else []

    def _write(
        self, file: Item, loaded: Loaded, result: Sample, staged: Path, sound: _Sound | None, moved: Sequence[str]
    ) -> tuple[str, ...]:
        """Encode a result; where no step fired, the file itself is the best copy of the sample.

        A sound track to which nothing was done is copied as it is, if the frames keep their times and no step
        ``moved`` them. What moved the pictures alone leaves the sound out.
        """
        if moved and loaded.origin.details.get("audio"):
            note = f"sound track left out: {' and '.join(moved)} moved the pictures alone"
            origin = without_sound(loaded.origin)
            return note, *media.write(result, staged, origin, file.suffix.lower(), self.pipeline.registry)
        same_sound = sound is None or sound.before is sound.after
        stored = loaded.origin.as_stored and PurePosixPath(file.path).suffix == file.suffix
        if result is loaded.sample and same_sound and stored:
            shutil.copyfile(self.source / file.path, staged)
            return ("no step fired: copied byte for byte",)
        extension = file.suffix.lower()
        if sound is not None and result is loaded.sample and stored:
            return write_with_sound(loaded.origin, sound.after, staged, canonical(extension))
        kept = sound is None or (same_sound and keeps_times(result, loaded.origin))
        track = None if sound is None or kept else sound.after
        return media.write(result, staged, loaded.origin, extension, self.pipeline.registry, sound=track)


@dataclass(frozen=True, slots=True)
class _Sound:
    """The sound track of a film before and after, and the steps that changed it."""

    before: Audio
    after: Audio
    steps: list[Any]


def _sound(reading: Reading, result: Result) -> _Sound | None:
    """Return the sound track of a film that is a record, None if it has none."""
    if reading.sound is None:
        return None
    after, trace = _field(result, reading.track)
    return _Sound(reading.sound, after, trace["steps"])


def _field(result: Result, field: str | None) -> tuple[Any, dict[str, Any]]:
    """Return the sample and the trace of one field, or of the sample itself."""
    samples, traces = result
    return (samples, traces.to_dict()) if field is None else (samples[field], traces[field].to_dict())
