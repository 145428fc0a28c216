"""Predictions of several views as one: means of classes and scores, means of points, boxes of all views."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg.data.box_formats import as_format
from augreg.data.targets import BOX_COLUMNS, Boxes, Events, Keypoints
from augreg.engine.predicted import rows_of
from augreg.errors import ConfigError, SampleError, UnsupportedError, listing, nearest

HOW: Final = ("mean", "geometric", "max")
Spots = Boxes | Events


def check_how(name: str, how: str, iou: float | None) -> None:
    """Refuse ways of merging that are unknown, or that predictions of this name do not have."""
    if how not in HOW:
        raise ConfigError(f"how={how!r} is unknown.{nearest(str(how), HOW)} Valid: {listing(HOW)}.")
    if how != "mean" and name not in ("classes", "masks"):
        raise ConfigError(f"how={how!r} goes with classes and masks, not with {name}. Leave it out.")
    if iou is None:
        return
    if name != "boxes":
        raise ConfigError(f"iou= goes with boxes, not with {name}. Leave it out.")
    if isinstance(iou, bool) or not isinstance(iou, (int, float)) or not 0 <= iou <= 1:
        raise ConfigError(f"iou={iou!r} is no share of overlap; give a number from 0 to 1.")


def mean_classes(given: Any, views: int, samples: int, how: str) -> Any:
    """Return numbers (views * samples, ...) as (samples, ...), in kind."""
    entries = rows_of("classes", given, views * samples)
    if not isinstance(given, (torch.Tensor, np.ndarray)):
        tensors = bool(entries) and all(isinstance(entry, torch.Tensor) for entry in entries)
        given = torch.stack(entries) if tensors else np.asarray(entries, dtype=None if entries else np.float64)
    tensor = torch.from_numpy(given) if isinstance(given, np.ndarray) and given.dtype.kind in "biuf" else given
    if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
        raise SampleError(
            f"classes hold {given.dtype}; give floating-point scores of every class, such as probabilities: the "
            "numbers of classes have no mean."
        )
    parts = tensor.reshape(views, samples, *tensor.shape[1:])
    if how == "mean" and isinstance(given, np.ndarray):
        return given.reshape(parts.shape).mean(axis=0)
    found = _merged(parts, torch.ones((), dtype=torch.bool, device=tensor.device).expand(parts.shape), how, "classes")
    return found.numpy() if isinstance(given, np.ndarray) else found


def mean_scores(views: Sequence[tuple[Any, Any]], how: str) -> Any:
    """Return scores (C, H, W) of the views of one sample as one, from where each of them has seen it; NaN for none."""
    arrays = isinstance(views[0][0], np.ndarray)
    pairs = [tuple(torch.from_numpy(x) if isinstance(x, np.ndarray) else x for x in pair) for pair in views]
    shapes = list(dict.fromkeys(tuple(scores.shape) for scores, _ in pairs))
    if len(shapes) > 1:
        raise SampleError(
            f"masks of the views of one sample have shapes {listing(shapes)}; give the same classes for all."
        )
    if any(not values.is_floating_point() and values.dtype != torch.bool for values, _ in pairs):
        raise SampleError(
            f"masks hold {pairs[0][0].dtype}; give floating-point scores of every class, or booleans: the numbers of "
            "classes have no mean."
        )
    scores = torch.stack([values if values.is_floating_point() else values.float() for values, _ in pairs])
    seen = torch.stack([shown.expand(values.shape) for values, shown in pairs]).to(torch.bool)
    found = _merged(scores, seen, how, "masks")
    return found.numpy() if arrays else found


def _merged(values: torch.Tensor, seen: torch.Tensor, how: str, name: str) -> torch.Tensor:
    """Return values (views, ...) as one, from those that were seen."""
    count = seen.sum(dim=0)
    nothing = torch.zeros((), dtype=values.dtype, device=values.device)
    if how == "max":
        found = torch.where(seen, values, nothing - torch.inf).amax(dim=0)
        return torch.where(count > 0, found, nothing + torch.nan)
    if how == "mean":
        return torch.where(seen, values, nothing).sum(dim=0) / count
    if bool((values < 0).any()):
        raise SampleError(
            f"{name} hold {values.min().item():g}; a geometric mean takes no negative numbers. Give how='mean'."
        )
    return torch.exp(torch.where(seen, values.log(), nothing).sum(dim=0) / count)


def mean_points(views: Sequence[Any]) -> Any:
    """Return the mean of the points of several views, in kind."""
    first = views[0]
    data = [v.data if isinstance(v, Keypoints) else v for v in views]
    shapes = list(dict.fromkeys(tuple(np.shape(one)) for one in data))
    if len(shapes) > 1:
        raise SampleError(f"keypoints of the views of one sample have shapes {listing(shapes)}; they have no mean.")
    if isinstance(first, torch.Tensor):
        return torch.stack([torch.as_tensor(one) for one in data]).mean(dim=0)
    mean = np.mean(data, axis=0)
    return first.replace(mean) if isinstance(first, Keypoints) else mean


def fused(name: str, views: Sequence[Any], iou: float | None) -> Spots:
    """Return boxes or events of all views as one, their view as a column; with ``iou`` without overlapping ones."""
    if any(isinstance(one, list) for one in views):
        raise UnsupportedError(f"{name} of single frames are not merged. Take them from back(), frame by frame.")
    known = list(dict.fromkeys((one.labels is None, *sorted(one.columns)) for one in views))
    forms = list(dict.fromkeys(one.format for one in views if isinstance(one, Boxes)))
    if len(known) > 1 or len(forms) > 1:
        raise SampleError(
            f"{name} of the views of one sample differ in format, labels or columns. Give the same for all."
        )
    first, lengths = views[0], [len(one) for one in views]
    columns = {key: _joined([one.columns[key] for one in views]) for key in first.columns}
    columns["view"] = np.repeat(np.arange(len(views)), lengths)
    labels = None if first.labels is None else _joined([one.labels for one in views])
    data = np.concatenate([one.data for one in views])
    if isinstance(first, Events):
        return Events(data, labels, columns)
    found = Boxes(data, first.format, labels, columns)
    return found if iou is None else _suppressed(found, iou)


def _joined(columns: Sequence[Any]) -> Any:
    if all(isinstance(column, torch.Tensor) for column in columns):
        return torch.cat(list(columns))
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    return [entry for column in columns for entry in column]


def _suppressed(boxes: Boxes, iou: float) -> Boxes:
    """Return boxes without those that overlap a better one of their class."""
    if "scores" not in boxes.columns:
        raise ConfigError(f"iou={iou!r} keeps the boxes with the higher scores, and there are none. Give scores=.")
    try:
        ops = importlib.import_module("torchvision.ops")
    except ImportError:
        raise UnsupportedError("iou= needs torchvision: pip install torchvision, or merge without it.") from None
    if BOX_COLUMNS[boxes.format] != 4:
        raise UnsupportedError(f"iou= is of upright boxes, and these are {boxes.format}. Merge them without it.")
    upright = torch.from_numpy(as_format(boxes, "xyxy").data)
    scores = torch.as_tensor(boxes.columns["scores"]).detach().to("cpu", torch.float64)
    given = boxes.labels
    labels = np.zeros(len(boxes)) if given is None else given.cpu() if isinstance(given, torch.Tensor) else given
    classes = torch.from_numpy(np.unique(np.asarray(labels), return_inverse=True)[1])
    return boxes.keep(ops.batched_nms(upright, scores, classes, iou).numpy())
