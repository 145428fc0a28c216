"""Where COCO files lie, and which pictures their file names mean."""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.param.files import check_file

FEW: Final = 32
"""A folder with more JSON files than that has one for each sample, not one for all."""

LOOKED_AT: Final = 50
"""Images of a file whose names are looked for among the files."""

HEAD: Final = 2**16
PEEK: Final = 2**20


def found(root: Path, files: Sequence[str]) -> list[str]:
    """Return the COCO files of a folder, relative to it: in it, in its ``annotations``, in ``annotations`` beside it.

    Args:
        root: the folder.
        files: its media, relative to it.

    """
    names, bases = set(files), {file.rsplit("/", 1)[-1] for file in files}
    paths: list[str] = []
    for folder in ("", "annotations", "../annotations"):
        here = sorted(path.name for path in (root / folder).glob("*.json"))
        paths += [f"{folder}/{name}".lstrip("/") for name in here] if len(here) <= FEW else []
    return [path for path in paths if _fits(root / path, names, bases)]


def _fits(path: Path, names: set[str], bases: set[str]) -> bool:
    try:
        if not check_file(path, 2**32):
            return False
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return _says(text, names, bases)
    except OSError:
        return False


def _says(text: mmap.mmap, names: set[str], bases: set[str]) -> bool:
    """Whether a text has the three keys of COCO, and speaks of objects in pictures that are there.

    One that is torn need not have all: it is found, so that reading it says so, and its pictures do not go without it.
    """
    head = text[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"{") or not re.search(rb'"(images|annotations|categories|info|licenses)"\s{0,9}:', head):
        return False
    images, notes, kinds = (_first(text, key) for key in (b"images", b"annotations", b"categories"))
    torn = not text[-HEAD:].rstrip().endswith(b"}")
    if not torn and (not images or notes is None or kinds is None):
        return False
    objects = all(isinstance(each, dict) and {"bbox", "category_id", "image_id"} <= set(each) for each in notes or ())
    if torn and not images:
        return bool(notes) and objects
    given = [str(each.get("file_name")) for each in images or () if isinstance(each, dict)]
    return objects and any(name in names or re.split(r"[/\\]", name)[-1] in bases for name in given)


def _first(text: mmap.mmap, key: bytes) -> list[Any] | None:
    """Return the first entries of the list under a key; None if there is no such list."""
    start = re.search(rb'"' + key + rb'"\s{0,9}:\s{0,9}\[', text)
    if start is None:
        return None
    chunk, at = text[start.end() : start.end() + PEEK].decode("utf-8", "ignore"), 0
    entries: list[Any] = []
    while len(entries) < LOOKED_AT:
        at += len(chunk[at:]) - len(chunk[at:].lstrip(" \t\r\n,")) if chunk[at : at + 1] in " \t\r\n," else 0
        try:
            entry, at = json.JSONDecoder().raw_decode(chunk, at)
        except (ValueError, RecursionError):
            break
        entries.append(entry)
    return entries


def chosen(root: Path, given: str) -> Path:
    """Return the file that a user said, by its path from where the command is run or from the folder.

    Raises:
        ConfigError: it is not there, or two are.

    """
    there = [path for path in (Path(given), root / given) if path.is_file()]
    if not there:
        raise ConfigError(
            f"labels {given!r} are not there, neither here nor in {str(root)!r}. Give the path of the COCO file."
        )
    if len(there) == 2 and not there[0].samefile(there[1]):
        raise ConfigError(f"labels {given!r} are {str(there[0])!r} or {str(there[1])!r}. Give the whole path.")
    return there[0]


def place_of(root: Path, path: Path) -> str:
    """Return where a file like this one goes in an output folder."""
    inside = Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
    if not inside.startswith("../") and not Path(inside).is_absolute():
        return inside
    return f"annotations/{path.name}" if path.parent.name == "annotations" else path.name


class Pictures:
    """Which file of a folder each file name of a COCO file means.

    It is the path from the folder, from where the COCO file lies, or from the folder of the same split: ``train2017/``
    for ``instances_train2017.json``. Else it is the one file of that name, unless the folders that are named differ.

    Args:
        root: the folder of pictures.
        path: the COCO file.

    """

    def __init__(self, root: Path, path: Path) -> None:
        self.root = root
        here = PurePosixPath(place_of(root, path)).parent.as_posix() if path.parent != root else ""
        split = path.stem.split("_", 1)[-1]
        self._folders = ("", *(folder for folder in (here, split) if folder not in ("", ".") and _safe(folder)))
        self._by_base: dict[str, list[str]] | None = None

    def of_all(self, names: Sequence[str]) -> list[str]:
        """Return the path of each, relative to the folder; the name as it is where there is no such file."""
        return [name and self._of(name) for name in names]

    def _of(self, name: str) -> str:
        plain = name.replace("\\", "/")
        if _safe(plain):
            for folder in self._folders:
                path = PurePosixPath(folder, plain).as_posix()
                if (self.root / path).is_file():
                    return path
        alike = self._bases().get(plain.rsplit("/", 1)[-1], [])
        return alike[0] if len(alike) == 1 and self._agree(plain, alike[0]) else name

    def _agree(self, name: str, path: str) -> bool:
        """Whether no folder that a name says is another than that of the file."""
        said, own = PurePosixPath(name).parts[::-1], PurePosixPath(self.root.resolve().name, path).parts[::-1]
        return all(a == b for a, b in zip(said, own, strict=False))

    def _bases(self) -> dict[str, list[str]]:
        if self._by_base is None:
            self._by_base = {}
            for folder, _, files in os.walk(self.root):
                inside = Path(os.path.relpath(folder, self.root)).as_posix()
                for file in files:
                    self._by_base.setdefault(file, []).append(file if inside == "." else f"{inside}/{file}")
        return self._by_base


def _safe(name: str) -> bool:
    return not name.startswith("/") and "\0" not in name and ".." not in PurePosixPath(name).parts
