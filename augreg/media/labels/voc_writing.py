"""Writes an annotation of Pascal VOC: the one that was read with new numbers in it, or a new one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from augreg.errors import listing
from augreg.media.labels.base import OBJECTS, About, Labels
from augreg.media.labels.voc_reading import CORNERS, MOVED, PART_OF, VOC, WHOLE, boxed, pointed
from augreg.media.labels.xml_text import Edits, Node, XmlError, lines, parsed, written

NEAR: Final = 1e-3
"""Pixels by which a coordinate may lie off a whole number and count as one: float32 has 2e-4 at 4,000."""
USUAL: Final = {"pose": "Unspecified", "truncated": 0, "difficult": 0}
"""What tools write where nothing is known; many readers fail without it."""
FRESH: Final = """\
<annotation>
	<folder></folder>
	<filename></filename>
{rest}\
	<size>
		<width></width>
		<height></height>
		<depth>{depth}</depth>
	</size>
	<segmented>0</segmented>
</annotation>
"""
TAKEN: Final = frozenset({"object", "size", "filename", "folder", "path", "segmented"})
"""VOC's own words of a picture."""


@dataclass(slots=True)
class Thing:
    """An object that is to be written, with those of its parts that are left."""

    box: list[float]
    name: str
    point: list[float] | None
    said: Mapping[str, Any]
    parts: list[Thing] = field(default_factory=list)

    @property
    def own(self) -> Mapping[str, Any]:
        """What this form has noted when it read the object; {} if another form has read it."""
        found: Mapping[str, Any] = self.said.get(VOC, {})
        return found


def write_annotation(labels: Labels, about: About) -> bytes:
    """Return an annotation that says what the labels say.

    Raises:
        XmlError: they hold what no annotation can say.

    """
    _check(labels.fields)
    known: Mapping[str, Any] = labels.rest.get(VOC, {})
    text = known.get("xml") or _fresh(labels.rest, about)
    root, source = parsed(text)
    edits = Edits(source)
    _about(edits, root, about)
    _objects(edits, root, known.get("file", ""), _things(labels.fields), about)
    encoding = known.get("encoding", "utf-8")
    return edits.applied().decode().encode(encoding, "xmlcharrefreplace")


def _check(fields: Mapping[str, Any]) -> None:
    strange = sorted(set(fields) - set(OBJECTS))
    if strange:
        raise XmlError(f"VOC holds boxes only, and these labels have {listing(strange)}. Write another form.")
    if any(value not in (None, []) for value in fields.get("segmentation") or ()):
        raise XmlError("VOC holds boxes only, and an object has a segmentation. Write coco, which holds them.")
    if any(len(box) != 4 for box in fields["boxes"]):
        raise XmlError("VOC holds upright boxes only, and these are turned. Write yolo, which holds them.")
    points = fields.get("keypoints") or ()
    said = fields.get("object") or [{}] * len(points)
    # The point of VOC's actions is in the text of its object.
    texts = [entry.get(VOC, {}).get("xml", "") for entry in said]
    if any(point and "<point" not in text for point, text in zip(points, texts, strict=False)):
        raise XmlError("VOC holds boxes only, and an object has keypoints. Write coco, which holds them.")


def _things(fields: Mapping[str, Any]) -> list[Thing]:
    """Return the objects, each with its parts, which follow it; parts of an object that is gone go with it."""
    boxes = fields["boxes"]
    columns = [fields.get(name) or [default] * len(boxes) for name, default in (("keypoints", None), ("object", {}))]
    things: list[Thing] = []
    owners: dict[str, Thing] = {}
    for box, name, point, said in zip(boxes, fields["category"], *columns, strict=True):
        thing = Thing([float(value) for value in box], str(name), point, said or {})
        if PART_OF not in thing.said:
            things.append(thing)
            owners[thing.own.get("key", "")] = thing
        elif thing.said[PART_OF] in owners:
            owners[thing.said[PART_OF]].parts.append(thing)
    return things


def _fresh(rest: Mapping[str, Any], about: About) -> str:
    taken = sorted(TAKEN & set(rest))
    if taken:
        raise XmlError(f"these labels say {taken[0]!r} of the picture, which is VOC's own word. Call it otherwise.")
    more = [line for name, value in rest.items() for line in lines(name, value, "\t")]
    # Where the number of channels is not known, the pictures of VOC are in color.
    return FRESH.format(rest="".join(f"{line}\n" for line in more), depth=about.channels or 3)


