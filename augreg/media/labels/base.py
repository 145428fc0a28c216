"""What is annotated of a sample, between the files that hold it: fields of fixed meaning; who reads and writes them.

A form, such as COCO or Pascal VOC, is a class. It turns files into :class:`Labels` and back and moves nothing: the
fields of labels become fields of a record whose roles are known, and the pipeline moves these, as it does in Python.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from augreg.errors import ConfigError

SAMPLE: Final = "@"
"""Stands in roles for the field that holds the sample."""

OBJECTS: Final[Mapping[str, Any]] = {
    "boxes": {"role": "boxes", "of": SAMPLE, "format": "xywh"},
    "category": {"role": "label", "of": "boxes"},
    "segmentation": {"role": "segmentation", "of": "boxes"},
    "keypoints": {"role": "keypoints", "of": "boxes", "format": "xyv"},
    "area": {"role": "area", "of": "boxes"},
    "num_keypoints": {"role": "num_keypoints", "of": "boxes"},
    "object": {"role": "per box", "of": "boxes"},
}
"""Objects in a picture, one entry each: boxes as [x, y, width, height] in pixels; names of categories; COCO's polygons
or run lengths, or None; x, y, v, x, y, v, ... or None; areas; a dictionary of whatever else is said of an object."""

ORIENTED: Final[Mapping[str, Any]] = {**OBJECTS, "boxes": {"role": "boxes", "of": SAMPLE, "format": "xyxyxyxy"}}
"""The same with boxes that are turned: [x1, y1, x2, y2, x3, y3, x4, y4], the corners in order."""

MASK: Final[Mapping[str, Any]] = {"mask": {"role": "mask", "of": SAMPLE}}
"""A label map: (H, W), a number for each pixel."""

CLASS: Final[Mapping[str, Any]] = {"class": {"role": "label", "of": SAMPLE}}
"""The class of the whole sample."""

EVENTS: Final[Mapping[str, Any]] = {
    "events": {"role": "events", "of": SAMPLE},
    "event": {"role": "label", "of": "events"},
    "said": {"role": "per event", "of": "events"},
}
"""Stretches of a sound or film: [onset, offset] in seconds; names; a dictionary of whatever else is said of each."""

SPANS: Final[Mapping[str, Any]] = {
    "spans": {"role": "spans", "of": SAMPLE},
    "span": {"role": "label", "of": "spans"},
    "noted": {"role": "per span", "of": "spans"},
}
"""Stretches of a text: [start, end] in characters; names; a dictionary of whatever else is said of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of the sample whose labels are read or written.

    Args:
        path: its file, relative to the root of its data set, "/" between parts.
        modality: what it is.
        width, height: of pictures and clips, in pixels.
        channels: of pictures, 0 where it is not known.
        seconds: of sounds and clips.
        sample_rate: of sounds, in Hz.
        frames, fps: of clips.
        characters: of texts.

    """

    path: str
    modality: str
    width: int = 0
    height: int = 0
    channels: int = 0
    seconds: float = 0.0
    sample_rate: float = 0.0
    frames: int = 0
    fps: float = 0.0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class Labels:
    """What is annotated of one sample.

    Args:
        fields: values by name. The form says by its ``roles`` what each is; :data:`OBJECTS` and the like are names that
            all forms share, so that what one of them has read another can write.
        rest: what else its file says of the sample, which no step changes: numbers, licences, comments.

    """

    fields: Mapping[str, Any]
    rest: Mapping[str, Any] = field(default_factory=dict)


class LabelForm(ABC):
    """One form of labels. An instance holds the ``head`` of one data set, and nothing that changes.

    Args:
        head: what is said once for the whole data set, plain JSON: ``categories``, a list of dictionaries with at least
            a ``name``, where the form has such; and whatever else the form needs to write its files again.

    """

    name: ClassVar[str]
    """What users call it: "coco"."""
    omits: ClassVar[str] = ""
    """What it has no place for and leaves out of labels that another form has read; the user is told. "" if nothing."""
    modalities: ClassVar[frozenset[str]]
    """Of which samples it speaks."""

    def __init__(self, head: Mapping[str, Any] | None = None) -> None:
        self.head: Mapping[str, Any] = head or {}

    @classmethod
    def toward(cls, head: Mapping[str, Any], how: str) -> dict[str, Any]:
        """Return the head with which this form is written, of what another form, or this one, has read.

        Args:
            head: what was read.
            how: what the user said after the colon of ``--labels-to form:...``; "" for nothing.

        Raises:
            ConfigError: it says nothing to this form.

        """
        if how:
            raise ConfigError(f"labels_to says {how!r} of {cls.name}, which is written in one way. Leave it out.")
        return dict(head)

    @property
    @abstractmethod
    def roles(self) -> Mapping[str, Any]:
        """Field -> role, as a schema says it, with :data:`SAMPLE` for the field of the sample."""

    @classmethod
    @abstractmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Return what :meth:`open` could be given to read the labels of a folder; [] if there are none of this form.

        It is called for every job, so it looks at names first and into few files. It must be sure: what may be
        something else (a caption in ``7.txt``) is not found, and the user has to say it.

        Args:
            root: the folder.
            files: paths of its media, relative to it, in order.

        """


