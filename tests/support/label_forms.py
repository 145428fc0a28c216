"""Two forms of labels as a plugin might bring them: boxes beside each picture, and one list for all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import augreg
from augreg.errors import MediaError
from augreg.media.labels import OBJECTS, About, BesideForm, Labels, Said, SetForm

ROLES = {name: OBJECTS[name] for name in ("boxes", "category")}


class BoxFile(BesideForm):
    """`7.box` beside `7.png`: a line `name x y width height` for each box."""

    name = "boxfile"
    modalities = frozenset({"image"})
    extension = "box"

    @property
    def roles(self) -> Mapping[str, Any]:
        return ROLES

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        return [""] if any((root / file).with_suffix(".box").is_file() for file in files[:20]) else []

    @classmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        return {}

    def places(self, path: str) -> Sequence[str]:
        return [str(Path(path).with_suffix(".box"))]

    def place(self, output: str) -> str:
        return str(Path(output).with_suffix(".box"))

    def read(self, content: bytes, about: About) -> Labels:
        rows = [line.split() for line in content.decode().splitlines()]
        for number, row in enumerate(rows, 1):
            if len(row) != 5:
                raise MediaError(about.path, f"line {number}: {len(row)} words, not 5.", "E_LABEL")
        return Labels({"boxes": [[float(v) for v in row[1:]] for row in rows], "category": [row[0] for row in rows]})

    def write(self, labels: Labels, about: About) -> bytes:
        both = zip(labels.fields["category"], labels.fields["boxes"], strict=True)
        return "".join(f"{name} {' '.join(f'{v:.10g}' for v in box)}\n" for name, box in both).encode()


class BoxList(SetForm):
    """`boxes.json`: {"owner": ..., "files": [{"name", "boxes", "names"}]}."""

    name = "boxlist"
    modalities = frozenset({"image"})

    @property
    def roles(self) -> Mapping[str, Any]:
        return ROLES

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        return ["boxes.json"] if (root / "boxes.json").is_file() else []

    @classmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        whole = json.loads((root / (given or "boxes.json")).read_text())
        said = [Said(each["name"], each, "no boxes" if "boxes" not in each else "") for each in whole["files"]]
        return {"owner": whole["owner"]}, iter(said)

    def read(self, raw: Any, about: About) -> Labels:
        return Labels({"boxes": raw["boxes"], "category": raw["names"]}, {"note": raw.get("note")})

    def row(self, labels: Labels, about: About) -> Any:
        fields = labels.fields
        said = {"name": about.path, "boxes": fields["boxes"], "names": fields["category"]}
        return {**said, "note": labels.rest.get("note"), "size": [about.width, about.height]}

    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        yield json.dumps({**self.head, "files": list(rows)}).encode()

    @property
    def place(self) -> str:
        return "boxes.json"


class Plugin:
    """What its entry point would name."""

    specs = (
        augreg.LabelSpec("boxfile", f"{__name__}:BoxFile", ("image",)),
        augreg.LabelSpec("boxlist", f"{__name__}:BoxList", ("image",)),
    )

    @augreg.hookimpl
    def augreg_readers(self) -> Sequence[augreg.LabelSpec]:
        return self.specs

    @augreg.hookimpl
    def augreg_writers(self) -> Sequence[augreg.LabelSpec]:
        return self.specs
