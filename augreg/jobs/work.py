"""The work on one batch: read, augment every copy, encode into a staging folder. Nothing final is touched here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from augreg import media
from augreg.compute.threads import for_each, thread_count
from augreg.engine.augment import augment
from augreg.errors import ConfigError, ContractError, MediaError, PluginLoadError
from augreg.jobs.blamed import about_sample, no_memory
from augreg.jobs.copying import Copier
from augreg.jobs.encoding import Encoder, Result, field_of
from augreg.jobs.fetched import Fetched, attached
from augreg.jobs.given import made_before, original
from augreg.jobs.items import ORIGINAL, Item, Task
from augreg.jobs.labelled.carried import Carrier
from augreg.jobs.manifest import describe_error, opening
from augreg.jobs.names import without_names
from augreg.jobs.outcome import Outcome, gone
from augreg.jobs.records import Layout, Reading
from augreg.jobs.room import BUDGET, Room
from augreg.jobs.sinks import Made
from augreg.jobs.sources import Source
from augreg.jobs.spec import JobSpec
from augreg.media import Loaded
from augreg.media.clipfile import ClipFile
from augreg.media.labels.base import Labels
from augreg.pipeline import Pipeline

FATAL: Final = (ConfigError, ContractError, PluginLoadError, ImportError, NameError, SyntaxError, OSError)
"""Errors that are not about one sample: every other one would fail likewise."""

Care = Literal["", "each", "alone"]
"""How to work where a worker died: "each" says before every file what is done; "alone" also tries every sample by
itself before its batch."""

Tell = Callable[[Mapping[str, Any]], None]
"""Takes what happens, as plain data: ``{"at": "tick", "refused": ["", "7.png (E_CRC): ..."]}``, ``{"at": "doing"}``."""


@dataclass(frozen=True)
class Worker:
    """Works on batches; holds only configuration, so that any number of workers may run anywhere."""

    spec: JobSpec
    pipeline: Pipeline
    source: Source
    tell: Tell = lambda event: None
    care: Care = ""
    poison: Mapping[int, str] = field(default_factory=dict)
    """Position -> why: inputs on which a worker died."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """The forms of labels, see :attr:`augreg.jobs.labelled.binding.Binder.spec`."""

    @cached_property
    def layout(self) -> Layout:
        """Which files are records."""
        return Layout.of(self.pipeline)

    @cached_property
    def carrier(self) -> Carrier | None:
        """Carries labels along; None where there are none."""
        return Carrier.of(self.labels, self.pipeline, self.source)

    @cached_property
    def room(self) -> Room:
        """How much memory inputs take."""
        return Room(self.pipeline, self.spec.limits)

    @cached_property
    def encoder(self) -> Encoder:
        """Writes results."""
        return Encoder(self.pipeline, self.copier, frozenset({*self.pipeline.modalities, *self.layout.roles}))

    @cached_property
    def copier(self) -> Copier:
        """Copies what is not augmented."""
        keep = bool(self.spec.options.get("keep_metadata"))
        return Copier(keep, self.spec.limits, self.pipeline.registry)

    def work(self, task: Task, stage: Path) -> list[Outcome]:
        """Do one batch: the outcome of each of its items, in order. The same batch gives the same bytes."""
        files = Fetched.of(self.source, task.items, stage)
        outcomes = [Outcome(files.named(item)) for item in task.items]
        for outcome in outcomes:
            if (fault := self._known_fault(outcome.item, files)) is not None:
                outcome.fail(fault)
        sound = [outcome for outcome in outcomes if outcome.error is None]
        if task.items[0].copied:
            self._each(lambda i: self._pass_through(sound[i], files, stage), sound)
        else:
            self._each(lambda i: self._original(sound[i], files, stage), sound)
            made = [outcome for outcome in sound if self._augmented(outcome.item)]
            for group in self._read(made, files, stage):
                for copy in sorted({copy for outcome, _ in group for copy in self._augmented(outcome.item)}):
                    several = [(o, reading) for o, reading in group if copy in self._augmented(o.item)]
                    self._augment(several, copy, files, stage)
        for outcome in sound:
            if outcome.error is None and not all(self._unchanged(file) for file in outcome.item.files):
                outcome.fail(gone(outcome.item))
        if self.spec.on_error == "copy":
            self._each(lambda i: self._keep(outcomes[i], files, stage), outcomes)
        for outcome in outcomes:
            self._attach(outcome, stage)
            self._remember(outcome, files, stage)
        self.tell({"at": "tick", "refused": [_told(outcome) for outcome in outcomes]})
        return outcomes

    def _known_fault(self, item: Item, files: Fetched) -> Exception | None:
        """Return why an input is refused before it is looked at."""
        if item.fault is not None:
            return item.fault
        if item.position in self.poison:
            return MediaError(item.called, self.poison[item.position], "E_CRASH")
        return files.fault(item)

    def _each(self, work: Callable[[int], None], outcomes: Sequence[Outcome]) -> None:
        """Call ``work(i)`` for each, in threads; one by one and announced where a worker died before."""
        if not self.care:
            for_each(work, len(outcomes))
            return
        for i, outcome in enumerate(outcomes):
            self._doing([outcome])
            work(i)

    def _doing(self, outcomes: Sequence[Outcome]) -> None:
        if self.care:
            self.tell({"at": "doing", "positions": [outcome.item.position for outcome in outcomes]})

    def _remember(self, outcome: Outcome, files: Fetched, stage: Path) -> None:
        """Note what the files of a refused input held, where they can be read."""
        if outcome.error is None or outcome.item.fault is not None:
            return
        for file in outcome.item.files:
            with contextlib.suppress(OSError):
                outcome.hashes[file.position] = files.sha256(file)
            if self.carrier is not None and file.labels:
                outcome.label_hashes[file.position] = self.carrier.sha256(file, stage)

    def _unchanged(self, file: Item) -> bool:
        """Whether an input is still as the plan saw it."""
        try:
            size, mtime_ns = self.source.stat(file)
        except OSError:
            return False
        return (size, mtime_ns) == (file.size, file.mtime_ns)

    def _augmented(self, item: Item) -> tuple[int, ...]:
        """Return the numbers of the copies that are augmented."""
        return tuple(copy for copy in item.numbers(self.spec.copies) if copy > ORIGINAL)

    def _original(self, outcome: Outcome, files: Fetched, stage: Path) -> None:
        """Stage the input itself, where it goes along with its copies, and what a generator made."""
        item = outcome.item
        given = () if outcome.error is not None else item.numbers(self.spec.copies)
        try:
            for copy in (number for number in given if number <= ORIGINAL):
                opening = self._opening(item, item, copy, files)
                if copy == ORIGINAL:
                    outcome.made.append(original(item, self.copier, files, stage, opening))
                else:
                    outcome.made.append(made_before(item, copy, self.spec.out, stage, opening))
        except MediaError as error:
            outcome.fail(error)

    def _pass_through(self, outcome: Outcome, files: Fetched, stage: Path) -> None:
        item = outcome.item
        try:
            for file in item.files:
                media.check(files[file], self.pipeline.registry, limits=self.spec.limits)
        except MediaError as error:
            outcome.fail(error)
            return
        why = f"no steps for {item.kind}"
        try:
            self._copies(outcome, files, stage, {"outcome": "passed-through", "steps": []}, why)
        except MediaError as error:
            outcome.fail(error)

    def _attach(self, outcome: Outcome, stage: Path) -> None:
        """Fetch what belongs to an input without being media."""
        if outcome.error is None and outcome.item.attached:
            try:
                outcome.attached = attached(self.source, outcome.item, stage)
            except MediaError as error:
                outcome.fail(error)

    def _keep(self, outcome: Outcome, files: Fetched, stage: Path) -> None:
        """Copy an input that was refused, where there is a file to be copied and nothing forbids it."""
        error, item = outcome.error, outcome.item
        if any(file.labels for file in item.files):
            return  # a copy without its labels would pass for a sample in which nothing is
        if error is None or item.fault is not None or not all(self._unchanged(file) for file in item.files):
            return
        if files.fault(item) is not None:
            return
        code, reason = describe_error(error)
        said = {"outcome": "copied", "code": code, "reason": without_names(reason, item), "steps": []}
        outcome.error = None
        try:
            self._copies(outcome, files, stage, said, "refused")
        except MediaError as unclean:
            outcome.fail(MediaError(item.called, f"{reason} And {unclean.reason}", code))

    def _copies(self, outcome: Outcome, files: Fetched, stage: Path, said: Mapping[str, Any], why: str) -> None:
        """Stage every file of an input as it is, once for each copy."""
        for copy in outcome.item.numbers(self.spec.copies):
            for file in outcome.item.files:
                staged = stage / f"{file.position}_{copy}"
                notes = self.copier.copy(files[file], staged, file.suffix, why)
                line = {**self._opening(outcome.item, file, copy, files), **said, "notes": list(notes)}
                outcome.made.append(Made(file, copy, staged, line))

    def _opening(self, item: Item, file: Item, copy: int, files: Fetched) -> dict[str, Any]:
        """Return what an output's line says first: which input, and the key of its random numbers."""
        line = {**opening(file), "source_sha256": files.sha256(file), "key": item.key}
        if line["source_bytes"] is None:
            line["source_bytes"] = files[file].stat().st_size
        named = {} if file.field is None else {"field": file.field}
        drawn = {"seed": self.spec.seed, "epoch": self.spec.epoch, "copy": copy}
        return {**line, **named, **drawn, **item.said.get(str(copy), {})}

    def _read(
        self, outcomes: Sequence[Outcome], files: Fetched, stage: Path
    ) -> Iterator[list[tuple[Outcome, Reading]]]:
        """Yield groups of decoded inputs that fit in memory; those that cannot be read fail.

        Where a group ends does not hang on the number of threads.
        """
        group: list[tuple[Outcome, Reading]] = []
        held = 0.0
        width = thread_count()
        for start in range(0, len(outcomes), width):
            wave = outcomes[start : start + width]
            for outcome, reading in zip(wave, self.load(wave, files, stage), strict=True):
                if reading is None:
                    continue
                group.append((outcome, reading))
                held += self.room.of(outcome.item, reading)
                if held >= BUDGET:
                    yield group
                    group, held = [], 0.0
        if group:
            yield group

    def load(self, outcomes: Sequence[Outcome], files: Fetched, stage: Path) -> list[Reading | None]:
        """Read inputs; None for those that fail, which know why then."""
        found: list[Reading | None] = [None] * len(outcomes)
        columns = [self._columns(outcome) for outcome in outcomes]  # tables are read by one thread

        def one(i: int) -> None:
            item = outcomes[i].item
            if outcomes[i].error is not None:
                return
            try:
                uses = len(self._augmented(item))
                loaded = [self._load_file(file, files[file], uses) for file in item.files]
                reading = Reading.of(item, loaded, self.layout, self.spec.limits)
                self.room.check(item, reading)
                if self.carrier is not None and self.carrier.rides(item):
                    reading = self._with_labels(self.carrier, item, reading, columns[i], stage)
                found[i] = reading
            except MediaError as error:
                outcomes[i].fail(error)
            except MemoryError:
                outcomes[i].fail(no_memory(item))

        self._each(one, outcomes)
        return found

    def _columns(self, outcome: Outcome) -> Mapping[str, Any]:
        """Return what goes along with an input."""
        try:
            return {} if self.carrier is None else self.carrier.values(outcome.item)
        except MediaError as error:
            outcome.fail(error)
            return {}

    def _with_labels(
        self, carrier: Carrier, item: Item, reading: Reading, columns: Mapping[str, Any], stage: Path
    ) -> Reading:
        """Add what is annotated of an input."""
        both = zip(item.files, reading.files, strict=True)
        held = tuple(carrier.read(file, loaded.sample, stage) for file, loaded in both)
        return replace(reading, held=held, columns=columns, carrier=carrier)

    def _load_file(self, file: Item, path: Path, uses: int) -> Loaded:
        if not self._unchanged(file):
            raise gone(file)
        loaded = media.load(path, self.spec.limits, self.pipeline.registry, lazy=True, decode=self.spec.decode)
        if isinstance(data := getattr(loaded.sample, "data", None), ClipFile):
            data.uses = uses
        return loaded

    def _augment(self, group: Sequence[tuple[Outcome, Reading]], copy: int, files: Fetched, stage: Path) -> None:
        alive = [(outcome, reading) for outcome, reading in group if outcome.error is None]
        samples = [(o.item, reading.value(o.item, self.layout)) for o, reading in alive]
        if self.care == "alone":
            for (outcome, _), sample in zip(alive, samples, strict=True):
                self._doing([outcome])
                self._results([sample], copy)
        self._doing([outcome for outcome, _ in alive])
        done: list[tuple[Outcome, Reading, Result]] = []
        for (outcome, reading), result in zip(alive, self._results(samples, copy), strict=True):
            if isinstance(result, Exception):
                outcome.fail(result)
            else:
                done.append((outcome, reading, result))
        self._each(lambda i: self._encode(*done[i], copy, files, stage), [outcome for outcome, _, _ in done])

    def _results(self, samples: Sequence[tuple[Item, Any]], copy: int) -> list[Result | Exception]:
        """Return each sample's result and trace, or its error: one bad sample does not spoil its batch.

        When the batch fails, every sample is tried alone; it gets the same result as in the batch.
        """
        if not samples:
            return []
        items = [item for item, _ in samples]
        labelled = self.carrier is not None and any(map(self.carrier.rides, items))
        try:
            augmented, trace = augment(
                [sample for _, sample in samples],
                self.pipeline,
                schema=self.carrier.schema(items) if labelled and self.carrier is not None else None,
                seed=self.spec.seed,
                epoch=self.spec.epoch,
                copy=copy,
                keys=[item.key for item in items],
                device=self.spec.device,
                return_trace=True,
            )
        except Exception as error:
            if isinstance(error, FATAL) and not isinstance(error, MediaError):
                raise
            if len(samples) == 1:
                return [about_sample(error, *samples[0])]
            alone = [result for sample in samples for result in self._results([sample], copy)]
            return self._mixed(samples, alone, error, copy) if self.pipeline.mixing else alone
        return [(result, trace[i]) for i, result in enumerate(augmented)]

    def _mixed(
        self, samples: Sequence[tuple[Item, Any]], alone: list[Result | Exception], error: Exception, copy: int
    ) -> list[Result | Exception]:
        """Return the results of a batch that failed, where steps mix: a sample alone would be mixed with itself.

        Those that fail alone are left out, and the others are a batch again. If that fails as well it is for how they
        go together, and all of them have that error.
        """
        good = [i for i, result in enumerate(alone) if not isinstance(result, Exception)]
        if len(good) == len(samples):
            return [about_sample(error, *sample) for sample in samples]
        again = self._results([samples[i] for i in good], copy)
        for i, result in zip(good, again, strict=True):
            alone[i] = result
        return alone

    def _encode(
        self,
        outcome: Outcome,
        reading: Reading,
        result: Result,
        copy: int,
        files: Fetched,
        stage: Path,
    ) -> None:
        """Write every file of an input, and its labels."""
        labels: Sequence[Labels | None] = [None] * len(reading.files)
        if reading.carrier is not None:
            result, labels, new = reading.carrier.back(outcome.item, result, reading.held, reading.columns)
            outcome.columns[copy] = new
        for i, (file, loaded) in enumerate(zip(outcome.item.files, reading.files, strict=True)):
            staged = stage / f"{file.position}_{copy}"
            try:
                said = self.encoder.write(file, files[file], loaded, reading, result, staged)
                made = Made(file, copy, staged, {**self._opening(outcome.item, file, copy, files), **said})
                if reading.carrier is not None:
                    reading.carrier.write(made, reading.held[i], labels[i], field_of(result, file.field)[0])
            except MediaError as error:
                outcome.fail(MediaError(file.output(copy), error.reason, error.code))
                return
            except MemoryError:
                outcome.fail(no_memory(file))
                return
            outcome.made.append(made)


def _told(outcome: Outcome) -> str:
    """Return which input was refused, and why, for people; "" for one that was not."""
    if outcome.error is None:
        return ""
    code, reason = describe_error(outcome.error)
    return f"{outcome.item.called} ({code}): {without_names(reason, outcome.item)}"
