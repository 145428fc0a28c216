"""Collating augmented items: what stacks becomes a tensor; with ``stack`` every picture, and what does not is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch

from augreg.data.lazy import LazyRow
from augreg.data.samples import Sample
from augreg.errors import ConfigError, SampleError, listing, nearest
from augreg.intake.stacks import copied
from augreg.loaders.detection import FORMS, detection_batch
from augreg.loaders.pictures import as_tensor, is_strict, label_map
from augreg.modalities.foreign import is_tv

FORMATS: Final = (torch.contiguous_format, torch.channels_last)

ADVICE: Final = {
    "image": "add a step that gives all pictures one size, e.g. {'image.resize': {'size': [224, 224]}}",
    "video": "add a step that gives all clips one size and length, e.g. 'video.resized_crop' and 'video.temporal_crop'",
    "audio": "add a step that gives all sounds one length, e.g. 'audio.crop' and 'audio.pad'",
}


class Stacking:
    """Collates the items of a batch as `collate` was told."""

    def __init__(
        self,
        stack: bool | str,
        drop: Sequence[str],
        memory_format: torch.memory_format,
        schema: Mapping[str, str] | None,
        modality: str | None,
        boxes: str | None = None,
    ) -> None:
        if memory_format not in FORMATS:
            raise ConfigError(f"memory_format={memory_format!r} is not valid. Valid: {listing(FORMATS)}.")
        if not isinstance(stack, bool) and stack not in FORMS:
            hint = nearest(stack, FORMS) if isinstance(stack, str) else ""
            raise ConfigError(f"stack={stack!r} is not valid.{hint} Valid: True, False, {listing(map(repr, FORMS))}.")
        self.stack, self.schema, self.modality, self.boxes = stack, schema or {}, modality, boxes
        self.last = memory_format == torch.channels_last
        self.drop = (drop,) if isinstance(drop, str) else tuple(drop)

    def dropped(self, items: list[Any]) -> list[Any]:
        """Return records without the fields to be dropped.

        Raises:
            ConfigError: no record has such a field, or the items are no records.

        """
        if not self.drop or not items:
            return items
        if not all(isinstance(item, Mapping) for item in items):
            raise ConfigError(f"drop={self.drop!r} names fields, and the items are no records. Leave it out.")
        there = dict.fromkeys(name for item in items for name in item)
        for name in self.drop:
            if name not in there:
                raise ConfigError(
                    f"drop: no record has a field {name!r}.{nearest(name, there)} Fields: {listing(there)}."
                )
        return [{name: value for name, value in item.items() if name not in self.drop} for item in items]

    def __call__(self, items: list[Any]) -> Any:
        """Collate the items."""
        if not self.stack or not items:
            return collate_items(items, channels_last=self.last)
        if isinstance(self.stack, str):
            return detection_batch(items, self.stack, self.schema, self.boxes)
        first = items[0]
        if isinstance(first, Mapping) and all(isinstance(i, Mapping) and i.keys() == first.keys() for i in items):
            return {name: self._column([item[name] for item in items], name) for name in first}
        if isinstance(first, tuple) and {len(i) if isinstance(i, tuple) else None for i in items} == {len(first)}:
            names = [None, *map(str, range(1, len(first)))]  # the first of (image, target) is the sample
            return tuple(self._column(list(c), n) for c, n in zip(zip(*items, strict=True), names, strict=True))
        return self._column(items, None)

    def _column(self, values: list[Any], field: str | None) -> Any:
        modality = self.modality if field is None else self.schema.get(field)
        if field not in self.schema:
            values = [label_map(value, field) for value in values]
        if not is_strict(values[0], modality):
            return collate_items(values, channels_last=self.last)
        where = "the samples" if field is None else f"field {field!r}"
        tensors = [as_tensor(value, modality, where) for value in values]
        if not _alike(tensors):
            raise SampleError(_unlike(tensors, where, modality))
        return copied(tensors, channels_last=self.last and tensors[0].ndim == 3)


def _unlike(tensors: list[torch.Tensor], where: str, modality: str | None) -> str:
    shapes = listing(dict.fromkeys(f"{tuple(t.shape)} {str(t.dtype).removeprefix('torch.')}" for t in tensors))
    if len({(t.shape[-2:], t.dtype) for t in tensors}) == 1 and tensors[0].ndim == 3:
        return (
            f"stack=True: {where} have different numbers of channels, {shapes}. Open all as RGB: image.convert('RGB')."
        )
    what = ADVICE.get(modality or "image", "leave stack out, and collate with then=")
    return f"stack=True: {where} do not stack, {shapes}. At the end of the pipeline {what}."


def collate_items(items: list[Any], *, channels_last: bool = False) -> Any:
    """Collate as torch does, except that what cannot be stacked (ragged tensors, PIL images) stays a list.

    Stacks are contiguous; with ``channels_last``, pictures (B, C, H, W) have their channels innermost.
    """
    first = items[0] if items else None
    if isinstance(first, Mapping):
        if any(not isinstance(item, Mapping) or item.keys() != first.keys() for item in items):
            return items  # records that differ, or classes mixed as class -> weight
        return {name: collate_items([item[name] for item in items], channels_last=channels_last) for name in first}
    if is_tv(first, "Image", "Video"):
        items = [item.as_subclass(torch.Tensor) if isinstance(item, torch.Tensor) else item for item in items]
        first = items[0]
    if isinstance(first, torch.Tensor) and _alike(items):
        # Kernels return pictures with their channels innermost: torch stacks such slowly.
        return copied(items, channels_last=channels_last and first.ndim == 3)
    if isinstance(first, tuple) and {len(i) if isinstance(i, tuple) else None for i in items} == {len(first)}:
        return tuple(collate_items(list(c), channels_last=channels_last) for c in zip(*items, strict=True))
    try:
        return torch.utils.data.default_collate(items)
    except (TypeError, RuntimeError):
        return items


def _alike(items: list[Any]) -> bool:
    """Whether items are plain tensors that can be stacked."""
    if {type(item) for item in items} != {torch.Tensor} or items[0].layout != torch.strided:
        return False
    return len({(item.shape, item.dtype, item.device, item.layout) for item in items}) == 1


def read(item: Any) -> Any:
    """Return an item with its samples in memory: a clip that no step changed may not be decoded yet."""
    if isinstance(item, list) and any(isinstance(part, (Mapping, Sample)) for part in item):
        return list(map(read, item))
    if isinstance(item, Mapping):
        return {name: read(value) for name, value in item.items()} if any(map(_is_lazy, item.values())) else item
    return item.changed(data=item.data.read()) if _is_lazy(item) else item


def _is_lazy(item: Any) -> bool:
    return isinstance(item, Sample) and isinstance(getattr(item, "data", None), LazyRow)
