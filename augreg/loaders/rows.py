"""Items that are tuples: two samples of one modality in one of them are not augmented apart without a word."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.loaders.settings import Settings


def check_row(settings: Settings, item: Any) -> None:
    """Refuse a tuple such as (picture, picture): the second may be a mask, which would no longer fit the first.

    What was seen once is not looked at again: this runs for every item.

    Raises:
        SampleError: two parts are of one modality, and neither a schema nor ties say what they are.

    """
    if not isinstance(item, tuple):
        return
    kind = tuple(map(_kind, item))
    if kind in settings.rows_seen:
        return
    if not (settings.options.get("schema") or settings.pipeline.schema or settings.pipeline.tie):
        names = [_modality(settings, part) for part in item]
        for place, name in enumerate(names):
            if name is not None and name in names[:place]:
                raise _twice(settings, names.index(name), place, name)
    settings.rows_seen.add(kind)


def _kind(part: Any) -> Hashable:
    return type(part), getattr(part, "ndim", None)


def _modality(settings: Settings, part: Any) -> str | None:
    """Return the modality of a part that says by itself, or by the caller's modality=, that it is a sample."""
    known, stated = settings.pipeline.known, settings.options.get("modality")
    if isinstance(part, (torch.Tensor, np.ndarray)) and known.owner(part) is None:
        return stated if stated is not None and part.ndim and part.ndim in known[stated].array_dims else None
    owner = known.owner(part)
    return None if owner is None or isinstance(part, owner.unsure) else owner.name


def _twice(settings: Settings, first: int, second: int, name: str) -> SampleError:
    return SampleError(
        f"{settings.name}: parts {first} and {second} of an item are both of {name}, and each would be augmented by "
        "itself: a mask would no longer fit its picture. Wrap what follows the first, e.g. in "
        "torchvision.tv_tensors.Mask; for two samples that are augmented apart, say "
        f"schema={{'{first}': {name!r}, '{second}': {name!r}}}."
    )
