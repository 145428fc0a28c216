"""A ragged modality of a plugin's own, which leaves to the core what can be left to it, and faulty relatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg.modalities import Read, RowForm, TargetKind, Wrapped, read_as_said


@dataclass(slots=True)
class Trail(augreg.Sample):
    """Places passed one after the other: tensor (T, axes), with a flag for each."""

    modality: ClassVar[str] = "trail"
    target_names: ClassVar[tuple[str, ...]] = ("flags", "label")
    data: Any
    flags: Any = None
    pace: float | None = None


FLAGS = TargetKind(
    "flags",
    ("flags",),
    lambda value: Read(value, lambda new, row: new) if getattr(value, "dtype", None) == torch.bool else None,
    "a tensor of booleans",
    size=lambda value: (len(value), 2),
    by_name=True,
)


class Trails(augreg.Modality):
    """Trails; their length is the first axis of a row."""

    name = "trail"
    sample_type = Trail
    targets = (FLAGS,)
    form = RowForm(length_axis=0, ragged=True)
    array_dims = (2,)
    rate_fields = ("pace",)

    def wrap(self, obj, hints):
        """See augreg.Modality."""
        if not isinstance(obj, Trail):
            return Wrapped(obj, lambda result: result.row)
        return Wrapped(obj.data, lambda r: obj.changed(data=r.row, **r.targets), targets=obj.targets, key=obj.key)

    def examples(self, n):
        """See augreg.Modality."""
        made = torch.Generator().manual_seed(0)
        flags = [torch.arange(4 + i % 3) > 1 for i in range(n)]
        return [Trail(torch.rand(4 + i % 3, 2, generator=made), flags[i], label=i) for i in range(n)]

    def odd_examples(self):
        """See augreg.Modality."""
        return {"one_place": [Trail(torch.zeros(1, 2))], "many_axes": [Trail(torch.ones(3, 5))]}


@dataclass(frozen=True, kw_only=True)
class Head(augreg.AugmenterBase):
    """Keep the first half of a trail."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        targets=("flags",), leaves=("label",), dtypes=("float32",), keeps_shape=False
    )

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), length=(batch.lengths + 1) // 2)

    def apply(self, batch, params):
        lengths = params["length"].tolist()
        rows = [batch.row(i)[:n].clone() for i, n in enumerate(lengths)]
        flags = zip(batch.info.target("flags"), lengths, strict=True)
        return batch.replace(rows, targets={"flags": self.kept(flags)} if "flags" in batch.info.targets else None)

    def kept(self, flags):
        return [None if f is None else f[:n] for f, n in flags]


class Stale(Head):
    """Keep the first half of a trail."""

    def kept(self, flags):
        return [f for f, _ in flags]


@dataclass(frozen=True, kw_only=True)
class Fragile(augreg.AugmenterBase):
    """Keep a trail as it is."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, dtypes=("float32",))

    def apply(self, batch, params):
        if batch.data.shape[1] < 2:
            raise IndexError("no second place")
        return batch.replace(batch.data + 0.0)


@dataclass(frozen=True, kw_only=True)
class Sum(augreg.AugmenterBase):
    """Add the trails of a batch, each as far as it goes."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(
        leaves=augreg.EVERY, dtypes=("float32",), labels="mixes"
    )

    def apply(self, batch, params):
        return batch.replace(batch.data.sum(dim=0, keepdim=True).expand_as(batch.data) + 0.0)


def plugin(modality=Trails, **augmenters):
    """Return a registry that knows the modality and some augmenters."""
    module = modality.__module__

    class Plugin:
        @augreg.hookimpl
        def augreg_modalities(self):
            return [augreg.ModalitySpec("trail", f"{module}:{modality.__name__}")]

    registry = augreg.Registry(discover=False)
    registry.register(Plugin(), "acme-trails")
    for name, cls in augmenters.items():
        registry.register(cls, f"trail.{name}", modalities=("trail",))
    return registry


class Blurred(Trails):
    """Forgets the flags when a sample is given back."""

    def wrap(self, obj, hints):
        """See augreg.Modality."""
        return Wrapped(obj.data, lambda r: obj.changed(data=r.row, flags=None), targets=obj.targets)


class Deaf(Trails):
    """Names a layout and does not look for it."""

    axes, layouts = "TC", ("TC", "CT")


class Told(Deaf):
    """Names a layout and reads it."""

    def wrap(self, obj, hints):
        """See augreg.Modality."""
        if hints.layout in (None, "TC"):
            return super().wrap(obj, hints)
        row, back = read_as_said(obj, hints, "TC", lambda data, _: (data, lambda result: result))
        return Wrapped(row, lambda result: back(result.row))


class Lumped(Trails):
    """Takes samples of any number of axes for alike."""

    def mixing_key(self, info, i, device):
        """See augreg.Modality."""
        return info.dtypes[i]


def rows(*lengths, axes=2):
    """Return trails of these lengths."""
    return [torch.from_numpy(np.random.default_rng(n).random((n, axes)).astype(np.float32)) for n in lengths]
