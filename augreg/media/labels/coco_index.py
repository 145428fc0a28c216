"""What stands where in a COCO file: the annotations of every image, and what is wrong with the file or some images."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing
from augreg.media.labels.base import Said
from augreg.media.labels.bigjson import BigJson, Part
from augreg.media.labels.coco_files import Pictures

MANY: Final = 10_000
"""Keypoints that nobody named."""

LISTS: Final = ("images", "annotations")
ADVICE: Final = "Boxes, polygons, run lengths and keypoints (instances and person_keypoints files) are read"


class Index:
    """A COCO file that was gone through once.

    Args:
        path: the file.

    Raises:
        ConfigError: it is torn, or is no file of objects.

    """

    def __init__(self, path: Path) -> None:
        self.path, self.json = path, BigJson(path)
        self.top: dict[str, Any] = {}
        """The other keys in order; None stands for the three that are known."""
        self.categories: list[dict[str, Any]] = []
        self.holds: set[str] = set()
        """Which of segmentation and keypoints some annotation has."""
        self.ids: list[Any] = []
        self.names: list[str] = []
        self.faults: dict[int, str] = {}
        """By the place of an image."""
        self.images, self.starts, self.lines = array("q"), array("q"), array("q")
        """Where images, and where annotations begin, and the lines of these."""
        self.image_lines = array("q")
        self._of: dict[Any, list[int]] = {}
        self._places: dict[Any, int] = {}
        self._first: dict[Any, tuple[Any, int]] = {}
        self._of_name: dict[str, int] = {}
        self._twins: list[tuple[Any, str]] = []
        self._bad: list[tuple[Any, int, str]] = []
        for part in self.json.parts(LISTS):
            self._take(part)
        self._complete()

    def _take(self, part: Part) -> None:
        if part.key in LISTS:
            if part.opens:
                self.top[part.key] = None
            elif part.key not in self.top:
                raise self.json.torn(part.start, f"{part.key!r} is no list")
            else:
                (self._image if part.key == "images" else self._annotation)(part)
            return
        if part.fault:
            raise self.json.torn(part.start, f"{part.key!r}: {part.fault}")
        if part.key == "categories":
            self.categories = self._checked(part)
        self.top[part.key] = None if part.key == "categories" else part.value

    def _image(self, part: Part) -> None:
        place, value = len(self.ids), part.value if isinstance(part.value, dict) else {}
        number, name = value.get("id"), value.get("file_name")
        named = f"image (line {part.line})"
        fault = part.fault and f"{named}: {part.fault}"
        if not is_id(number):
            fault = fault or f"{named}: id is {str(number)[:40]}; give a whole number"
            number = None
        if not isinstance(name, str) or not name:
            fault = fault or f"{named}: file_name is {str(name)[:40]}; give the path of a file"
            name = ""
        self.ids.append(number)
        self.names.append(name)
        self.images.append(part.start)
        self.image_lines.append(part.line)
        if fault:
            self.faults[place] = fault
        if number is not None:
            self._alone(self._places, number, place, f"images have one id, {number!r}")
        if name:
            self._alone(self._of_name, name, place, f"images have one file_name, {name!r}")

    def _alone(self, seen: dict[Any, int], what: Any, place: int, message: str) -> None:
        """Note whose an id or a name is; of two that claim it neither is used, since the right one is unknown."""
        first = seen.setdefault(what, place)
        if first != place:
            lines = f"lines {self.image_lines[first]} and {self.image_lines[place]}"
            for each in (first, place):
                self.faults.setdefault(each, f"two {message} ({lines})")

    def _annotation(self, part: Part) -> None:
        value = part.value if isinstance(part.value, dict) else {}
        number, image = value.get("id"), value.get("image_id")
        if "bbox" not in value and ("caption" in value or "segments_info" in value):
            kind = "captions" if "caption" in value else "panoptic segments"
            raise ConfigError(f"labels {str(self.path)!r} hold {kind}, not objects. {ADVICE}: give such a file.")
        self.holds.update(key for key in ("segmentation", "keypoints") if value.get(key))
        image = image if is_id(image) else None
        named = f"annotation {str(number)[:40]} (line {part.line})"
        if part.fault:
            self._bad.append((image, part.line, f"{named}: {part.fault}"))
        elif not is_id(number):
            self._bad.append((image, part.line, f"{named}: id is {str(number)[:40]}; give a whole number"))
        elif number in self._first:
            other, line = self._first[number]
            message = f"two annotations have one id, {number!r} (lines {line} and {part.line})"
            self._bad.append((image, part.line, message))
            self._twins.append((other, message))
        else:
            self._first[number] = image, part.line
        self._of.setdefault(image, []).append(len(self.starts))
        self.starts.append(part.start)
        self.lines.append(part.line)

    def _checked(self, part: Part) -> list[dict[str, Any]]:
        """Return the categories.

        Raises:
            ConfigError: which of them an annotation means would not be known.

        """
        listed = part.value if isinstance(part.value, list) else [part.value]
        ids, names = dict[Any, Any](), dict[str, Any]()
        for each in listed:
            number, name = (each.get("id"), each.get("name")) if isinstance(each, dict) else (None, None)
            if not is_id(number) or not isinstance(name, str):
                raise self.json.torn(part.start, f"category {str(each)[:80]} needs an 'id' and a 'name'")
            if number in ids:
                raise self.json.torn(part.start, f"categories {ids[number]!r} and {name!r} have one id, {number!r}")
            if name in names:
                message = f"categories {names[name]!r} and {number!r} have one name, {name!r}"
                raise self.json.torn(part.start, f"{message}. Rename one")
            self._check_points(each, part)
            ids[number], names[name] = name, number
        return listed

    def _check_points(self, category: Mapping[str, Any], part: Part) -> None:
        names, pairs = category.get("keypoints") or [], category.get("flip_pairs", [])
        good = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if not good:
            raise self.json.torn(part.start, f"keypoints of category {category['name']!r} are no list of names")
        good = isinstance(pairs, list) and all(
            isinstance(pair, list)
            and len(pair) == 2
            and all(type(i) is int and 0 <= i < (len(names) or MANY) for i in pair)
            for pair in pairs
        )
        if not good:
            raise self.json.torn(part.start, f"flip_pairs of category {category['name']!r} are no pairs of its points")

    def _complete(self) -> None:
        missing = [key for key in (*LISTS, "categories") if key not in self.top]
        if missing:
            raise ConfigError(f"labels {str(self.path)!r} have no {listing(missing)}. {ADVICE}: give such a file.")
        for image, message in self._twins:
            self._bad.append((image, 0, message))
        for image, _, message in self._bad:
            if image in self._places:
                self.faults.setdefault(self._places[image], message)

    def said(self, root: Path) -> Iterator[Said]:
        """Yield what is said of every image, and for what belongs to no image, one with no file and the fault."""
        paths = Pictures(root, self.path).of_all(self.names)
        of_path: dict[str, int] = {}
        for place, path in enumerate(paths):
            if path:
                self._alone(of_path, path, place, f"images are of one file, {path!r}")
        for place, (path, number) in enumerate(zip(paths, self.ids, strict=True)):
            fault = self.faults.get(place, "")
            yield Said(path, None if fault else self._raw(place, number), fault)
        yield from self._strays()

    def _raw(self, place: int, number: Any) -> dict[str, Any]:
        own = self._of.get(number, [])
        return {
            "image": self.json.again(self.images[place]),
            "annotations": [self.json.again(self.starts[i]) for i in own],
            "lines": [self.image_lines[place], *(self.lines[i] for i in own)],
        }

    def _strays(self) -> Iterator[Said]:
        for image in self._of:
            if image in self._places:
                continue
            for i in self._of[image]:
                value = self.json.again(self.starts[i])
                inner = value if isinstance(value, dict) else {}
                named = f"annotation {str(inner.get('id'))[:40]} (line {self.lines[i]})"
                yield Said("", None, f"{named}: image_id {str(inner.get('image_id'))[:40]} is of no image of the file")


def is_id(value: Any) -> bool:
    """Whether a value may be an id: 1.0 and true would be taken for 1."""
    return isinstance(value, (int, str)) and not isinstance(value, bool)
