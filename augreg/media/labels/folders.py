"""Where files of labels lie: in folders that run parallel to those of the pictures, or beside the pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

PICTURES: Final = frozenset({"jpegimages", "images", "image", "imgs", "img", "pictures", "photos", "leftimg8bit"})
"""Names of folders of pictures, in lower case, in whose place the folder of labels stands."""

DEPTH: Final = 3
"""How many folders deep one of labels is looked for: VOCdevkit/VOC2012/Annotations."""

ENTRIES: Final = 100_000
"""Entries of one folder that are looked at when folders are looked for; folders of pictures may have millions."""

LOOKED: Final = 8
"""Files that are looked at to find out what a folder holds."""


@dataclass(frozen=True, slots=True)
class Place:
    """One way from the path of a picture to that of its labels.

    Args:
        folder: of the labels, relative to the root, "/" between parts; None: beside the picture.
        above: the folder in which those of pictures and labels lie; None: the deepest that both share.
        cut: what is taken out of a picture's stem where it occurs last: "_leftImg8bit".
        suffix: what is added to the stem: "_mask".

    """

    folder: str | None
    above: str | None = None
    cut: str = ""
    suffix: str = ""

    def of(self, path: str, extension: str) -> list[str]:
        """Return where the labels of a picture may be, the likeliest first; [] if the path is none of a picture."""
        named = [str(PurePosixPath(way).with_name(self._name(path, extension))) for way in self._ways(path)]
        return [found for found in named if found != path]

    def plain(self) -> dict[str, Any]:
        """Return the place as a head holds it."""
        return asdict(self)

    def _name(self, path: str, extension: str) -> str:
        stem = PurePosixPath(path).stem
        kept, found, end = stem.rpartition(self.cut) if self.cut else (stem, "", "")
        return f"{kept if found or not self.cut else end}{end if found else ''}{self.suffix}.{extension}"

    def _ways(self, path: str) -> list[str]:
        if self.folder is None:
            return [path]
        above = _shared(path, self.folder) if self.above is None else self.above
        if path.startswith(f"{self.folder}/") or (above and not path.startswith(f"{above}/")):
            return []
        rest = path[len(above) + 1 if above else 0 :]
        first, slash, inner = rest.partition("/")
        # The folder of labels stands in place of that of the pictures, or the tree of the pictures is repeated in it.
        ways = [inner, rest] if slash and first.casefold() in PICTURES else [rest]
        return [f"{self.folder}/{way}" for way in ways]


def _shared(path: str, folder: str) -> str:
    shared = []
    for one, other in zip(path.split("/")[:-1], folder.split("/"), strict=False):
        if one != other:
            break
        shared.append(one)
    return "/".join(shared)


def all_of(places: Sequence[Mapping[str, Any]], path: str, extension: str) -> list[str]:
    """Return where the labels of a picture may be, by the places of a head, those of the nearest folders first."""
    near = sorted((Place(**plain) for plain in places), key=lambda place: -len(place.above or ""))
    return list(dict.fromkeys(found for place in near for found in place.of(path, extension)))


def folders(root: Path, wanted: Callable[[str], bool]) -> list[str]:
    """Return the folders to a depth of :data:`DEPTH` whose path is wanted, relative to the root, in order."""
    found, level = [], [""]
    for _ in range(DEPTH):
        level = [inner for folder in level for inner in _inner(root, folder)]
        found += [folder for folder in level if wanted(folder)]
    return sorted(found)


def _inner(root: Path, folder: str) -> list[str]:
    try:
        with os.scandir(root / folder) as entries:
            # A link could lead out of the root, or round in circles.
            names = [
                entry.name
                for entry, _ in zip(entries, range(ENTRIES), strict=False)
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
    return [f"{folder}/{name}" if folder else name for name in sorted(names)]


def some(paths: Sequence[str], count: int = LOOKED) -> list[str]:
    """Return a few paths, spread evenly."""
    step = max(1, len(paths) // count)
    return list(paths[::step][:count])
