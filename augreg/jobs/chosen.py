"""The copies that a job makes, where they were chosen one by one; and inputs that go along with them as they are."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, nearest
from augreg.jobs.items import ORIGINAL, Item
from augreg.jobs.manifest import as_json
from augreg.jobs.only import SOUGHT
from augreg.jobs.plan import Plan, hashed_name
from augreg.media.formats import WRITTEN_AS

LEFT: Final = "of which nothing was chosen"
"""Under which name inputs are counted that are not in the list."""

GENERATOR: Final = "generator"
"""Under what the manifest says by which generator an output was made, and how it was called."""

FORM: Final = '{"source": "cat/1.png", "copies": {"-1": {}, "3": {"chance": 0.9}}}'
"""A line, for messages."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a job is to make, and no more.

    Args:
        about: what the record of the job says of the choice; its first entry is what it hangs on.
        copies: input -> number of each copy, :data:`augreg.jobs.items.ORIGINAL` for the input as it is, those below for
            what a generator made -> what the manifest says of it besides.

    """

    about: Mapping[str, Any]
    copies: Mapping[str, Mapping[int, Mapping[str, Any]]]

    def write(self, path: Path) -> None:
        """Write it as JSON Lines, the same bytes for the same choice: what it is about, then the inputs by name."""
        rows: list[dict[str, Any]] = [{"about": dict(self.about)}]
        rows += [{"source": name, "copies": dict(sorted(found.items()))} for name, found in sorted(self.copies.items())]
        path.write_bytes(b"".join(as_json(line) for line in rows))

    @classmethod
    def read(cls, path: Path) -> Chosen:
        """Read what :meth:`write` wrote.

        Raises:
            ConfigError: it is something else.

        """
        try:
            about, *rows = [json.loads(line) for line in path.read_bytes().splitlines()]
            found = {row["source"]: {int(copy): dict(said) for copy, said in row["copies"].items()} for row in rows}
            held = cls(dict(about["about"]), found)
        except OSError as error:
            raise ConfigError(f"the list of copies {str(path)!r} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"{str(path)!r} is no list of copies ({error!r}). A line is such as {FORM}.") from None
        for name, copies in held.copies.items():
            if wrong := [copy for copy, said in copies.items() if copy < ORIGINAL and GENERATOR not in said]:
                raise ConfigError(f"{str(path)!r} names copy {wrong[0]} of {name!r}. Copies count from 0 on.")
        return held

    @property
    def most(self) -> int:
        """How many copies of an input there may be: one more than the highest number."""
        return max((copy + 1 for found in self.copies.values() for copy in found), default=0) or 1

    def plan(self, plan: Plan) -> Plan:
        """Return the plan of just these copies.

        Raises:
            ConfigError: it names what is no input, or what no pipeline runs on.

        """
        files = {item.path: item for item in plan.items}
        if unknown := [name for name in self.copies if name not in files]:
            meant = nearest(unknown[0], sorted(files)[:SOUGHT])
            raise ConfigError(f"copies of {unknown[0]!r} were chosen, which is no input.{meant} Choose anew.")
        taken = [_with(item, self.copies[item.path]) for item in plan.items if self.copies.get(item.path)]
        ignored = plan.ignored.copy()
        if left := len(plan.items) - len(taken):
            ignored[LEFT] += left
        return Plan(tuple(_distinct(taken)), ignored)


def _with(item: Item, copies: Mapping[int, Mapping[str, Any]]) -> Item:
    if item.others or (item.copied and max(copies) > ORIGINAL):
        raise ConfigError(
            f"copies of {item.called!r} were chosen, which is {item.kind}, and no step runs on that alone."
        )
    said = {str(copy): dict(facts) for copy, facts in sorted(copies.items()) if facts}
    if item.copied:  # no step is needed for the input itself, and for what a generator made
        item = replace(item, copied=False, suffix=WRITTEN_AS.get(item.suffix.lower(), item.suffix))
    return replace(item, copies=tuple(sorted(copies)), said=said)


def _distinct(items: Iterable[Item]) -> list[Item]:
    """Return items whose outputs differ: an input that is called as the copy of another gets another stem.

    That is so where the input of a job is the output of another: 1__a0.png may be there, and be made of 1.png, too.
    """
    items = list(items)
    for rename in (lambda item: item, hashed_name):
        taken = Counter(name for item in items for name in _folded(item))
        items = [rename(item) if any(taken[name] > 1 for name in _folded(item)) else item for item in items]
    taken = Counter(name for item in items for name in _folded(item))
    if clash := [name for name, count in taken.items() if count > 1]:
        raise ConfigError(f"several inputs would be written as {clash[0]!r}. Rename one of them.")
    return items


def _folded(item: Item) -> list[str]:
    return [unicodedata.normalize("NFC", item.output(copy)).casefold() for copy in item.copies or ()]
