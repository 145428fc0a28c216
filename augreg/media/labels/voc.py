"""Pascal VOC: an XML file for each picture, with a box for each object.

What is read: ``annotation`` with ``object`` in it, each with a ``name`` and a ``bndbox``. ``part`` within an object
(hands and heads of persons) has a box, too, which moves like any other and belongs to its object: it goes where that
goes. The ``point`` of VOC's actions is a keypoint. Everything else is kept as it stands, byte for byte: unknown
elements, comments, attributes, blanks, the encoding. An element that speaks of places in the picture and is none of
these (``polygon``, ``robndbox``) is refused, for it would stay behind.

Coordinates count pixels from 1, and ``xmax`` is the last pixel of the box: ``xmin`` 1 and ``xmax`` 10 are ten pixels.
Some tools count from 0; such boxes are read alike and stay as they are unless a step moves them. Boxes that moved are
written in whole pixels where they came so: every pixel that the box touches belongs to it, within the picture.
Fractions are written where fractions came. Boxes that did not move keep their digits.

Where it is looked for: ``Annotations/7.xml`` for ``JPEGImages/7.jpg`` (``images/7.jpg``, ``7.jpg``, in upper or lower
case, up to three folders deep), ``annotations/xmls/7.xml``, and ``7.xml`` beside the picture. ``--labels voc:FOLDER``
says another folder, ``voc:.`` says beside.

What is written: the same file with new numbers, in the same place: ``Annotations/7__a0.xml`` for
``JPEGImages/7__a0.jpg``. ``size`` and ``filename`` are the output's. ``path`` becomes the file name, for the one that
stands there is a path on somebody's machine; a ``folder`` that is a path becomes its last part, and a name stays.
Objects that left the picture are taken out, with their parts. Two files are one to those who look: ``7.jpg`` and
``7.png`` in one folder share ``7.xml``.

What other forms have read is written as far as boxes say it: areas and numbers of keypoints follow from the rest and
are left out; polygons, run lengths and keypoints are refused (COCO holds them), as are turned boxes (YOLO).

::

    augreg run flip.yaml voc2012 out --labels voc
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from augreg.errors import ConfigError, MediaError
from augreg.media.labels.base import OBJECTS, About, BesideForm, Labels
from augreg.media.labels.folders import Place, all_of, folders, some
from augreg.media.labels.voc_reading import read_annotation
from augreg.media.labels.voc_writing import write_annotation
from augreg.media.labels.xml_text import MOST, XmlError, decoded, parsed
from augreg.param.files import read_file

NAMES = ("annotations", "annotation", "annotations/xmls")
"""Folders of annotations, in lower case."""

CASES = ("Annotations", "annotations", "ANNOTATIONS", "annotations/xmls", "Annotation", "annotation")
"""How they are usually spelled: what is looked at where folders are not listed."""


class Voc(BesideForm):
    """Pascal VOC's XML files. ``head``: ``places``, where they are, as :class:`Place` says it."""

    name: ClassVar[str] = "voc"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    extension: ClassVar[str] = "xml"

    @property
    def roles(self) -> Mapping[str, Any]:
        """Objects, and for each whatever else is said of it."""
        return OBJECTS

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Look for files that begin as annotations do, where those of a few pictures may be."""
        guessed = [_place(name).plain() for path in some(files) for name in _around(path)]
        for path in some(files):
            for place in all_of([*guessed, Place(None).plain()], path, cls.extension):
                if _is_annotation(root / place):
                    return [""]
        return []

    @classmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        """Look which folders of annotations there are; ``given`` is one, "." for beside the pictures, or ""."""
        if given == ".":
            return {"places": [Place(None).plain()]}
        if given:
            if not (root / given).is_dir() or ".." in Path(given).parts:
                raise ConfigError(f"labels 'voc:{given}': no folder {given!r} in the data set. Name one, or '.'.")
            return {"places": [Place(given.strip("/")).plain()]}
        found = folders(root, lambda folder: any(f"/{folder.casefold()}".endswith(f"/{name}") for name in NAMES))
        found.sort(key=lambda folder: -folder.count("/"))  # annotations/xmls before annotations
        return {"places": [*(_place(folder).plain() for folder in found), Place(None).plain()]}

    def places(self, path: str) -> Sequence[str]:
        """In the folders of annotations, then beside the picture."""
        return all_of(self._places(), path, self.extension)

    def place(self, output: str) -> str:
        """Return the first place where it would be looked for."""
        return self.places(output)[0]

    def classes(self, content: bytes) -> Iterable[str]:
        """Return the names of the objects, and of their parts."""
        try:
            root, _ = parsed(decoded(content)[0])
        except XmlError:
            return []
        objects = [one for each in root.all("object") for one in (each, *each.all("part"))]
        names = (one.find("name") for one in objects)
        return [name.text.strip() for name in names if name is not None]

    def read(self, content: bytes, about: About) -> Labels:
        """Read an annotation; errors as those of :class:`BesideForm`."""
        try:
            return read_annotation(content, about)
        except XmlError as error:
            raise MediaError(about.path, str(error), "E_LABEL") from None

    def write(self, labels: Labels, about: About) -> bytes:
        """Write an annotation; errors as those of :class:`BesideForm`."""
        try:
            return write_annotation(labels, about)
        except XmlError as error:
            raise MediaError(about.path, str(error), "E_LABEL") from None

    def _places(self) -> Sequence[Mapping[str, Any]]:
        # Labels of another form are written into VOC's own folder.
        own = [_place("Annotations").plain(), Place(None).plain()]
        found: Sequence[Mapping[str, Any]] = self.head.get("places") or own
        return found


def _place(folder: str) -> Place:
    """Return the place of a folder of annotations that nobody had to name."""
    parts = folder.split("/")
    levels = 2 if parts[-1].casefold() == "xmls" else 1
    return Place(folder, "/".join(parts[:-levels]))


def _around(path: str) -> list[str]:
    """Return folders that may hold the annotation of a picture: one for each folder above it and each spelling."""
    parts = path.split("/")[:-1]
    above = ["/".join(parts[:count]) for count in range(len(parts) + 1)]
    return [f"{folder}/{name}" if folder else name for folder in above for name in CASES]


def _is_annotation(path: Path) -> bool:
    try:
        start = read_file(path, MOST)[:4096]
    except OSError:
        return False
    return b"<annotation" in start and any(mark in start for mark in (b"<object", b"<size", b"<filename"))
