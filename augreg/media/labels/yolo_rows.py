"""Lines of YOLO: a class and shares of the sides of a picture, to and from pixels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from augreg.data.polygons import polygon_area
from augreg.media.labels.base import About
from augreg.media.labels.objects import ObjectError, check_box, check_inside

KINDS: Final = ("detect", "obb", "segment", "pose")
NUMBER: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,2})?")
WHOLE: Final = re.compile(r"\d{1,9}(?:\.0{1,9})?")
MARGIN: Final = 0.1
"""How far beyond a picture, in shares, boxes may stick out: tools for annotation make such."""

SHORTEST: Final = 5
MOST: Final = 2**24


@dataclass(frozen=True, slots=True)
class Row:
    """A line: where it stands, the number of its class, and the numbers behind it."""

    line: int
    category: int
    numbers: list[float]


def rows_of(content: bytes) -> list[Row]:
    """Return the lines of a file.

    Raises:
        ObjectError: with the line: it is no file of YOLO labels.

    """
    if len(content) > MOST:
        raise ObjectError(f"its {len(content):_} bytes are more than the {MOST:_} that are read")
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ObjectError(f"line {content.count(10, 0, error.start) + 1}: it is no text") from None
    return [_row(place, words) for place, words in enumerate(map(str.split, lines), 1) if words]


def _row(line: int, words: Sequence[str]) -> Row:
    bad = next((word for word in words if not NUMBER.fullmatch(word)), None)
    if bad is not None:
        raise ObjectError(f"line {line}: {bad[:40]!r} is no finite number")
    if not WHOLE.fullmatch(words[0]):
        raise ObjectError(f"line {line}: class {words[0][:40]!r} is no whole number of 0 or more")
    if len(words) < SHORTEST:
        raise ObjectError(f"line {line}: it has {len(words)} numbers; give a class and 4 numbers or more")
    numbers = [float(word) for word in words[1:]]
    return Row(line, int(float(words[0])), numbers)


def fields_of(row: Row, kind: str, own: Mapping[str, Any], about: About) -> dict[str, Any]:
    """Return the fields that a line of a kind holds, but for its category.

    Raises:
        ObjectError: it is no line of this kind.

    """
    try:
        return READERS[kind](row.numbers, own, about)
    except ObjectError as error:
        raise ObjectError(f"line {row.line}: {error}") from None


def _count(numbers: Sequence[float], due: Sequence[int], what: str) -> None:
    if len(numbers) not in due:
        counts = " or ".join(str(count + 1) for count in due)
        raise ObjectError(f"it has {len(numbers) + 1} numbers; {what} has {counts}")


def _shares(numbers: Sequence[float], margin: float = MARGIN) -> None:
    bad = next((number for number in numbers if not -margin <= number <= 1 + margin), None)
    if bad is not None:
        raise ObjectError(f"{bad:g} is no share of a side; give 0 to 1")


def _points(numbers: Sequence[float], about: About) -> list[float]:
    return [number * (about.height if i % 2 else about.width) for i, number in enumerate(numbers)]


def _box(numbers: Sequence[float], about: About) -> list[float]:
    _shares(numbers)
    x, y, width, height = numbers
    box = [
        (x - width / 2) * about.width,
        (y - height / 2) * about.height,
        width * about.width,
        height * about.height,
    ]
    check_box(box, about.width, about.height, "the box")
    return box


def _score(numbers: Sequence[float]) -> dict[str, Any]:
    """Return the confidence of a detector, if it stands behind a box."""
    if numbers and not 0 <= numbers[0] <= 1:
        raise ObjectError(f"the confidence is {numbers[0]:g}; it is 0 to 1")
    return {"score": numbers[0]} if numbers else {}


def _detect(numbers: Sequence[float], _own: Mapping[str, Any], about: About) -> dict[str, Any]:
    _count(numbers, (4, 5), "a box (detect)")
    return {"boxes": _box(numbers[:4], about), "object": _score(numbers[4:])}


def _obb(numbers: Sequence[float], _own: Mapping[str, Any], about: About) -> dict[str, Any]:
    _count(numbers, (8, 9), "a turned box (obb)")
    _shares(numbers[:8], margin=1.0)  # the border of a picture does not cut turned boxes
    corners = _points(numbers[:8], about)
    check_inside(corners[::2], corners[1::2], about.width, about.height, "the box")
    return {"boxes": corners, "object": _score(numbers[8:])}


def _segment(numbers: Sequence[float], _own: Mapping[str, Any], about: About) -> dict[str, Any]:
    if len(numbers) % 2 or len(numbers) < 6:
        raise ObjectError(f"it has {len(numbers) + 1} numbers; a polygon (segment) has a class and three points")
    _shares(numbers)
    points = _points(numbers, about)
    check_inside(points[::2], points[1::2], about.width, about.height, "the polygon")
    return {"boxes": bounds(points), "segmentation": [points], "object": {}}


def _pose(numbers: Sequence[float], own: Mapping[str, Any], about: About) -> dict[str, Any]:
    count, columns = own["kpt_shape"]
    _count(numbers, (4 + count * columns,), f"a pose with kpt_shape [{count}, {columns}]")
    found: list[float] = []
    for i in range(4, len(numbers), columns):
        x, y, *flag = numbers[i : i + columns]
        seen = flag[0] if flag else 0.0 if x == 0 and y == 0 else 2.0
        if seen not in (0, 1, 2):
            raise ObjectError(f"a keypoint has visibility {seen:g}; it is 0, 1 or 2")
        if seen:
            _shares((x, y))
        found += [x * about.width, y * about.height, int(seen)]
    return {"boxes": _box(numbers[:4], about), "keypoints": found, "object": {}}


READERS: Final = {"detect": _detect, "obb": _obb, "segment": _segment, "pose": _pose}


def bounds(points: Sequence[float]) -> list[float]:
    """Return the upright box [x, y, width, height] around points x, y, x, y, ..."""
    xs, ys = points[::2], points[1::2]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def line_of(number: int, entry: Mapping[str, Any], kind: str, own: Mapping[str, Any], about: About) -> str:
    """Return the line of an object.

    Raises:
        ObjectError: a line of this kind cannot say it.

    """
    numbers = WRITERS[kind](entry, own, about)
    score = (entry.get("object") or {}).get("score") if kind in ("detect", "obb") else None
    found = [f"{value + 0.0:.10g}" for value in [*numbers, *([] if score is None else [score])]]
    # A number that rounding left just below 0 would be "-1e-17": most readers take that for a box that sticks out.
    return " ".join([str(number), *("0" if abs(float(text)) < 1e-12 else text for text in found)])


def _shares_of_box(entry: Mapping[str, Any], about: About) -> list[float]:
    box = entry["boxes"]
    if len(box) != 4:
        raise ObjectError("its box is turned, and this kind of line has upright ones; yolo:obb writes turned ones")
    x, y, width, height = box
    return [
        (x + width / 2) / about.width,
        (y + height / 2) / about.height,
        width / about.width,
        height / about.height,
    ]


def _write_detect(entry: Mapping[str, Any], _own: Mapping[str, Any], about: About) -> list[float]:
    return _shares_of_box(entry, about)


def _write_obb(entry: Mapping[str, Any], _own: Mapping[str, Any], about: About) -> list[float]:
    box = entry["boxes"]
    if len(box) == 4:
        x, y, width, height = box
        box = [x, y, x + width, y, x + width, y + height, x, y + height]
    return _shares_of_points(box, about)


def _shares_of_points(points: Sequence[float], about: About) -> list[float]:
    return [number / (about.height if i % 2 else about.width) for i, number in enumerate(points)]


def _write_segment(entry: Mapping[str, Any], _own: Mapping[str, Any], about: About) -> list[float]:
    segmentation = entry.get("segmentation")
    if not isinstance(segmentation, (list, tuple)):
        what = "run lengths (only coco writes them)" if segmentation else "no polygon"
        raise ObjectError(f"it has {what}, and a line of this kind is a polygon")
    return _shares_of_points(merged([list(polygon) for polygon in segmentation]), about)


def merged(parts: Sequence[Sequence[float]]) -> list[float]:
    """Return one polygon of several, joined by bridges of no width from each to those before, so that no area is lost.

    >>> from augreg.media.labels.yolo_rows import merged
    >>> merged([[0, 0, 1, 0, 1, 1], [2, 0, 3, 0, 3, 1]])
    [0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 3.0, 1.0, 2.0, 0.0, 1.0, 0.0, 1.0, 1.0]

    """
    if len(parts) == 1:
        return list(parts[0])
    whole, *others = (_one_way_round(np.asarray(part, dtype=np.float64).reshape(-1, 2)) for part in parts)
    for part in others:
        nearest = [int(((whole - point) ** 2).sum(axis=1).argmin()) for point in part]
        gaps = [((whole[i] - point) ** 2).sum() for i, point in zip(nearest, part, strict=True)]
        k = int(np.argmin(gaps))
        at, loop = nearest[k], np.roll(part, -k, axis=0)
        whole = np.concatenate([whole[: at + 1], loop, loop[:1], whole[at:]])
    flat: list[float] = whole.reshape(-1).tolist()
    return flat


def _one_way_round(points: np.ndarray) -> np.ndarray:
    """Return a polygon whose corners go clockwise as seen: of two that differ, one takes area off the other."""
    x, y = (points - points[0]).T
    signed = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
    return points if signed >= 0 or polygon_area(points) == 0 else points[::-1]


def _write_pose(entry: Mapping[str, Any], own: Mapping[str, Any], about: About) -> list[float]:
    if "kpt_shape" not in own:
        raise ObjectError("how many keypoints the data set has is not known; name them in its categories")
    count, columns = own["kpt_shape"]
    points = list(entry.get("keypoints") or [0] * (3 * count))
    if len(points) != 3 * count:
        raise ObjectError(f"it has {len(points) // 3} keypoints, and kpt_shape of this data set says {count}")
    found: list[float] = []
    for i in range(0, len(points), 3):
        x, y, flag = points[i] / about.width, points[i + 1] / about.height, points[i + 2]
        lost = not flag and (columns == 2 or not (0 <= x <= 1 and 0 <= y <= 1))
        found += [*((0.0, 0.0) if lost else (x, y)), *([flag] if columns == 3 else [])]
    return _shares_of_box(entry, about) + found


WRITERS: Final = {"detect": _write_detect, "obb": _write_obb, "segment": _write_segment, "pose": _write_pose}
