"""Says on an exception of a plugin's code which step failed, on what, and whose code it is."""

from __future__ import annotations

from collections.abc import Sequence

from augreg.errors import AugregError
from augreg.pipeline import Execution
from augreg.registry import Registry


def noted(error: Exception, registry: Registry, steps: Sequence[Execution], where: str) -> Exception:
    """Return the exception with a note: the steps' names, their distributions and versions, and ``where``."""
    named = []
    for name in dict.fromkeys(e.built.name for e in steps):
        try:
            spec = registry.resolve(name)
            named.append(f"{name} ({spec.plugin} {spec.version})".replace(" )", ")"))
        except AugregError:
            named.append(name)
    error.add_note(f"in {', '.join(named)}: {where}")
    return error
