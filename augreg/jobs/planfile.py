"""The plan as a file: one line per input, cut into shards, so that a worker reads its slice and nobody holds it all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    def write(cls, folder: Path, items: Iterable[Item], *, shard_size: int, shard_bytes: int) -> Self:
        """Write items, in shards of at most so many inputs and about so many bytes of input.

        The shard list is renamed into place last: where it is, the plan is whole.
        """
        starts, firsts, count, held, offset = [0], [0], 0, 0, 0
        digest = hashlib.sha256()
        with (folder / PLAN).open("wb") as file:
            for item in items:
                if count > firsts[-1] and (count - firsts[-1] >= shard_size or held + item.nbytes > shard_bytes):
                    starts.append(offset)
                    firsts.append(count)
                    held = 0
                line = item.line()
                digest.update(_timeless(item))
                file.write(line)
                count, held, offset = count + 1, held + item.nbytes, offset + len(line)
        if count:
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


def _timeless(item: Item) -> bytes:
    """Return what of an item belongs to the plan's identity: a copy of the input folder elsewhere is the same plan."""
    parts = [[f.path, f.key, f.modality, f.stem, f.suffix, f.copied, f.field, f.size] for f in item.files]
    chosen = [] if item.copies is None else [item.copies, dict(item.said)]
    whole = [parts, dict(item.carried), dict(item.attached), *chosen]
    return json.dumps(whole, ensure_ascii=True, separators=(",", ":")).encode("ascii")
