"""Reads the container that a user passes (one sample, list, stack, records, columns) and builds the same kind back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError, UnknownModalityError, listing
from augreg.intake.stacks import stack_like, whole
from augreg.modalities import Hints, Modalities, Modality, Wrapped, WrappedMany
from augreg.modalities.audio import is_hf, is_pair
from augreg.modalities.base import bare
from augreg.modalities.image import is_tv

KEY_FIELDS: Final = ("key", "__key__", "id")

_FEW: Final = 4
"""So many samples of a type are worth being read together when others stand between them."""


@dataclass(slots=True)
class Unit:
    """One sample to augment: where it came from and its form inside augreg."""

    modality: Modality
    wrapped: Wrapped
    entry: int
    key: str | int
    field: str | None = None
    original: Any = None


@dataclass(slots=True)
class Bulk:
    """Samples of one type that were read at once: ``originals[i]`` is entry ``entries[i]``, its key ``keys[i]``."""

    modality: Modality
    alike: WrappedMany
    entries: Sequence[int]
    keys: Sequence[str | int]
    originals: Sequence[Any]

    def units(self) -> list[Unit]:
        """Return what the samples are and where they stand, one by one; they are restored together."""
        parts = zip(self.alike.rows, self.entries, self.keys, self.originals, strict=True)
        return [Unit(self.modality, Wrapped(row, bare), i, key, None, original) for row, i, key, original in parts]


class Container:
    """What was passed: its samples, how many entries it has, and how to build the same kind from results.

    Args:
        units: the samples that were read one by one.
        entries: how many there are in what was passed.
        build: takes one result per unit, in the order of :attr:`units`; or, where samples that came stacked are one
            tensor in the end, that tensor.
        bulks: the samples that were read together; not in records.
        records: whether the entries are records.
        stack: the tensor that holds all units' rows, if they came stacked.

    """

    def __init__(
        self,
        units: list[Unit],
        entries: int,
        build: Callable[[Any], Any],
        *,
        bulks: Sequence[Bulk] = (),
        records: bool = False,
        stack: torch.Tensor | None = None,
    ) -> None:
        self.single, self.bulks = units, bulks
        self.entries, self.build, self.records, self.stack = entries, build, records, stack
        self._units = None if bulks else units

    @property
    def units(self) -> list[Unit]:
        """All samples, one by one, in the order of the entries."""
        if self._units is None:
            together = [unit for bulk in self.bulks for unit in bulk.units()]
            self._units = sorted([*self.single, *together], key=lambda unit: unit.entry)
        return self._units

    def rekey(self, keys: Sequence[str | int]) -> None:
        """Give every sample another key, in the order of :attr:`units`."""
        for bulk in self.bulks:
            bulk.keys = [keys[i] for i in bulk.entries]
        for unit, key in zip(self.units, keys, strict=True):
            unit.key = key


class Reader:
    """Reads samples with the caller's hints."""

    def __init__(
        self,
        known: Modalities,
        hints: Hints,
        keys: Sequence[Any] | None,
        schema: Mapping[str, str] | None,
        moving: frozenset[str] = frozenset(),
        allows: Callable[[str, str | None], tuple[bool, bool]] = lambda modality, field: (False, False),
        mixing: frozenset[str] = frozenset(),
    ) -> None:
        self.known, self.hints, self.keys, self.schema, self.moving = known, hints, keys, schema, moving
        self._allows = allows
        self.mixing = mixing
        self._hints: dict[tuple[str | None, float | None, str, str | None], Hints] = {}

    def read(self, samples: Any) -> Container:
        """Recognise the container and wrap its samples."""
        if self._is_record(samples):
            from augreg.intake.records import read_mapping

            return read_mapping(self, samples)
        if isinstance(samples, (list, tuple)) and not self._is_sample(samples):
            return self._list(samples)
        if self._is_stack(samples):
            return self._stack(samples)
        unit = self.unit(samples, 0)
        return Container([unit], 1, lambda results: results[0])

    def _is_record(self, samples: Any) -> bool:
        return isinstance(samples, Mapping) and not is_hf(samples)

    def _is_row(self, obj: Any) -> bool:
        """Whether an element of a list is a tuple of fields, such as a data set's (image, class)."""
        return isinstance(obj, tuple) and not self._is_sample(obj)

    def _is_sample(self, obj: Any) -> bool:
        sound = is_pair(obj) and self.hints.modality in (None, "audio")  # (image, class) may look alike
        return sound or _is_target_pair(obj)

    def _is_stack(self, obj: Any) -> bool:
        if is_tv(obj, "Image", "Video"):
            return bool(obj.ndim == (4 if is_tv(obj, "Image") else 5))
        if not isinstance(obj, (torch.Tensor, np.ndarray)) or self.hints.modality is None:
            return False
        dims = self.known[self.hints.modality].array_dims
        return bool(dims) and obj.ndim == max(dims) + 1

    def _list(self, samples: Sequence[Any]) -> Container:
        if samples and all(self._is_record(s) or self._is_row(s) for s in samples):
            from augreg.intake.records import read_list

            return read_list(self, samples)
        self._check_keys(len(samples))
        bulks = self._bulks(samples)
        units = self._units(samples, {i for bulk in bulks for i in bulk.entries})
        kind = type(samples) if type(samples) in (list, tuple) else list
        return Container(units, len(samples), kind, bulks=bulks)

    def _bulks(self, samples: Sequence[Any]) -> list[Bulk]:
        """Read samples of one type at once, where their modality can."""
        kinds = list(map(type, samples))
        if len(set(kinds)) == 1:
            found = [self._bulk(samples, range(len(samples)))]
        else:
            places: dict[type, list[int]] = {}
            for i, kind in enumerate(kinds):
                places.setdefault(kind, []).append(i)
            found = [self._bulk([samples[i] for i in at], at) for at in places.values() if len(at) >= _FEW]
        return [bulk for bulk in found if bulk is not None]

    def _bulk(self, samples: Sequence[Any], entries: Sequence[int]) -> Bulk | None:
        """Read samples of one type at once; None if their modality cannot, or they have several."""
        modality = self.known.owner(samples[0])
        if modality is None and self.hints.modality is not None and isinstance(samples[0], (torch.Tensor, np.ndarray)):
            modality = self.known[self.hints.modality]
        alike = None if modality is None else modality.wrap_all(samples, self._hints_of(modality))
        if modality is None or alike is None:
            return None
        return Bulk(modality, alike, entries, self._keys(alike, entries), samples)

    def _keys(self, alike: WrappedMany, entries: Sequence[int]) -> Sequence[str | int]:
        if self.keys is None and alike.keys is None:
            return entries
        own = alike.keys or [None] * len(entries)
        return [self.key(i, key) for i, key in zip(entries, own, strict=True)]

    def _units(self, samples: Sequence[Any], done: Collection[int]) -> list[Unit]:
        """Wrap the samples of a list that are not done; what there is to know about a type is looked up once."""
        known: dict[type, tuple[Modality, Hints]] = {}
        units: list[Unit] = []
        if len(done) == len(samples):
            return units
        for i, sample in enumerate(samples):
            if i in done:
                continue
            how = known.get(type(sample))
            if how is None:
                units.append(self.unit(sample, i))
                modality = units[-1].modality
                if not isinstance(sample, (tuple, Mapping)):  # these tell by their content what they are
                    known[type(sample)] = modality, self._hints_of(modality)
                continue
            units.append(self._wrap_as(*how, sample, i))
        return units

    def _stack(self, stack: Any) -> Container:
        modality = self.known.owner(stack) or self.known[str(self.hints.modality)]
        self._check_keys(len(stack))
        if not len(stack):
            return Container([], 0, lambda results: stack)
        plain = stack.as_subclass(torch.Tensor) if isinstance(stack, torch.Tensor) else stack
        hints = self._hints_of(modality, modality.name)
        alike = modality.wrap_stack(stack, hints)
        if alike is not None:
            return self._whole_stack(stack, modality, alike)
        parts = list(plain)
        bulk = self._bulk(parts, range(len(parts)))
        units = [] if bulk else [self._wrap_as(modality, hints, part, i) for i, part in enumerate(parts)]
        rows = list(bulk.alike.rows) if bulk else [u.wrapped.row for u in units]
        same = all(isinstance(row, torch.Tensor) for row in rows)
        buffer = whole(rows, modality) if same else None

        def build(results: list[Any]) -> Any:
            untouched = all(map(is_, results, parts))
            return stack if untouched else stack_like(stack, results)

        return Container(units, len(rows), build, bulks=[bulk] if bulk else (), stack=buffer)

    def _whole_stack(self, stack: Any, modality: Modality, alike: WrappedMany) -> Container:
        n = len(stack)

        def build(results: Any) -> Any:
            return stack if results is alike.rows else stack_like(stack, results)

        return Container([], n, build, bulks=[Bulk(modality, alike, range(n), self._keys(alike, range(n)), stack)])

    def unit(self, obj: Any, entry: int) -> Unit:
        """Wrap one sample.

        Raises:
            UnknownModalityError: no modality owns the object; a bare array names ``modality=``.
            SampleError: the modality refuses it.

        """
        if _is_target_pair(obj):
            from augreg.intake.records import pair_unit

            return pair_unit(self, obj, entry)
        owner = self.known.owner(obj) or self.owner(obj, f"sample {entry}")
        return self._wrap_as(owner, self._hints_of(owner), obj, entry)

    def owner(self, obj: Any, name: str) -> Modality:
        """Return the modality of an object."""
        found = self.known.owner(obj)
        if found is not None:
            return found
        if isinstance(obj, (torch.Tensor, np.ndarray)):
            if self.hints.modality is not None:
                return self.known[self.hints.modality]
            raise UnknownModalityError(
                f"{name} is a bare {type(obj).__name__} of shape {tuple(obj.shape)}, which may be an image, a sound or "
                "a video. Pass modality='image' (or 'audio', 'video'), or wrap it, e.g. augreg.Image(data)."
            )
        if isinstance(obj, bytes):
            raise UnknownModalityError(f"{name} is bytes; decode it first: data.decode('utf-8'), or read the file.")
        if self.hints.modality is not None and isinstance(obj, (list, tuple)):
            return self.known[self.hints.modality]
        kind = type(obj).__name__
        raise UnknownModalityError(
            f"{name} is {'an' if kind[0] in 'aeiou' else 'a'} {kind}; no modality owns it. "
            f"Known: {listing(self.known.names)}. {_advice(obj)}"
        )

    def hints_for(self, modality: str, stated: str | None, rate: float | None, field: str | None = None) -> Hints:
        """Return what there is to know about samples of a modality; ``stated`` is what the caller says they are."""
        known = self._hints.get((stated, rate, modality, field))
        if known is None:
            known = Hints(stated, rate, *self._allows(modality, field), self.hints.layout)
            self._hints[stated, rate, modality, field] = known
        return known

    def _hints_of(self, modality: Modality, stated: str | None = None) -> Hints:
        return self.hints_for(modality.name, stated or self.hints.modality, self.hints.sample_rate)

    def _wrap_as(self, modality: Modality, hints: Hints, obj: Any, entry: int) -> Unit:
        try:
            wrapped = modality.wrap(obj, hints)
        except SampleError as error:
            raise SampleError(f"sample {entry}: {error}") from None
        key = wrapped.key
        if self.keys is not None or key is None:
            key = self.key(entry, key)
        return Unit(modality, wrapped, entry, key, None, obj)

    def key(self, entry: int, own: str | int | None) -> str | int:
        """Return the key of an entry: the caller's, else the sample's own, else the position."""
        if self.keys is not None:
            return plain_key(self.keys[entry])
        return entry if own is None else own

    def _check_keys(self, n: int) -> None:
        if self.keys is None:
            return
        listed = isinstance(self.keys, Sequence) or (hasattr(self.keys, "__array__") and np.ndim(self.keys) == 1)
        if isinstance(self.keys, (str, bytes)) or not listed:
            raise SampleError(f"keys={self.keys!r} is not valid: expected a list with one key per sample.")
        if len(self.keys) != n:
            raise SampleError(f"{len(self.keys)} keys for {n} samples; give one key per sample.")

    check_keys = _check_keys


