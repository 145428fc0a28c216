"""Two small forms of labels for tests: a file beside each picture, and one JSON file for all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import augreg
from augreg.errors import ConfigError, MediaError
from augreg.media.labels import OBJECTS, About, BesideForm, Labels, Said, SetForm
from augreg.registry import Registry


def boxes(rows: Any, about: About) -> Labels:
    """Return boxes [x, y, width, height], which must lie within the picture."""
    for line, row in enumerate(rows, 1):
        if len(row) != 4 or not (row[0] >= 0 <= row[1] and row[2] > 0 < row[3]):
            raise MediaError(about.path, f"line {line}: {row} is no box.", "E_LABEL")
        if row[0] + row[2] > about.width or row[1] + row[3] > about.height:
            raise MediaError(about.path, f"line {line}: {row} lies outside {about.width} x {about.height}.", "E_LABEL")
    return Labels({"boxes": [list(map(float, row)) for row in rows]})


class Beside(BesideForm):
    name, extension, modalities = "acmebeside", "box", frozenset({"image"})
    folder = "boxes"

    @property
    def roles(self) -> Mapping[str, Any]:
        return OBJECTS

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        return [cls.folder] if (root / cls.folder).is_dir() else []

    @classmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        if (root / given / "bad").exists():
            raise ConfigError("the folder of boxes is bad. Mend it.")
        return {}

    def places(self, path: str) -> Sequence[str]:
        return [f"{self.folder}/{PurePosixPath(path).stem}.{self.extension}"]

    def read(self, content: bytes, about: About) -> Labels:
        lines = content.decode("utf-8").splitlines()
        return boxes([[float(number) for number in line.split()] for line in lines], about)

    def write(self, labels: Labels, about: About) -> bytes:
        raise NotImplementedError

    def place(self, output: str) -> str:
        raise NotImplementedError

    def around(self) -> Mapping[str, bytes]:
        return {f"{self.folder}/classes.{self.extension}": b""}


class InText(Beside):
    name, extension, folder = "acmetext", "txt", "texts"


class OneFile(SetForm):
    name, modalities, place = "acmeset", frozenset({"image"}), "boxes.json"

    @property
    def roles(self) -> Mapping[str, Any]:
        return OBJECTS

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        return [cls.place] if (root / cls.place).is_file() else []

    @classmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        try:
            rows = json.loads((root / given).read_text())
        except ValueError as error:
            raise ConfigError(f"{given} is no JSON: {error}.") from None
        return {}, (Said(name, raw, "it has no boxes." if raw is None else "") for name, raw in rows)

    def read(self, raw: Any, about: About) -> Labels:
        return boxes(raw, about)

    def row(self, labels: Labels, about: About) -> Any:
        raise NotImplementedError

    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        raise NotImplementedError


def registry() -> Registry:
    """Return a registry that knows these forms besides all others."""
    known = Registry()

    class Plugin:
        @augreg.hookimpl
        def augreg_readers(self) -> list[augreg.LabelSpec]:
            forms = (Beside, InText, OneFile)
            return [augreg.LabelSpec(f.name, f"labelforms:{f.__name__}", ("image",), summary="A toy.") for f in forms]

    known.register(Plugin(), "acme")
    return known
