"""What is searched: how many operations, how strong, how often, which of them; and settings of the trainer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.arms import given_steps
from augreg.learn.network import Network
from augreg.pipeline import Pipeline
from augreg.pipeline.operations import listed
from augreg.policies.trivial import Trivial
from augreg.registry import default
from augreg.registry.operations import Operation

SWITCHES: Final = 12
"""With more operations, those of one tag are switched together: some fifty trials tell no more apart."""

TUNED: Final[Mapping[str, str]] = {"lr": "rate", "batch_size": "batch"}
"""Setting of the trainer -> the field of :class:`augreg.learn.network.Network`."""

POLICY: Final = "policy.trivial"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that a trial chooses.

    Args:
        name: what reports call it.
        choices: the values that it may have, in order.
        default: the value that ``policy.trivial`` has.

    """

    name: str
    choices: tuple[Any, ...]
    default: Any


@dataclass(frozen=True)
class Candidate:
    """A policy that can be trained.

    Args:
        steps: what :meth:`augreg.Pipeline.to_dict` returned; None for no augmentation at all.
        settings: of the trainer, by the names in :data:`TUNED`.
        chosen: dimension -> what was chosen; {} of a policy that did not come from a space.

    """

    steps: Mapping[str, Any] | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """The candidates, and ``policy.trivial`` over the same operations.

    Args:
        modality: of the samples.
        operations: what policies draw from, as pipelines write it.
        switches: switch -> which operations it turns on.
        base: ``policy.trivial``, which has to be beaten.
        dimensions: what a trial chooses.
        notes: what the user should know.

    """

    modality: str
    operations: tuple[Mapping[str, Any], ...]
    switches: Mapping[str, tuple[int, ...]]
    base: Candidate
    dimensions: tuple[Dimension, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, operations: Sequence[Any] | str | Path, modality: str, tune: Sequence[str], task: Any) -> Space:
        """Return the space over some operations; over those of ``policy.trivial`` where none are given.

        Raises:
            ConfigError: an operation or a setting cannot be searched over.

        """
        given = given_steps(operations, modality) if operations else []
        entries = [_entry(step) for step in given]
        step = {POLICY: {"operations": entries} if entries else {}}
        steps = Pipeline({modality: [step]}).to_dict()  # refuses what is unknown, and says how many it draws
        held = listed(Trivial(operations=entries or None), POLICY, modality, default()).operations
        several = _switches(held)
        n = int(steps[modality][0][POLICY]["n"])
        if len(held) < 2:
            raise ConfigError(
                f"operations are only {held[0].name}: there is nothing to choose from. Give two or more (--operations)."
            )
        tenths = tuple(tenth / 10 for tenth in range(2, 11))
        dimensions = (
            Dimension("n", tuple(range(1, max(3, n + 1) + 1)), n),
            Dimension("strength", tenths, 1.0),
            Dimension("p", tenths, 1.0),
            *(Dimension(f"use {name}", (True, False), True) for name in several),
            *_settings(tune, task),
        )
        notes: tuple[str, ...] = ()
        if any(isinstance(one, Mapping) and "p" in (next(iter(one.values())) or {}) for one in given):
            notes = ("how often an operation is applied (p) is left to the policy that draws it",)
        written = tuple(_written(operation) for operation in held)
        return cls(modality, written, several, Candidate(steps), dimensions, notes)

    def candidate(self, chosen: Mapping[str, Any]) -> Candidate:
        """Return what a trial chose: ``policy.trivial`` itself where it chose all that this has."""
        settings = {name: chosen[name] for name in TUNED if name in chosen}
        if all(chosen[one.name] == one.default for one in self.dimensions if one.name not in TUNED):
            return Candidate(self.base.steps, settings, chosen)
        on = sorted(place for name, places in self.switches.items() if chosen[f"use {name}"] for place in places)
        if not on:
            return Candidate(None, settings, chosen)
        body: dict[str, Any] = {"n": chosen["n"], "operations": [self.operations[place] for place in on]}
        if chosen["strength"] < 1:
            body["level"] = [0.0, chosen["strength"]]
        if chosen["p"] < 1:
            body["p"] = chosen["p"]
        return Candidate(Pipeline({self.modality: [{POLICY: body}]}).to_dict(), settings, chosen)

    @property
    def start(self) -> dict[str, Any]:
        """What trivial chooses, with which the search begins."""
        return {one.name: one.default for one in self.dimensions}


def tuned(task: Any, settings: Mapping[str, Any]) -> Any:
    """Return a task with other settings of its trainer."""
    if not settings:
        return task
    from dataclasses import replace

    return replace(task, **{TUNED[name]: value for name, value in settings.items()})


def _settings(tune: Sequence[str], task: Any) -> list[Dimension]:
    found = []
    for name in tune:
        if name not in TUNED:
            raise ConfigError(f"tune names {name!r}.{nearest(name, TUNED)} Valid: {listing(TUNED)}.")
        if not isinstance(task, Network):
            raise ConfigError(
                f"tune={name!r} is for networks of augreg, and {type(task).__name__} is none. Leave it out (--tune)."
            )
        value = getattr(task, TUNED[name])
        factors = (0.2, 0.5, 1, 2, 5) if name == "lr" else (0.5, 1, 2)
        choices = tuple(value if factor == 1 else type(value)(value * factor) for factor in factors)
        found.append(Dimension(name, choices, value))
    return found


def _entry(step: Any) -> Any:
    """Return a step as an operation of a policy, which draws as it is configured where it has no strength to set."""
    name, body = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if not isinstance(body or {}, Mapping) or default().is_policy(str(name)):
        raise ConfigError(f"operations hold {name!r}, which is no augmenter. Give augmenters, such as image.rotate.")
    params = {key: value for key, value in (body or {}).items() if key != "p"}
    level = default().load(name).declares.level
    if "level" not in params and (level is None or level.param in params):
        params["level"] = "own"
    return {name: params} if params else name


def _written(operation: Operation) -> dict[str, Any]:
    level = operation.level if operation.level == "own" else list(operation.level)
    more = {} if level == [0.0, 1.0] else {"level": level}
    weight = {} if operation.weight == 1 else {"weight": operation.weight}
    return {operation.name: {**operation.params, **more, **weight}}


def _switches(operations: Sequence[Operation]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for place, operation in enumerate(operations):
        name = operation.name
        if len(operations) > SWITCHES:
            tags = [tag for tag in default().resolve(name).tags if tag != "level"]
            name = tags[0] if tags else name
            found[name] = (*found.get(name, ()), place)
            continue
        if name in found:
            name = f"{name} ({', '.join(f'{key}={value}' for key, value in operation.params.items())})"
        found[name if name not in found else f"{name} #{place}"] = (place,)
    return found
