"""Grows a data set of files: its inputs are read and judged, copies are chosen, and a job writes just these."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from augreg.engine.augment import augment
from augreg.errors import ConfigError, SampleError
from augreg.jobs import Settings, Summary, run
from augreg.jobs.begin import refuse_full, refuse_place
from augreg.jobs.chosen import GENERATOR, Chosen
from augreg.jobs.items import ORIGINAL, Item, generated
from augreg.jobs.manifest import NAME
from augreg.jobs.resume import job_record
from augreg.jobs.sources import open_source
from augreg.jobs.state import CHOSEN, JOB, state_of
from augreg.learn.expand_draws import Draws
from augreg.learn.expand_generated import anchor, refuse_generator, stage, stage_again, told
from augreg.learn.expand_read import Inputs, as_rows, read_inputs
from augreg.learn.expand_rounds import SELECTS, Grown, Growth
from augreg.learn.gates import GATES, Gates, Judged
from augreg.learn.generators import Named
from augreg.loaders.hard_labels import checked_pipeline
from augreg.pipeline import Pipeline

EXPAND: Final = "expand"
"""What of the job's record tells how the set was grown, and what of a line why it is there."""

AT_ONCE: Final = 64
"""Samples that are augmented in one call."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """What became of a set.

    Args:
        facts: how it was grown, as the job's record has it under "expand".
        summary: the account of the job that wrote it.

    """

    facts: Mapping[str, Any]
    summary: Summary

    @property
    def shortage(self) -> Mapping[str, int]:
        """Class -> how many samples are missing; {} where nothing is."""
        found: Mapping[str, int] = self.facts["shortage"]
        return found


def grow_files(
    pipeline: Pipeline | None,
    settings: Settings,
    *,
    size: int | None = None,
    per_class: int | None = None,
    gates: Sequence[str] = tuple(GATES),
    select: str = SELECTS[0],
    class_from: str = "auto",
    split_from: str = "auto",
    groups: str | None = None,
    practice: Pipeline | None = None,
    rounds: int = 20,
    generator: str | None = None,
    originals: bool = True,
    grows: Callable[[int, int], None] = lambda done, wanted: None,
    progress: Callable[[Summary], None] = lambda summary: None,
    stop: Callable[[], bool] = lambda: False,
) -> Expanded:
    """Grow a data set of files to a size, as :func:`augreg.learn.grow` does in memory, and write it by a job.

    The copies that are written are those that were judged: of the same keys, copies and pipeline, so that `augreg
    replay`, `verify` and `forget` work as for `augreg run`. Their lines in the manifest say under "expand" their class,
    split and group, and what the gates found; run.json tells the rounds, what was refused, and the shortage.

    Args:
        pipeline, settings: of the job, see :class:`augreg.jobs.Settings`; ``copies`` and ``chosen`` are found here.
            Where a generator is to be the only one, give ``pipeline=None``.
        size: how many samples the training split is to have in all; or
        per_class: how many of each class.
        gates, select, practice, rounds: as in :func:`augreg.learn.grow`.
        class_from, split_from, groups: as in :func:`augreg.learn.read`. Only train, or data without splits, is grown;
            nothing may be nearly the same as a sample of another split.
        generator: the name by which a plugin offers one (:class:`augreg.GeneratorSpec`): it makes candidates, too, see
            :func:`augreg.learn.grow`. What it made has the outcome "generated", and its line says by which call.
        originals: whether the inputs of all splits are written, too, as they are.
        grows: called after every round with how many passed, and how many are to.
        progress, stop: see :func:`augreg.jobs.run`.

    Raises:
        ConfigError: data, options or folders are wrong; nothing is written then.

    >>> import augreg.jobs, augreg.learn
    >>> from pathlib import Path
    >>> texts = ["the cat sat on a red mat", "cats sleep all day", "my dog ran off", "dogs bark a lot"]
    >>> for number, text in enumerate(texts):
    ...     path = Path("said", "cat" if number < 2 else "dog", f"{number}.txt")
    ...     path.parent.mkdir(parents=True, exist_ok=True)
    ...     _ = path.write_text(text)
    >>> pipe = augreg.Pipeline({"text": ["text.word_swap"]})
    >>> job = augreg.jobs.Settings(source="said", out=Path("more"), seed=7)
    >>> augreg.learn.grow_files(pipe, job, per_class=3).shortage
    {}
    >>> len(list(Path("more").glob("*/*.txt")))
    6

    """
    asked: dict[str, Any] = {
        "size": size,
        "per_class": per_class,
        "gates": [*gates],
        "select": select,
        "rounds": rounds,
    }
    asked |= {"class_from": class_from, "split_from": split_from, "groups": groups, "originals": originals}
    asked["practice"] = None if practice is None else practice.to_dict()
    if generator is not None:
        asked["generator"] = generator
    refuse_generator(pipeline, generator, originals=originals)
    pipeline = Pipeline({}) if pipeline is None else pipeline
    refuse_place(open_source(settings.source, settings.form, **settings.source_options), settings.out)
    with tempfile.TemporaryDirectory(prefix="augreg-expand-") as folder:
        listed = Path(folder) / CHOSEN
        settings = as_rows(settings)
        chosen = _before(settings, asked)
        if chosen is None:
            if not settings.resume or job_record(settings.out) is None:
                refuse_full(settings.out, settings)
            read: dict[str, Any] = {"class_from": class_from, "split_from": split_from, "groups": groups}
            inputs = read_inputs(pipeline, settings, **read, generator=generator)
            grown = _grown(pipeline, settings, inputs, asked, practice, _interrupted(grows, stop))
            chosen = _chosen(inputs, grown, asked)
            if generator is not None:
                stage(grown, inputs, listed.parent, generator)
        elif generator is not None:
            stage_again(settings, listed.parent)
        chosen.write(listed)
        job = replace(settings, chosen=listed, copies=chosen.most)
        return Expanded(chosen.about[EXPAND], run(pipeline, job, progress, stop))


def _interrupted(grows: Callable[[int, int], None], stop: Callable[[], bool]) -> Callable[[int, int], None]:
    """Return what is called after every round, and ends a command that is to stop: nothing is written yet."""

    def call(done: int, wanted: int) -> None:
        grows(done, wanted)
        if stop():
            raise KeyboardInterrupt

    return call


def _grown(
    pipeline: Pipeline,
    settings: Settings,
    inputs: Inputs,
    asked: Mapping[str, Any],
    practice: Pipeline | None,
    grows: Callable[[int, int], None],
) -> Grown:
    """Choose among copies of the training split."""
    trains = inputs.trains
    items, samples = [inputs.items[place] for place in trains], [inputs.samples[place] for place in trains]
    groups = None if inputs.groups is None else [inputs.groups[place] for place in trains]
    gates = Gates(
        samples,
        [inputs.classes[place] for place in trains],
        groups=groups,
        held_out=[inputs.samples[place] for place in inputs.held_out],
        practice=practice,
        gates=asked["gates"],
    )
    keys = [item.key for item in items]
    wanted = {name: asked[name] for name in ("size", "per_class", "rounds", "select")}
    growth = Growth(gates, keys)
    if pipeline.modalities:
        pipe = checked_pipeline(pipeline, gates.modality)
        draws = Draws(pipe, gates.modality, settings.seed, settings.epoch)
        growth.copying(_Maker(pipe, settings, items, samples), draws)
    if "generator" in asked:
        growth.generating(Named.of(asked["generator"], gates.modality), samples, settings.seed)
    return growth.run(**wanted, groups=groups, seed=settings.seed, progress=grows)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes copies as the job will make them: the same calls, keys and numbers."""

    pipe: Pipeline
    settings: Settings
    items: Sequence[Item]
    samples: Sequence[Any]
    traces: dict[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)
    """Files are single samples, of which none are needed."""

    def copies(self, asked: Sequence[tuple[int, int]]) -> list[Any]:
        """Return the copies; an error in place of one that cannot be made, as the job would refuse it."""
        by_copy: dict[int, list[int]] = {}
        for at, (_, copy) in enumerate(asked):
            by_copy.setdefault(copy, []).append(at)
        found: list[Any] = [None] * len(asked)
        for copy, places in by_copy.items():
            for start in range(0, len(places), AT_ONCE):
                block = places[start : start + AT_ONCE]
                for at, made in zip(block, self._made([asked[at][0] for at in block], copy), strict=True):
                    found[at] = made
        return found

    def _made(self, origins: Sequence[int], copy: int) -> list[Any]:
        keys = [self.items[origin].key for origin in origins]
        given = [self.samples[origin] for origin in origins]
        seed, epoch, device = self.settings.seed, self.settings.epoch, self.settings.device
        try:
            return list(augment(given, self.pipe, seed=seed, epoch=epoch, copy=copy, keys=keys, device=device))
        except SampleError as error:
            if len(origins) == 1:
                return [error]
            return [made for origin in origins for made in self._made([origin], copy)]


