"""Labels on their way: read beside a sample, moved as fields of its record, written for its output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from augreg.errors import MediaError
from augreg.jobs.items import Item
from augreg.jobs.labelled.about import about
from augreg.jobs.labelled.binding import LIMIT
from augreg.jobs.labelled.columns import Columns, changed, values_of, with_numbers
from augreg.jobs.labelled.places import as_kept, root_of, stamp_of
from augreg.jobs.outcome import gone
from augreg.jobs.sinks import Beside, Made
from augreg.jobs.sources import Attaches, Source
from augreg.media.labels.base import SAMPLE, BesideForm, Labels, SetForm
from augreg.media.labels.known import reading, writing
from augreg.modalities.roles import EXTRA
from augreg.modalities.text import Text
from augreg.param.files import read_file
from augreg.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Held:
    """The labels of one file, and the hash of what they were read from."""

    labels: Labels
    sha256: str


@dataclass(slots=True)
class Carrier:
    """Reads, hands on and writes labels of one job.

    Args:
        reader, writer: the forms; None where there are only columns.
        columns: the columns of lists and tables that go along.
        pipeline: what moves the labels.
        source: where they come from.

    """

    reader: BesideForm | SetForm | None
    writer: BesideForm | SetForm | None
    columns: Columns
    pipeline: Pipeline
    source: Source
    _schemas: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Mapping[str, Any], pipeline: Pipeline, source: Source) -> Carrier | None:
        """Return what carries the labels that the plan of a job found; None if there are none."""
        if not spec:
            return None
        columns = Columns(**spec.get("columns", {}))
        if not spec.get("form"):
            return cls(None, None, columns, pipeline, source)
        forms = reading(spec["form"], pipeline.registry), writing(spec["to"], pipeline.registry)
        return cls(forms[0](spec["head"]), forms[1](spec["head_to"]), columns, pipeline, source)

    def rides(self, item: Item) -> bool:
        """Whether an input goes through the pipeline as a record, for what belongs to it."""
        return bool(self.columns.names) or any(file.labels for file in item.files)

    @property
    def strengths(self) -> set[str]:
        """The columns from which steps take their strength: these are read, and never changed."""
        return {field for fields in self.pipeline.level_fields.values() for field in fields}

    def values(self, item: Item) -> dict[str, Any]:
        """Return the columns of an input that go along."""
        return values_of(self.source, item, self.columns.names) if self.columns.names else {}

    def content(self, file: Item, into: Path | None = None) -> bytes:
        """Return the bytes of the labels of a file.

        Raises:
            MediaError: they are not there any more, or too large.

        """
        labels = file.labels
        if "raw" in labels:
            return str(labels["raw"]).encode("utf-8", "surrogatepass")
        if "member" in labels:
            return self._member(file, into)
        root = root_of(self.source)
        assert root is not None, "labels beside inputs are planned in folders only"
        if stamp_of(root, labels["place"]) != as_kept(labels):
            raise gone(replace(file, path=labels["place"], alias=""))
        try:
            return read_file(root / labels["place"], LIMIT)
        except (OSError, ValueError) as error:
            raise MediaError(labels["place"], f"{error}", "E_LABEL") from None

    def _member(self, file: Item, into: Path | None) -> bytes:
        assert into is not None, "members have to be copied somewhere"
        assert isinstance(self.source, Attaches), "only tars have members"
        held = replace(file, attached={"labels": file.labels["member"]})
        if file.labels["member"]["bytes"] > LIMIT:
            raise MediaError(file.path, f"its labels have more than {LIMIT:,} bytes.", "E_LABEL")
        path = self.source.attached(held, into)["labels"]
        content = path.read_bytes()
        path.unlink()
        return content

    def read(self, file: Item, sample: Any, into: Path) -> Held | None:
        """Return the labels of one file; None if it has none.

        Raises:
            MediaError: they cannot be read, or do not fit the sample.

        """
        if not file.labels or self.reader is None:
            return None
        content = self.content(file, into)
        facts = about(file.path, file.modality, sample)
        try:
            if isinstance(self.reader, SetForm):
                labels = self.reader.read(json.loads(content), facts)
            else:
                labels = self.reader.read(content, facts)
        except MediaError as error:
            where = file.labels.get("place")
            reason = f"{where}: {error.reason}" if where else error.reason
            raise MediaError(file.called, reason, error.code) from None
        return Held(labels, hashlib.sha256(content).hexdigest())

    def record(self, item: Item, value: Any, held: Sequence[Held | None], columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record of a sample, or of the files of a record, with the fields of labels and columns."""
        record: dict[str, Any] = dict(value) if item.field is not None else {item.modality: value}
        record.update(with_numbers(columns, self.strengths))
        for file, own in zip(item.files, held, strict=True):
            owner = file.field or file.modality
            for name, labels in own.labels.fields.items() if own is not None else ():
                record[owner if name == SAMPLE else f"{owner}/{name}"] = labels
        return record

    def schema(self, items: Sequence[Item]) -> dict[str, Any]:
        """Return what the fields of these inputs' records are: as the pipeline says, and the labels as their form."""
        fields = {(f.field or f.modality, f.modality, bool(f.labels)) for item in items for f in item.files}
        known = tuple(sorted(fields))
        if known not in self._schemas:
            self._schemas[known] = self._schema(known)
        return self._schemas[known]

    def _schema(self, fields: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
        own = self.pipeline.roles.plain() if self.pipeline.schema else {}
        found: dict[str, Any] = {**{field: modality for field, modality, _ in fields if not own}, **own}
        if not own and "video" in found.values() and "audio" in self.pipeline.modalities:
            found.setdefault("audio", "audio")
        found.update(self.columns.roles)
        if self.pipeline.roles.extra:
            found[EXTRA] = list(self.pipeline.roles.extra)
        roles = {} if self.reader is None else self.reader.roles
        for owner, _, labelled in fields:
            for name, role in roles.items() if labelled else ():
                if name == SAMPLE:
                    found[owner] = role
                    continue
                of = owner if role["of"] == SAMPLE else f"{owner}/{role['of']}"
                found[f"{owner}/{name}"] = {**role, "of": of}
        return found

    def back(
        self, item: Item, result: tuple[Any, Any], held: Sequence[Held | None], columns: Mapping[str, Any]
    ) -> tuple[Any, list[Labels | None], dict[str, Any]]:
        """Return the result as it is without labels: sample and trace; the labels of each file; changed columns."""
        record, traces = result
        found: list[Labels | None] = []
        for file, own in zip(item.files, held, strict=True):
            owner = file.field or file.modality
            if own is None:
                found.append(None)
                continue
            fields = {name: record[owner if name == SAMPLE else f"{owner}/{name}"] for name in own.labels.fields}
            found.append(replace(own.labels, fields=fields))
        moved = {name: value for name, value in columns.items() if name not in self.strengths}
        new = dict(changed(moved, record))
        owners = {file.field or file.modality for file in item.files} | set(traces)
        samples = {name: _sample(value) for name, value in record.items() if name in owners}
        if item.field is not None:
            return (samples, traces), found, new
        return (samples[item.modality], traces[item.modality]), found, new

    def write(self, made: Made, held: Held | None, labels: Labels | None, sample: Any) -> None:
        """Put labels beside what was made: a row into its line, or a file.

        Raises:
            MediaError: the form cannot say them.

        """
        if held is None or labels is None or self.writer is None:
            return
        output = made.file.output(made.copy)
        said: dict[str, Any] = {"form": self.writer.name, "source_sha256": held.sha256}
        if "place" in made.file.labels:
            said["source"] = made.file.labels["place"]
        facts = about(output, made.file.modality, sample)
        if isinstance(self.writer, SetForm):
            said["row"] = self.writer.row(labels, facts)
        else:
            staged = made.staged.with_name(f"{made.staged.name}_labels")
            staged.write_bytes(self.writer.write(labels, facts))
            made.labels = Beside(staged, self.writer.place(output), self.writer.extension)
        made.line["labels"] = said

    def sha256(self, file: Item, into: Path) -> str | None:
        """Return the hash of the labels of a file; None if they cannot be read."""
        try:
            return hashlib.sha256(self.content(file, into)).hexdigest()
        except OSError:  # MediaError is one
            return None


def _sample(value: Any) -> Any:
    """Return the sample of a field: the words of a text stand in for it."""
    if isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value):
        return Text(" ".join(value))
    return value
