"""The plan as a file: one line per input, cut into shards, so that a worker reads its slice and nobody holds it all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self

from augreg.jobs.items import Item

PLAN: Final = "plan.jsonl"
SHARDS: Final = "shards.json"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan on disk.

    Args:
        folder: where ``plan.jsonl`` and ``shards.json`` lie.
        starts: byte offset of each shard in ``plan.jsonl``, and the offset of its end.
        firsts: number of the first input of each shard, and the number of all inputs.
        digest: hash of all that results hang on: names, sizes, shards; not the times of files.

    """

    folder: Path
    starts: tuple[int, ...]
    firsts: tuple[int, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def inputs(self) -> int:
        """How many inputs the plan has."""
        return self.firsts[-1]

    def size(self, shard: int) -> int:
        """Return the number of inputs of a shard."""
        return self.firsts[shard + 1] - self.firsts[shard]

    def shard(self, number: int) -> list[Item]:
        """Read the items of a shard."""
        with (self.folder / PLAN).open("rb") as file:
            file.seek(self.starts[number])
            content = file.read(self.starts[number + 1] - self.starts[number])
        return [Item.from_json(json.loads(line)) for line in content.splitlines()]

    def __iter__(self) -> Iterator[Item]:
        with (self.folder / PLAN).open("rb") as file:
            for line in file:
                yield Item.from_json(json.loads(line))

    @classmethod
    def write(cls, folder: Path, shards: Iterable[Iterable[Item]]) -> Self:
        """Write the items of each shard.

        The shard list is renamed into place last: where it is, the plan is whole.
        """
        starts, firsts, count, offset = [0], [0], 0, 0
        digest = hashlib.sha256()
        with (folder / PLAN).open("wb") as file:
            for items in shards:
                for item in items:
                    line = item.line()
                    digest.update(_timeless(item))
                    file.write(line)
                    count, offset = count + 1, offset + len(line)
                starts.append(offset)
                firsts.append(count)
        digest.update(json.dumps(firsts).encode())
        found = {"starts": starts, "firsts": firsts, "digest": digest.hexdigest()}
        temporary = folder / f"{SHARDS}.tmp-{os.getpid()}"
        temporary.write_text(json.dumps(found), encoding="utf-8")
        temporary.replace(folder / SHARDS)
        return cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the plan in a folder.

        Raises:
            FileNotFoundError: none was written whole.

        """
        found = json.loads((folder / SHARDS).read_text(encoding="utf-8"))
        return cls(folder, tuple(found["starts"]), tuple(found["firsts"]), found["digest"])


def by_size(items: Iterable[Item], *, shard_size: int, shard_bytes: int) -> Iterator[list[Item]]:
    """Cut items into shards of at most so many inputs and about so many bytes of input."""
    shard: list[Item] = []
    held = 0
    for item in items:
        if shard and (len(shard) >= shard_size or held + item.nbytes > shard_bytes):
            yield shard
            shard, held = [], 0
        shard.append(item)
        held += item.nbytes
    if shard:
        yield shard


def by_number(items: Iterable[Item], numbers: Sequence[int]) -> Iterator[list[Item]]:
    """Cut items into shards of so many each, which may be none; what is more is one further shard."""
    given = iter(items)
    yield from (list(islice(given, number)) for number in numbers)
    if more := list(given):
        yield more


def _timeless(item: Item) -> bytes:
    """Return what of an item belongs to the plan's identity: a copy of the input folder elsewhere is the same plan."""
    parts = [[f.path, f.key, f.modality, f.stem, f.suffix, f.copied, f.field, f.size] for f in item.files]
    chosen = [] if item.copies is None else [item.copies, dict(item.said)]
    whole = [parts, dict(item.carried), dict(item.attached), *chosen]
    return json.dumps(whole, ensure_ascii=True, separators=(",", ":")).encode("ascii")
