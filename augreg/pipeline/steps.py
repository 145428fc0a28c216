"""The nodes of a pipeline: single steps, and groups that choose among steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from augreg.augmenter import Augmenter
from augreg.errors import ConfigError

OPTIONS: Final = ("p", "level", "id", "fields")
"""Words that belong to every step, beside the parameters of its augmenter."""


def check_p(p: Any, where: str) -> None:
    """Refuse probabilities outside 0..1."""
    if p is None:
        return
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ConfigError(f"{where}: p={p!r} is not a probability; give a number from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Step:
    """One augmenter in a pipeline.

    Args:
        augmenter: a registered name, or an augmenter.
        params: its parameters, when it is given by name.
        p: probability that it is applied to a sample; None means what the augmenter declares (1 inside a group).
        level: fixed strength in 0..1 instead of drawing from the configuration.
        id: the step's stable name in the pipeline, on which its random numbers hang. It defaults to the
            augmenter's name (with ``#2`` for the second of that name, and so on).
        fields: for joint steps: role -> field, where a record has several fields of a modality.

    """

    augmenter: str | Augmenter
    params: dict[str, Any] | None = None
    p: float | None = None
    level: float | None = None
    id: str | None = None
    fields: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        name = self.augmenter if isinstance(self.augmenter, str) else type(self.augmenter).__name__
        check_p(self.p, name)
        if self.level is not None and not (isinstance(self.level, (int, float)) and 0 <= self.level <= 1):
            raise ConfigError(f"{name}: level={self.level!r} is not a strength; give a number from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Sequential:
    """Steps that are applied together, with probability ``p``."""

    steps: Sequence[Any]
    p: float = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        check_p(self.p, "sequential")


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several steps, drawn per sample.

    Args:
        steps: what to choose from; a nested list is a sequence.
        weights: relative frequencies, one per step; equal by default.
        p: probability that any of them is applied.
        id: see :class:`Step`.

    """

    steps: Sequence[Any]
    weights: Sequence[float] | None = None
    p: float = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        check_p(self.p, "one_of")
        if not self.steps:
            raise ConfigError("one_of has no steps; give at least one.")
        check_weights(self.weights, len(self.steps), "one_of")


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Several different steps, drawn per sample.

    Args:
        steps: what to choose from; a nested list is a sequence.
        n: how many are applied: a number, or a pair (from, to), both inclusive.
        order: "given" applies the chosen ones in the listed order, "random" in a random one.
        p: probability that any of them is applied.
        id: see :class:`Step`.

    """

    steps: Sequence[Any]
    n: int | tuple[int, int] = 1
    order: Literal["given", "random"] = "given"
    p: float = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        check_p(self.p, "some_of")
        low, high = self.span
        if not 0 <= low <= high <= len(self.steps):
            raise ConfigError(f"some_of: n={self.n!r} does not fit {len(self.steps)} steps; give 0 <= n <= that.")
        if self.order not in ("given", "random"):
            raise ConfigError(f"some_of: order={self.order!r} is not valid: expected 'given' or 'random'.")

    @property
    def span(self) -> tuple[int, int]:
        """Fewest and most steps that are applied."""
        if isinstance(self.n, bool):
            raise ConfigError(f"some_of: n={self.n!r} is not valid: expected a number or a pair.")
        if isinstance(self.n, int):
            return self.n, self.n
        try:
            low, high = (int(v) for v in self.n)
        except (TypeError, ValueError):
            raise ConfigError(f"some_of: n={self.n!r} is not valid: expected a number or a pair.") from None
        return low, high


def check_weights(weights: Sequence[float] | None, n: int, where: str) -> None:
    """Refuse weights that are negative, all zero, or not one per step."""
    if weights is None:
        return
    if len(weights) != n or min(weights) < 0 or sum(weights) <= 0:
        raise ConfigError(f"{where}: weights={list(weights)!r} do not fit {n} steps; give one number >= 0 per step.")


Group = Sequential | OneOf | SomeOf
Node = Step | Group