def _about(edits: Edits, root: Node, about: About) -> None:
    """Say of which file the annotation is. A path is never written: it would be one on somebody's machine."""
    file = PurePosixPath(about.path)
    size = root.find("size")
    for name, value in (("width", about.width), ("height", about.height), ("depth", about.channels)):
        found = size and size.find(name)
        if found and value:
            edits.put(found, str(value))
    for node in root.all("filename"):
        bare = node.text.strip() and "." not in node.text
        edits.put(node, file.stem if bare else file.name)
    for node in root.all("path"):
        edits.put(node, file.name)
    for node in root.all("folder"):
        name = node.text.strip().replace("\\", "/").rstrip("/").rpartition("/")[2]
        edits.put(node, name or file.parent.name)


def _objects(edits: Edits, root: Node, file: str, things: Sequence[Thing], about: About) -> None:
    nodes = root.all("object")
    places = {f"{file}#{number}": node for number, node in enumerate(nodes)}
    more = []
    for thing in things:
        node = places.pop(thing.own.get("key", ""), None)
        if node is None:  # another form's, another picture's that a step mixed in, or a second copy
            more.append(_apart(thing, about))
        else:
            _put(edits, node, thing, about)
    for node in places.values():
        edits.drop(node)
    last = nodes[-1] if nodes else root.children[-1] if root.children else None
    end = last.end if last else root.inner
    edits.add(end, "".join(f"\n\t{text}" for text in more))


def _apart(thing: Thing, about: About) -> str:
    """Return an object as a text of its own."""
    text = thing.own.get("xml") or _new(thing)
    node, source = parsed(text)
    edits = Edits(source)
    _put(edits, node, thing, about)
    return edits.applied().decode()


def _new(thing: Thing) -> str:
    said = {**USUAL, **{name: value for name, value in thing.said.items() if name not in (VOC, PART_OF)}}
    taken = sorted(MOVED & set(said))
    if taken:
        raise XmlError(f"an object says {taken[0]!r} of its own, which is VOC's own word. Call it otherwise.")
    inner = [line for name, value in said.items() for line in lines(name, value, "\t\t")]
    corners = [f"\t\t\t<{name}>0</{name}>" for name in CORNERS]
    box = ["\t\t<bndbox>", *corners, "\t\t</bndbox>"]
    return "\n".join(["<object>", "\t\t<name></name>", *inner, *box, "\t</object>"])


def _put(edits: Edits, node: Node, thing: Thing, about: About) -> None:
    """Put a name, a box and a point in place of those that stand there, unless they are the same."""
    name = node.find("name")
    if name:
        edits.put(name, written(thing.name))
    _put_box(edits, node, thing.box, about)
    point = node.find("point")
    if point and (not thing.point or not thing.point[2]):
        edits.drop(point)
    elif point and thing.point and list(thing.point[:2]) != (pointed(node) or [])[:2]:
        for each, value in zip(("x", "y"), thing.point[:2], strict=True):
            inner = point.all(each)[0]
            edits.put(inner, _whole(value, inner) or written(float(value) + 0.5))
    left = {part.own["part"]: part for part in thing.parts}
    for number, inner in enumerate(node.all("part")):
        if number in left:
            _put(edits, inner, left[number], about)
        else:
            edits.drop(inner)


def _whole(value: float, node: Node) -> str:
    """Return the pixel, from 1, in which a point lies, if the point was one of whole pixels."""
    return str(math.floor(value + NEAR) + 1) if WHOLE.fullmatch(node.text.strip()) else ""


def _put_box(edits: Edits, node: Node, box: list[float], about: About) -> None:
    old, holder = boxed(node)
    nodes = [holder.all(name)[0] for name in CORNERS]
    for axis, side in ((0, about.width), (1, about.height)):
        if box[axis::2] == old[axis::2]:
            continue  # what did not move keeps its digits
        low, high = box[axis], box[axis] + box[axis + 2]
        ends = nodes[axis], nodes[axis + 2]
        if all(WHOLE.fullmatch(end.text.strip()) for end in ends):
            first = max(1, math.floor(low + NEAR) + 1)
            last = max(first, min(math.ceil(high - NEAR), side or math.inf))
            texts = [str(first), str(int(last))]
        else:
            texts = [written(low + 1), written(high)]
        for end, text in zip(ends, texts, strict=True):
            edits.put(end, text)
