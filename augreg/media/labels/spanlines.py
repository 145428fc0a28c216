r"""JSON Lines of texts with spans: a text on each line, and the stretches of it that are annotated.

Read are the files that annotation tools write, told by the first rows: ``text`` (a string), and one of

- ``label``, ``labels`` or ``entities``: ``[[start, end, "PER"], ...]``, as doccano and spaCy have it;
- ``spans``, ``entities`` or ``annotations``: ``[{"start": 0, "end": 3, "label": "PER"}, ...]``, as Prodigy has it, or
  with ``start_offset`` and ``end_offset``, as doccano has it with relations.

Offsets count characters (code points) from 0 on, and ``end`` is behind the last one. Spans may overlap. Further keys of
a row and of a span stay as they are, but for these, where a step changed the text: Prodigy's ``tokens`` are those of
the new text and ``token_start`` and ``token_end`` count them; its hashes ``_input_hash`` and ``_task_hash`` are left
out, since by them it would take the row for the old one; doccano's ``relations`` of spans that are gone go with them.

Each row is a sample. What is written has the same form, on one line each: ``"id": 5`` becomes ``"5__a0"``, ``"5__a1"``,
... Rows that no step changed come out byte for byte, but for their id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from augreg.errors import MediaError
from augreg.media.labels import spanrows, spantokens
from augreg.media.labels.base import SAMPLE, SPANS, About, Labels, Said, SetForm
from augreg.media.labels.textlines import again, written
from augreg.modalities.text import Text

TOKENS: Final[Mapping[str, Any]] = {
    "tokens": {"role": "spans", "of": SAMPLE},
    "token": {"role": "per span", "of": "tokens"},
}
"""Prodigy's tokens, which are stretches of the text, too."""


class SpanLines(SetForm):
    """Rows of JSON with a text and its spans; the head says what they are called."""

    name: ClassVar[str] = "spanlines"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    @property
    def roles(self) -> Mapping[str, Any]:
        """The text, its spans, and the tokens where rows have them."""
        return {SAMPLE: "text", **SPANS, **(TOKENS if self.head.get("tokens") else {})}

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Return nothing: rows are no labels of files. Name the file as the input."""
        return []

    @classmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        """Return what the fields are called, and the rows."""
        head = spanrows.head_of(root / given, given)
        return head, spanrows.rows(root / given, given, head)

    def read(self, raw: Any, about: About) -> Labels:
        """Return the spans of a row.

        Args:
            raw: ``json``, the line; ``line``, its number.
            about: the sample.

        """
        row, line = json.loads(raw["json"]), raw["line"]
        found = [
            spanrows.span(each, len(row["text"]), f"line {line}: {self.head['spans']}[{i}]", about.path)
            for i, each in enumerate(spanrows.spans_of(row, self.head, line, about.path))
        ]
        fields: dict[str, Any] = {
            SAMPLE: Text(row["text"]),
            "spans": [list(place) for place, _, _ in found],
            "span": [label for _, label, _ in found],
            "noted": [noted for _, _, noted in found],
        }
        if self.head.get("tokens"):
            fields |= spantokens.read(row, line, about.path)
        return Labels(fields, raw)

    def row(self, labels: Labels, about: About) -> dict[str, Any]:
        """Return ``text``, the line of one output.

        Raises:
            MediaError: E_LABEL: it cannot be said in this form.

        """
        if "json" not in labels.rest or not {SAMPLE, "spans"} <= labels.fields.keys():
            reason = "its labels are no spans of such rows. JSON Lines are written of what was read from such."
            raise MediaError(about.path, reason, "E_LABEL")
        old = json.loads(labels.rest["json"])
        new = dict(old)
        new["text"] = str(getattr(labels.fields[SAMPLE], "data", labels.fields[SAMPLE]))
        if (key := self.head.get("id")) is not None:
            new[key] = again(str(old[key]), about.path)
        places = [[int(a), int(b)] for a, b in labels.fields["spans"]]
        if new["text"] == old["text"] and places == self.read(labels.rest, about).fields["spans"]:
            return {"text": self._line(new)} if new != old else {"text": labels.rest["json"] + "\n"}
        notes = list(labels.fields["noted"])
        if self.head.get("tokens"):
            new["tokens"], counted = spantokens.written(new["text"], labels.fields, places)
            notes = [spantokens.counted(noted, count) for noted, count in zip(notes, counted, strict=True)]
        if self.head["spans"] in old:
            said = zip(places, labels.fields["span"], notes, strict=True)
            new[self.head["spans"]] = [spanrows.said(place, label, noted) for place, label, noted in said]
        return {"text": self._line(spanrows.related(new, self.head))}

    def _line(self, row: Mapping[str, Any]) -> str:
        separators = (", ", ": ") if self.head["wide"] else (",", ":")
        return json.dumps(row, ensure_ascii=self.head["ascii"], separators=separators) + "\n"

    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        """Yield the lines."""
        return written(rows)

    @property
    def place(self) -> str:
        """The name of the file that was read."""
        return str(self.head["file"])