def _chosen(inputs: Inputs, grown: Grown, asked: Mapping[str, Any]) -> Chosen:
    """Return what the job makes: the chosen copies, and, where they are wanted, all inputs."""
    trains = inputs.trains
    copies: dict[str, dict[int, dict[str, Any]]] = {}
    if asked["originals"]:
        copies = {item.path: {ORIGINAL: _line(inputs, place)} for place, item in enumerate(inputs.items)}
    if "generator" in asked:
        for place in trains:
            copies[inputs.items[place].path][ORIGINAL][EXPAND]["taught"] = asked["generator"]
    for (origin, copy), judged in zip(grown.chosen, grown.judged, strict=True):
        place, number, more = trains[origin], copy, {}
        if origin < 0:
            place, number = anchor(inputs, grown.calls[copy].name, copy), generated(copy)
            more = told(asked["generator"], grown.calls[copy])
        copies.setdefault(inputs.items[place].path, {})[number] = {**_line(inputs, place, judged), **more}
        if origin < 0 and inputs.groups is not None:  # it was made of all groups, and is of none
            copies[inputs.items[place].path][number][EXPAND].pop("group")
    if not copies:
        raise ConfigError(f"no copy passed the gates, and nothing else is to be written. Refused were: {_why(grown)}")
    return Chosen({EXPAND: _facts(inputs, grown, asked)}, copies)


