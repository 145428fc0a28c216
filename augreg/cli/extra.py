"""Subcommands that plugins add, and why some of them are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator

from augreg.cli.aside import installed
from augreg.registry.spec import CommandSpec


def commands(built_in: Container[str]) -> dict[str, CommandSpec]:
    """Return the plugins' subcommands by name, less those that clash with a built-in one or another plugin's."""
    refused = {id(spec) for spec, _ in clashes(built_in)}
    return {spec.name: spec for spec in installed().commands() if id(spec) not in refused}


def clashes(built_in: Container[str]) -> Iterator[tuple[CommandSpec, str]]:
    """Yield each subcommand that cannot be offered, and why."""
    found = installed().commands()
    count = Counter(spec.name for spec in found)
    for spec in found:
        if spec.name in built_in:
            yield spec, f"its command {spec.name!r} is left out: augreg has one of that name. Rename it."
        elif count[spec.name] > 1:
            others = ", ".join(s.plugin for s in found if s.name == spec.name and s is not spec)
            yield spec, f"its command {spec.name!r} is left out: {others} has one of that name too. Block one plugin."
