"""Reads samples one by one, with what the caller said about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from augreg import late
from augreg.data.samples import Sample
from augreg.errors import AugregError, ContractError, SampleError, UnknownModalityError, listing
from augreg.intake.container import Unit
from augreg.intake.keys import plain_key
from augreg.intake.ledger import Ledger
from augreg.intake.levels import Levels
from augreg.modalities.base import Hints, Modality, Wrapped, spelled
from augreg.modalities.encoded import is_encoded
from augreg.modalities.known import Modalities
from augreg.modalities.layouts import is_stack, of_one
from augreg.pipeline.facts import Passing
from augreg.pipeline.schema import Schema


class SampleReader:
    """Reads samples with the caller's hints."""

    def __init__(
        self,
        known: Modalities,
        hints: Hints,
        keys: Any,
        roles: Schema,
        moving: frozenset[str] = frozenset(),
        allowed: Mapping[str, Passing] | None = None,
        mixing: frozenset[str] = frozenset(),
        mirrored: Mapping[str, str] = MappingProxyType({}),
        level_fields: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self.known, self.hints, self.keys, self.roles, self.moving = known, hints, keys, roles, moving
        self.schema: Mapping[str, str] | None = roles.samples or None
        self._ledger: Ledger | None = None
        self._allowed, self._options = allowed or {}, roles.options
        self.mixing, self.mirrored = mixing, mirrored
        self.positional = False
        self.paired = False
        """Whether a sample with a dictionary of targets was read, whose fields a schema may name."""
        self.levels = Levels(level_fields) if level_fields else None
        self._hints: dict[tuple[str | None, float | None, str, str | None], Hints] = {}

    @property
    def ledger(self) -> Ledger:
        """The rows of targets of this call."""
        if self._ledger is None:
            self._ledger = Ledger()
        return self._ledger

    def is_record(self, obj: Any) -> bool:
        """Whether an object is a mapping of fields, and not a sample of its own."""
        return isinstance(obj, Mapping) and self.known.owner(obj) is None

    def is_sample(self, obj: Any) -> bool:
        """Whether a tuple or mapping is one sample, such as a waveform with its rate, and not fields of a record."""
        owner = self.known.owner(obj) if isinstance(obj, (tuple, Mapping)) else None
        if owner is None or self.hints.modality not in (None, owner.name):  # (image, class) may look alike
            return False
        return not owner.with_class(obj, self.hints)

    def is_typed(self, value: Any) -> bool:
        """Whether a field's value says by itself that it is a sample; a bare str, which may be a path, does not."""
        stated = self.hints.modality
        if stated is not None and isinstance(value, (torch.Tensor, np.ndarray)):
            return value.ndim in self.known[stated].array_dims and value.ndim > 0
        owner = self.known.owner(value)
        return owner is not None and not isinstance(value, owner.unsure)

    def is_target(self, name: str, value: Any) -> bool:
        """Whether a field holds boxes, masks or the like, by its type, or by its name as bare numbers."""
        if isinstance(value, Sample):
            return False
        if type(value) in (torch.Tensor, np.ndarray):
            return name in self.known.target_fields
        return any(kind.read_field(name, value) for modality in self.known for kind in modality.targets)

    def unit(self, obj: Any, entry: int) -> Unit:
        """Wrap one sample.

        Raises:
            UnknownModalityError: no modality owns the object; a bare array names ``modality=``.
            SampleError: the modality refuses it.

        """
        owner = self.known.owner(obj) or self.owner(obj, f"sample {entry}")
        return self.wrap_as(owner, self.hints_of(owner), obj, entry)

    def owner(self, obj: Any, name: str) -> Modality:
        """Return the modality of an object."""
        found = self.known.owner(obj)
        if found is not None:
            return found
        if isinstance(obj, (torch.Tensor, np.ndarray)):
            if self.hints.modality is not None:
                return self.known[self.hints.modality]
            raise self._bare(obj, name)
        if isinstance(obj, bytes):
            raise UnknownModalityError(f"{name} is bytes; decode it first: data.decode('utf-8'), or read the file.")
        if self.hints.modality is not None and isinstance(obj, (list, tuple)):
            return self.known[self.hints.modality]
        kind = type(obj).__name__
        raise UnknownModalityError(
            f"{name} is {'an' if kind[0] in 'aeiou' else 'a'} {kind}; no modality owns it. "
            f"Known: {listing(self.known.names)}. {_advice(obj)}"
        )

    def _bare(self, obj: Any, name: str) -> UnknownModalityError:
        """Return the error for an array that does not say what it is."""
        readings = [m for m in self.known if obj.ndim in m.array_dims] or [m for m in self.known if m.array_dims]
        what = [m.array_name or f"a sample of {m.name}" for m in readings]
        may_be = f"{', '.join(what[:-1])} or {what[-1]}" if len(what) > 1 else what[0]
        others = f" (or {', '.join(repr(m.name) for m in readings[1:])})" if len(readings) > 1 else ""
        wrap = "" if readings[0].sample_type is None else f", or wrap it, e.g. {spelled(readings[0])}(data)"
        return UnknownModalityError(
            f"{name} is a bare {type(obj).__name__} of shape {tuple(obj.shape)}, which may be {may_be}. "
            f"Pass modality={readings[0].name!r}{others}{wrap}."
        )

    def hints_for(self, modality: str, stated: str | None, rate: float | None, field: str | None = None) -> Hints:
        """Return what there is to know about samples of a modality; ``stated`` is what the caller says they are."""
        known = self._hints.get((stated, rate, modality, field))
        if known is None:
            allowed = self._allowed.get(f"fields/{field}") or self._allowed.get(modality, (False, False, False, "", ""))
            nonfinite, any_values, float64, clips, scaled = allowed
            layout = None if self.hints.layout is None else self.sample_layout(self.known[modality])
            valid = self.known[modality].options
            options = self._options.get(str(field)) or tuple(pair for pair in self.hints.options if pair[0] in valid)
            known = Hints(
                stated, rate, nonfinite, any_values, layout, float64, options=options, clips=clips, full_scale=scaled
            )
            self._hints[stated, rate, modality, field] = known
        return known

    def sample_layout(self, modality: Modality) -> str | None:
        """Return the layout of one sample that the caller stated, if it is one of the modality."""
        said = self.hints.layout
        return of_one(said) if said is not None and said in modality.layouts else None

    def check_readings(self, modality: Modality, array: torch.Tensor | np.ndarray, name: str) -> None:
        """Refuse an array that stands alone and may be one sample or a stack, of which nobody said which it is.

        Raises:
            SampleError: it names the layouts to pass.

        """
        readings = modality.readings(array)
        if len(readings) < 2:
            return
        what = [f"({', '.join(layout)}), {_shown(modality, layout, array.shape)}" for layout in readings]
        advice = " or ".join(f"layout={layout!r}" for layout in readings)
        raise SampleError(
            f"{name} is a bare {type(array).__name__} of shape {tuple(array.shape)}, which may be "
            f"{', or '.join(what)}. Pass {advice}."
        )

    def hints_of(self, modality: Modality, stated: str | None = None) -> Hints:
        """Return what there is to know about samples of a modality outside records."""
        return self.hints_for(modality.name, stated or self.hints.modality, self.hints.sample_rate)

    def wrap_as(self, modality: Modality, hints: Hints, obj: Any, entry: int) -> Unit:
        """Wrap one sample of a known modality; an error names the sample by its place."""
        try:
            wrapped = wrapped_by(modality, obj, hints)
        except SampleError as error:
            raise SampleError(f"sample {entry}: {error}") from None
        key = wrapped.key
        if self.keys is not None or key is None:
            key = self.key(entry, key)
        return Unit(modality, wrapped, entry, key, None, obj if wrapped.unchanged is None else wrapped.unchanged)

    def key(self, entry: int, own: str | int | None) -> str | int:
        """Return the key of an entry: the caller's, else the sample's own, else the position, which is noted."""
        if self.keys is not None:
            return plain_key(self.keys[entry])
        if own is not None:
            return own
        self.positional = True
        return entry

    def check_keys(self, n: int, *, alone: bool = False) -> None:
        """Refuse keys of the caller that are no list of one per sample; for a sample ``alone`` the key will do."""
        if self.keys is None:
            return
        scalar = isinstance(self.keys, (str, int, float)) or getattr(self.keys, "ndim", None) == 0
        if scalar and not isinstance(self.keys, bool):
            if not alone:
                raise SampleError(
                    f"keys={self.keys!r} is one key, but a container wants a list with one key per sample, here of {n}."
                )
            self.keys = [plain_key(self.keys)]  # one sample has one key, which need not stand in a list
        listed = isinstance(self.keys, Sequence) or (hasattr(self.keys, "__array__") and np.ndim(self.keys) == 1)
        if isinstance(self.keys, bytes) or not listed:
            raise SampleError(f"keys={self.keys!r} is not valid: expected a list with one key per sample.")
        if len(self.keys) != n:
            beside = " A stack beside its classes is columns: {'x': stack, 'label': classes}, schema={'x': ...}."
            raise SampleError(
                f"{len(self.keys)} keys for {n} samples; give one key per sample.{beside if len(self.keys) > n else ''}"
            )


def _shown(modality: Modality, layout: str, shape: Sequence[int]) -> str:
    """Return what an array of a shape is in a layout, in words."""
    one = modality.array_name or f"a sample of {modality.name}"
    if is_stack(layout):
        return f"{shape[0]} samples, each {one}"
    return f"{one} of {shape[layout.index('C')]} channels" if "C" in layout else one


def is_target_pair(obj: Any) -> bool:
    """Whether the object is torchvision's (image, targets) pair."""
    return isinstance(obj, tuple) and len(obj) == 2 and isinstance(obj[1], Mapping) and not isinstance(obj[0], Mapping)


def wrapped_by(modality: Modality, obj: Any, hints: Hints) -> Wrapped:
    """Let a modality wrap an object; what its author did not think of is an error that says so.

    Raises:
        SampleError: the modality refuses it, or takes no bare arrays.
        ContractError: its code failed on it.

    """
    numbers = isinstance(obj, torch.Tensor) or (isinstance(obj, np.ndarray) and obj.dtype.kind in "biuf")
    if numbers and not modality.array_dims and not modality.owns(obj):
        wrap = "" if modality.sample_type is None else f" Wrap it: {spelled(modality)}(data)."
        raise SampleError(
            f"{modality.name} takes no bare {type(obj).__name__}; it does not say what its axes are.{wrap}"
        )
    if type(obj) is dict and is_encoded(obj):
        return _wrap_encoded(modality, obj, hints)
    try:
        return modality.wrap(obj, hints)
    except AugregError:
        raise
    except Exception as error:
        owner = f"{type(modality).__module__}.{type(modality).__qualname__}"
        raise ContractError(
            f"modality {modality.name!r} ({owner}) failed to read a {type(obj).__name__}: {type(error).__name__}: "
            f"{error}. Its wrap must read what it owns and bare arrays, or raise augreg.SampleError."
        ) from error


def _wrap_encoded(modality: Modality, cell: Any, hints: Hints) -> Wrapped:
    """Decode a cell of bytes; what stands for it in the results is decoded, too."""
    held = late.call("cell_modality", cell)
    if held is not None and held != modality.name:
        raise SampleError(f"the bytes are {held}, not {modality.name}. Say {held!r} in the schema.")
    decoded = late.call("decode_cell", cell)
    wrapped = wrapped_by(modality, decoded, hints)
    if wrapped.unchanged is None:
        wrapped.unchanged = decoded
    return wrapped


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
