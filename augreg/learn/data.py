"""A labeled data set in memory: samples, classes, groups, the split that it comes with, and what is in it twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg.data.samples import Sample
from augreg.errors import ConfigError, listing
from augreg.learn.detection.boxed import Boxed
from augreg.learn.examples import Examples
from augreg.learn.records import modality_of


@dataclass(frozen=True)
class Data:
    """Labeled samples, held in memory.

    Args:
        examples: the samples with their classes.
        groups: whose each sample is (speaker, patient, source): a group is never in train and test at once.
        is_test: bool (n,), which samples are the test; None where each seed draws a split of its own.
        name: what reports call it.
        notes: what the user should know of how it was read.

    >>> import augreg.learn
    >>> texts = ["so good", "good!", "so bad", "bad!"]
    >>> data = augreg.learn.Data.of([augreg.Text(text) for text in texts], ["up", "up", "down", "down"])
    >>> data.examples.classes, data.examples.labels.tolist()
    (('down', 'up'), [1, 1, 0, 0])

    """

    examples: Examples
    groups: tuple[str, ...] | None = None
    is_test: NDArray[np.bool_] | None = None
    name: str = "data"
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        samples: Sequence[Any],
        labels: Sequence[str | int] | None = None,
        *,
        keys: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
        is_test: Iterable[bool] | None = None,
        name: str = "data",
        notes: Sequence[str] = (),
    ) -> Data:
        """Return a data set of samples of one modality, or of records.

        Args:
            samples: augreg samples, such as :class:`augreg.Image`; or dictionaries of such.
            labels: the class of each; None where boxes are learned.
            keys: what randomness hangs on; their places if none are given.
            groups: whose each is.
            is_test: which are the test.
            name: what reports call it.
            notes: what the user should know.

        Raises:
            ConfigError: there is one class only, lengths differ, samples are of several modalities, or there are
                neither labels nor boxes.

        """
        given = {"labels": labels, "keys": keys, "groups": groups}
        marks = None if is_test is None else np.fromiter(is_test, bool)
        for said, values in (*given.items(), ("is_test", marks)):
            if values is not None and len(values) != len(samples):
                raise ConfigError(f"there are {len(samples)} samples and {len(values)} {said}. Give one for each.")
        modalities = sorted(set(map(modality_of, samples)))
        if len(modalities) != 1:
            raise ConfigError(
                f"{name} has samples of {len(modalities)} modalities ({listing(modalities)}); a task is for one. "
                "Give a folder or a list of files of one modality."
            )
        known = tuple(map(str, range(len(samples)) if keys is None else keys))
        owners = None if groups is None else tuple(groups)
        if labels is None:
            held = Boxed.of(samples, known, _order, name)
            boxed = Examples(held.samples, held.labels, held.classes, known, boxed=True)
            return cls(boxed, owners, marks, name, (*notes, *held.notes))
        classes = sorted(set(labels), key=_order)
        if len(classes) < 2:
            raise ConfigError(
                f"{name} has one class only, {classes[0]!r}: there is nothing to tell apart. Give a folder with a "
                "folder for each class, or name the column of classes by class_from (--class-from)."
            )
        codes = {label: code for code, label in enumerate(classes)}
        numbers = np.array([codes[label] for label in labels], np.int64)
        examples = Examples(tuple(samples), numbers, tuple(map(str, classes)), known)
        return cls(examples, owners, marks, name, tuple(notes))

    @property
    def modality(self) -> str:
        """What all samples are; "record" of dictionaries."""
        return modality_of(self.examples.samples[0])

    @cached_property
    def hashes(self) -> tuple[bytes, ...]:
        """A hash of what each sample holds, whatever file it came from."""
        return tuple(map(_hash, self.examples.samples))

    @cached_property
    def digest(self) -> str:
        """A hash of everything."""
        found = hashlib.sha256()
        marks = [] if self.is_test is None else self.is_test.tolist()
        for said in (self.examples.classes, self.examples.labels.tolist(), self.examples.keys, self.groups, marks):
            found.update(repr(said).encode("utf-8", "surrogatepass"))
        for one in self.hashes:
            found.update(one)
        for sample in self.examples.samples if self.examples.boxed else ():
            said = (sample.boxes.data.tolist(), np.asarray(sample.boxes.labels).tolist(), sample.boxes.columns)
            found.update(repr(said).encode())
        return found.hexdigest()

    @cached_property
    def units(self) -> tuple[tuple[int, ...], ...]:
        """The places that must stay on one side of a split: of one group, or of equal samples, or both in turn."""
        parents = list(range(len(self.examples)))
        for held in (self.hashes, self.groups or ()):
            first: dict[Any, int] = {}
            for place, mark in enumerate(held):
                parents[_root(parents, place)] = _root(parents, first.setdefault(mark, place))
        found = defaultdict(list)
        for place in range(len(parents)):
            found[_root(parents, place)].append(place)
        return tuple(map(tuple, found.values()))


def _order(label: str | int) -> tuple[bool, int, str]:
    """Return by what classes are sorted: numbers first, in the order of numbers, where 10 comes after 9."""
    said = str(label)
    number = said.isascii() and said.isdigit()
    return not number, int(said) if number else 0, said


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]  # halves the way of the next call
        place = parents[place]
    return place


def _hash(sample: Any) -> bytes:
    if isinstance(sample, Mapping):  # its other fields, such as ids, make no other record of it
        held = [(name, _hash(value)) for name, value in sorted(sample.items()) if isinstance(value, Sample)]
        return hashlib.sha256(repr(held).encode()).digest()
    data = sample.data
    if isinstance(data, str):
        return hashlib.sha256(data.encode("utf-8", "surrogatepass")).digest()
    array = np.ascontiguousarray(np.asarray(data.read() if hasattr(data, "read") else data))
    said = f"{array.shape} {array.dtype} {getattr(sample, 'sample_rate', '')}"
    return hashlib.sha256(said.encode() + array.tobytes()).digest()
