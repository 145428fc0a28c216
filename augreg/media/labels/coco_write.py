"""COCO, written: annotations of fields, and a file of rows, in which every id stands once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from augreg.data.polygons import polygon_area
from augreg.errors import listing, nearest
from augreg.media.labels.base import OBJECTS
from augreg.media.labels.coco_index import is_id
from augreg.media.labels.objects import ObjectError, tidied, tidy
from augreg.modalities.segments import polygons

ORDER: Final = ("images", "annotations", "categories")
FIXED: Final = frozenset({"bbox", "category_id", "image_id"})


def annotations_of(fields: Mapping[str, Any], categories: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the annotations of one image, without ``image_id``; where no categories are known, by their names.

    Raises:
        ObjectError: COCO cannot say them.

    """
    foreign = [name for name in fields if name not in OBJECTS]
    if foreign:
        raise ObjectError(f"it holds boxes and what belongs to them, not {listing(foreign)}")
    ids = {each["name"]: each.get("id", place) for place, each in enumerate(categories, 1)}
    count = len(fields.get("boxes") or ())
    found = []
    for i in range(count):
        entry = {name: values[i] for name, values in fields.items() if values is not None}
        try:
            found.append(_annotation(entry, ids, own="area" in fields))
        except ObjectError as error:
            raise ObjectError(f"object {i + 1}: {error}") from None
    return found


def _annotation(entry: Mapping[str, Any], ids: Mapping[str, Any], *, own: bool) -> dict[str, Any]:
    box, more = tidied(list(entry["boxes"])), dict(entry.get("object") or {})
    if len(box) != 4:
        raise ObjectError("its box is turned, and COCO's stand upright; --to yolo writes turned ones")
    clash = sorted(FIXED & set(more))
    if clash:
        raise ObjectError(f"what else is said of it has the key {clash[0]!r}, which COCO uses")
    if "id" in more and not is_id(more["id"]):
        raise ObjectError(f"its id is {str(more['id'])[:40]}; COCO's are whole numbers")
    number = {"id": more.pop("id")} if "id" in more else {}
    found = {**number, "category_id": _category(entry.get("category"), ids), "bbox": box}
    segmentation = entry.get("segmentation")
    if segmentation is not None:
        found["segmentation"] = segmentation if isinstance(segmentation, Mapping) else tidied(segmentation)
    if entry.get("keypoints") is not None:
        found["keypoints"] = tidied(entry["keypoints"])
    for name in ("area", "num_keypoints"):
        if entry.get(name) is not None:
            found[name] = tidy(entry[name])
    return {**({} if own else _due(found)), **more, **found}


def _due(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what readers of COCO ask for and other forms do not say."""
    box, segmentation, points = found["bbox"], found.get("segmentation"), found.get("keypoints")
    area = box[2] * box[3] if not isinstance(segmentation, list) else sum(map(polygon_area, polygons(segmentation)))
    counted = {} if points is None else {"num_keypoints": sum(flag > 0 for flag in points[2::3])}
    return {"area": tidy(area), "iscrowd": 0, **counted}


def _category(name: Any, ids: Mapping[str, Any]) -> Any:
    if ids and name not in ids:
        raise ObjectError(f"category {name!r} is none of {listing(ids)}.{nearest(str(name), ids)}")
    if not isinstance(name, str):
        raise ObjectError(f"category {name!r} is no name")
    return ids.get(name, name)


def written(rows: Iterable[Any], categories: Sequence[Mapping[str, Any]], top: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a file of rows, the keys of the whole in the order in which they came, those that are new behind them.

    Args:
        rows: images with their annotations; gone through three times.
        categories: if none, those that rows name, in order of appearance.
        top: the keys of the file that was read; None stands for those of :data:`ORDER`.

    """
    numbers = _Numbers(rows)
    listed = [{"id": each.get("id", place), **each} for place, each in enumerate(categories, 1)]
    if not categories:
        listed = [{"id": place, "name": name} for place, name in enumerate(numbers.names, 1)]
    ids = {} if categories else {each["name"]: each["id"] for each in listed}
    keys = [*top, *(key for key in ORDER if key not in top)]
    for place, key in enumerate(keys):
        start = "{\n" if not place else ",\n"
        if key == "categories" or key not in ORDER:
            yield start.encode() + _json(key) + b": " + _json(listed if key == "categories" else top[key])
            continue
        yield start.encode() + _json(key) + b": ["
        entries = numbers.images(rows) if key == "images" else numbers.annotations(rows, ids)
        for i, entry in enumerate(entries):
            yield (b"\n" if not i else b",\n") + _json(entry)
        yield b"\n]"
    yield b"\n}\n"


class _Numbers:
    """Which ids images and annotations have: their own, unless one before has it; then one above the highest."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.image = self.annotation = 0
        names: dict[Any, None] = {}
        for row in rows:
            self.image = max(self.image, _whole(row["image"]))
            for each in row["annotations"]:
                self.annotation = max(self.annotation, _whole(each))
                names.setdefault(each["category_id"])
        self.names = list(names)

    def images(self, rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
        free = _Free(self.image)
        for row in rows:
            number = {"id": free.of(row["image"].get("id"))}
            yield {**number, **row["image"], **number}

    def annotations(self, rows: Iterable[Any], ids: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        of_images, free = _Free(self.image), _Free(self.annotation)
        for row in rows:
            image = of_images.of(row["image"].get("id"))
            for each in row["annotations"]:
                category = ids.get(each["category_id"], each["category_id"])
                number = {"id": free.of(each.get("id")), "image_id": image}
                yield {**number, **each, **number, "category_id": category}


def _whole(entry: Mapping[str, Any]) -> int:
    number = entry.get("id")
    return number if isinstance(number, int) and is_id(number) else 0


class _Free:
    def __init__(self, highest: int) -> None:
        self.highest, self.taken = highest, set[Any]()

    def of(self, wanted: Any) -> Any:
        if is_id(wanted) and wanted not in self.taken:
            self.taken.add(wanted)
            return wanted
        self.highest += 1
        return self.highest


def _json(value: Any) -> bytes:
    """Return JSON in one line; names in any script as they are, but for halves of characters, which UTF-8 lacks."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False).encode()
