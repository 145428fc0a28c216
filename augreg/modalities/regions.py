"""Which part of a sample a target marks: what ``within`` and ``outside`` of a step ask a modality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from augreg.data.batch import BatchInfo
from augreg.errors import SampleError, listing, nearest

LABEL: Final = "label"
"""What ``where`` calls the class of a box, an event, a span, or a pixel of a label map."""


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a sample at which a step is aimed, as its ``within`` or ``outside`` says.

    Args:
        target: the target that marks it, "boxes".
        outside: whether the step is for everything else.
        soft: width of the edge, in which the step fades out, in the unit of :attr:`RegionKind.soft`; 0: a hard edge.
        radius: of discs around points, as a fraction of the shorter side.
        where: columns and the values of which an entry must have one, ((name, (value, ...)), ...); empty: all entries.

    >>> from augreg.modalities import Region
    >>> Region("boxes", where=(("label", (1, 2)),)).soft
    0.0

    """

    target: str
    outside: bool = False
    soft: float = 0.0
    radius: float = 0.0
    where: tuple[tuple[str, tuple[Any, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class RegionKind:
    """What one target of a modality marks, so that steps may be aimed at it.

    Args:
        target: its name, "boxes".
        weights: called with the facts of a batch, the number of a sample and the :class:`Region`; returns float64 that
            broadcasts to the sample's row: 1 on what is marked, 0 elsewhere, in a soft edge something between. It need
            not heed ``outside``.
        word: another name by which people may call it, "mask".
        soft: the unit of soft edges; "": they are refused.
        softest: the widest edge, in this unit.
        points: whether it marks points, which become discs: ``radius`` must be given then.
        where: by what ``where`` may choose its entries: "columns" of any name, or "numbers", labels that are whole
            numbers; "": it is refused.
        blends: whether the rows of before and after a step can be blended. If not, as with texts, it takes a step that
            declares the target in ``confines``.

    >>> from augreg.modalities import RegionKind
    >>> kind = RegionKind("mask", lambda info, i, region: info.target("mask")[i].numpy().astype(float))
    >>> kind.target, kind.blends
    ('mask', True)

    """

    target: str
    weights: Callable[[BatchInfo, int, Region], np.ndarray]
    word: str = ""
    soft: str = ""
    softest: float = 1.0
    points: bool = False
    where: Literal["", "columns", "numbers"] = ""
    blends: bool = True

    def part(self, info: BatchInfo, i: int, region: Region) -> np.ndarray:
        """Return how much of a step sample i gets where, float64 in 0..1 that broadcasts to its row."""
        found = self.weights(info, i, region)
        return 1.0 - found if region.outside else found


def chosen(entries: Any, region: Region) -> Any:
    """Return those of some boxes, events or spans that ``where`` chooses.

    Raises:
        SampleError: they have no such column, or it holds words where numbers are wanted, or the other way round.

    """
    keep = np.ones(len(entries), dtype=bool)
    for name, values in region.where if len(entries) else ():
        column = [value.tolist() if hasattr(value, "tolist") else value for value in _column(entries, name, region)]
        words = {isinstance(value, str) for value in column}
        if words.isdisjoint(isinstance(value, str) for value in values):
            raise SampleError(
                f"where chooses {region.target} whose {name} is {listing(map(repr, values))}, and that of the first of "
                f"a sample is {column[0]!r}: of another kind, so that none could be chosen. Write it in the same way."
            )
        keep &= np.array([value in values for value in column], dtype=bool)
    return entries if keep.all() else entries.keep(keep.nonzero()[0])


def _column(entries: Any, name: str, region: Region) -> Sequence[Any]:
    found: Sequence[Any] | None = entries.labels if name == LABEL else None
    found = entries.columns.get(name) if found is None else found
    if found is None:
        has = [*([LABEL] if entries.labels is not None else []), *entries.columns]
        raise SampleError(
            f"where chooses {region.target} by {name!r}, which those of a sample do not say.{nearest(name, has)} "
            f"They have: {listing(has)}. Give them that, or leave it out of where."
        )
    return found


def faded(distance: np.ndarray, soft: float) -> np.ndarray:
    """Return weights at some distances from what is marked: 1 there, falling evenly to 0 at ``soft``.

    >>> import numpy as np
    >>> from augreg.modalities.regions import faded
    >>> faded(np.array([0.0, 1.0, 4.0]), 4.0).tolist(), faded(np.array([0.0, 1.0]), 0.0).tolist()
    ([1.0, 0.75, 0.0], [1.0, 0.0])

    """
    if soft <= 0:
        return (distance <= 0).astype(np.float64)
    return np.clip(1.0 - distance / soft, 0.0, 1.0)


def stretches(count: int, starts: np.ndarray, ends: np.ndarray, soft: float) -> np.ndarray:
    """Return the weights of places 0..count-1 on an axis, of which the middles lie at 0.5, 1.5, ..., float64 (count,).

    >>> import numpy as np
    >>> from augreg.modalities.regions import stretches
    >>> stretches(6, np.array([2.0]), np.array([4.0]), 0.0).tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]

    """
    found = np.zeros(count)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        # Half-open by the middles, so that of two stretches that meet, each place belongs to one.
        low, high = np.clip(np.ceil(np.array([start, end]) - 0.5), 0, count).astype(int).tolist()
        found[low:high] = 1.0
        if soft > 0:
            low, high = np.clip(np.array([start - soft, end + soft + 1]), 0, count).astype(int).tolist()
            at = np.arange(low, high) + 0.5
            found[low:high] = np.maximum(found[low:high], faded(np.maximum(start - at, at - end), soft))
    return found


def event_weights(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    """Return which places on the time axis are of events, float64 (length,): one of them lasts 1 / rate seconds."""
    rate, events = float(info.rates[i]), chosen(info.target(region.target)[i], region)
    starts, ends = (events.data * rate).reshape(-1, 2).T
    return stretches(int(info.lengths[i]), starts, ends, region.soft * rate)


def span_weights(info: BatchInfo, i: int, region: Region) -> np.ndarray:
    """Return which characters are of spans, float64 (characters,)."""
    found = np.zeros(int(info.lengths[i]))
    for start, end in chosen(info.target(region.target)[i], region).data.tolist():
        found[start:end] = 1.0
    return found


EVENT_REGION: Final = RegionKind("events", event_weights, soft="seconds", softest=float("inf"), where="columns")
"""Events on the last axis of rows, of sounds (channels, frames) for instance."""
SPAN_REGION: Final = RegionKind("spans", span_weights, where="columns", blends=False)
