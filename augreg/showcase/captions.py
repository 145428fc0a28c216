"""Says in a few words what was done to a sample, from its trace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def captions(steps: Iterable[Mapping[str, Any]], lines: int = 3) -> tuple[str, ...]:
    """Return one line per step that was applied, such as "rotate degrees 14.2"; the last line counts the rest."""
    said = [caption(step) for step in steps]
    if not said:
        return ("nothing fired",)
    rest = len(said) - lines
    return (*said[: lines - 1], f"{said[lines - 1]}  +{rest} more") if rest > 0 else tuple(said)


def named(step: Mapping[str, Any], per_line: int = 2, lines: int = 3) -> tuple[str, ...]:
    """Return the drawn parameters of a step with their names, some in a line."""
    said = [f"{key} {value}" for key, entry in step["params"].items() if (value := short(entry))]
    rows = [", ".join(said[k : k + per_line]) for k in range(0, len(said), per_line)]
    return tuple(rows[:lines])


def caption(step: Mapping[str, Any]) -> str:
    """Return a step's name without its namespace, and its numbers."""
    name = str(step["augmenter"]).rpartition(".")[2]
    shown = {key: value for key, entry in step["params"].items() if (value := short(entry))}
    # Three numbers and more have no room for their names; the manifest has them.
    said = list(shown.values())[:5] if len(shown) > 2 else [f"{key} {value}" for key, value in shown.items()]
    return f"{name}  {', '.join(said)}" if said else name


def short(entry: Any) -> str:
    """Return a number, a word or a short list of numbers as text, "" for anything longer."""
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if isinstance(entry, int):
        return str(entry) if abs(entry) < 10**6 else ""
    if isinstance(entry, float):
        if not math.isfinite(entry):
            return ""
        return f"{entry:.0f}" if 1_000 <= abs(entry) < 10**6 else f"{entry:.3g}"
    if isinstance(entry, str):
        return entry if len(entry) <= 14 else ""
    if isinstance(entry, (list, tuple)) and 0 < len(entry) <= 4:
        parts = [short(part) for part in entry if not isinstance(part, (list, tuple))]
        if len(parts) < len(entry):
            return ""
        return f"({', '.join(parts)})" if all(parts) else ""
    return ""
