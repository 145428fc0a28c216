"""What a task is given and what it returns: labeled samples, what augments them, and the two methods of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from augreg.learn.detection.boxed import holds
from augreg.learn.records import refuse_mixing
from augreg.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Examples:
    """Samples of one modality, each with the class that it has, or with boxes that have classes.

    Args:
        samples: augreg samples, such as :class:`augreg.Image`; or records, dictionaries of such.
        labels: int64 (n,), places in ``classes``; of pictures with boxes the rarest of each, by which splits are drawn.
        classes: the names of the classes, also of those that none of these samples has.
        keys: what their randomness hangs on, one for each.
        shares: float64 (n, classes) where an operation has mixed samples: how much of each class there is; else None.
        boxed: whether boxes are what is learned: then those of each sample are x1, y1, x2, y2 in pixels, with labels
            int64 (k,), places in ``classes``.

    """

    samples: Sequence[Any]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    keys: tuple[str, ...]
    shares: NDArray[np.float64] | None = None
    boxed: bool = False

    def __len__(self) -> int:
        return len(self.samples)

    def take(self, places: Sequence[int] | NDArray[np.int64]) -> Self:
        """Return some of them, in the order given."""
        chosen = [int(place) for place in places]
        return replace(
            self,
            samples=[self.samples[place] for place in chosen],
            labels=self.labels[chosen],
            keys=tuple(self.keys[place] for place in chosen),
            shares=None if self.shares is None else self.shares[chosen],
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return how many samples each class has, int64 (classes,); a picture counts for each class that it has."""
        if self.boxed:
            return np.asarray(holds(self.samples, len(self.classes)).sum(0), np.int64)
        return np.bincount(self.labels, minlength=len(self.classes))


class Augment(Protocol):
    """What :meth:`Task.fit` calls for each look at the training samples."""

    def __call__(self, train: Examples, epoch: int) -> Examples:
        """Return the samples as they are in an epoch, in the same order; the same epoch gives the same samples."""
        ...


class Task(Protocol):
    """A model that can be trained: the two methods that a model of your own needs.

    A class of your own is made without arguments. ``repeats = False`` on it says that :meth:`fit` looks at the samples
    equally often with and without ``augment``; then ``none`` is its own control, and is not trained twice.
    """

    def fit(self, train: Examples, augment: Augment | None, seed: int) -> Any:
        """Train from scratch and return what was trained; all randomness has to come from ``seed``.

        With ``augment`` None the samples are used as they are. Otherwise ``augment(train, epoch)`` is called for each
        look at them; of the repeat control it returns them as they are.
        """
        ...

    def score(self, fitted: Any, test: Examples) -> Mapping[str, Any]:
        """Return what was measured: numbers by name.

        ``probabilities``, float (n, classes), or else ``predicted``, int (n,), makes augreg work out accuracy,
        recall and F1 of each class, the confusion matrix and, from probabilities, the calibration error and the loss.
        Where boxes are learned, ``detections``, for each picture a mapping of ``boxes`` (k, 4), x1, y1, x2, y2 in
        pixels, ``scores`` (k,) and ``labels`` (k,), makes it work out COCO's mean average precision and recall.
        ``losses``, the mean training loss of each epoch, becomes a curve, and its last one says how well the training
        samples were fitted. A task may have a third method, ``embed(fitted, samples)`` -> float (n, d), by which
        distances between sets are told.
        """
        ...


@dataclass(frozen=True, slots=True)
class Augmented:
    """A pipeline, or nothing, as what :meth:`Task.fit` calls."""

    steps: Mapping[str, Any] | None
    seed: int
    _made: list[Pipeline] = field(default_factory=list)

    def __call__(self, train: Examples, epoch: int) -> Examples:
        """Return the samples as they are in an epoch."""
        if self.steps is None:
            return train
        if not self._made:
            self._made.append(Pipeline.from_dict(self.steps))
            if self._records(train):
                refuse_mixing(self._made[0])
        if train.boxed or self._records(train):  # boxes are part of their samples, and follow them
            made = self._made[0](list(train.samples), seed=self.seed, epoch=epoch, keys=list(train.keys))
            return replace(train, samples=made)
        return self._labeled(train, epoch)

    @staticmethod
    def _records(train: Examples) -> bool:
        return bool(train.samples) and isinstance(train.samples[0], Mapping)

    def _labeled(self, train: Examples, epoch: int) -> Examples:
        # Labels go along as shares: operations that mix samples mix them, and nothing else touches them.
        hot = np.eye(len(train.classes))[train.labels] if train.shares is None else train.shares
        given = [sample.changed(label=share) for sample, share in zip(train.samples, hot, strict=True)]
        # All at once: samples of any two classes may be mixed, whatever the order of the data.
        made = self._made[0](given, seed=self.seed, epoch=epoch, keys=list(train.keys))
        shares = np.stack([np.asarray(sample.label, np.float64) for sample in made])
        mixed = not np.array_equal(shares, hot) or train.shares is not None
        return replace(
            train,
            samples=[sample.changed(label=None) for sample in made],
            labels=shares.argmax(1),
            shares=shares if mixed else None,
        )


KINDS: Final = ("none", "repeat", "trivial", "pipeline", "operation", "dose", "without")
"""What an arm of an experiment may be."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of training: without augmentation, with repeats, or with a pipeline.

    Args:
        name: what reports call it.
        kind: one of :data:`KINDS`.
        steps: what :meth:`augreg.Pipeline.to_dict` returned; None for no augmentation.
        of: the arm that this is a variant of.
        dose: how much of that arm it is, of a weaker or stronger variant.

    """

    name: str
    kind: str
    steps: Mapping[str, Any] | None = None
    of: str = ""
    dose: float | None = None
