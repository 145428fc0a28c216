"""Which labels belong to which input: found when the plan is made, by names; files of labels are no inputs then."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item
from augreg.jobs.labelled.asked import AUTO, NONE, Asked
from augreg.jobs.labelled.columns import Columns
from augreg.jobs.labelled.places import root_of, stamp_of
from augreg.jobs.sources import Annotated, Attaches, Source, Tabular
from augreg.jobs.sources.lists import Paths
from augreg.media.labels.base import BesideForm, Said, SetForm
from augreg.media.labels.known import forms, reading, writing
from augreg.param.files import read_file
from augreg.registry import Registry

MEMBERS: Final = "members of tars"

LIMIT: Final = 64 * 1024**2
"""Bytes that the labels of one sample may have; label maps are the largest, and these are pictures."""


@dataclass(slots=True)
class Binder:
    """Finds labels and gives each input its own.

    Args:
        asked: what the user said.
        to: the form that is written; "" for that which is read.
        source: where inputs come from.
        registry: whose forms to use.
        fields: the fields of samples that the pipeline's schema has: a file that is one of them is no file of labels.

    """

    asked: Asked
    to: str
    source: Source
    registry: Registry
    fields: Collection[str] = ()
    form: str = ""
    """The form that is read, once the inputs were taken; "" if there are no labels."""
    given: str = ""
    head: Mapping[str, Any] = field(default_factory=dict)
    files: int = 0
    labelled: int = 0
    columns: Columns = field(default_factory=Columns)
    """The columns of lists and tables that go along."""
    unused: list[str] = field(default_factory=list)
    """What labels name and the source does not have."""

    def take(self, items: list[Item], ignored: Counter[str]) -> list[Item]:
        """Return the inputs with their labels, without the files that hold labels; these are not ``ignored`` either.

        Raises:
            ConfigError: the labels that were asked for are not there; or several forms are, and none was asked for.

        """
        if isinstance(self.source, Annotated):
            return self._own(items)
        if self.asked.form == NONE:
            return items
        if isinstance(self.source, Tabular):
            return self._refuse_table(items)
        root = root_of(self.source)
        if self.asked.form == AUTO:
            found = [] if root is None else self._found(root, items)
            if not found:
                return items
            self.form, self.given = found[0]
        else:
            self.form, self.given = self.asked.form, self.asked.given
        kind = reading(self.form, self.registry)
        writer = writing(Asked.of(self.to or self.form).form, self.registry)
        if root is None:
            return self._members(kind, items)
        taken = self._beside(kind, root, items, ignored) if issubclass(kind, BesideForm) else None
        if taken is None:
            assert issubclass(kind, SetForm)
            taken = self._listed(kind, root, items, ignored)
        if issubclass(writer, BesideForm) and writer.classed and not self.head.get("categories"):
            self._gather(kind, root, taken)
        if not self.labelled and self.asked.form == AUTO:
            self.form = self.given = ""
            return items
        if not self.labelled:
            raise ConfigError(
                f"labels {self.form!r} were asked for, and no input has any. Say where they lie, as in "
                "--labels coco:instances.json, or --labels none."
            )
        return taken

    def _gather(self, kind: type[BesideForm] | type[SetForm], root: Path, items: Sequence[Item]) -> None:
        """Put the names of all classes into the head, in order of the alphabet, for a form that writes numbers."""
        if kind.name == Asked.of(self.to or self.form).form or not issubclass(kind, BesideForm):
            return
        form = kind(self.head)
        found: set[str] = set()
        for item in items:
            if "place" in item.labels:
                with contextlib.suppress(OSError):
                    found.update(form.classes(read_file(root / item.labels["place"], LIMIT)))
        categories = [{"id": number, "name": name} for number, name in enumerate(sorted(found))]
        self.head = {**self.head, "categories": categories}

    def _own(self, items: list[Item]) -> list[Item]:
        """Take what the source says itself: there the labels are what the samples stand in."""
        assert isinstance(self.source, Annotated)
        if self.asked.form not in (AUTO, NONE, self.source.label_form):
            raise ConfigError(
                f"labels {self.asked.form!r} were asked for, and this input holds its own: {self.source.label_form}. "
                "Leave --labels out."
            )
        if self.to not in ("", self.source.label_form):
            raise ConfigError(
                f"labels_to is {self.to!r}, and what is read as {self.source.label_form} is written as that. Leave "
                "labels_to out."
            )
        self.form, self.head = self.source.label_form, self.source.label_head
        self.files, self.labelled = len(items), sum(bool(item.labels) for item in items)
        return items

    def _refuse_table(self, items: list[Item]) -> list[Item]:
        if self.asked.form == AUTO:
            return items
        raise ConfigError(
            f"labels {self.asked.form!r} lie in files, and this input is a table, whose labels are columns. Say what "
            "they are by the pipeline's schema."
        )

    def _found(self, root: Path, items: Sequence[Item]) -> list[tuple[str, str]]:
        """Return the one form and place that is there, or nothing.

        Raises:
            ConfigError: there are several.

        """
        by_modality: dict[str, list[str]] = {}
        for item in items:
            by_modality.setdefault(item.modality, []).append(item.path)
        found: list[tuple[str, str]] = []
        for spec in forms(self.registry):
            names = [name for modality in spec.modalities for name in by_modality.get(modality, ())]
            if names:
                found += [(spec.name, given) for given in reading(spec.name, self.registry).find(root, sorted(names))]
        if len(found) > 1:
            several = ", ".join(f"--labels {form}{':' if given else ''}{given}" for form, given in found)
            raise ConfigError(f"several labels are there. Say which: {several}; or --labels none.")
        return found

    def _beside(self, kind: type[BesideForm], root: Path, items: list[Item], ignored: Counter[str]) -> list[Item]:
        """Give every input the file of labels that is there for it; refuse files of labels for which no input is."""
        self.head = kind.open(root, self.given)
        form = kind(self.head)
        ours = [item for item in items if item.modality in kind.modalities]
        meant = {item.path for item in items if self._meant(item)}
        places: dict[int, str] = {}
        used: dict[str, tuple[int, int]] = {}
        for item in ours:
            for place in form.places(item.path):
                if place != item.path and place not in meant and (stamp := stamp_of(root, place)) is not None:
                    places[item.position], used[place] = place, stamp
                    break
        _uncount(ignored, set(used) - {item.path for item in items})
        taken = [item for item in items if item.path not in used and item.path not in form.around()]
        self.files = sum(item.modality in kind.modalities for item in taken)
        holding = {str(PurePosixPath(place).parent) for place in used}
        media = {str(PurePosixPath(item.path).parent) for item in ours if item.path not in used}
        found = []
        for item in taken:
            folder = str(PurePosixPath(item.path).parent)
            place = places.get(item.position, "")
            if place:
                item = _labelled(item, {"place": place, "bytes": used[place][0], "mtime_ns": used[place][1]})
                self.labelled += 1
            elif (
                _suffix(item) == kind.extension
                and folder in holding
                and (item.modality not in kind.modalities or folder not in media)
            ):
                reason = f"it holds labels ({self.form}) of what is not there. Remove it, or put that back."
                item = replace(item, fault=MediaError(item.path, reason, "E_LABEL"))
            found.append(item)
        return found

    def _meant(self, item: Item) -> bool:
        """Whether a file was named as an input, by a list or as a field; not where labels were asked for."""
        if self.asked.form != AUTO:
            return False
        name = PurePosixPath(item.path).stem
        return isinstance(self.source, Paths) or any(name.endswith(f".{field}") for field in self.fields)

    def _listed(self, kind: type[SetForm], root: Path, items: list[Item], ignored: Counter[str]) -> list[Item]:
        """Give every input what one file says of it."""
        self.head, said = kind.open(root, self.given)
        by_path = {item.path: i for i, item in enumerate(items) if item.modality in kind.modalities}
        self.files = len(by_path)
        found, told = list(items), set()
        for each in said:
            place = by_path.get(each.file)
            if place is None and each.fault:
                found.append(_refused(each, len(found), self.given or self.form, sorted(kind.modalities)[0]))
            elif place is None:
                self.unused.append(each.file)
            elif place in told:
                found[place] = _labelled(found[place], {}, f"{self.given or self.form} speaks of it twice. Leave one.")
            else:
                told.add(place)
                found[place] = _labelled(found[place], {"raw": json.dumps(each.raw, separators=(",", ":"))}, each.fault)
        self.labelled = len(told)
        _uncount(ignored, {self.given} if self.given and (root / self.given).is_file() else set())
        return found

    def _members(self, kind: type[BesideForm] | type[SetForm], items: list[Item]) -> list[Item]:
        """Give every record of tars the member that holds its labels."""
        if not isinstance(self.source, Attaches) or not issubclass(kind, BesideForm):
            raise ConfigError(
                f"labels {self.form!r} are read from folders, and this input is none. Copy it into a folder, or "
                "give --labels none."
            )
        self.head = kind.open(Path(), self.given) if self.given else {}
        self.given = self.given or MEMBERS
        extension = kind.extension
        texts = {item.record: item for item in items if item.modality not in kind.modalities and item.record}
        held = {
            record: item
            for record, item in texts.items()
            if PurePosixPath(item.path).name.partition(".")[2].lower() == extension
        }
        found = []
        for item in items:
            if item.modality in kind.modalities:
                self.files += 1
                if extension in item.attached:
                    rest = {name: at for name, at in item.attached.items() if name != extension}
                    item = _labelled(replace(item, attached=rest), {"member": dict(item.attached[extension])})
                    self.labelled += 1
                elif item.record in held:
                    text = held[item.record]
                    item = _labelled(item, {"member": {"where": text.where, "bytes": text.size}})
                    self.labelled += 1
            elif item.record in held and held[item.record] is item:
                continue
            found.append(item)
        return found

    @property
    def spec(self) -> dict[str, Any]:
        """What workers must know; {} if there are no labels."""
        found = {"columns": self.columns.spec} if self.columns.names else {}
        if not self.form:
            return found
        to = Asked.of(self.to or self.form)
        written = writing(to.form, self.registry).toward(self.head, to.given)
        return {**found, "form": self.form, "head": dict(self.head), "to": to.form, "head_to": written}

    @property
    def facts(self) -> dict[str, Any] | None:
        """What the record of a job says of labels: never where a file lies that is not among the inputs."""
        if not self.form:
            return None
        root = root_of(self.source)
        within = (
            root is not None and self.given and (root / self.given).is_file() and not Path(self.given).is_absolute()
        )
        given = self.given if within or not Path(self.given).exists() else Path(self.given).name
        digest = hashlib.sha256(json.dumps(self.head, sort_keys=True).encode()).hexdigest()
        return {"form": self.form, "to": self.to or self.form, "given": given, "head_sha256": digest}

    @property
    def told(self) -> tuple[str, ...]:
        """What the user should know."""
        moved = [f"columns that go along: {', '.join(self.columns.names)}"] if self.columns.roles else []
        return (*moved, *self._told)

    @property
    def _told(self) -> tuple[str, ...]:
        if not self.form or isinstance(self.source, Annotated):
            return ()
        place = f", {self.given}" if self.given else ""
        auto = ", found by itself" if self.asked.form == AUTO else ""
        said = [f"labels: {self.form}{place}{auto}; {self.labelled:,} of {self.files:,} files have some"]
        written = Asked.of(self.to or self.form).form
        omits = writing(written, self.registry).omits if written != self.form else ""
        if omits:
            said.append(f"{written} has no place for {omits}: they are left out")
        if self.unused:
            more = f" and {len(self.unused) - 3:,} more" if len(self.unused) > 3 else ""
            names = ", ".join(repr(name) for name in self.unused[:3])
            count = f"{len(self.unused):,} file{'s' * (len(self.unused) > 1)}"
            said.append(f"labels speak of {count} not among the inputs: {names}{more}")
        return tuple(said)


def _labelled(item: Item, labels: Mapping[str, Any], fault: str = "") -> Item:
    """Return an input with labels. It is never just copied: where no step runs its labels name another file still."""
    if fault:
        return replace(item, labels={}, fault=item.fault or MediaError(item.path, fault, "E_LABEL"))
    return replace(item, labels=labels, copied=False)


def _refused(said: Said, position: int, given: str, modality: str) -> Item:
    """Return an input that stands for labels of which nobody knows what they are of."""
    path = said.file or f"{given}#{position}"
    fault = MediaError(path, said.fault, "E_LABEL")
    return Item(position, path, path, modality, path, "", fault=fault)


def _suffix(item: Item) -> str:
    return PurePosixPath(item.path).suffix.lower().removeprefix(".")


def _uncount(ignored: Counter[str], places: set[str]) -> None:
    """Take files of labels out of those that are counted as left aside."""
    for place in places:
        suffix = PurePosixPath(place).suffix.lower() or "no suffix"
        ignored[suffix] -= 1
        if ignored[suffix] <= 0:
            del ignored[suffix]
