"""Reads a Compose of torch-audiomentations: its transforms keep their names and parameters, in the adapter."""

from __future__ import annotations

from typing import Any, Final

from augreg.conversion.objects import library_of, params_of
from augreg.conversion.tree import Group, Item, Read, Transform
from augreg.errors import ConfigError

NAME: Final = "torch_audiomentations"
_OF_THE_BATCH: Final = ("p_mode", "sample_rate", "target_rate", "output_type")
"""What the sample or the step says here."""


def read(obj: Any) -> Read:
    """Return the tree of a transform of torch-audiomentations."""
    item = _item(obj)
    plain = isinstance(item, Group) and item.kind == "sequential" and item.p == 1
    return Read(NAME, "audio", item.steps if isinstance(item, Group) and plain else [item])


def _item(obj: Any) -> Item:
    name, p = type(obj).__name__, float(getattr(obj, "p", 1.0))
    if library_of(obj) != NAME:
        raise ConfigError(f"{type(obj).__module__}.{name} is no transform of torch-audiomentations. Take it out.")
    if not hasattr(obj, "transforms"):
        if obj.p_mode == "per_channel" and p < 1:
            raise ConfigError(
                f"{NAME}.{name}: p_mode 'per_channel' leaves single channels as they are, and p of a step whole "
                "sounds. Give it p_mode='per_example'."
            )
        found = params_of(obj, NAME)
        return Transform(name, {key: value for key, value in found.items() if key not in _OF_THE_BATCH}, p)
    steps = [_item(one) for one in obj.transforms]
    if name == "Compose":
        shuffled = {"n": len(steps), "order": "random"}
        return Group("some_of", steps, shuffled, p) if obj.shuffle else Group("sequential", steps, {}, p)
    least, most = obj.min_num_transforms, obj.max_num_transforms
    if most == 1:
        return Group("one_of", steps, {}, p)
    return Group("some_of", steps, {"n": least if least == most else [least, most]}, p)
