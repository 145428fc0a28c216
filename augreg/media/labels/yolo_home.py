"""What is said once for a folder of YOLO: names of classes, keypoints, and which of its four kinds of line it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from augreg.errors import ConfigError, nearest
from augreg.media.labels.objects import ObjectError
from augreg.media.labels.yolo_rows import KINDS, rows_of
from augreg.param.files import read_file
from augreg.pipeline.yaml12 import Loader

NAMES: Final = ("classes.txt", "obj.names", "predefined_classes.txt")
MOST: Final = 2**20
LOOKED_AT: Final = 200
"""Files of labels that are read to learn their kind."""

PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def label_path(path: str) -> str:
    """Return where the labels of a picture lie: its last folder ``images`` is ``labels`` there.

    >>> from augreg.media.labels.yolo_home import label_path
    >>> label_path("images/train/7.jpg"), label_path("a/7.jpg")
    ('labels/train/7.txt', 'a/7.txt')

    """
    *folders, name = beside(path).split("/")
    last = max((i for i, folder in enumerate(folders) if folder == "images"), default=None)
    if last is not None:
        folders[last] = "labels"
    return "/".join([*folders, name])


def beside(path: str) -> str:
    """Return the path of a text file beside a picture."""
    return PurePosixPath(path).with_suffix(".txt").as_posix()


def home(root: Path, given: str) -> dict[str, Any]:
    """Return the head of a folder of YOLO labels.

    Raises:
        ConfigError: the kind of its lines is not known, or its files contradict each other.

    """
    kind, path = _asked(given)
    found = _file(root, path)
    text = _text(found) if found else ""
    head = _of_yaml(found, text) if found and found.suffix in (".yaml", ".yml") else _of_names(found, text)
    own = head["yolo"]
    if found and found.resolve().is_relative_to(root.resolve()):
        own["file"] = found.resolve().relative_to(root.resolve()).as_posix()
    labels = list(islice(_label_files(root), LOOKED_AT))
    own["beside"] = bool(labels) and not any("labels" in path.relative_to(root).parts for path in labels)
    own["kind"] = kind or own.pop("task", "") or _kind(root, labels, points="kpt_shape" in own)
    own.pop("task", None)
    if own["kind"] == "pose" and "kpt_shape" not in own:
        raise ConfigError("labels yolo: keypoints need kpt_shape, as in 'kpt_shape: [17, 3]' of data.yaml. Add it.")
    return head


def _asked(given: str) -> tuple[str, str]:
    """Return the kind and the file that "obb", "data.yaml" or "obb,data.yaml" says."""
    words = [word for word in given.split(",") if word]
    kinds, files = [w for w in words if w in KINDS], [w for w in words if w not in KINDS]
    if len(kinds) > 1 or len(files) > 1:
        raise ConfigError(f"labels 'yolo:{given}' say two of a kind. Write e.g. yolo:obb, or yolo:obb,data.yaml.")
    return "".join(kinds), "".join(files)


def _file(root: Path, given: str) -> Path | None:
    """Return the file that names the classes, if there is one.

    Raises:
        ConfigError: what was said is not there, or there are several.

    """
    if given:
        there = [path for path in (Path(given), root / given) if path.is_file()]
        if not there:
            known = ", ".join(KINDS)
            raise ConfigError(
                f"labels 'yolo:{given}' name no file here or in {str(root)!r}, and no kind.{nearest(given, KINDS)} "
                f"Kinds: {known}."
            )
        return there[0]
    files = sorted([*root.glob("*.yaml"), *root.glob("*.yml")])
    found = [path for path in files if _names_classes(path)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ConfigError(f"labels yolo: {names} name classes. Say which, as in --labels yolo:{found[0].name}.")
    listed = [root / folder / name for folder in ("", "labels") for name in NAMES]
    return next((path for path in [*found, *listed] if path.is_file()), None)


def _text(path: Path) -> str:
    try:
        return read_file(path, MOST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"labels yolo: {str(path)!r} cannot be read: {error}.") from None


def _names_classes(path: Path) -> bool:
    """Whether a YAML file that nobody named has names of classes; a torn one that seems to is an error, not none."""
    try:
        text = _text(path)
    except ConfigError:
        return False
    return re.search(r"^names[ \t]*:", text, re.MULTILINE) is not None and bool(_parsed(path, text))


def _parsed(path: Path, text: str) -> Any:
    """Return what a file of names of classes says."""
    try:
        value = yaml.load(text, Loader=Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"labels yolo: {str(path)!r} is no YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(value, dict) or not isinstance(value.get("names"), (list, dict)):
        raise ConfigError(f"labels yolo: {str(path)!r} has no 'names'. Add the names of the classes.")
    return value


def _of_yaml(path: Path, text: str) -> dict[str, Any]:
    value = _parsed(path, text)
    names, own = value["names"], {"file": path.name, "text": text}
    if isinstance(names, dict):
        if sorted(names, key=str) != sorted(range(len(names)), key=str):
            raise ConfigError(f"{path.name}: names have the numbers {list(names)[:20]}; give 0, 1, 2, ... in turn.")
        names = [names[i] for i in range(len(names))]
    odd = next((name for name in names if not isinstance(name, (str, int, float))), "")
    if odd != "":
        raise ConfigError(f"{path.name}: names hold {str(odd)[:40]}, which is no name. Give one for each class.")
    if value.get("nc", len(names)) != len(names):
        raise ConfigError(f"{path.name}: nc is {value['nc']}, and there are {len(names)} names. Make both alike.")
    if "kpt_shape" in value:
        own |= _points(path, value)
    if value.get("task") in KINDS:
        own["task"] = value["task"]
    return {"categories": _categories(path, list(map(str, names))), "yolo": own}


def _points(path: Path, value: Mapping[str, Any]) -> dict[str, Any]:
    shape, flip = value["kpt_shape"], value.get("flip_idx")
    good = isinstance(shape, list) and len(shape) == 2 and all(type(n) is int for n in shape)
    if not good or not 0 < shape[0] <= 10_000 or shape[1] not in (2, 3):
        raise ConfigError(f"{path.name}: kpt_shape is {str(shape)[:60]}; give [number of points, 2 or 3].")
    if flip is None:
        return {"kpt_shape": shape}
    good = isinstance(flip, list) and all(type(i) is int for i in flip) and sorted(flip) == list(range(shape[0]))
    if not good or any(flip[flip[i]] != i for i in range(shape[0])):
        raise ConfigError(f"{path.name}: flip_idx {str(flip)[:60]} does not exchange {shape[0]} points in pairs.")
    return {"kpt_shape": shape, "flip_pairs": [[i, j] for i, j in enumerate(flip) if i < j]}


def _of_names(path: Path | None, text: str) -> dict[str, Any]:
    if path is None:
        return {"yolo": {}}
    names = [line.strip() for line in text.rstrip().splitlines()]
    return {"categories": _categories(path, names), "yolo": {"file": path.name, "text": text}}


def _categories(path: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        places = [i for i, name in enumerate(names) if name == twice]
        raise ConfigError(f"{path.name}: classes {places[0]} and {places[1]} have one name, {twice!r}. Rename one.")
    return [{"name": name} for name in names]


def _label_files(root: Path) -> Iterator[Path]:
    """Yield files of labels: in folders ``labels``, and beside pictures, in one order on every machine."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        stems = {Path(file).stem for file in files if file.lower().endswith(PICTURES)}
        within = "labels" in Path(folder).relative_to(root).parts
        for file in sorted(files):
            if file.endswith(".txt") and file not in NAMES and (within or Path(file).stem in stems):
                yield Path(folder, file)


