"""Reads outputs and their inputs in threads, and takes down what is measured of them."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from augreg import media
from augreg.errors import MediaError
from augreg.jobs.inspecting.annotations import Annotations
from augreg.jobs.inspecting.chosen import Line, modality_of
from augreg.jobs.inspecting.drift import classes, drifts
from augreg.jobs.inspecting.found import Draw, Inspection, Pair
from augreg.jobs.inspecting.inputs import Inputs
from augreg.jobs.inspecting.numbers import Numbers, numbers_of
from augreg.jobs.inspecting.outputs import Outputs
from augreg.jobs.manifest import place_of
from augreg.media import Limits
from augreg.registry import Registry

DRAWN: Final = 24
"""Outputs of each modality that are shown on a page."""


@dataclass(slots=True)
class _Seen:
    """What is kept of an output; its pixels are not, so that no more samples are in memory than there are threads."""

    faults: list[str] = field(default_factory=list)
    before: Numbers | None = None
    after: Numbers | None = None
    same: bool | None = None
    drawn: Any = None


class Look:
    """What was measured so far."""

    def __init__(
        self,
        found: Inspection,
        outputs: Outputs,
        inputs: Inputs | None,
        limits: Limits,
        registry: Registry,
        draw: Draw | None,
    ) -> None:
        self.found, self.outputs, self.inputs = found, outputs, inputs
        self.limits, self.registry, self.draw = limits, registry, draw
        self.labels = Annotations(outputs.job)
        self.begun: Counter[str] = Counter()
        self.after: dict[str, list[Numbers]] = {}
        self.before: dict[str, dict[str, Numbers]] = {}
        """Modality -> input -> its numbers: of several copies it counts once."""

    def block(self, lines: Sequence[Line], pool: ThreadPoolExecutor) -> None:
        """Look at some outputs, each with its input."""
        with tempfile.TemporaryDirectory(prefix="augreg-inspect-") as stage:
            folders = [Path(stage, name) for name in ("out", "in")]
            for folder in folders:
                folder.mkdir()
            made = self.outputs.fetch(lines, folders[0])
            given = self.inputs.fetch(lines, folders[1]) if self.inputs is not None else {}
            wanted = [self._wanted(line) for line in lines]
            sources = [given.get(line["source"]) for line in lines]
            for line, seen in zip(lines, pool.map(self._see, lines, made, sources, wanted), strict=True):
                self._take(line, seen)

    def _wanted(self, line: Line) -> bool:
        self.begun[modality_of(line)] += 1
        return self.draw is not None and self.begun[modality_of(line)] <= DRAWN

    def _see(self, line: Line, made: Path | MediaError, given: Path | MediaError | None, wanted: bool) -> _Seen:
        seen = _Seen()
        after = self._read(made, place_of(line), seen)
        before = None if given is None else self._read(given, f"input {line['source']}", seen)
        if before is not None:
            seen.before = numbers_of(before)
        if after is not None:
            seen.after = numbers_of(after)
            seen.same = None if before is None else _same(before, after)
            if wanted and self.draw is not None:
                seen.drawn = self.draw(Pair(line, before, self.labels.on(line, after)))
        return seen

    def _read(self, path: Path | MediaError, called: str, seen: _Seen) -> Any:
        try:
            if isinstance(path, MediaError):
                raise path
            return media.load(path, self.limits, self.registry, lazy=True).sample
        except MediaError as error:
            seen.faults.append(f"{called}: {error.reason}")
        except MemoryError:
            seen.faults.append(f"{called}: there is not enough memory for it. Use fewer --workers.")
        return None

    def _take(self, line: Line, seen: _Seen) -> None:
        modality = modality_of(line)
        self.found.faults += seen.faults
        if seen.before is not None:
            self.before.setdefault(modality, {})[line["source"]] = seen.before
        if seen.after is not None:
            self.found.sampled[modality] = self.found.sampled.get(modality, 0) + 1
            self.after.setdefault(modality, []).append(seen.after)
        if seen.same is not None:
            self.found.unchanged[modality] = self.found.unchanged.get(modality, 0) + seen.same
        if seen.drawn is not None:
            self.found.drawn.setdefault(modality, []).append(seen.drawn)

    def end(self) -> None:
        """Compare what was measured."""
        self.found.faults = list(dict.fromkeys(self.found.faults))
        for modality, after in sorted(self.after.items()):
            before = None if self.inputs is None else list(self.before.get(modality, {}).values())
            self.found.drift[modality] = drifts(before, after)
        if self.inputs is not None:
            self.found.classes = classes(self.found.account.sources, self.found.account.classes)


def _same(before: Any, after: Any) -> bool:
    """Whether two samples hold the same data, bit for bit."""
    first, second = before.data, after.data
    if isinstance(first, str) or isinstance(second, str):
        return bool(first == second)
    if not (hasattr(first, "shape") and hasattr(second, "shape")) or tuple(first.shape) != tuple(second.shape):
        return False
    if hasattr(first, "take") and not hasattr(first, "numpy"):  # a clip that is decoded on demand
        places = np.arange(len(first))
        step = range(0, len(places), 16)
        return all(_equal(first.take(places[n : n + 16]), second.take(places[n : n + 16])) for n in step)
    return _equal(first, second)


def _equal(first: Any, second: Any) -> bool:
    return bool(np.array_equal(np.asarray(first), np.asarray(second)))
