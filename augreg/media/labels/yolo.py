"""YOLO, as Ultralytics and Darknet write it: a text file for each picture, a line for each object.

The labels of ``images/train/7.jpg`` are ``labels/train/7.txt`` (the last folder ``images`` of the path is ``labels``
there), or ``7.txt`` beside a picture. A line begins with the number of a class; all else are shares of the picture's
sides, 0 to 1:

    detect    3 0.5 0.5 0.2 0.3                   middle, width and height of a box, and perhaps a confidence
    obb       3 0.1 0.1 0.4 0.2 0.3 0.5 0.0 0.4   the four corners of a turned box, and perhaps a confidence
    segment   3 0.1 0.1 0.4 0.2 0.3 0.5 ...       the corners of a polygon
    pose      3 0.5 0.5 0.2 0.3 0.4 0.4 2 ...     a box, and points of two or three numbers

An empty file is a picture without objects, a missing one a picture without labels. ``data.yaml`` (or another YAML file
with ``names``), ``classes.txt`` or ``obj.names`` name the classes; without them a class is called by its number.
``kpt_shape`` says what a pose is, ``flip_idx`` which of its points a mirror exchanges. Which kind the lines are is seen
from how many numbers they have, or said: nine are a turned box or a polygon, so that a folder with nothing else needs
``--labels yolo:obb`` or ``yolo:segment``; a file of names goes behind a comma, ``--labels yolo:obb,pets.yaml``.

Written are shares of up to ten digits, and the file of names as it was, comments too. Keys of a data.yaml that would
lead readers back to the old pictures are made comments: every ``path`` but ".", and every ``train``, ``val`` and
``test`` that is absolute. Lists of pictures (``train.txt``) are not written. A polygon that another form or the border
of the picture has parted is written as one, its parts joined by bridges of no width, as Ultralytics does: no area is
lost. An object whose polygon has left the picture is left out with it.

Of what other forms read, a line holds a class and one of: points with their box, a polygon, a turned box, a box. The
first that the data set has is written. Objects with polygons and points, with run lengths or ``iscrowd`` are refused.
``{"yolo": {"kind": "detect"}}`` in the head says another kind, and what that does not hold is left out on demand.
Numbers, licences and remarks (``id``, ``area``, ``difficult``) have no place in YOLO and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, MediaError, listing, nearest
from augreg.media.labels.base import OBJECTS, ORIENTED, About, BesideForm, Labels
from augreg.media.labels.objects import ObjectError, pairs_of
from augreg.media.labels.yolo_home import beside, home, label_path, looks
from augreg.media.labels.yolo_rows import KINDS, MARGIN, Row, fields_of, line_of, rows_of
from augreg.media.labels.yolo_yaml import kept, made

HELD: Final = {
    "detect": ("boxes", "category", "object"),
    "obb": ("boxes", "category", "object"),
    "segment": ("boxes", "category", "segmentation", "object"),
    "pose": ("boxes", "category", "keypoints", "object"),
}
"""The fields that each kind of line holds."""

TRIED: Final = 1000
"""Pictures beside which labels are looked for."""
ENOUGH: Final = 20
"""Files of labels that are read to be sure."""


class Yolo(BesideForm):
    """Objects in pictures, in a text file for each."""

    name = "yolo"
    modalities = frozenset({"image"})
    extension = "txt"
    classed = True
    omits = "ids, licences, areas and remarks"

    def __init__(self, head: Mapping[str, Any] | None = None) -> None:
        super().__init__(head)
        self._own: dict[str, Any] = dict(self.head.get("yolo", {}))
        self._names = [str(each["name"]) for each in self.head.get("categories", [])]
        self._numbers = {name: place for place, name in enumerate(self._names)}
        counts = [len(each["keypoints"]) for each in self.head.get("categories", []) if each.get("keypoints")]
        if counts and "kpt_shape" not in self._own:
            self._own["kpt_shape"] = [max(counts), 3]

    @classmethod
    def toward(cls, head: Mapping[str, Any], how: str) -> dict[str, Any]:
        """Return the head of what is written; ``how`` is the kind of its lines."""
        if not how:
            return dict(head)
        if how not in KINDS:
            raise ConfigError(f"labels_to says {how!r} of yolo.{nearest(how, KINDS)} Kinds: {listing(KINDS)}.")
        return {**head, "yolo": {**head.get("yolo", {}), "kind": how}}

    @property
    def roles(self) -> Mapping[str, Any]:
        """What its kind of line holds."""
        kind = self._own.get("kind", "detect")
        roles = {name: dict((ORIENTED if kind == "obb" else OBJECTS)[name]) for name in HELD[kind]}
        pairs = self._own.get("flip_pairs", pairs_of(self.head.get("categories", [])))
        if kind == "pose" and pairs is not None:
            roles["keypoints"]["flip_pairs"] = pairs
        return roles

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Return [""] if most text files that belong to some pictures hold lines of YOLO: captions are none.

        Not all of them need to: a bad one would have the others taken for texts, and the job refuses it by its line.
        """
        good = bad = 0
        for file in files[:TRIED]:
            there = [root / each for each in (label_path(file), beside(file)) if (root / each).is_file()]
            counts = looks(there[0], MARGIN) if there else []
            good += bool(counts)
            bad += counts is None
            if good + bad == ENOUGH:
                break
        return [""] if good > bad else []

    @classmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        """Return the names of the classes and the kind of the lines.

        Args:
            root: the folder.
            given: a kind (detect, obb, segment, pose), the path of a file of names, or both with a comma between.

        Raises:
            ConfigError: the kind is not known, or a file of names is of no use.

        """
        return home(root, given)

    def places(self, path: str) -> Sequence[str]:
        """Return the paths in ``labels`` and beside the picture."""
        return list(dict.fromkeys((label_path(path), beside(path))))

    def read(self, content: bytes, about: About) -> Labels:
        """Return the objects of a picture."""
        kind, found = self._own.get("kind", "detect"), []
        try:
            for row in rows_of(content):
                entry = fields_of(row, kind, self._own, about)
                found.append({**entry, "category": self._name(row)})
        except ObjectError as error:
            raise MediaError(about.path, f"{error}.", "E_LABEL") from None
        return Labels({name: [entry[name] for entry in found] for name in HELD[kind]})

    def _name(self, row: Row) -> str:
        if not self._names:
            return str(row.category)
        if row.category >= len(self._names):
            many = f"0 to {len(self._names) - 1} are named in {self._own.get('file', 'the file of names')}"
            raise ObjectError(f"line {row.line}: class {row.category} is unknown; {many}")
        return self._names[row.category]

    def write(self, labels: Labels, about: About) -> bytes:
        """Return a line for each object; no line for none."""
        try:
            return "".join(f"{line}\n" for line in self._lines(labels.fields, about)).encode()
        except ObjectError as error:
            raise MediaError(about.path, f"YOLO cannot say its labels: {error}.", "E_LABEL") from None

    def _lines(self, fields: Mapping[str, Any], about: About) -> list[str]:
        foreign = [name for name in fields if name not in OBJECTS]
        if foreign:
            raise ObjectError(f"it holds boxes and what belongs to them, not {listing(foreign)}")
        entries = [
            {name: values[i] for name, values in fields.items() if values is not None}
            for i in range(len(fields.get("boxes") or ()))
        ]
        kind, lines = self._kind(entries), []
        for place, entry in enumerate(entries, 1):
            try:
                if (entry.get("object") or {}).get("iscrowd"):
                    raise ObjectError("it is a crowd (iscrowd), which a line would make one object; coco writes crowds")
                if not self._gone(entry, kind):
                    lines.append(line_of(self._number(entry.get("category")), entry, kind, self._own, about))
            except ObjectError as error:
                raise ObjectError(f"object {place}: {error}") from None
        return lines

    def _kind(self, entries: Sequence[Mapping[str, Any]]) -> str:
        """Return the kind of the lines: that of the head, else what holds all that another form has read.

        Raises:
            ObjectError: none does.

        """
        if self._own.get("kind") in KINDS:
            return str(self._own["kind"])
        holds = set(self.head.get("coco", {}).get("holds", ()))
        holds |= {name for name in ("segmentation", "keypoints") for entry in entries if entry.get(name)}
        if len(holds) > 1:
            raise ObjectError(
                "objects have polygons and keypoints, and a line has one of them. Say yolo:segment or yolo:pose"
            )
        if any(len(entry["boxes"]) == 8 for entry in entries):
            return "obb"
        return {"segmentation": "segment", "keypoints": "pose"}.get("".join(holds), "detect")

    def _gone(self, entry: Mapping[str, Any], kind: str) -> bool:
        """Whether the polygons of an object, and so the object itself, have left the picture."""
        return kind == "segment" and isinstance(entry.get("segmentation"), list) and not entry["segmentation"]

    def _number(self, name: Any) -> int:
        if name in self._numbers:
            return self._numbers[name]
        if self._names:
            raise ObjectError(f"category {name!r} is none of {listing(self._names)}.{nearest(str(name), self._names)}")
        if not (isinstance(name, str) and name.isdecimal() and name.isascii()):
            raise ObjectError(f"category {name!r} has no number, since no list of the classes is known; give one")
        return int(name)

    def place(self, output: str) -> str:
        """Return the path in ``labels``, or beside the output if that is how the labels were read."""
        return beside(output) if self._own.get("beside") else label_path(output)

    def around(self) -> Mapping[str, bytes]:
        """Return the file that names the classes: as it was, or data.yaml if another form has read them."""
        own, categories = self._own, self.head.get("categories", [])
        if "text" in own:
            text = kept(own["text"]) if own["file"].endswith((".yaml", ".yml")) else own["text"]
            return {own["file"]: text.encode()}
        kind = own.get("kind") or ("pose" if "keypoints" in self.head.get("coco", {}).get("holds", ()) else "")
        return {"data.yaml": made(categories, kind, own).encode()} if categories else {}
