"""Sub-policies: short sequences of operations, the form in which searched policies are published and exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.policy import NONE, Plan, Policy
from augreg.errors import ConfigError
from augreg.param import FromField
from augreg.param.from_field import check_meant, read_field, says_field
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Sub(Policy):
    """One of several sub-policies per sample, each a short sequence of (operation, probability, strength).

    The form of AutoAugment (Cubuk et al., 2018, arXiv:1805.09501), Fast AutoAugment and Text AutoAugment. A strength is
    a number from 0 to 1, a pair to draw from, {field: strength} for the number that each record holds there, or None
    for operations that have none.

    >>> import augreg
    >>> steps = {"policies": [[["text.keyboard", 0.8, 0.5], ["text.word_swap", 0.4, 0.2]], [["text.typo", 1, 0.3]]]}
    >>> pipe = augreg.Pipeline({"text": [{"policy.sub": steps}]})
    >>> pipe("one two three four", seed=7, keys="a") != "one two three four"
    True

    """

    policies: tuple[Any, ...] = param.value(doc="sub-policies: lists of [operation, probability, strength]")
    weights: tuple[float, ...] | None = param.numbers(None, "how often each is drawn; alike by default", optional=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.operations is not None:
            raise ConfigError("policy.sub draws from what its policies name; leave out operations.")
        if not isinstance(self.policies, tuple) or not self.policies:
            raise ConfigError(f"policies={self.policies!r} is no list of sub-policies [[operation, p, level], ...].")
        for i, policy in enumerate(self.policies):
            _check(policy, f"policies[{i}]")
        object.__setattr__(self, "policies", tuple(tuple(map(_read, policy)) for policy in self.policies))
        given = self.weights
        if given is not None and (len(given) != len(self.policies) or min(given) < 0 or sum(given) <= 0):
            raise ConfigError(
                f"weights={list(given)!r} do not fit {len(self.policies)} sub-policies; give one number >= 0 for each, "
                "one of them above 0."
            )

    @property
    def slots(self) -> int:
        """As many as the longest sub-policy has operations."""
        return max(len(policy) for policy in self.policies)

    @property
    def drawn_from(self) -> Any:
        """The operations that the sub-policies name, each once."""
        return list(self._places.values())

    def settled(self, operations: Any, n: int) -> Self:
        """Return itself: it names its operations."""
        return self

    @cached_property
    def _places(self) -> dict[str, Any]:
        """How each different operation is written -> the operation."""
        found: dict[str, Any] = {}
        for name, _, level in (entry for policy in self.policies for entry in policy):
            found.setdefault(_said(name, level), _with_level(name, level))
        return found

    @cached_property
    def _fields(self) -> dict[str, NDArray[np.bool_]]:
        """Field of the records -> per sub-policy and slot, whether the strength is what stands there."""
        found: dict[str, NDArray[np.bool_]] = {}
        for i, policy in enumerate(self.policies):
            for j, (_, _, level) in enumerate(policy):
                if isinstance(level, FromField):
                    found.setdefault(level.name, np.zeros((len(self.policies), self.slots), dtype=bool))[i, j] = True
        return found

    @cached_property
    def _table(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Per sub-policy and slot, which operation; and its probability and the ends of its strength."""
        place = {said: i for i, said in enumerate(self._places)}
        which = np.full((len(self.policies), self.slots), NONE, dtype=np.int64)
        numbers = np.zeros((3, *which.shape))
        for i, policy in enumerate(self.policies):
            for j, (name, p, level) in enumerate(policy):
                which[i, j] = place[_said(name, level)]
                known = 0.0 if level is None or isinstance(level, FromField) else level
                low, high = known if isinstance(known, tuple) else (known, known)
                numbers[:, i, j] = p, low, high
        return which, numbers

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        which, (p, low, high) = self._table
        chosen = rng.choice("policy", len(which), self.weights)
        fires = rng.uniform("p", size=self.slots) < p[chosen]
        level = low[chosen] + (high - low)[chosen] * rng.uniform("level", size=self.slots)
        for field, places in self._fields.items():
            level = np.where(places[chosen], rng.field(field)[:, None], level)
        return Plan(np.where(fires, which[chosen], NONE), level)


def _said(name: Any, level: Any) -> str:
    return f"{name!r} {'own' if level is None else ''}"


def _with_level(name: Any, level: Any) -> Any:
    if level is not None:
        return name
    listed, params = next(iter(name.items())) if isinstance(name, Mapping) else (name, {})
    return {listed: {**(params or {}), "level": "own"}}


def _read(entry: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    name, p, level = entry
    return name, p, read_field(level, "level") if says_field(level) else level


def _check(policy: Any, where: str) -> None:
    if not isinstance(policy, tuple) or not policy:
        raise ConfigError(f"{where} is {policy!r}, no list of [operation, probability, strength].")
    for j, entry in enumerate(policy):
        at = f"{where}[{j}]"
        if not isinstance(entry, tuple) or len(entry) != 3:
            raise ConfigError(f"{at} is {entry!r}; an entry is [operation, probability, strength].")
        name, p, level = entry
        if not isinstance(name, (str, Mapping)):
            raise ConfigError(f"{at} names the operation {name!r}; write a name or {{name: {{parameter: value}}}}.")
        if not _within(p):
            raise ConfigError(f"{at}: p={p!r} is not a probability; give a number from 0 to 1.")
        if isinstance(level, (Mapping, FromField)):
            check_meant(level, f"{at}: level", ())
        if says_field(level):
            read_field(level, f"{at}: level")
            continue
        ends: Sequence[Any] = level if isinstance(level, tuple) else (level, level)
        if level is not None and (len(ends) != 2 or not all(map(_within, ends)) or ends[0] > ends[1]):
            raise ConfigError(
                f"{at}: level={level!r} is not a strength; give a number from 0 to 1, a pair of them, "
                "{field: strength}, or null."
            )


def _within(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
