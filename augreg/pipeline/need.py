"""How much memory the steps of a pipeline take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from augreg.contract.augmenter import memory_of
from augreg.contract.declaration import Level
from augreg.errors import ConfigError
from augreg.pipeline.program import Execution


class Need(NamedTuple):
    """What the steps for samples of a modality take at their peak, beside the sample that they are given.

    >>> import augreg
    >>> augreg.Pipeline(["text.keyboard"]).need("text")
    Need(factor=4.0, step='text.keyboard')

    """

    factor: float
    """Bytes for each byte of a sample."""
    step: str
    """The name of the step that takes so much; "" where there are no steps."""


def need_of(executions: Iterable[Execution]) -> Need:
    """Return the largest need of all that may run; operations of policies and members of joint steps are among them."""
    found = Need(0.0, "")
    for execution in executions:
        levelled = execution.policy is not None or execution.built.step.level is not None
        factor = memory_of(levelled_of(execution.augmenter) if levelled else execution.augmenter)
        if execution.built.step.p != 0 and factor > found.factor:
            found = Need(factor, execution.built.name)
    return found


def levelled_of(augmenter: Any) -> Any:
    """Return an augmenter whose configuration may draw what a level makes it draw, which can be more than its own.

    >>> import augreg
    >>> from augreg.pipeline.need import levelled_of
    >>> levelled_of(augreg.make("audio.speed", factor=(0.9, 1.1))).factor
    (0.6666666666666666, 1.5)

    """
    inner = getattr(augmenter, "augmenter", None)
    if inner is not None:  # a lift has the level of what it lifts
        return replace(augmenter, augmenter=levelled_of(inner))
    level = augmenter.declares.level
    if level is None or level.relative_to or not isinstance(getattr(augmenter, level.param, None), tuple):
        return augmenter
    try:
        return replace(augmenter, **{level.param: _reached(level)})
    except ConfigError:  # no interval, or one that does not go with other parameters
        return augmenter


def _reached(level: Level) -> tuple[float, float]:
    """Return the least and the largest value that a level sets."""
    other = level.low**2 / level.high if level.scale == "log" else 2 * level.low - level.high
    ends = (level.low, level.high, other) if level.signed else (level.low, level.high)
    return min(ends), max(ends)