def _advice(obj: Any) -> str:
    """Return what to do about an object that is no sample."""
    if isinstance(obj, Mapping) and {"array", "sampling_rate"} & set(obj):
        return "A sound needs both, {'array': waveform, 'sampling_rate': 16000}."
    if isinstance(obj, Mapping):
        return "Give a list of records or a list of samples: in a list that mixes them nothing says what is what."
    if isinstance(obj, tuple) and len(obj) == 2 and isinstance(obj[0], (int, float)):
        return "A sound is (waveform, sample_rate), in this order."
    if isinstance(obj, (list, tuple)) and obj and all(isinstance(part, str) for part in obj):
        return "Join words to a text, e.g. ' '.join(words)."
    if obj is None or isinstance(obj, (bool, int, float, complex)):
        return "Give an image, a sound, a clip or a text; leave out what is missing."
    if hasattr(obj, "__iter__") and not isinstance(obj, Mapping):
        return "Make a list of its samples, e.g. list(samples)."
    return "Give its data: a tensor or array with modality=, a str, or an augreg.Image / Audio / Video / Text."


def plain_key(key: Any) -> str | int:
    """Return a key as str or int; numpy's and torch's scalars count as what they hold."""
    plain = key.item() if getattr(key, "ndim", None) == 0 else key
    if isinstance(plain, (str, int)):
        return plain
    raise SampleError(f"key {key!r} is a {type(key).__name__}; keys are strings or integers.")


def _is_target_pair(obj: Any) -> bool:
    """Whether the object is torchvision's (image, targets) pair."""
    return isinstance(obj, tuple) and len(obj) == 2 and isinstance(obj[1], Mapping) and not isinstance(obj[0], Mapping)
