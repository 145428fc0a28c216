"""Frame labels of mixtures, hop by hop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from augreg import SampleError


def mix_frame_labels(first: Any, second: Any, share: float, scale: float, *, alone: bool = False) -> Any:
    """Return the frame labels of a mixture, on the hops of the first sample; None if it has none.

    ``scale`` is the duration of the second sample relative to the first; where it is over, its label is 0, or, with
    ``alone``, the first's label stays. Class weights (floating point) are interpolated. Of flags and of integers with
    classes, (hops, classes), the larger counts: both can be heard. One plain label per hop becomes a list of mappings
    label -> weight.
    """
    if first is None or second is None or not len(first) or not len(second):
        return first
    other = on_hops(second, len(first), scale)
    if alone:
        end = math.ceil(scale * len(first) - 0.5)
        other[end:] = as_kind_of(first, other)[end:]
    if not isinstance(first, (torch.Tensor, np.ndarray)):
        return [_weights(a, b, share) for a, b in zip(first, other, strict=True)]
    if np.shape(first)[1:] != np.shape(other)[1:]:
        raise SampleError(
            f"frame labels of shapes {tuple(first.shape)} and {np.shape(second)} cannot be mixed. Give all alike."
        )
    other = as_kind_of(other, first)
    if _floating(first):
        return first * share + other * (1.0 - share)
    if first.ndim > 1 or str(first.dtype).endswith("bool"):
        return torch.maximum(first, other) if isinstance(first, torch.Tensor) else np.maximum(first, other)
    return [_weights(a, b, share) for a, b in zip(first.tolist(), other.tolist(), strict=True)]


def on_hops(labels: Any, count: int, scale: float, shift: float = 0.0) -> Any:
    """Return frame labels on the ``count`` hops of a sample; 0 where their own is not heard.

    Their own lasts ``scale`` times as long, and is read ``shift`` of the sample's length later.
    """
    middles = (np.arange(count) + 0.5) / count + shift
    source = np.floor(middles / max(scale, 1e-9) * len(labels)).astype(np.int64)
    heard = (source >= 0) & (source < len(labels))
    return pick(labels, np.where(heard, source, 0), heard)


def pick(labels: Any, index: np.ndarray, heard: np.ndarray) -> Any:
    """Return ``labels[index]``, 0 where nothing is ``heard``: tensors stay tensors, lists lists, all else arrays."""
    if isinstance(labels, torch.Tensor):
        found = labels[torch.as_tensor(index, device=labels.device)]
        found[torch.as_tensor(~heard, device=labels.device)] = 0
        return found
    if isinstance(labels, (list, tuple)):
        return [labels[i] if kept else 0 for i, kept in zip(index.tolist(), heard.tolist(), strict=True)]
    picked = np.asarray(labels)[index]
    picked[~heard] = np.zeros((), dtype=picked.dtype)
    return picked


def _weights(first: Any, second: Any, share: float) -> dict[Any, float]:
    mixed: dict[Any, float] = {}
    for label, weight in ((first, share), (second, 1.0 - share)):
        for name, part in (label if isinstance(label, Mapping) else {_plain(label): 1.0}).items():
            mixed[name] = mixed.get(name, 0.0) + weight * part
    return mixed


def _floating(labels: Any) -> bool:
    return labels.is_floating_point() if isinstance(labels, torch.Tensor) else labels.dtype.kind == "f"


def as_kind_of(labels: Any, like: Any) -> Any:
    """Return labels as the kind of array that ``like`` is; those of a list stay what they are."""
    if isinstance(like, (list, tuple)):
        return labels
    if isinstance(like, torch.Tensor):
        return torch.as_tensor(labels, device=like.device)
    return labels.cpu().numpy() if isinstance(labels, torch.Tensor) else np.asarray(labels)


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, (torch.Tensor, np.ndarray, np.generic)) else label
