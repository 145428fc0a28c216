"""What was forgotten: keyed hashes by which an input can be recognized, and which do not say what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Tombs:
    """The forgotten inputs of one job.

    Args:
        salt: of this job alone, so that one name has another hash in each; hexadecimal.
        hashes: of the keys of the inputs.
        left: how many inputs each shard has left, by which a resumed job cuts its plan where it was cut; () where
            nobody noted it.

    """

    salt: str
    hashes: frozenset[str] = frozenset()
    left: tuple[int, ...] = ()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Read them off the record of a job, or begin with none.

        The salt follows from the plan and not from chance: the same job forgets to the same bytes.
        """
        if found := facts.get("forgotten"):
            return cls(found["salt"], frozenset(found["hashes"]), tuple(found.get("left", ())))
        return cls(hashlib.blake2b(f"tombs|{facts.get('plan')}".encode(), digest_size=16).hexdigest())

    def __contains__(self, key: object) -> bool:
        return self.hash(str(key)) in self.hashes

    def __len__(self) -> int:
        return len(self.hashes)

    def hash(self, key: str) -> str:
        """Return the hash of a key."""
        data = key.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=16, key=bytes.fromhex(self.salt)).hexdigest()

    def add(self, keys: Iterable[str], left: Iterable[int]) -> Self:
        """Return these and more; ``left`` is what every shard has now."""
        return replace(self, hashes=self.hashes | {self.hash(key) for key in keys}, left=tuple(left))

    def to_json(self) -> dict[str, Any]:
        """Return what the record of a job says."""
        left = {"left": list(self.left)} if self.left else {}
        return {"salt": self.salt, "hashes": sorted(self.hashes), **left}
