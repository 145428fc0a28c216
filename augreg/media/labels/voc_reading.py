"""Reads an annotation of Pascal VOC: which boxes its objects and their parts have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final

from augreg.media.labels.base import About, Labels
from augreg.media.labels.xml_text import Node, XmlError, decoded, parsed

VOC: Final = "voc"
"""The key of ``rest`` and ``object`` under which stands what only this form needs."""
PART_OF: Final = "part_of"
"""The key of ``object`` that makes a box that of a part: the ``key`` of the object that it belongs to."""
CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")
MOVED: Final = frozenset({"name", "bndbox", "part", "point"})
"""What of an object is read into fields."""
PLACES: Final = frozenset(
    [
        *("polygon", "polygons", "points", "pts", "segmentation", "segm", "rle", "keypoints", "keypoint", "landmarks"),
        *("robndbox", "rotated_bbox", "rbox", "angle", "ellipse", "cuboid", "centroid", "polyline", "line"),
        *("x", "y", "xmin", "ymin", "xmax", "ymax", "cx", "cy"),
    ]
)
"""Elements that speak of places in the picture, and that nothing here moves."""
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,15}")
NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")


def read_annotation(content: bytes, about: About) -> Labels:
    """Return the objects of an annotation.

    Raises:
        XmlError: it is not understood.

    """
    text, encoding = decoded(content)
    root, source = parsed(text)
    if root.tag != "annotation":
        raise XmlError(f"line {root.line}: its root is <{root.tag}>; that of a VOC file is <annotation>.")
    _check_size(root, about)
    _check_moved(root, ("object", "size"))
    fields: dict[str, list[Any]] = {"boxes": [], "category": [], "keypoints": [], "object": []}
    for number, node in enumerate(root.all("object")):
        key = f"{about.path}#{number}"
        said = {**_plain(node), VOC: {"key": key, "xml": source[node.start : node.end].decode()}}
        _add(fields, node, said, about)
        for place, part in enumerate(node.all("part")):
            _add(fields, part, {PART_OF: key, VOC: {"part": place}}, about)
    if not any(fields["keypoints"]):
        del fields["keypoints"]
    return Labels(fields, {VOC: {"file": about.path, "xml": text, "encoding": encoding}})


def boxed(node: Node) -> tuple[list[float], Node]:
    """Return the box of an object as [x, y, width, height], and its ``bndbox``.

    Raises:
        XmlError: it has none, or none that is one.

    """
    box = node.find("bndbox")
    if box is None:
        raise XmlError(f"line {node.line}: this <{node.tag}> has no <bndbox>. Give it one, or take it out.")
    x1, y1, x2, y2 = (number(box, name) for name in CORNERS)
    for low, high, one, two in ((x1, x2, "xmin", "xmax"), (y1, y2, "ymin", "ymax")):
        if low > high:
            raise XmlError(f"line {box.line}: {one} {low:.10g} lies beyond {two} {high:.10g}. Exchange them.")
    return [x1 - 1, y1 - 1, x2 - x1 + 1, y2 - y1 + 1], box


def pointed(node: Node) -> list[float] | None:
    """Return the ``point`` of an object as [x, y, 2], the middle of its pixel; None if it has none."""
    point = node.find("point")
    return None if point is None else [number(point, "x") - 0.5, number(point, "y") - 0.5, 2]


def number(node: Node, name: str) -> float:
    """Return the number that an element holds.

    Raises:
        XmlError: it is not there, twice, or no number.

    """
    found = node.all(name)
    if len(found) != 1:
        raise XmlError(f"line {node.line}: <{node.tag}> has {len(found) or 'no'} <{name}>; it needs one.")
    text = found[0].text.strip()
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise XmlError(f"line {found[0].line}: {name} is {text[:40]!r}; it must be a number of pixels.")
    return value


def _add(fields: dict[str, list[Any]], node: Node, said: dict[str, Any], about: About) -> None:
    box, corners = boxed(node)
    names = node.all("name")
    if len(names) != 1 or not names[0].text.strip():
        raise XmlError(f"line {node.line}: this <{node.tag}> needs one <name>, the class of what it is.")
    _check_inside(corners, box, about)
    # A part of a part would stay behind: it is no field, so its corners are found and refused.
    _check_moved(node, MOVED - {"part"} if PART_OF in said else MOVED)
    fields["boxes"].append(box)
    fields["category"].append(names[0].text.strip())
    fields["keypoints"].append(pointed(node))
    fields["object"].append(said)


def _check_inside(node: Node, box: list[float], about: About) -> None:
    """Refuse a box that lies wholly outside; one that counts from 0 lies a pixel further to the left and top."""
    for start, length, side in ((box[0], box[2], about.width), (box[1], box[3], about.height)):
        if start + length < 0 or (side and start >= side):
            size = f"{about.width}x{about.height}"
            raise XmlError(f"line {node.line}: this box lies outside of the picture, which has {size} pixels.")


def _check_size(root: Node, about: About) -> None:
    size = root.find("size")
    if size is None:
        return
    said = [number(size, name) for name in ("width", "height")]
    real = [about.width, about.height]
    if not all(real) or said == real:
        return
    hint = " Its EXIF turns it: boxes of the picture as it is stored do not fit." if said == real[::-1] else ""
    raise XmlError(
        f"line {size.line}: size is {said[0]:.10g}x{said[1]:.10g}, and the picture has {real[0]}x{real[1]} pixels."
        f"{hint} Mend the size, if the boxes are right."
    )


def _check_moved(node: Node, known: tuple[str, ...] | frozenset[str]) -> None:
    """Refuse elements that speak of places in the picture, for they would stay where they are."""
    for inner in _unknown(node, known):
        if inner.tag.casefold() in PLACES or _turned(inner):
            raise XmlError(
                f"line {inner.line}: <{inner.tag}> speaks of a place in the picture, and only <bndbox>, also of "
                "<part>, and <point> are moved. Take it out, or write such labels as COCO."
            )


def _turned(node: Node) -> bool:
    """Whether this is the attribute by which CVAT says that a box is turned. It writes 0 for those that are not."""
    name, value = node.find("name"), node.find("value")
    named = name is not None and name.text.strip() == "rotation"
    return named and value is not None and value.text.strip().rstrip("0") not in ("", ".", "0.")


def _unknown(node: Node, known: tuple[str, ...] | frozenset[str] = ()) -> Iterator[Node]:
    for child in node.children:
        if child.tag not in known:
            yield child
            yield from _unknown(child)


def _plain(node: Node) -> dict[str, Any]:
    """Return what else is said of an object, for other forms: "pose", "truncated", "difficult" and the like."""
    said = [child for child in node.children if child.tag not in MOVED and not child.children]
    return {child.tag: int(text) if WHOLE.fullmatch(text := child.text.strip()) else text for child in said}
