"""Files that hold many annotated texts: CoNLL columns, and JSON Lines of texts with spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item
from augreg.jobs.manifest import NAME
from augreg.jobs.sources.base import Annotated, Entry
from augreg.jobs.sources.places import is_address
from augreg.jobs.state import RUN
from augreg.jobs.tables.cells import TEXT_SUFFIX, file_name
from augreg.jobs.tables.keys import Seen, place_key
from augreg.media.labels.base import SAMPLE, About, Said, SetForm
from augreg.media.labels.known import reading
from augreg.registry import Registry, default

TAKEN: Final = (NAME, RUN, "metadata.jsonl")
"""Names that the file which is written cannot have."""


class _Texts(Annotated):
    """The samples of one file, in its order; each is an input by itself, with its annotations as ``labels``.

    Args:
        given: the file.
        key_column: "" for keys by the place of each sample, also where the data say ids.

    """

    kind: ClassVar[str]
    sample: ClassVar[str]
    """What one sample is called."""

    def __init__(self, given: str | Path, key_column: str | None = None) -> None:
        if is_address(given):
            raise ConfigError(
                f"{str(given)!r} is an address, and {self.sample}s are read of local files. Load the file down first."
            )
        self.file, self.key_column = Path(given), key_column
        if self.file.name in TAKEN:
            raise ConfigError(f"{self.file.name!r} is what a job writes besides. Rename the input.")
        if key_column:
            raise ConfigError(f"key_column={key_column!r} is given. Here keys are ids of the data, or, by '', places.")
        self.label_head: Mapping[str, Any] = {}
        self._count = 0

    def describe(self) -> dict[str, Any]:
        """Return how to open it again."""
        asked = {} if self.key_column is None else {"key_column": self.key_column}
        return {"kind": self.kind, "given": str(self.file.absolute()), **asked}

    def told(self) -> str:
        """Return how many samples there were."""
        return f"{self._count:,} {self.sample}{'' if self._count == 1 else 's'} in {self.file.name}"

    def holds(self, out: Path) -> str:
        """Return the folder of the file, if it is the output folder: what is written has the name of what is read."""
        folder = self.file.resolve().parent
        return str(folder) if out.resolve() == folder else ""

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield every sample; one that cannot be read is an input that is refused, by its line.

        Raises:
            ConfigError: the file is not there, is of another form, or has several samples with one id.

        """
        if not self.file.is_file():
            raise ConfigError(f"{str(self.file)!r} is no file. Give one file; of several each is a job of its own.")
        self.label_head, found = self._kind(registry).open(self.file.parent, self.file.name)
        self._count = 0
        stamp = self.file.stat().st_mtime_ns
        seen = Seen("id")
        for said in found:
            self._count += 1
            yield self._entry(said, seen, stamp)
        seen.refuse_twice(f"give every {self.sample} an id of its own")

    def _kind(self, registry: Registry) -> type[SetForm]:
        kind = reading(self.label_form, registry)
        assert issubclass(kind, SetForm)
        return kind

    @cached_property
    def form(self) -> SetForm:
        """What understands a sample; a worker finds out anew what the file is like."""
        kind = self._kind(default())
        return kind(kind.open(self.file.parent, self.file.name)[0])

    def _entry(self, said: Said, seen: Seen, stamp: int) -> Entry:
        if said.fault:
            return Entry(said.file, fault=MediaError(said.file, said.fault, "E_LABEL"), extension=TEXT_SUFFIX)
        own = said.raw.get("id") if self.key_column is None else None
        key = place_key(self.file.name, said.raw["number"]) if own is None else seen.add(own, said.file)
        raw = json.dumps(said.raw, separators=(",", ":"))
        return Entry(
            path=f"{file_name(key)}{TEXT_SUFFIX}",
            about=len(raw),  # of the text itself nobody knows the size before it is understood
            mtime_ns=stamp,
            where=[self.file.name, self.file.stat().st_size, said.raw["line"]],
            record=key,
            extension=TEXT_SUFFIX,
            modality="text",
            labels={"raw": raw},
        )

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Write the texts into files; what cannot be understood is refused here."""
        found: dict[int, Path | MediaError] = {}
        for file in files:
            if file.fault is not None:
                found[file.position] = file.fault
                continue
            path = into / f"{file.position}{TEXT_SUFFIX}"
            try:
                text = self.form.read(json.loads(file.labels["raw"]), About(path=file.path, modality="text"))
                path.write_text(_text_of(text.fields[SAMPLE]), encoding="utf-8", newline="")
                found[file.position] = path
            except MediaError as error:
                found[file.position] = error
        return found

    def stat(self, file: Item) -> tuple[int, int]:
        """Return the facts of the file: another size of it counts as another size of the sample."""
        found = self.file.stat()
        return file.size if found.st_size == file.where[1] else -1, found.st_mtime_ns


def _text_of(value: Any) -> str:
    """Return the text of a sample that is a text, or its words."""
    return " ".join(value) if isinstance(value, list) else str(value.data)


class Conll(_Texts):
    """Sentences of CoNLL columns, see :mod:`augreg.media.labels.conll`."""

    kind = "conll"
    label_form = "conll"
    sample = "sentence"


class SpanTexts(_Texts):
    """Rows of JSON Lines with a text and its spans, see :mod:`augreg.media.labels.spanlines`."""

    kind = "texts"
    label_form = "spanlines"
    sample = "text"
