"""Which outputs are looked at, and what all lines of a manifest say together."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from augreg.jobs.manifest import place_of

Line = Mapping[str, Any]


@dataclass(slots=True)
class Account:
    """What all lines say.

    Args:
        outputs: modality -> how many there are.
        steps: modality -> step -> in how many outputs it was applied.
        untouched: modality -> in how many outputs no step was applied.
        refused: code -> how many inputs.
        classes: folder -> how many outputs lie in it.
        sources: folder -> how many inputs were written or refused.

    """

    outputs: Counter[str] = field(default_factory=Counter)
    steps: dict[str, Counter[str]] = field(default_factory=dict)
    untouched: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    _key: str = ""
    _files: set[str] = field(default_factory=set)

    def add(self, line: Line) -> None:
        """Take in a line."""
        if line["key"] != self._key:  # the lines of an input stand together
            self._key, self._files = line["key"], set()
        if line["source"] not in self._files:  # the first copy of a file, or its refusal
            self._files.add(line["source"])
            self.sources[folder_of(line["source"])] += 1
        if line["outcome"] == "error":
            self.refused[str(line.get("code"))] += 1
            return
        modality = modality_of(line)
        self.outputs[modality] += 1
        self.classes[folder_of(_path(line))] += 1
        fired = {step["augmenter"] for step in line.get("steps", ())}
        self.steps.setdefault(modality, Counter()).update(fired)
        self.untouched[modality] += not fired


def _path(line: Line) -> str:
    """Return the path of an output; of a cell, which has none, that of its input."""
    return str(line["source"] if "column" in line else line.get("member", line["output"]))


def modality_of(line: Line) -> str:
    """Return what an output is."""
    return str(line.get("modality"))


def folder_of(path: str) -> str:
    """Return the folder of a path, which image folders have for a class; "" for none.

    >>> folder_of("train/cat/7.png")
    'train/cat'

    """
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder


def choose(lines: Iterable[Line], account: Account, count: int, seed: int) -> list[Line]:
    """Return up to ``count`` outputs of each modality, all if it is 0, and take all lines down in an account.

    They are those with the least hashes of seed, input and copy: the same ones in whatever order the lines come, and
    whether they lie in a folder, in tars or in tables.
    """
    kept: dict[str, list[tuple[int, str, Line]]] = {}
    for line in lines:
        account.add(line)
        if line["outcome"] == "error":
            continue
        place = place_of(line)
        # Negative, since the root of a heap is its least, and the next to go is here the one of the highest hash.
        rank = -_rank(f"{seed} {line['key']} {line['source']} {line.get('copy')}")
        heap = kept.setdefault(modality_of(line), [])
        if not count or len(heap) < count:
            heapq.heappush(heap, (rank, place, line))
        else:
            heapq.heappushpop(heap, (rank, place, line))
    return [line for modality in sorted(kept) for _, _, line in sorted(kept[modality], key=lambda one: -one[0])]


def _rank(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
