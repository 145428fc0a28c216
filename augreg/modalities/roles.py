"""Roles: what a field of a record is, as schemas say it, and the words for what belongs to samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from augreg.data.targets import Keypoints
from augreg.errors import SampleError

if TYPE_CHECKING:
    from augreg.modalities.target_kinds import Read

Shape = tuple[int, ...]

PER: Final = "per "
"""How the role of a column begins that has one entry per row of a target: "per box"."""

LABEL: Final = "label"
"""The role of a class: of a sample, or one per row of a target."""

EXTRA: Final = "extra"
"""The role of a field that belongs to no sample, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class Role:
    """What one field is: its role's word, the field that it belongs to, and what else is said of it."""

    word: str
    of: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return the canonical form, ``{"role": "boxes", "of": "photo", "format": "xywh"}``."""
        return {"role": self.word, **({} if self.of is None else {"of": self.of}), **self.options}


@dataclass(frozen=True, slots=True)
class RoleWord:
    """A word for what belongs to a sample, or to the rows of one of its targets, and how fields that hold it are read.

    Args:
        word: as schemas write it, "boxes".
        target: the target of the sample with which it moves; "" if nothing moves: it stays with its row, or says what
            the sample is like and is said anew after the steps.
        per: what it belongs to one each of, such as "box"; "": to the sample.
        rows: what one of its own rows is called, "box", so that columns can be "per box"; "": it has none.
        formats: what ``format`` may be; the first is meant where none is said, if ``usual``.
        usual: whether the first format goes without saying.
        options: further options by name, with what checks a value: it returns it or raises SampleError.
        read: of what belongs to a sample: reads a field's value, given the role and the shape of the sample's row, as
            the target and what gives its kind back.
        take: of what is one per row and moves: reads one entry as points.
        give: turns moved points back into an entry: called with the entry, its points, the role and the new shape.
        sides: the option that says which of several points of one entry a mirror exchanges: where a step mirrors, it
            must be said, if only that there are none. "": nothing has sides.
        derived: of what is one per row and follows from others: the new entry, given the old one and its row before
            and after (:class:`RowNow`).
        picture, pictured: of what is one per row and may be a dictionary, COCO's run lengths: its mask, bool (H, W),
            and the entry of a mask.
        extras: returns what the role says of the sample itself, such as the hop of frame labels; called with the
            target, the role, the shape of the sample's row and its rate. It may refuse what does not fit.
        whole: whether ``read`` is given the sample's row itself in place of its shape, as what belongs to texts is.
        looks: how a schema says what a field's value is, and why it can hardly be anything else, so that it is refused
            where nobody says it; None if it can. Called with the value, the shape of the sample's row and its rate.
        numbers: names under which a single number can hardly be anything else, such as "answer_start".
        of_rows: of what is one per row: whether a value of which only type and name say what it is is of this word, and
            not of the sample; called with the name of the field and the value.
        as_old: turns the column of new entries into the kind of the old one, where that says more than its numbers;
            called with the old one, the new one and the new shape.
        measures: of what moves and is one per row: the name and the measure that others derive from, called with an
            entry and its points.

    """

    word: str
    target: str = ""
    per: str = ""
    rows: str = ""
    formats: tuple[str, ...] = ()
    usual: bool = False
    options: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    read: Callable[[Any, Role, Any], Read] | None = None
    whole: bool = False
    take: Callable[[Any, Role, Shape], Keypoints] | None = None
    give: Callable[[Any, Keypoints, Role, Shape], Any] | None = None
    sides: str = ""
    derived: Callable[[Any, RowNow], Any] | None = None
    picture: Callable[[Any, Shape], np.ndarray] | None = None
    pictured: Callable[[Any, np.ndarray], Any] | None = None
    of_rows: Callable[[str, Any], bool] | None = None
    as_old: Callable[[Any, Any, Shape], Any] | None = None
    measures: tuple[str, Callable[[Any, Keypoints], float]] | None = None
    extras: Callable[[Any, Role, Shape, float], Mapping[str, Any]] | None = None
    looks: Callable[[Any, Shape, float], tuple[str, str] | None] | None = None
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowNow:
    """One row of a target before and after the steps.

    Args:
        old, new: the format and the numbers of the row.
        measured: what its other columns measure, by name, before and after: the area of its segments, how many of its
            keypoints are labelled.

    """

    old: tuple[str, np.ndarray]
    new: tuple[str, np.ndarray]
    measured: Mapping[str, tuple[float, float]]


class HasRoles(Protocol):
    """A modality, as far as its words go."""

    @property
    def roles(self) -> tuple[RoleWord, ...]:
        """The words that it says itself."""

    @property
    def targets(self) -> tuple[Any, ...]:
        """The kinds of target that its samples carry."""


def words_of(modality: HasRoles) -> tuple[RoleWord, ...]:
    """Return the words of a modality: its own, and one for each of its targets that these leave out."""
    said = {word.target for word in modality.roles}
    return (*modality.roles, *(_plain(kind) for kind in modality.targets if kind.name not in said))


def _plain(kind: Any) -> RoleWord:
    """Return the word of a target whose modality says no more: it is called as the target is."""

    def read(value: Any, _role: Role, _shape: Shape) -> Read:
        found: Read | None = kind.read_field(kind.fields[0], value)
        if found is None:
            raise SampleError(f"{type(value).__name__} is no {kind.name}; give {kind.wrapper}.")
        return found

    return RoleWord(kind.name, kind.name, rows=kind.row, read=read)


def find_word(words: Iterable[RoleWord], word: str, per: str) -> RoleWord | None:
    """Return the word that belongs to a sample (``per`` is "") or to the rows of a target."""
    return next((each for each in words if each.word == word and each.per == per), None)


def columns_of(rows: str) -> tuple[RoleWord, ...]:
    """Return the words that every target with rows has: a class per row, and any column."""
    return (RoleWord(LABEL, per=rows), RoleWord(f"{PER}{rows}", per=rows)) if rows else ()
