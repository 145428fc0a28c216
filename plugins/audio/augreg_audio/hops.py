"""Frame labels with a stated hop: how many there are after a step in time, and which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import augreg
from augreg.modalities import check_hops, hop_counts
from augreg_audio.labels import pick


def hops_of(info: augreg.BatchInfo) -> list[float | None]:
    """Return the hop in seconds that was stated for each sample, None where none was."""
    return info.extras.get("hop") or [None] * len(info)


def labels_by_hop(
    labels: Any, hop: float, before: float, after: float, source: Callable[[np.ndarray], np.ndarray]
) -> Any:
    """Return the frame labels of a sound of ``before`` seconds that now lasts ``after``: as many as the hop makes.

    Label k is that of the seconds from k * hop to (k + 1) * hop, the last one up to the end of the sound. Where the
    source's uneven rest had a label, that of the result has one, else not. A frame gets the label of the source frame
    that is heard in its middle, 0 where none is: ``source`` gives source seconds, NaN where no source is heard.
    """
    count = len(labels)
    if not count:
        return labels
    check_hops(labels, hop, before)
    few, many = hop_counts(after, hop)
    rest = count > hop_counts(before, hop)[0] or len(set(hop_counts(before, hop))) == 1
    begins = np.arange(many if rest else few) * hop
    heard_at = source((begins + np.minimum(begins + hop, after)) / 2)
    heard = ~np.isnan(heard_at)
    index = np.floor(np.where(heard, heard_at, 0.0) / hop).astype(np.int64)
    return pick(labels, np.clip(index, 0, count - 1), heard)


def covered(info: augreg.BatchInfo, spans: list[float]) -> list[float]:
    """Return how many seconds the frame labels of each sample cover: those of the sound where no hop is stated."""
    given = zip(info.target("frame_labels"), hops_of(info), spans, strict=True)
    return [span if hop is None or labels is None else len(labels) * hop for labels, hop, span in given]
