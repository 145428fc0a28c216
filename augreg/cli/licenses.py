"""What installed distributions say about their licenses, and about the augreg that they need."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from typing import Final

NOT_SAID: Final = "not said"
LONGEST: Final = 40
"""Characters: some distributions write a whole license where its name belongs."""


def license_of(distribution: str) -> str:
    """Return the license that a distribution states, "not said" where it states none."""
    try:
        said = metadata(distribution)
    except PackageNotFoundError:
        return NOT_SAID
    if "License-Expression" in said:
        return said["License-Expression"]
    classes = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    free = said["License"].strip().partition("\n")[0] if "License" in said else ""
    return ", ".join(classes) or free[:LONGEST] or NOT_SAID


def requirement_of(distribution: str, needed: str = "augreg") -> str:
    """Return which versions of augreg a distribution says that it needs, such as ">=0.1,<0.3"; "" for any.

    Requirements of extras are left aside.
    """
    import re

    try:
        lines = metadata(distribution).get_all("Requires-Dist") or ()
    except PackageNotFoundError:
        return ""
    for line in lines:
        found = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;()]*)\)?\s*(;.*)?", line)
        if found and found[1].lower() == needed and "extra" not in (found[3] or ""):
            return found[2].strip()
    return ""
