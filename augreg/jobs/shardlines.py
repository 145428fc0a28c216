"""The manifest lines of finished shards, read one after the other: a job may have more than fit in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from augreg.jobs.state import part_of


def any_has(out: Path, shards: int, word: bytes) -> bool:
    """Whether a line of any shard has a word in it, told without reading what the lines say."""
    for shard in range(shards):
        with part_of(out, shard).open("rb") as part:
            if any(word in line for line in part):
                return True
    return False


class Lines:
    """The lines of all shards, in order, as often as they are asked for."""

    def __init__(self, out: Path, shards: int) -> None:
        self.out, self.shards = out, shards

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return every_line(self.out, self.shards)


def every_line(out: Path, shards: int) -> Iterator[dict[str, Any]]:
    """Yield the lines of all shards, in order."""
    for shard in range(shards):
        with part_of(out, shard).open("rb") as part:
            for line in part:
                yield json.loads(line)
