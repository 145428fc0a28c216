"""Whether the pictures of a film are still where its sound has them, told by the steps that fired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from augreg.contract.declaration import Declaration
from augreg.media.origin import Origin
from augreg.pipeline import Execution


def moved_by(steps: Iterable[Mapping[str, Any]], executions: Iterable[Execution]) -> list[str]:
    """Return the augmenters that may have moved a film's frames although their times look as before; [] if none has.

    ``steps`` are those of the film's trace, ``executions`` all that treat films alone: joint steps, which move the
    sound, too, are not among them. A step that alters the order in time moves pictures behind an unchanged time line.
    One that changes the length or the pace alone shows in the times; two may undo in the time line what they did to
    the pictures, as twice as fast and then filled up to the old length.
    """
    known = {e.label: e for e in executions if _moves_time(e.augmenter.declares)}
    fired = [known[step["step"]] for step in steps if step["step"] in known]
    reordered = [e.built.name for e in fired if "time_order" in e.augmenter.declares.alters]
    return list(dict.fromkeys(reordered or [e.built.name for e in fired if len(fired) > 1]))


def _moves_time(declares: Declaration) -> bool:
    """Whether events move with a step of one film, and it is none that only holds pictures on the same time line."""
    alone = declares.labels != "mixes" and "events" in declares.targets
    return alone and ("time_order" in declares.alters or not declares.keeps_shape)


def without_sound(origin: Origin) -> Origin:
    """Return where a film came from, as if it had no sound track to be copied."""
    return replace(origin, details={**origin.details, "audio": False})