def looks(path: Path, margin: float | None = None) -> list[int] | None:
    """Return how many numbers stand in each line of a file; None if it is no file of YOLO labels.

    With a ``margin``, the numbers of a box or polygon must be shares up to so much beyond 0 and 1, too.
    """
    try:
        rows = rows_of(read_file(path, MOST))
    except (OSError, ObjectError):
        return None
    if margin is not None and any(not -margin <= n <= 1 + margin for row in rows for n in row.numbers[:4]):
        return None
    return [len(row.numbers) + 1 for row in rows]


def _kind(root: Path, labels: Sequence[Path], *, points: bool) -> str:
    """Return the kind of the lines by how many numbers they have.

    Raises:
        ConfigError: two kinds have lines of such lengths.

    """
    if points:
        return "pose"
    seen = {count for path in labels for count in looks(path) or ()}
    if seen <= {5, 6}:
        return "detect"
    long = {count for count in seen if count > 6}
    if any(count % 2 == 0 for count in long):
        raise ConfigError(
            f"labels yolo: lines have {sorted(long)[:5]} numbers, which are no polygons. If they are keypoints, "
            "say kpt_shape in data.yaml; else --labels yolo:detect, obb or segment."
        )
    if long == {9} and seen <= {9}:
        raise ConfigError(
            f"labels yolo: all lines in {str(root)!r} have 9 numbers: turned boxes, or polygons of four corners. Say "
            "which: --labels yolo:obb or --labels yolo:segment."
        )
    if seen & {5, 6}:
        raise ConfigError(
            f"labels yolo: some lines in {str(root)!r} have 5 numbers (boxes) and some {max(long)} (polygons). Say "
            "which to take, and the others are refused: --labels yolo:detect or --labels yolo:segment."
        )
    return "segment"
