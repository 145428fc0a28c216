"""One annotation of COCO: whether it is sound, and what of it moves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from augreg.data import run_lengths
from augreg.errors import SampleError, listing
from augreg.media.labels.base import About
from augreg.media.labels.objects import ObjectError, check_box, numbers

LONG: Final = re.compile(r"[P-o]{7}")
"""More characters of one packed number than any picture needs; endless ones would take minutes to read."""


def fields_of(
    annotation: Mapping[str, Any], categories: Mapping[Any, Mapping[str, Any]], about: About
) -> dict[str, Any]:
    """Return the entry of an annotation for each field of `OBJECTS`; what does not move is all in ``object``.

    Raises:
        ObjectError: it cannot be used.

    """
    category = _category(annotation, categories)
    found = {
        "boxes": _box(annotation, about),
        "category": category["name"],
        "segmentation": _segmentation(annotation.get("segmentation") or None, about),
        "keypoints": _keypoints(annotation.get("keypoints") or None, category),
        "area": _number(annotation, "area"),
        "num_keypoints": _number(annotation, "num_keypoints"),
    }
    moved = {"bbox", "category_id", "image_id", *(name for name, value in found.items() if value is not None)}
    found["object"] = {key: value for key, value in annotation.items() if key not in moved}
    return found


def _category(annotation: Mapping[str, Any], categories: Mapping[Any, Mapping[str, Any]]) -> Mapping[str, Any]:
    given = annotation.get("category_id")
    if not isinstance(given, (int, str)) or isinstance(given, bool) or given not in categories:
        raise ObjectError(f"category_id {str(given)[:40]} is unknown; the file has {listing(categories)}")
    return categories[given]


def _box(annotation: Mapping[str, Any], about: About) -> list[float]:
    if "bbox" not in annotation:
        raise ObjectError("it has no bbox; give [x, y, width, height]")
    box = numbers(annotation["bbox"], "bbox")
    if len(box) != 4:
        raise ObjectError(f"bbox has {len(box)} numbers; give [x, y, width, height]")
    check_box(box, about.width, about.height, f"bbox {box}")
    return box


def _number(annotation: Mapping[str, Any], key: str) -> Any:
    value = annotation.get(key)
    if value is None:
        return None
    if numbers([value], key)[0] < 0:
        raise ObjectError(f"{key} is {value}; it is 0 or more")
    return value


def _segmentation(value: Any, about: About) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        _check_run_lengths(value, about)
        return value
    if not isinstance(value, list):
        raise ObjectError(f"segmentation is {str(value)[:40]}; give polygons [[x, y, ...], ...] or run lengths")
    for place, polygon in enumerate(value, 1):
        count = len(numbers(polygon, f"polygon {place} of segmentation"))
        if count % 2 or count < 6:
            raise ObjectError(f"polygon {place} of segmentation has {count} numbers; give x and y of three or more")
    return value


def _check_run_lengths(value: Mapping[str, Any], about: About) -> None:
    size, counts = value.get("size"), value.get("counts")
    if about.width and size != [about.height, about.width]:
        raise ObjectError(
            f"the run lengths of segmentation have size {str(size)[:40]}, and the picture [height, width] = "
            f"[{about.height}, {about.width}]"
        )
    if isinstance(counts, str) and LONG.search(counts):
        raise ObjectError("the packed run lengths of segmentation hold a number of more than 30 bits")
    try:
        run_lengths.decode(value)
    except (SampleError, TypeError, ValueError, OverflowError) as error:
        raise ObjectError(f"segmentation: {str(error)[:160].rstrip('.')}") from None


def _keypoints(value: Any, category: Mapping[str, Any]) -> list[float] | None:
    if value is None:
        return None
    points, names = numbers(value, "keypoints"), category.get("keypoints") or ()
    if len(points) % 3 or len(points) // 3 != (len(names) or len(points) // 3):
        due = f"x, y, v for each of {len(names)}" if names else "x, y, v for each"
        raise ObjectError(f"keypoints has {len(points)} numbers; {category['name']!r} needs {due}")
    bad = next((flag for flag in points[2::3] if flag not in (0, 1, 2)), None)
    if bad is not None:
        raise ObjectError(f"keypoints hold v = {bad}; it is 0 (not labelled), 1 (hidden) or 2 (visible)")
    return points
