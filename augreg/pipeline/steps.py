"""The nodes of a pipeline: single steps, and groups that choose among steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Policy
from augreg.errors import ConfigError
from augreg.param import FromField, Schedule
from augreg.pipeline.chance import checked_p
from augreg.pipeline.levels import checked_level

OPTIONS: Final = ("p", "level", "id", "fields", "labels", "within", "outside")
"""Words that belong to every step, beside the parameters of its augmenter."""


HEAVIEST: Final = 1e300
"""The largest weight of a step in a group, so that the sum of all is finite."""


def check_id(name: Any, where: str) -> None:
    """Refuse names of steps that are no words."""
    if name is not None and (not isinstance(name, str) or not name):
        raise ConfigError(f"{where}: id={name!r} is not a name; give a word that no other step of the branch has.")


def check_steps(steps: Any, where: str) -> None:
    """Refuse steps that are not listed."""
    if isinstance(steps, (str, Mapping)) or not isinstance(steps, Sequence):
        raise ConfigError(f"{where} must be a list of steps, not {steps!r}. Put it in brackets: [{steps!r}].")


@dataclass(frozen=True, slots=True)
class Step:
    """One augmenter in a pipeline.

    Args:
        augmenter: a registered name, or an augmenter.
        params: its parameters, when it is given by name.
        p: probability that it is applied to a sample; None means what the augmenter declares (1 inside a group). Also
            a schedule over epochs, such as {"linear": [0, 1], "epochs": 30}, see :mod:`augreg.param.schedule`.
        level: strength in 0..1 instead of drawing from the configuration: a number, a pair [from, to] from which each
            sample draws its own, {"trivial": 31}, one of so many strengths evenly spaced from 0 to 1, or
            {"field": "strength"}, the number that the sample's record holds in that field. A schedule may stand for the
            number, and for each end of the pair.
        id: the step's stable name in the pipeline, on which its random numbers hang. It defaults to the
            augmenter's name (with ``#2`` for the second of that name, and so on).
        fields: for joint steps: role -> field, where a record has several fields of a modality.
        labels: "keep": the label of a sample holds although the step declares that it cannot keep it true, as the topic
            of a text does where antonyms come in.
        within, outside: the part of each sample that is changed, or left as it is: a target (boxes, masks, keypoints,
            events, spans), or ``{"target": "boxes", "soft": 0.02, "where": {"label": [1, 2]}}``. ``soft`` is the width
            of the edge in which the step fades out, in seconds or as a fraction of the shorter side; ``radius`` makes
            discs of keypoints, as a fraction of the shorter side; ``where`` chooses some entries by their columns. The
            step must be one that changes values only, or edits texts; every sample must have the target (maybe empty).

    """

    augmenter: str | Augmenter
    params: dict[str, Any] | None = None
    p: float | Schedule | Mapping[str, Any] | None = None
    level: float | Schedule | FromField | Sequence[Any] | Mapping[str, Any] | None = None
    id: str | None = None
    fields: Mapping[str, str] | None = None
    labels: str | None = None
    within: str | Mapping[str, Any] | None = None
    outside: str | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        name = self.augmenter if isinstance(self.augmenter, str) else type(self.augmenter).__name__
        self._check_parts(name)
        if self.p is not None:
            object.__setattr__(self, "p", checked_p(self.p, name))
        check_id(self.id, name)
        if self.labels not in (None, "keep"):
            raise ConfigError(f"{name}: labels={self.labels!r} is not valid; expected: keep.")
        object.__setattr__(self, "level", checked_level(self.level, name))

    def _check_parts(self, name: str) -> None:
        if isinstance(self.augmenter, type) or not isinstance(self.augmenter, (str, Augmenter)):
            raise ConfigError(
                f"{self.augmenter!r} is no augmenter. Write its registered name, or construct it: augreg.make(name)."
            )
        if self.params is not None and not isinstance(self.params, Mapping):
            raise ConfigError(f"{name}: params={self.params!r} is not valid: expected {{parameter: value}}.")
        if self.params and not isinstance(self.augmenter, str):
            raise ConfigError(
                f"{name} is an augmenter already, so params={self.params!r} would do nothing. "
                "Construct it with them, or give its name instead."
            )


@dataclass(frozen=True, slots=True)
class Sequential:
    """Steps that are applied together, with probability ``p``."""

    steps: Sequence[Any]
    p: float | Schedule | Mapping[str, Any] = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        check_steps(self.steps, "sequential")
        object.__setattr__(self, "p", checked_p(self.p, "sequential"))
        check_id(self.id, "sequential")


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
    p: float | Schedule | Mapping[str, Any] = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        check_steps(self.steps, "one_of")
        object.__setattr__(self, "p", checked_p(self.p, "one_of"))
        check_id(self.id, "one_of")
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
    p: float | Schedule | Mapping[str, Any] = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        check_steps(self.steps, "some_of")
        object.__setattr__(self, "p", checked_p(self.p, "some_of"))
        check_id(self.id, "some_of")
        low, high = self.span
        if not 0 <= low <= high <= len(self.steps):
            raise ConfigError(f"some_of: n={self.n!r} does not fit {len(self.steps)} steps; give 0 <= n <= that.")
        if self.order not in ("given", "random"):
            raise ConfigError(f"some_of: order={self.order!r} is not valid: expected 'given' or 'random'.")

    @property
    def span(self) -> tuple[int, int]:
        """Fewest and most steps that are applied."""
        pair = self.n if isinstance(self.n, (list, tuple)) else (self.n, self.n)
        if len(pair) != 2 or any(isinstance(v, bool) or not isinstance(v, int) for v in pair):
            raise ConfigError(
                f"some_of: n={self.n!r} is not valid: expected a whole number or a pair [from, to] of them."
            )
        return pair[0], pair[1]


def check_weights(weights: Sequence[float] | None, n: int, where: str) -> None:
    """Refuse weights that are negative, all zero, or not one per step."""
    if weights is None:
        return
    listed = list(weights) if isinstance(weights, Sequence) and not isinstance(weights, str) else []
    valid = all(isinstance(w, (int, float)) and 0 <= w <= HEAVIEST for w in listed)
    if len(listed) != n or not valid or sum(listed) <= 0:
        raise ConfigError(
            f"{where}: weights={weights!r} do not fit {n} steps; give one number >= 0 per step, one of them above 0."
        )


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """A policy in a pipeline: per sample it draws which operations run, and how strong.

    Args:
        policy: a registered name, or a policy.
        params: its parameters, when it is given by name.
        p: probability that it is applied to a sample.
        id: see :class:`Step`.

    """

    policy: str | Policy
    params: Mapping[str, Any] | None = None
    p: float | Schedule | Mapping[str, Any] = 1.0
    id: str | None = None

    def __post_init__(self) -> None:
        name = self.policy if isinstance(self.policy, str) else type(self.policy).__name__
        if isinstance(self.policy, type) or not isinstance(self.policy, (str, Policy)):
            raise ConfigError(f"{self.policy!r} is no policy. Write its registered name, or construct it.")
        if self.params and not isinstance(self.policy, str):
            raise ConfigError(
                f"{name} is a policy already, so params={self.params!r} would do nothing. Construct it so."
            )
        object.__setattr__(self, "p", checked_p(self.p, name))
        check_id(self.id, name)


Group = Sequential | OneOf | SomeOf
Node = Step | Group | PolicyStep
