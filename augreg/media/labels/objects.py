"""What the forms share that speak of objects in pictures: numbers, boxes, polygons, and points that have sides."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

SIDE: Final = re.compile(r"(?<![a-z])(left|right|l|r)(?![a-z])")
HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
"""Between the words of a name like leftEye."""


class ObjectError(Exception):
    """What is wrong with one object; whoever knows its line and its file makes the error for the user."""


def tidy(number: float) -> float | int:
    """Return a number as files hold it: ten digits, so that what was not moved comes out as it came in.

    >>> from augreg.media.labels.objects import tidy
    >>> tidy(0.1 + 0.2), tidy(7), tidy(-0.0)
    (0.3, 7, 0.0)

    """
    return number if isinstance(number, int) else float(f"{number:.10g}") + 0.0


def tidied(value: Any) -> Any:
    """Return lists of numbers, however nested, with tidy ones."""
    if isinstance(value, (list, tuple)):
        return [tidied(each) for each in value]
    return tidy(value) if isinstance(value, (int, float)) else value


def numbers(value: Any, what: str) -> list[float]:
    """Return a list of finite numbers.

    Raises:
        ObjectError: it is something else.

    """
    good = isinstance(value, (list, tuple)) and all(
        isinstance(each, (int, float)) and not isinstance(each, bool) for each in value
    )
    if not good:
        raise ObjectError(f"{what} is {str(value)[:60]}; give numbers in a list")
    bad = next((each for each in value if not _finite(each)), None)
    if bad is not None:
        raise ObjectError(f"{what} holds {str(bad)[:30]}; give finite numbers")
    return list(value)


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number too large for a float
        return False


def check_box(box: Sequence[float], width: int, height: int, what: str) -> None:
    """Refuse an upright box [x, y, width, height] with a negative side, and one of which nothing is in the picture.

    One that sticks out is kept: tools for annotation make such.

    Raises:
        ObjectError: it is one of these.

    """
    if min(box[2:]) < 0:
        raise ObjectError(f"{what} has a side of {min(box[2:]):g}; width and height are 0 or more")
    check_inside((box[0], box[0] + box[2]), (box[1], box[1] + box[3]), width, height, what)


def check_inside(xs: Sequence[float], ys: Sequence[float], width: int, height: int, what: str) -> None:
    """Refuse what lies wholly outside a picture, given the x and the y of its corners; 0 x 0 is an unknown size.

    Raises:
        ObjectError: it does.

    """
    if not width or not height:
        return
    for values, size in ((xs, width), (ys, height)):
        low, high = min(values), max(values)
        if low > size or high < 0 or (high > low and (low == size or high == 0)):
            where = ", ".join(f"{v:g}" for v in (min(xs), min(ys), max(xs), max(ys)))
            raise ObjectError(f"{what} lies outside the picture of {width} x {height}: its corners are {where}")


def side_pairs(names: Sequence[str]) -> list[list[int]] | None:
    """Return which points a mirror exchanges, by their names; None where these do not tell.

    They tell if every name that speaks of a side has its counterpart, and one does.

    >>> from augreg.media.labels.objects import side_pairs
    >>> side_pairs(["nose", "left_eye", "right_eye"])
    [[1, 2]]
    >>> side_pairs(["nose", "left_eye"]) is None
    True

    """
    found: dict[str, dict[str, int]] = {}
    for place, name in enumerate(names):
        plain = HUMP.sub("_", name).lower().replace("_", " ")
        sides = SIDE.findall(plain)
        if len(sides) > 1:
            return None
        if sides:
            two = found.setdefault(SIDE.sub("*", plain), {})
            if sides[0][0] in two:
                return None
            two[sides[0][0]] = place
    pairs = [sorted(two.values()) for two in found.values()]
    return sorted(pairs) if pairs and all(len(pair) == 2 for pair in pairs) else None


def pairs_of(categories: Sequence[Mapping[str, Any]]) -> list[list[int]] | None:
    """Return which keypoints a mirror exchanges, for all categories that have such; None where that is not known.

    A category says it by the names of its ``keypoints``, or by ``flip_pairs`` of its own, places from 0.
    """
    said = [
        each["flip_pairs"] if "flip_pairs" in each else side_pairs(list(map(str, each["keypoints"])))
        for each in categories
        if each.get("keypoints") or "flip_pairs" in each
    ]
    return said[0] if said and all(each == said[0] for each in said) else None
