"""A list of the inputs that a job takes: all others are left aside, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from augreg.errors import ConfigError, nearest
from augreg.jobs.cleaning.report import read_list
from augreg.jobs.items import Item
from augreg.jobs.plan import Plan

LEFT: Final = "not in the list of --only"
"""Under which name they are counted."""

SOUGHT: Final = 10_000
"""Names among which the nearest is looked for; comparing all of a large data set would take minutes."""


def only(plan: Plan, given: Path) -> Plan:
    """Return the plan of the inputs that a file names, each by its path in the source. Their output names stay.

    A record is taken where all of its files are named: without one of them it would be another record.

    Raises:
        ConfigError: the file cannot be read, names nothing, or what is not among the inputs.

    """
    wanted = read_list(given)
    if not wanted:
        raise ConfigError(f"the list {str(given)!r} names no input. Leave out --only to take all.")
    _refuse_unknown(given, wanted, plan.items)
    names = set(wanted)
    taken = tuple(item for item in plan.items if all(file.path in names for file in item.files))
    ignored = plan.ignored.copy()
    if left := sum(len(item.files) for item in plan.items) - sum(len(item.files) for item in taken):
        ignored[LEFT] += left
    return Plan(taken, ignored)


def _refuse_unknown(given: Path, wanted: Sequence[str], items: Sequence[Item]) -> None:
    known = {file.path for item in items for file in item.files}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        more = f", nor are {len(unknown) - 1} others that it names" if len(unknown) > 1 else ""
        meant = nearest(unknown[0], sorted(known)[:SOUGHT])
        raise ConfigError(
            f"the list {str(given)!r} names {unknown[0]!r}, which is no input{more}.{meant} Names "
            "count from the input folder; make the list anew: augreg clean IN --list FILE."
        )
