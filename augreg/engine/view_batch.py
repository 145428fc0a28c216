"""The views of some samples, and what was predicted on them as predictions on the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch

from augreg.contract.inverse import Inverse
from augreg.data.targets import BoxFormat
from augreg.engine.merging import check_how, fused, mean_classes, mean_points, mean_scores
from augreg.engine.predicted import Columns, mapped, only_one, read, rows_of
from augreg.errors import ConfigError, UnsupportedError, listing, nearest
from augreg.intake.container import Container


class View(NamedTuple):
    """One view of all samples: what came out, and the way back of every unit."""

    made: Any
    ways: list[Inverse | None]


class Place(NamedTuple):
    """Where one sample stood in what was passed, and what can be predicted of its places."""

    entry: int
    field: str | None
    modality: str
    maps_back: tuple[str, ...]


class Passed(NamedTuple):
    """What was passed. A container also knows how to build it, which does not pickle, as workers of loaders need."""

    places: list[Place]
    entries: int
    alone: bool

    @classmethod
    def of(cls, container: Container) -> Self:
        """Return what is to be known of a container."""
        units = container.units
        places = [Place(unit.entry, unit.field, unit.modality.name, unit.modality.maps_back) for unit in units]
        return cls(places, container.entries, container.alone)


class ViewBatch:
    """Several views of some samples, made by :class:`augreg.Views`.

    What is predicted on the views is given for all of them in the order of :attr:`samples`: all samples of the first
    view, then all of the second, and so on. With n views of B samples that are n * B predictions.

    Attributes:
        views: the views, each as what was passed: a list, a stack, records, one sample.

    >>> import augreg, torch
    >>> views = augreg.Pipeline([{"image.hflip": {"p": 1}}]).views(2, seed=0, modality="image")
    >>> made = views(torch.rand(5, 3, 8, 10), keys=range(5))  # a stack of five pictures
    >>> [view.shape for view in made.views]
    [torch.Size([5, 3, 8, 10]), torch.Size([5, 3, 8, 10])]
    >>> boxes = made.back(boxes=[[[0, 0, 4, 8]]] * 10, format="xyxy")
    >>> boxes[0].data.tolist(), boxes[5].data.tolist()
    ([[0.0, 0.0, 4.0, 8.0]], [[6.0, 0.0, 10.0, 8.0]])

    """

    def __init__(self, made: Sequence[View], passed: Passed, *, whole: bool, back: bool) -> None:
        self.views: tuple[Any, ...] = tuple(view.made for view in made)
        self._made, self._whole, self._back = made, whole, back
        self._passed = passed

    def __len__(self) -> int:
        """Return how many views there are."""
        return len(self.views)

    @property
    def samples(self) -> list[Any]:
        """All views of all samples in one list: all samples of the first view, then all of the second, ...

        Raises:
            ConfigError: columns or a padded stack were passed, which are no list of samples.

        """
        if self._passed.alone:
            return list(self.views)
        if self._whole or not all(isinstance(view, (list, tuple, torch.Tensor, np.ndarray)) for view in self.views):
            kind = "padded stacks" if self._whole else type(self.views[0]).__name__
            raise ConfigError(f"the views are {kind}, no lists of samples; take them one by one from views.")
        return [sample for view in self.views for sample in view]

    def back(
        self,
        *,
        boxes: Any = None,
        masks: Any = None,
        keypoints: Any = None,
        events: Any = None,
        scores: Any = None,
        labels: Any = None,
        format: BoxFormat | None = None,  # noqa: A002 - what augreg.Boxes calls it
        swap: Sequence[tuple[int, int]] | None = None,
        field: str | None = None,
    ) -> list[Any]:
        """Return one kind of predictions on views as they are on the samples, n * B in the order of :attr:`samples`.

        Args:
            boxes: for each :class:`augreg.Boxes`, or rows of numbers in pixels of the view in ``format``; or a
                mapping of ``boxes``, ``scores`` and ``labels``, as torchvision's detection models return. For clips a
                list with one entry per frame. They come back as Boxes; upright ones as the upright rectangle around
                them, neither clipped nor dropped.
            masks: scores of every pixel: a tensor or array (n * B, C, h, w), or a list of (C, h, w). They are laid over
                the view, so a model with a stride may give fewer. For each comes back a pair: the scores on the pixels
                of the sample, (C, H, W), 0 where the view does not show it, and bool (H, W), where it does.
            keypoints: for each :class:`augreg.Keypoints`, or numbers (..., K, 2), x and y in pixels of the view.
            events: for each :class:`augreg.Events`, or rows of onset and offset in seconds of the view. What lies in
                sound that is none of the sample's is dropped.
            scores, labels: of boxes or events, one entry for each of theirs; they come back as the column "scores" and
                as labels.
            format: that of boxes given as numbers: "xyxy", "xywh", "cxcywh", ...
            swap: pairs of keypoints that a mirrored view exchanges: left eye and right eye.
            field: of records with several samples that this may be predicted of, which one.

        Raises:
            ConfigError: nothing, more than one thing, or something of another length was given.
            SampleError: numbers are no boxes, points or events.
            UnsupportedError: the samples have no such predictions, or the views were made with ``back=False``.

        """
        name, given = only_one({"boxes": boxes, "masks": masks, "keypoints": keypoints, "events": events})
        return self._returned(name, given, Columns(scores, labels, format, swap), field)

    def merge(
        self,
        *,
        classes: Any = None,
        masks: Any = None,
        keypoints: Any = None,
        boxes: Any = None,
        events: Any = None,
        scores: Any = None,
        labels: Any = None,
        format: BoxFormat | None = None,  # noqa: A002 - what augreg.Boxes calls it
        swap: Sequence[tuple[int, int]] | None = None,
        how: str = "mean",
        iou: float | None = None,
        field: str | None = None,
    ) -> Any:
        """Return one kind of predictions on all views as one prediction per sample; for one sample that of this one.

        Args:
            classes: floating-point numbers (n * B, ...), such as probabilities; (B, ...) come back.
            masks: see :meth:`back`; a list of B tensors or arrays (C, H, W) comes back. Pixels that a view does not
                show have no part in it; those that none shows are NaN.
            keypoints: see :meth:`back`; their mean comes back.
            boxes, events: see :meth:`back`; those of all views together come back, with the column "view".
            how: for classes and masks: "mean", "geometric" (the n-th root of the product, not scaled to add up to 1) or
                "max".
            iou: for boxes: of two with the same label that overlap more than this share, the one with the higher score
                is kept, by torchvision's batched_nms. None keeps all, for methods of one's own.
            scores, labels, format, swap, field: see :meth:`back`.

        Raises:
            ConfigError, SampleError, UnsupportedError: see :meth:`back`.

        >>> import augreg
        >>> made = augreg.Pipeline(["text.keyboard"]).views(2, seed=0)("a short text", keys=3)
        >>> import numpy as np
        >>> made.merge(classes=np.array([[0.5, 0.5], [1.0, 0.0]]))
        array([0.75, 0.25])

        """
        every = {"classes": classes, "masks": masks, "keypoints": keypoints, "boxes": boxes, "events": events}
        name, given = only_one(every)
        check_how(name, how, iou)
        columns = Columns(scores, labels, format, swap)
        if name == "classes":
            columns.check(name)
            merged = mean_classes(given, len(self), self._passed.entries, how)
        else:
            found = self._returned(name, given, columns, field)
            groups = [found[i :: self._passed.entries] for i in range(self._passed.entries)]
            merged = [self._one(name, group, how, iou) for group in groups]
        return merged[0] if self._passed.alone else merged

    def _one(self, name: str, views: list[Any], how: str, iou: float | None) -> Any:
        if name == "masks":
            return mean_scores(views, how)
        return mean_points(views) if name == "keypoints" else fused(name, views, iou)

    def _returned(self, name: str, given: Any, columns: Columns, field: str | None) -> list[Any]:
        if not self._back:
            raise UnsupportedError(
                f"these views were made with back=False, so {name} cannot be mapped back. Leave it out."
            )
        columns.check(name)
        numbers = self._numbers(name, field)
        entries = rows_of(name, given, len(self) * len(numbers))
        predictions = read(name, entries, columns)
        ways = [view.ways[number] for view in self._made for number in numbers]
        return [mapped(way, name, entry) for way, entry in zip(ways, predictions, strict=True)]

    def _numbers(self, name: str, field: str | None) -> list[int]:
        """Return for every entry the number of the sample of which something is predicted."""
        units = self._passed.places
        able = [i for i, unit in enumerate(units) if name in unit.maps_back]
        if not able and units:
            raise _unable(name, units)
        fields = list(dict.fromkeys(found for i in able if (found := units[i].field) is not None))
        if field is not None and field not in fields:
            hint = nearest(field, fields)
            raise ConfigError(f"field={field!r} holds nothing with {name}.{hint} Valid: {listing(fields) or 'none'}.")
        if field is None and len(fields) > 1:
            raise ConfigError(f"of which field are the {name}: {listing(fields)}? Say field={fields[0]!r}.")
        chosen = {units[i].entry: i for i in able if field is None or units[i].field == field}
        missing = next((e for e in range(self._passed.entries) if e not in chosen), None)
        if missing is not None:
            raise ConfigError(
                f"sample {missing} has nothing that {name} can be predicted of, and every sample must. Make views of "
                "the others alone."
            )
        return [chosen[entry] for entry in range(self._passed.entries)]


def _unable(name: str, units: Sequence[Place]) -> UnsupportedError:
    kinds = list(dict.fromkeys(unit.modality for unit in units))
    valid = list(dict.fromkeys(target for unit in units for target in unit.maps_back))
    do = f"Valid: {listing(valid)}" if valid else "Merge classes instead"
    return UnsupportedError(f"{name} of {listing(kinds)} are not mapped back. {do}.")
