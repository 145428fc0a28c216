"""What is worked out of predictions: accuracy, recall and F1 of each class, calibration, who is taken for whom."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError, listing
from augreg.learn.detection.scores import of_detections
from augreg.learn.examples import Examples

BINS: Final = 15
"""Bins of confidence of the calibration error, as Guo et al. (2017, arXiv:1706.04599) have them."""


KEPT: Final = 50
"""Epochs whose losses are kept, which is enough for a curve."""

SMALLEST: Final = 1e-12
"""The least probability that counts as such in the loss."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one training gave.

    Args:
        numbers: metric -> number; the first is what arms are compared by.
        recall, f1: of each class; None where the test has no sample of it.
        confusion: row: class, column: what it was taken for; [] where the task returned no predictions.
        losses: mean training loss of each epoch, where the task told them; of many epochs, every so many are kept.
        right: of each test sample, in their order, whether it was recognized: "1" or "0"; "" without predictions.
        precision: average precision of each class, where boxes were found.

    """

    numbers: Mapping[str, float]
    recall: tuple[float | None, ...] = ()
    f1: tuple[float | None, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = field(default=())
    losses: tuple[float, ...] = ()
    right: str = ""
    precision: tuple[float | None, ...] = ()

    @property
    def each(self) -> tuple[float | None, ...]:
        """By what classes are compared: their recall, or where boxes were found their average precision."""
        return self.precision or self.recall

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_json` gave."""
        rows = tuple(tuple(row) for row in data["confusion"])
        each = {name: tuple(data[name]) for name in ("recall", "f1", "losses", "precision")}
        return cls(data["numbers"], confusion=rows, right=data["right"], **each)


ARRAYS: Final = ("probabilities", "predicted", "detections", "losses")
"""What a task may return beside numbers."""


def measured(scored: Mapping[str, Any], test: Examples, task: str) -> Measured:
    """Return what :meth:`Task.score` measured, and what follows from its predictions.

    Raises:
        ConfigError: there is nothing, or a number that is not finite.

    """
    given = {name: value for name, value in scored.items() if name not in ARRAYS}
    if "detections" in scored:
        found, precision, recall = of_detections(scored["detections"], test, task)
        f1, confusion, right = (), (), ""
    else:
        precision, (found, recall, f1, confusion, right) = (), _of_predictions(scored, test, task)
    for name, value in given.items():
        if not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise ConfigError(
                f"score of {task} returned {name}={value!r}, which is no finite number. Return numbers by name, and "
                "arrays only as 'probabilities', 'predicted' or 'detections'; if training diverged, lower its learning "
                "rate."
            )
        found[name] = float(value)
    if not found:
        raise ConfigError(f"score of {task} returned nothing. Return 'probabilities', 'predicted' or numbers by name.")
    return Measured(found, recall, f1, confusion, _thinned(scored.get("losses", ())), right, precision)


def _thinned(losses: Sequence[float]) -> tuple[float, ...]:
    """Return the losses of at most :data:`KEPT` epochs, the last one among them."""
    step = max(1, math.ceil(len(losses) / KEPT))
    return tuple(float(loss) for loss in losses[::-1][::step][::-1])


def _of_predictions(
    scored: Mapping[str, Any], test: Examples, task: str
) -> tuple[dict[str, float], Any, Any, Any, str]:
    many, count = len(test), len(test.classes)
    calibration = {}
    if "probabilities" in scored:
        chances = np.asarray(scored["probabilities"], np.float64)
        if chances.shape != (many, count) or not np.isfinite(chances).all():
            wrong = f"of shape {chances.shape}" if chances.shape != (many, count) else "that are not all finite"
            raise ConfigError(
                f"score of {task} returned probabilities {wrong}; they must be finite, ({many}, {count}): one row for "
                "each test sample, one column for each class. If training diverged, lower its learning rate."
            )
        predicted = chances.argmax(1)
        own = chances[np.arange(many), test.labels]
        # A model that is sure of the wrong class would make the mean infinite.
        calibration = {
            "ece": calibration_error(chances, test.labels),
            "loss": float(-np.log(np.maximum(own, SMALLEST)).mean()),
        }
    elif "predicted" in scored:
        predicted = np.asarray(scored["predicted"])
        if predicted.shape != (many,) or not np.isin(predicted, np.arange(count)).all():
            raise ConfigError(
                f"score of {task} returned predicted={listing(predicted.ravel()[:3])}, ..., which is not one of 0 to "
                f"{count - 1} for each of {many} test samples. Return places in test.classes."
            )
    else:
        return {}, (), (), (), ""
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (test.labels, predicted.astype(np.int64)), 1)
    recall, f1 = _per_class(table)
    there = table.sum(1) > 0
    found = {
        "accuracy": float(np.trace(table) / many),
        "macro_f1": float(f1[there].mean()),
        "macro_recall": float(recall[there].mean()),
        **calibration,
    }
    rows = tuple(tuple(map(int, row)) for row in table)
    right = "".join("1" if same else "0" for same in predicted == test.labels)
    return found, _known(recall, there), _known(f1, there), rows, right


def _known(values: NDArray[np.float64], there: NDArray[np.bool_]) -> tuple[float | None, ...]:
    return tuple(float(value) if known else None for value, known in zip(values, there, strict=True))


def _per_class(table: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    right, is_class, said_class = np.diag(table), table.sum(1), table.sum(0)
    return right / np.maximum(is_class, 1), 2 * right / np.maximum(is_class + said_class, 1)


def calibration_error(chances: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return how far confidence is from accuracy, on average over bins of confidence, by how many fall into each."""
    sure, right = chances.max(1), chances.argmax(1) == labels
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(float(sure[bins == b].mean() - right[bins == b].mean())) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))
