"""What became of one input, and the account of many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from augreg.errors import MediaError
from augreg.jobs.items import Item
from augreg.jobs.manifest import error_line
from augreg.jobs.sinks import Made, Row

NAMED: Final = 100
"""Refused inputs of a shard that its account names; the manifest has them all."""


@dataclass(slots=True)
class Outcome:
    """What became of one input: what was made of it, or the error."""

    item: Item
    made: list[Made] = field(default_factory=list)
    error: Exception | None = None
    attached: Mapping[str, Path] = field(default_factory=dict)
    """Local files of what is attached to it."""
    hashes: dict[int, str] = field(default_factory=dict)
    """Position -> SHA-256 of the files of a refused input, so that a resumed job sees which was mended."""
    columns: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Copy -> the columns that the pipeline changed."""
    label_hashes: dict[int, str | None] = field(default_factory=dict)
    """The same of their labels."""

    def fail(self, error: Exception) -> None:
        """Refuse the input: what was staged of it goes."""
        self.error = error
        for made in self.made:
            made.staged.unlink(missing_ok=True)
            if made.labels is not None:
                made.labels.staged.unlink(missing_ok=True)
        self.made = []

    @property
    def rows(self) -> list[Row]:
        """What was made, by copy; the files of a record in their order."""
        copies = sorted({made.copy for made in self.made})
        made = {copy: tuple(one for one in self.made if one.copy == copy) for copy in copies}
        return [Row(self.item, copy, made[copy], self.attached, self.columns.get(copy, {})) for copy in copies]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The manifest lines, copy by copy; of a refused input one line for each of its files."""
        if self.error is not None:
            return [self._refused(file) for file in self.item.files]
        return [made.line for row in self.rows for made in row.made]

    def _refused(self, file: Item) -> dict[str, Any]:
        assert self.error is not None, "asked for refused inputs only"
        line = error_line(file, self.error, self.hashes.get(file.position), self.item.key)
        known = self.label_hashes.get(file.position)
        return line if known is None else {**line, "labels": {"source_sha256": known}}


@dataclass(slots=True)
class Tally:
    """The account of some inputs, of a shard or of a job."""

    inputs: int = 0
    written: int = 0
    refused: int = 0
    outputs: int = 0
    copied: int = 0
    """Inputs that were passed through, because the pipeline has no steps for them."""
    kept: int = 0
    """Inputs that could not be augmented and were copied as they are, as `on_error="copy"` asks."""
    modalities: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another account."""
        for name in ("inputs", "written", "refused", "outputs", "copied", "kept"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("modalities", "left", "codes"):
            getattr(self, name).update(getattr(other, name))
        self.errors.extend(other.errors)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the account that :meth:`to_json` wrote."""
        counters = {name: Counter(data[name]) for name in ("modalities", "left", "codes")}
        return cls(**{**data, **counters, "errors": [tuple(error) for error in data["errors"]]})

    @classmethod
    def of(cls, items: Sequence[Item], lines: Iterable[Mapping[str, Any]]) -> Self:
        """Count the inputs of a shard by its manifest lines."""
        by_source: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for line in lines:
            by_source[line["source"]].append(line)
        tally = cls(inputs=len(items))
        for item in items:
            tally._count(item, [line for file in item.files for line in by_source[file.called]])
        return tally

    def _count(self, item: Item, lines: Sequence[Mapping[str, Any]]) -> None:
        refusals = [line for line in lines if line["outcome"] == "error"]
        if refusals:
            self.refused += 1
            self.codes[refusals[0]["code"]] += 1
            if len(self.errors) < NAMED:
                self.errors.append((item.called, refusals[0]["code"], refusals[0]["reason"]))
            return
        self.written += 1
        self.outputs += len(lines)
        self.modalities[item.kind] += 1
        self.copied += lines[0]["outcome"] == "passed-through"
        self.kept += lines[0]["outcome"] == "copied"
        self.left.update(line["left"].split(":")[0] for line in lines if "left" in line)


def gone(file: Item) -> MediaError:
    """Return the error for an input that is not as the plan saw it."""
    reason = "it changed, or went, while the job was running. Let it be written whole, and resume the job."
    return MediaError(file.called, reason, "E_CHANGED")
