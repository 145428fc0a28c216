"""Classes that a mirroring turns into others: "pushing left" becomes "pushing right"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from augreg import Batch, BatchInfo, ConfigError, Op, Params, SampleError
from augreg.param import value
from augreg_video.lifting import Lifted


@dataclass(frozen=True, kw_only=True)
class Renaming(Lifted):
    """An image augmenter on clips after which some classes are called otherwise."""

    class_map: Mapping[str | int, str | int] | None = value(
        None, "Class -> class of a mirrored clip, and back; others stay. The clip's own label and those of events."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.class_map is not None:
            object.__setattr__(self, "class_map", both_ways(self.class_map))
            leaves = tuple(name for name in self.declares.leaves if name not in _RENAMED)
            targets = (*(t for t in self.declares.targets if t not in _RENAMED), *_RENAMED)
            found = replace(self.declares, targets=targets, leaves=leaves, labels="changes")
            object.__setattr__(self, "declares", found)

    def lower(self, info: BatchInfo, params: Params) -> Op | None:
        """Return the operator over the frames; None where classes change, of which operators know nothing."""
        return None if self.class_map is not None else super().lower(info, params)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Treat the frames, and rename the classes.

        Raises:
            SampleError: with ``class_map``, a clip without a label of its own, or with one that is no class.

        """
        if self.class_map is None:
            return super().apply(batch, params)
        if not _RENAMED & batch.info.targets.keys():
            raise SampleError(
                "class_map renames the classes of clips, and these have none of their own: a class beside the clip, in "
                "a tuple or a record, is not seen by it. Give augreg.Video(..., label=...)."
            )
        op = super().lower(batch.info, params)
        out = super().apply(batch, params) if op is None else op.run(batch)
        targets = {name: self._renamed(name, entries) for name, entries in out.info.targets.items()}
        return Batch(out.data, out.info.replace(targets=targets))

    def _renamed(self, name: str, entries: list[Any]) -> list[Any]:
        table = self.class_map or {}
        if name == "events":
            return [e if e is None else replace(e, labels=renamed(e.labels, table)) for e in entries]
        return [renamed(entry, table) for entry in entries] if name in _RENAMED else entries


_RENAMED = frozenset({"label", "frame_labels", "events"})


def both_ways(given: Any) -> dict[str | int, str | int]:
    """Return a map of classes with its way back: of {"left": "right"}, "right" becomes "left", too.

    Raises:
        ConfigError: it is no mapping of names to names or of numbers to numbers, or leads two classes to one.

    """
    entries = [*given, *given.values()] if isinstance(given, Mapping) else []
    kinds = {type(entry) for entry in entries}
    if len(kinds) != 1 or not kinds <= {str, int}:
        raise ConfigError(
            f"class_map={given!r} is not valid: expected names to names or numbers to numbers, such as "
            "{'push_left': 'push_right'}."
        )
    found = {**{new: old for old, new in given.items() if new not in given}, **given}
    if len(set(found.values())) < len(found):
        raise ConfigError(f"class_map={given!r} is not valid: it leads two classes to one. Give each one its own.")
    return found


def renamed(label: Any, table: Mapping[Any, Any]) -> Any:
    """Return a class, classes in a list or an array, or weights by class, under their new names.

    Raises:
        SampleError: it is no class, or a number where the map has names, or the reverse.

    """
    if label is None:
        return None
    if isinstance(label, Mapping):
        return {renamed(name, table): weight for name, weight in label.items()}
    if isinstance(label, (list, tuple)):
        return type(label)(renamed(entry, table) for entry in label)
    if isinstance(label, torch.Tensor):
        return torch.as_tensor(renamed(label.cpu().numpy(), table), dtype=label.dtype, device=label.device)
    if isinstance(label, (np.ndarray, np.generic)) and np.asarray(label).dtype.kind in "iuU":
        made = [renamed(entry, table) for entry in np.asarray(label).ravel().tolist()]
        return np.asarray(made).astype(label.dtype if label.dtype.kind != "U" else np.str_).reshape(label.shape)[()]
    if type(label) is not type(next(iter(table))):
        raise SampleError(
            f"class_map cannot rename the label {label!r}, since its own classes are such as {next(iter(table))!r}. "
            "Give both as names, or both as numbers."
        )
    return table.get(label, label)