class BesideForm(LabelForm):
    """A form with one file of labels for each sample, such as Pascal VOC."""

    classed: ClassVar[bool] = False
    """Whether it can only be written if the names of all classes are known before: its files hold their numbers."""
    extension: ClassVar[str]
    """Suffix of its files without the dot, by which they stand in tars, too: "xml"."""

    @classmethod
    @abstractmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        """Return the head of a folder of such labels.

        Args:
            root: the folder.
            given: what the user said after the colon of ``--labels form:...``, one of :meth:`find`, or "".

        Raises:
            ConfigError: it is not there, or cannot be understood.

        """

    @abstractmethod
    def places(self, path: str) -> Sequence[str]:
        """Return where the labels of a file may be, relative to the root, the likeliest first."""

    def classes(self, content: bytes) -> Iterable[str]:
        """Return the names of classes in a file, which another form may have to know before it is written.

        Called where the head has no ``categories``. A file that cannot be understood has none: :meth:`read` says why.
        """
        return ()

    @abstractmethod
    def read(self, content: bytes, about: About) -> Labels:
        """Return what a file of labels says.

        Raises:
            MediaError: E_LABEL, with the line where there are lines; ``path`` is that of :class:`About`, and the caller
                puts that of the labels there.

        """

    @abstractmethod
    def write(self, labels: Labels, about: About) -> bytes:
        """Return a file of labels; those that another form has read, too, as far as this one can say them.

        Raises:
            MediaError: E_LABEL: it cannot say them. Nothing is left out unnoticed.

        """

    @abstractmethod
    def place(self, output: str) -> str:
        """Return where the labels of an output go, relative to the output folder."""

    def around(self) -> Mapping[str, bytes]:
        """Return the files that the data set has once, such as names of classes, by their path."""
        return {}


class SetForm(LabelForm):
    """A form with one file for all samples, such as COCO."""

    @classmethod
    @abstractmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        """Return the head of a file of labels, and what it says of each sample; see :meth:`BesideForm.open`.

        Raises:
            ConfigError: the file as a whole is of no use. What is wrong with one sample is the ``fault`` of that.

        """

    @abstractmethod
    def read(self, raw: Any, about: About) -> Labels:
        """Return what a file says of one sample; ``raw`` is that of :class:`Said`.

        Raises:
            MediaError: E_LABEL, see :meth:`BesideForm.read`.

        """

    @abstractmethod
    def row(self, labels: Labels, about: About) -> Any:
        """Return as plain JSON what the file is to say of one output.

        Raises:
            MediaError: E_LABEL: it cannot say it.

        """

    @abstractmethod
    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        """Yield the file of all rows, which come in order, those of refused inputs left out.

        ``rows`` may be gone through more than once. They are read one by one: not all of a large data set is held.
        """

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the file goes, relative to the output folder."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a file of labels says of one sample.

    Args:
        file: the name by which it calls the sample's file; "" for what belongs to none (an annotation of an image that
            the file does not list), which has a fault and is counted as a refused label.
        raw: plain JSON, understood by :meth:`SetForm.read`.
        fault: why it cannot be used; the sample is refused then.

    """

    file: str
    raw: Any
    fault: str = ""
