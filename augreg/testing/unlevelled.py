"""Which augmenters have no level, so that policies cannot set how strong they are, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg import param
from augreg.errors import AugregError
from augreg.registry import Registry
from augreg.testing.check import require

NUMBERS: Final = ("number", "interval", "integer", "numbers")
BOOKKEEPING: Final = ("min_area", "min_visibility", "min_size", "mask_fill", "period", "batch_size")
"""Parameters that say what becomes of targets, or how it is computed: no strength is among them."""


def without_level(registry: Registry, distribution: str | None = None) -> dict[str, str]:
    """Return name -> why, for the augmenters of a plugin (all installed, for None) that declare no level.

    The reason is "" where what the class declares does not tell.
    """
    found = {}
    for spec in registry.augmenters(plugin=distribution):
        try:
            cls: Any = registry.load(spec.id)
        except AugregError:
            continue  # a check of its own says so
        if getattr(getattr(cls, "declares", None), "level", None) is None:
            found[spec.name] = _reason(cls)
    return found


def _reason(cls: Any) -> str:
    if getattr(getattr(cls, "declares", None), "labels", "") == "mixes":
        return "mixes samples; how much is drawn for each pair"
    numbers = [s.name for s in param.describe(cls) if s.kind in NUMBERS and s.name not in BOOKKEEPING]
    return "" if numbers else "has no number that could be more or less"


def level_or_reason(registry: Registry, distribution: str, given: Mapping[str, str]) -> None:
    """Every augmenter declares a level, or there is a reason why it has none."""
    found = without_level(registry, distribution)
    bare = [name for name, why in found.items() if not (why or given.get(name))]
    require(
        not bare, f"{', '.join(bare)}: no level, and no reason why not. Declare one, or give no_level={{name: why}}."
    )
    idle = [name for name in given if name not in found]
    require(not idle, f"no_level names {', '.join(idle)}: not of {distribution}, or with a level.")
