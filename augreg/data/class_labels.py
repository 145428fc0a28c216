"""Classes of whole samples, and what becomes of them when samples are mixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError


def class_weights(label: Any, classes: int) -> Any:
    """Return a class as weights of all classes: float32 (classes,) that add up to 1.

    Args:
        label: a class number (an integer, or a tensor or array of one), or a mapping class number -> weight.
            Anything else, such as weights or the name of a class, is returned as it is.
        classes: number of classes.

    Raises:
        SampleError: a class number that is not in 0 .. classes - 1.

    >>> from augreg.kernel import class_weights
    >>> class_weights(2, classes=3)
    tensor([0., 0., 1.])
    >>> class_weights("cat", classes=3)
    'cat'

    """
    plain = label.item() if isinstance(label, (torch.Tensor, np.ndarray, np.generic)) and not label.ndim else label
    shares = plain if isinstance(plain, Mapping) else {plain: 1.0} if isinstance(plain, int) else None
    if not shares or not all(isinstance(number, int) and not isinstance(number, bool) for number in shares):
        return label
    wrong = [number for number in shares if not 0 <= number < classes]
    if wrong:
        raise SampleError(f"label={wrong[0]!r} is not one of {classes} classes. Use labels from 0 to {classes - 1}.")
    weights = torch.zeros(classes)
    for number, share in shares.items():
        weights[number] = share
    return weights


def mix_labels(labels: Sequence[Any], weights: Sequence[float], classes: int | None = None) -> Any:
    """Return one label from several with weights that add up to 1.

    Class weights (tensors, arrays) are averaged. Class numbers become class weights if ``classes`` says how many
    there are; other labels become a mapping label -> weight. A lone label stays what it is.

    Raises:
        SampleError: some labels are None and some are not; some are weights and some are not; weights of different
            shapes; a list; a class number that is not in 0 .. classes - 1.

    >>> from augreg.kernel import mix_labels
    >>> mix_labels([0, 2], [0.75, 0.25], classes=3)
    tensor([0.7500, 0.0000, 0.2500])
    >>> mix_labels(["cat", "dog"], [0.75, 0.25])
    {'cat': 0.75, 'dog': 0.25}

    """
    if all(label is None for label in labels):
        return None
    if any(label is None for label in labels):
        raise SampleError("some samples of the batch have a label and some have none; give all of them one.")
    if classes is not None:
        labels = [class_weights(label, classes) for label in labels]
    shapes = {tuple(label.shape) for label in labels if isinstance(label, (torch.Tensor, np.ndarray)) and label.ndim}
    numbers = [label for label in labels if not (isinstance(label, (torch.Tensor, np.ndarray)) and label.ndim)]
    if shapes and numbers:
        raise SampleError(
            f"label={numbers[0]!r} cannot be mixed with weights of {shapes.pop()[-1]} classes, which a step before or "
            "the data made. Say the number of classes at every step that mixes: classes: 10."
        )
    if len(shapes) > 1:
        raise SampleError(f"labels of shapes {' and '.join(map(str, sorted(shapes)))} cannot be mixed. Give all alike.")
    if all(isinstance(label, torch.Tensor) and label.ndim for label in labels):
        total = labels[0].double() * weights[0]
        for label, weight in zip(labels[1:], weights[1:], strict=True):
            total = total + label.double().to(total.device) * weight
        return total.to(labels[0].dtype if labels[0].is_floating_point() else torch.float32)
    if all(isinstance(label, np.ndarray) and label.ndim for label in labels):
        summed = sum(
            np.asarray(label, dtype=np.float64) * weight for label, weight in zip(labels, weights, strict=True)
        )
        return np.asarray(summed).astype(np.result_type(labels[0].dtype, np.float32))
    return _shares(labels, weights)


def _shares(labels: Sequence[Any], weights: Sequence[float]) -> Any:
    shares: dict[Any, float] = {}
    for label, weight in zip(labels, weights, strict=True):
        plain = label.item() if isinstance(label, (torch.Tensor, np.ndarray, np.generic)) else label
        if isinstance(plain, (list, set)):
            raise SampleError(
                f"label={plain!r} is a {type(plain).__name__}, which has no mean. Give weights of all classes, as a "
                f"tensor of floats, e.g. torch.tensor([0.0, 1.0, 1.0])."
            )
        parts = plain.items() if isinstance(plain, dict) else [(plain, 1.0)]
        for name, share in parts:
            shares[name] = shares.get(name, 0.0) + weight * share
    shares = {name: share for name, share in shares.items() if share > 0}
    if len(shares) == 1 and not any(isinstance(label, dict) for label in labels):
        return labels[0]
    return shares
