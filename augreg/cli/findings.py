"""What `augreg check` found, as lines, as JSON, and as a badge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from augreg.testing import Check

Broken = list[tuple[str, str]]
"""The ids of checks that failed, each with what was seen and what to do."""


@dataclass(frozen=True)
class Findings:
    """The checks that were run on a plugin, and those that it did not pass."""

    plugin: str
    version: str
    checks: Sequence[Check]
    broken: Broken
    seconds: float
    whole: bool
    """Whether the slow checks were among them."""

    @property
    def passed(self) -> int:
        """How many it passed."""
        return len(self.checks) - len(self.broken)

    def lines(self) -> Iterator[str]:
        """Yield what is printed: each finding with its rule, then the count."""
        rules = {check.id: check.doc for check in self.checks}
        for name, reason in self.broken:
            yield f"{name}\n    {reason}"
            if rules[name]:
                yield f"    The rule: {rules[name]}"
        if self.broken:
            yield "Right and wrong plugins for each rule: docs/rules.md of augreg."
        yield f"{self.plugin}: {self.passed} of {len(self.checks)} checks passed in {self.seconds:.0f} s."

    def as_json(self, notes: Sequence[str]) -> str:
        """Return the findings as a JSON object."""
        rules = {check.id: check.doc for check in self.checks}
        facts: dict[str, Any] = {
            "plugin": self.plugin,
            "version": self.version,
            "augreg": _own_version(),
            "passed": self.passed,
            "total": len(self.checks),
            "slow_included": self.whole,
            "findings": [{"check": name, "rule": rules[name], "reason": reason} for name, reason in self.broken],
            "notes": list(notes),
            "badge": self.badge(),
        }
        return json.dumps(facts, indent=2)

    def badge(self) -> str:
        """Return a line of Markdown for a README: a picture that says how many checks passed, and of which version."""
        color = "brightgreen" if not self.broken else "red"
        what = f"augreg {_own_version()}"
        said = f"{self.plugin} {self.version}".strip() + f": {self.passed} of {len(self.checks)} checks"
        picture = f"https://img.shields.io/badge/{_escaped(what)}-{_escaped(said)}-{color}"
        return f"[![{what}, {said}]({picture})](https://pypi.org/project/augreg/)"


def _escaped(text: str) -> str:
    """Return text for an address of shields.io, where '-' and '_' have a meaning unless they are doubled."""
    return quote(text.replace("-", "--").replace("_", "__").replace(" ", "_"), safe="")


def _own_version() -> str:
    import augreg

    return augreg.__version__