def _line(inputs: Inputs, place: int, judged: Judged | None = None) -> dict[str, Any]:
    """Return what the line of an output says."""
    said: dict[str, Any] = {"class": inputs.classes[place]}
    if inputs.splits[place]:
        said["split"] = inputs.splits[place]
    if inputs.groups is not None:
        said["group"] = inputs.groups[place]
    if judged is not None:
        said["passed"] = True
        if judged.chance == judged.chance:  # NaN where no model was asked
            said["chance"] = round(judged.chance, 4)
    return {EXPAND: said}


def _facts(inputs: Inputs, grown: Grown, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the set was grown; nothing that names an input."""
    trains = inputs.trains
    had = Counter(inputs.classes[place] for place in trains)
    new = Counter(
        grown.calls[copy].name if origin < 0 else inputs.classes[trains[origin]] for origin, copy in grown.chosen
    )
    return {
        "asked": dict(asked),
        "rounds": grown.rounds,
        "sources": len(trains),
        "held_out": len(inputs.held_out),
        "new": len(grown.chosen),
        "classes": {name: {"sources": had[name], "new": new[name]} for name in sorted(had)},
        "candidates": dict(grown.counts),
        "spared": grown.spared,
        "acceptance": {name: dict(found) for name, found in grown.acceptance.items()},
        "shortage": dict(grown.shortage),
    }


def _why(grown: Grown) -> str:
    return ", ".join(f"{name} {count}" for name, count in grown.counts.items() if name != "passed") + "."


def _before(settings: Settings, asked: Mapping[str, Any]) -> Chosen | None:
    """Return what was chosen by the command that is resumed; None where it did not get so far.

    Raises:
        ConfigError: it was asked for something else, or inputs were forgotten since.

    """
    record = job_record(settings.out) if settings.resume else None
    if record is None:
        return None
    if EXPAND not in record:
        raise ConfigError(
            f"the job in {str(settings.out)!r} was none of augreg expand. Go on with it by augreg run --resume."
        )
    if record.get("forgotten"):
        raise ConfigError(
            f"inputs of the set in {str(settings.out)!r} were forgotten, and it has ended. Leave it, or --overwrite it."
        )
    before = json.loads(json.dumps(record[EXPAND]["asked"]))
    now = json.loads(json.dumps(asked))
    for name in {**now, **before}:
        if before.get(name) != (value := now.get(name)):
            raise ConfigError(
                f"the job in {str(settings.out)!r} cannot be resumed: its {name} was {before.get(name)!r} and is "
                f"{value!r} now. Resume it as it began, or begin anew with --overwrite."
            )
    listed = state_of(settings.out) / CHOSEN
    if (state_of(settings.out) / JOB).exists():
        return Chosen.read(listed)
    return _written(settings.out, record[EXPAND])


def _written(out: Path, facts: Mapping[str, Any]) -> Chosen | None:
    """Return the choice of a job that has ended, by its manifest; None where that is not whole."""
    copies: dict[str, dict[int, dict[str, Any]]] = {}
    try:
        for raw in (out / NAME).read_bytes().splitlines():
            line = json.loads(raw)
            copies.setdefault(line["source"], {})[line["copy"]] = {
                name: line[name] for name in (EXPAND, GENERATOR) if name in line
            }
    except (OSError, ValueError, KeyError):
        return None
    return Chosen({EXPAND: facts}, copies)
