"""The list of augmenters with one fault each, and of the rule of the conformance kit that must find it."""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: list[tuple[str, type, str]] = []


def fault(name: str, rule: str):
    """Register a class as faulty: the kit has to find it by this rule."""

    def add(cls):
        made = dataclass(frozen=True, kw_only=True)(cls)
        FAULTS.append((name, made, rule))
        return made

    return add
