"""The list of augmenters with one fault each, and of the rule of the conformance kit that must find it."""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: list[tuple[str, type, str]] = []


def fault(name: str, rule: str, *, made: bool = True):
    """Register a class as faulty: the kit has to find it by this rule. ``made`` says whether to make it a dataclass."""

    def add(cls):
        found = dataclass(frozen=True, kw_only=True)(cls) if made else cls
        FAULTS.append((name, found, rule))
        return found

    return add
