"""Whether there is room for what steps take: how many inputs are worked on together, and which are too large."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from augreg.contract.declaration import MEMORY
from augreg.data.lazy import LazyRow
from augreg.data.samples import Sample
from augreg.jobs.items import Item
from augreg.jobs.records import Reading
from augreg.media import Limits
from augreg.media.clipfile import ClipFile
from augreg.media.limits import check_memory
from augreg.pipeline import Pipeline
from augreg.pipeline.need import Need

BUDGET: Final = MEMORY * 256 * 1024**2
"""Bytes that steps may take for the inputs of a group: 256 MiB of decoded samples where no step declares more memory
than is assumed of all. One number for every machine: steps that mix samples see who else is there."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the steps of a pipeline take for inputs.

    Args:
        pipeline: whose steps these are.
        limits: ``memory`` is the most that they may take for one sample.

    """

    pipeline: Pipeline
    limits: Limits
    _needs: dict[str, Need] = field(default_factory=dict)

    def need(self, modality: str) -> Need:
        """Return the largest need of the steps of a modality."""
        if modality not in self._needs:
            self._needs[modality] = self.pipeline.need(modality)
        return self._needs[modality]

    def of(self, item: Item, reading: Reading) -> float:
        """Return how many bytes the steps take for an input at their peak.

        Steps that take less than is assumed of all count as much: results of steps that mix samples hang on how many
        come together, and should not change with a declaration.
        """
        samples = [sample for _, sample in reading.samples(item)]
        return sum((_bytes(one) * max(self.need(one.modality).factor, MEMORY) for one in samples), 0.0)

    def check(self, item: Item, reading: Reading) -> None:
        """Refuse an input for which the steps would take more than the limit, before any of them runs.

        A film whose frames are decoded on demand is told what its steps take: it counts the frames that they keep.

        Raises:
            MediaError: E_TOO_LARGE.

        """
        for file, sample in reading.samples(item):
            data, need = getattr(sample, "data", None), self.need(sample.modality)
            if isinstance(data, ClipFile):
                data.need = need
            if not isinstance(data, LazyRow):
                check_memory(file.path, self.limits, _bytes(sample), *need)


def _bytes(sample: Sample) -> int:
    data: Any = getattr(sample, "data", None)
    return 4 * len(data) if isinstance(data, str) else int(getattr(data, "nbytes", 0))
