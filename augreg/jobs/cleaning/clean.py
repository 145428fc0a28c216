"""Looks at every input of a data set and says what is wrong with it."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from statistics import median
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.cleaning.alike import Pictures, Texts
from augreg.jobs.cleaning.annotated import Annotated
from augreg.jobs.cleaning.classes import Classes
from augreg.jobs.cleaning.doubles import Inputs, Match, copies, doubles
from augreg.jobs.cleaning.judge import check_installed
from augreg.jobs.cleaning.kinds import KEPT, KINDS
from augreg.jobs.cleaning.languages import of_languages, strangers
from augreg.jobs.cleaning.look import Fault, Seen, look
from augreg.jobs.cleaning.report import Report
from augreg.jobs.cleaning.splits import classes_by, split_by
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import Item
from augreg.jobs.plan import make_plan
from augreg.jobs.sources import Folder, Source, open_source, without_steps
from augreg.jobs.sources.foldermeta import is_row
from augreg.media import DEFAULT, Limits, readers
from augreg.media.labels import About
from augreg.registry import Registry, default

BLOCK: Final = 128
"""Inputs that are fetched at once; of those from far away so many lie on the disk at a time."""

SMALL_SIDE: Final = 16
"""Pixels of the shorter side below which a picture is small, where others are larger."""

SMALL_SHARE: Final = 0.1
"""Share of the median of all shorter sides below which a picture is small, whatever its size."""

Progress = Callable[[int, int], None]


def clean(
    source: str | Path | Source,
    *,
    form: str = "auto",
    split_by: str = "folder",
    class_from: str = "folder",
    judge_labels: bool = False,
    skip: Sequence[str] = (),
    limits: Limits = DEFAULT,
    workers: int = 0,
    progress: Progress = lambda done, all_of_them: None,
    **options: Any,
) -> Report:
    """Look at every file of a data set, and at what is the same or nearly the same in it. Nothing is written.

    Args:
        source: a folder of media files, or another form of input as :func:`augreg.jobs.run` takes it.
        form: what kind of input it is, one of :data:`augreg.jobs.sources.SOURCES`; "auto" tells by what is there.
        split_by: how the split of an input is told: "folder" (its top folder, where that is called train, val, test
            or the like), "none", or a regular expression whose one group, found in the path, is the split.
        class_from: where classes are said: "folder", or a column of a list or a table.
        judge_labels: whether to look for wrong classes, by what samples look like to a model that was trained without
            them. It needs the extra ``clean``, and says so where classes cannot be told by formulas.
        skip: codes of :data:`augreg.jobs.cleaning.kinds.KINDS` that are not looked for.
        limits: the largest samples that are decoded.
        workers: how many threads; 0 for one on each core.
        progress: called with how many inputs were looked at, and how many there are.
        options: what else the form of input takes.

    Returns:
        All faults, each with how sure it is, and the counts of splits and classes.

    Raises:
        ConfigError: the source is not there, or an argument is wrong.

    >>> import augreg.jobs, torch
    >>> from pathlib import Path
    >>> Path("in").mkdir()
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 64, 64)), "in/black.png")
    >>> found = augreg.jobs.clean("in").faults[0]
    >>> found.path, found.code, found.confidence
    ('black.png', 'W_BLANK', 1.0)

    """
    for code in skip:
        if code not in KINDS:
            raise ConfigError(f"skip names {code!r}, which is no code.{nearest(code, KINDS)} Codes: {listing(KINDS)}.")
    if workers < 0:
        raise ConfigError(f"workers is {workers}; it must be at least 1, or 0 for one on each core.")
    if judge_labels:
        check_installed()
    begun = time.monotonic()
    opened = without_steps(open_source(source, form, **options) if isinstance(source, str | Path) else source)
    registry = default()
    plan = make_plan(opened, {spec.modality for spec in readers(registry).values()}, 1, registry)
    labels = (
        Annotated(opened.root, {item.path: item.modality for item in plan.items}, registry)
        if isinstance(opened, Folder)
        else None
    )
    rows = [item for item in plan.items if is_row(item.path)]
    held = {item.path for item in rows} | (set() if labels is None else {*labels.files})
    items = tuple(item for item in plan.items if item.path not in held)
    with tempfile.TemporaryDirectory(prefix="augreg-clean-") as folder:
        splits = _splits(items, split_by)
        judged = Path(folder) if judge_labels and "W_CLASS" not in skip else None
        classes = Classes(classes_by(class_from, opened, items, splits), judged)
        work = Cleaning(items, frozenset(skip), Path(folder), splits, classes)
        work.abouts = {} if labels is not None and labels.found else None
        work.look(opened, limits, registry, workers or os.cpu_count() or 1, progress)
        report = work.report()
    if labels is not None and "W_LABEL" not in skip:
        report.faults += labels.check(work.abouts or {})
        report.faults += [Fault(item.path, "W_LABEL", item.fault.reason) for item in rows if item.fault is not None]
        report.notes += tuple(labels.notes)
    report.ignored, report.seconds = plan.ignored, time.monotonic() - begun
    return report


class Cleaning:
    """What is known of a data set so far."""

    def __init__(
        self, items: Sequence[Item], skip: frozenset[str], folder: Path, splits: Sequence[str], classes: Classes
    ) -> None:
        self.items, self.skip, self.classes = items, skip, classes
        self.inputs = Inputs(tuple(item.path for item in items), splits)
        self.beside = _beside(items)
        self.faults: dict[int, list[Fault]] = {}
        self.raw: dict[int, bytes] = {}
        self.content: dict[int, bytes] = {}
        self.sides: dict[int, int] = {}
        self.languages: dict[int, str] = {}
        self.abouts: dict[str, About] | None = None
        """Path -> what labels are read by; None where there are none."""
        self.pictures, self.texts = Pictures(folder), Texts(folder)

    def look(self, source: Source, limits: Limits, registry: Registry, workers: int, progress: Progress) -> None:
        """Look at every input by itself, block by block."""
        with ThreadPoolExecutor(workers, thread_name_prefix="augreg-clean") as pool:
            for start in range(0, len(self.items), BLOCK):
                block = self.items[start : start + BLOCK]
                with tempfile.TemporaryDirectory(prefix="augreg-clean-") as stage:
                    files = Fetched.of(source, block, Path(stage))
                    judged = self.classes.folder is not None
                    seen = pool.map(
                        lambda item, paths=files.paths, judged=judged: look(
                            item, paths[item.position], limits, registry, judged=judged
                        ),
                        block,
                    )
                    for place, one in enumerate(seen, start):
                        self.take(place, one)
                progress(min(start + BLOCK, len(self.items)), len(self.items))

    def take(self, place: int, seen: Seen) -> None:
        """Take in what was seen of one input."""
        if self.abouts is not None and seen.about is not None:
            self.abouts[seen.about.path] = seen.about
        if seen.item.modality == "text":
            self.languages[place] = seen.language
        found = [fault for fault in seen.faults if fault.code not in self.skip]
        if found:
            self.faults[place] = found
        if not seen.raw or any(fault.code not in KEPT for fault in seen.faults) or place in self.beside:
            return
        self.raw[place], self.content[place] = seen.raw, seen.content
        self.classes.add(place, seen)
        if seen.thumb is not None:
            self.sides[place] = seen.side
            self.pictures.add(place, seen)
        if seen.keys is not None:
            self.texts.add(place, seen)

    def report(self) -> Report:
        """Compare the inputs with each other, and say what was found."""
        self._small()
        self._strangers()
        found = doubles(self.inputs, self._same(), self._near())
        for place, fault in found.items():
            if fault.code not in self.skip:
                self.faults.setdefault(place, []).append(fault)
        self.pictures.close()
        self.texts.close()
        modalities = Counter(item.modality for item in self.items)
        classes, notes = self.classes.balance(self.inputs.splits, self.beside)
        said = [*notes, *of_languages(list(self.languages.values()))]
        for place, fault in self.classes.judge(self.inputs.paths, said):
            self.faults.setdefault(place, []).append(fault)
        splits = Counter(split for split in self.inputs.splits if split)
        ordered = [fault for _, faults in sorted(self.faults.items()) for fault in faults]
        languages = Counter(code for code in self.languages.values() if code)
        paths = tuple(self.inputs.paths)
        return Report(paths, ordered, modalities, splits, classes, notes=tuple(said), languages=languages)

    def _small(self) -> None:
        if "W_SMALL" in self.skip or not self.sides:
            return
        middle = median(self.sides.values())
        least = max(SMALL_SHARE * middle, SMALL_SIDE if middle >= 2 * SMALL_SIDE else 0)
        for place, side in self.sides.items():
            if side < least:
                said = f"its shorter side has {side} pixels; the median of all is {middle:g}."
                fault = Fault(self.items[place].path, "W_SMALL", said, 0.5 + 0.5 * (1.0 - side / least))
                self.faults.setdefault(place, []).append(fault)

    def _strangers(self) -> None:
        if "W_LANGUAGE" not in self.skip:
            main, others = strangers(self.languages)
            for place in others:
                said = f"it is in {self.languages[place]}, while most texts are in {main}."
                self.faults.setdefault(place, []).append(Fault(self.items[place].path, "W_LANGUAGE", said, 0.9))

    def _alive(self) -> list[int]:
        """Return the places of the inputs that have no fault: others are left out anyway, whatever they are like."""
        return [place for place in self.raw if all(f.code in KEPT for f in self.faults.get(place, []))]

    def _same(self) -> Mapping[int, tuple[int, Match]]:
        alive = self._alive()
        raw = copies(self.inputs, alive, self.raw)
        rest = [place for place in alive if place not in raw]
        decoded = copies(self.inputs, rest, self.content)
        self.single = frozenset(rest) - decoded.keys()
        bytes_, content = (Match("W_DUPLICATE", f"the same {what} as", 1.0, 1.0) for what in ("bytes", "content"))
        same = {place: (leader, content) for place, leader in decoded.items()}
        # Of two files of the same bytes the first may have the content of a third.
        return same | {place: (decoded.get(leader, leader), bytes_) for place, leader in raw.items()}

    def _near(self) -> Iterator[tuple[int, int, Match]]:
        if {"W_NEAR", "W_LEAK"} <= self.skip:
            return
        for pairs, said in (
            (self.pictures.pairs(), "nearly the picture of"),
            (self.texts.pairs(), "nearly the text of"),
        ):
            for a, b, like, sure in pairs:
                if a in self.single and b in self.single and self._wanted(a, b):
                    yield a, b, Match("W_NEAR", said, like, sure)

    def _wanted(self, a: int, b: int) -> bool:
        leaked = self.inputs.splits[a] != self.inputs.splits[b]
        return ("W_LEAK" if leaked else "W_NEAR") not in self.skip


def _splits(items: Sequence[Item], by: str) -> tuple[str, ...]:
    return tuple(map(split_by(by), (item.path for item in items)))


def _beside(items: Sequence[Item]) -> frozenset[int]:
    """Return the texts that lie beside a file of their name, as captions and labels do: many of them are the same."""
    stems = {str(PurePosixPath(item.path).with_suffix("")) for item in items if item.modality != "text"}
    texts = ((place, item) for place, item in enumerate(items) if item.modality == "text")
    return frozenset(place for place, item in texts if str(PurePosixPath(item.path).with_suffix("")) in stems)
