"""From what people write (names, mappings, nested lists) to nodes with built augmenters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Member, Policy, digest
from augreg.errors import ConfigError, UnsupportedError, listing, nearest
from augreg.modalities.known import modalities
from augreg.pipeline.levels import fields_of_policy
from augreg.pipeline.operations import Listed, listed
from augreg.pipeline.steps import OPTIONS, Group, Node, OneOf, PolicyStep, Sequential, SomeOf, Step, check_steps
from augreg.pipeline.targeted import Targeted
from augreg.pipeline.within import AIMS, aimed
from augreg.random.rng import Rng
from augreg.registry import Registry
from augreg.registry.loading import load_target

RECORD: Final = "record"
"""The branch of joint steps, which see several fields of a record."""

GROUPS: Final[dict[str, type[Any]]] = {"one_of": OneOf, "some_of": SomeOf, "sequential": Sequential}


@dataclass(frozen=True, slots=True)
class Built:
    """A step whose augmenter is built: ``name`` is the registered one, ``options`` those of lifting."""

    name: str
    augmenter: Augmenter
    step: Step
    policy: Policy | None = None
    """The policy whose operations the augmenter combines."""


@dataclass(frozen=True, slots=True)
class BuiltPolicy:
    """A policy whose operations are built."""

    name: str
    policy: Policy
    operations: tuple[Built, ...]
    weights: NDArray[np.float64]
    """How often each operation is to be drawn, (k,)."""
    spans: tuple[tuple[float, float] | None, ...]
    """What the strengths 0 and 1 of the policy become for each operation; None for those that draw their own."""
    combined: Built | None = None
    """The one step that runs instead of them, of policies that make one of their operations."""
    state: str = ""
    """What stands in traces for what it has learned, if it learns."""
    in_epoch: Callable[[int], Policy] = field(init=False, repr=False, compare=False)
    """The policy with the numbers of an epoch; kept, since it is asked for every sample."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "in_epoch", lru_cache(maxsize=2)(self.policy.in_epoch))


class Parser:
    """Parses the steps of one branch; errors say where in the branch."""

    def __init__(self, branch: str, registry: Registry) -> None:
        self.branch = branch
        self.registry = registry

    def nodes(self, steps: Any, where: str) -> tuple[Node, ...]:
        """Parse a list of steps."""
        check_steps(steps, where)
        return tuple(self.node(step, f"{where}[{i}]") for i, step in enumerate(steps))

    def node(self, step: Any, where: str) -> Node:
        """Parse one step: a name, ``{name: params}``, ``{group: ...}``, a node, an augmenter, or a nested list."""
        if isinstance(step, str):
            return PolicyStep(step, {}) if self.registry.is_policy(step) else Step(step, {})
        if isinstance(step, (Step, PolicyStep)):
            return step
        if isinstance(step, Policy):
            return PolicyStep(step)
        if isinstance(step, (OneOf, SomeOf, Sequential)):
            return replace(step, steps=self.nodes(step.steps, where))
        if isinstance(step, Mapping):
            return self._mapping(step, where)
        if isinstance(step, (list, tuple)):
            return Sequential(self.nodes(step, where))
        if isinstance(step, type):
            raise ConfigError(f"{where} is the class {step.__name__}, no step. Construct it: {step.__name__}().")
        if isinstance(step, Augmenter):
            return Step(step)
        raise ConfigError(
            f"{where} is {step!r}, which is no step. Write a name ('{self.branch}.…'), "
            "a mapping {name: {parameter: value}}, or an augmenter."
        )

    def _mapping(self, step: Mapping[str, Any], where: str) -> Node:
        if len(step) != 1:
            keys = listing(step)
            raise ConfigError(
                f"{where} has {len(step)} keys ({keys}); a step is one name with its parameters: "
                "{name: {parameter: value, p: 0.5}}. Check the indentation."
            )
        name, body = next(iter(step.items()))
        if not isinstance(name, str):
            raise ConfigError(f"{where} has the key {name!r}, which is no name of an augmenter. Run: augreg list")
        if name in GROUPS:
            return self._group(name, body, where)
        if body is None:
            body = {}
        if "." not in name and (hint := nearest(name, GROUPS)):
            raise ConfigError(f"{where}: no group of steps is named {name!r}.{hint} Groups: {listing(GROUPS)}.")
        if not isinstance(body, Mapping):
            raise ConfigError(f"{where}: {name} has {body!r} where its parameters belong; write {{{name}: {{…}}}}.")
        if self.registry.is_policy(name):
            more = {key: body[key] for key in ("p", "id") if key in body and key not in _own(self.registry, name)}
            return PolicyStep(name, {k: v for k, v in body.items() if k not in more}, **more)
        valid = [key for key in OPTIONS if key != "fields" or self.branch == RECORD]
        options = {key: body[key] for key in valid if key in body}
        return Step(name, {k: v for k, v in body.items() if k not in options}, **options)

    def _group(self, name: str, body: Any, where: str) -> Group:
        options = dict(body) if isinstance(body, Mapping) else {"steps": body}
        valid = list(GROUPS[name].__dataclass_fields__)
        for key in options:
            if key not in valid:
                raise ConfigError(
                    f"{where}: {name} has no option {key!r}.{nearest(key, valid)} Options: {listing(valid)}."
                )
        if "steps" not in options:
            raise ConfigError(f"{where}: {name} has no steps; write {{{name}: {{steps: [...]}}}}.")
        options["steps"] = self.nodes(options["steps"], f"{where}.{name}")
        made: Group = GROUPS[name](**options)
        return made

    def build(self, step: Step) -> Built:
        """Load and construct the augmenter of a step for this branch.

        Raises:
            UnknownAugmenterError, PluginLoadError: from the registry.
            ConfigError: wrong parameters; the message starts with the step's name.
            UnsupportedError: the augmenter does not take this modality.

        """
        built = self._build(step)
        if step.level is not None and built.augmenter.declares.level is None:
            raise ConfigError(
                f"{built.name}: level={step.level!r} would do nothing: the step has no strength. Leave it out."
            )
        if step.level is not None:
            _check_not_set(built, built.name, "Leave level out to let it draw as it is configured")
        return self._aimed(built)

    def _aimed(self, built: Built) -> Built:
        """Keep a step to the part of its samples that it is for, if it says one."""
        said = {option: value for option in AIMS if (value := getattr(built.step, option)) is not None}
        if not said:
            return built
        if self.branch == RECORD:
            raise ConfigError(
                f"{built.name}: {next(iter(said))} does not fit a joint step, which is for whole records. "
                "Leave it out, or take a step of one modality."
            )
        modality = modalities(self.registry)[self.branch]
        return replace(built, augmenter=aimed(built.augmenter, built.name, said, modality))

    def build_policy(self, step: PolicyStep) -> BuiltPolicy:
        """Load and construct a policy with the operations that it draws from.

        Raises:
            PluginLoadError: from the registry.
            ConfigError: wrong parameters, or operations that it cannot draw from.
            UnsupportedError: an operation does not take this modality.

        """
        name, policy = self._policy(step)
        if self.branch == RECORD:
            raise ConfigError(
                f"{name} draws operations of one modality; put it under its modality, not under {RECORD!r}."
            )
        found = listed(policy, name, self.branch, self.registry)
        built = [self._operation(one, name, policy) for one in found.steps]
        _check_passed_on(built, policy, name)
        fit = self._fit([one.augmenter for one in built], policy, name, found)
        found = replace(found, operations=tuple(found.operations[i] for i in fit))
        operations = tuple(built[i] for i in fit)
        for one, span in zip(operations, found.spans, strict=True):
            if not policy.draws_levels and span not in (None, (0.0, 1.0)):
                raise ConfigError(f"{name} draws no strengths, so level={list(span)!r} of {one.name} would do nothing.")
            if policy.draws_levels and span is not None and one.augmenter.declares.level is None:
                raise ConfigError(
                    f"{name}: {one.name} has no strength that a policy could set. Leave it out, or let it draw as "
                    f"it is configured: {{{one.name}: {{level: own}}}}."
                )
            if policy.draws_levels and span is not None:
                _check_not_set(one, f"{name}: {one.name}", "Write level: own to let it draw as it is configured")
        settled = policy.settled(found.written, found.n)
        state = _state(policy, found, name)
        combined = self._combined(settled, name, operations, found, step)
        made = BuiltPolicy(name, settled, operations, found.weights, tuple(found.spans), combined, state)
        if combined is None:
            try:  # what cannot be drawn is refused here
                rng = Rng(0, np.zeros(1, dtype=np.uint64))
                rng = rng.with_fields({field: np.zeros(1) for field in fields_of_policy(policy)})
                made.in_epoch(0).plan(rng, found.weights)
            except ConfigError as error:
                raise ConfigError(f"{name}: {error}") from None
        return made

    def _fit(self, built: Sequence[Augmenter], policy: Policy, name: str, found: Listed) -> list[int]:
        """Return which operations the policy may draw.

        Raises:
            ConfigError: a list names one that it may not, or there is none.

        """
        faults = [policy.unfit(augmenter) for augmenter in built]
        for operation, fault in zip(found.operations, faults, strict=True):
            if fault is not None and isinstance(found.written, list):
                raise ConfigError(f"{name}: {operation.name} {fault}. Leave it out.")
        fit = [i for i, fault in enumerate(faults) if fault is None]
        if not fit:
            raise ConfigError(
                f"{name}: none of the operations of {found.written!r} will do: {found.operations[0].name} {faults[0]}. "
                "Say which to draw from: operations: [...]."
            )
        return fit

    def _combined(
        self, policy: Policy, name: str, operations: Sequence[Built], found: Listed, step: PolicyStep
    ) -> Built | None:
        chances = zip(operations, found.spans, found.weights.tolist(), strict=True)
        members = [Member(one.name, one.augmenter, span, weight) for one, span, weight in chances]
        try:
            augmenter = policy.combined(members)
        except (ConfigError, UnsupportedError) as error:
            raise type(error)(f"{name}: {error}") from None
        return None if augmenter is None else Built(name, augmenter, Step(augmenter, p=step.p, id=step.id), policy)

    def _policy(self, step: PolicyStep) -> tuple[str, Policy]:
        if not isinstance(step.policy, str):
            name = next(
                (s.name for s in self.registry.policies() if self.registry.load_policy(s.name) is type(step.policy)), ""
            )
            return name or type(step.policy).__name__, step.policy
        cls, params = self.registry.load_policy(step.policy), dict(step.params or {})
        if params.get(cls.wraps) is not None:
            params[cls.wraps] = self._within(params[cls.wraps], step.policy)
        made: Policy = param.build(cls, params, step.policy)
        return step.policy, made

    def _within(self, given: Any, name: str) -> Policy:
        """Return the policy that another one wraps."""
        node = self.node(given, f"{name}: policy")
        if not isinstance(node, PolicyStep) or node.p != 1 or node.id is not None:
            raise ConfigError(
                f"{name}: policy={given!r} is no policy. Write its name, or {{name: {{parameter: value}}}}, without "
                "p and id."
            )
        return self._policy(node)[1]

    def _operation(self, step: Step, name: str, policy: Policy) -> Built:
        try:
            built = self.build(step)
            said = {k: v for k, v in policy.passed_on.items() if k not in (step.params or {})}
            if not said or not isinstance(step.augmenter, str):
                return built
            taken = {k: v for k, v in said.items() if k in _takes(built.augmenter)}
            return self.build(replace(step, params={**(step.params or {}), **taken})) if taken else built
        except (ConfigError, UnsupportedError) as error:
            raise type(error)(f"{name}: {error}") from None

    def _build(self, step: Step) -> Built:
        if not isinstance(step.augmenter, str):
            spec = self.registry.spec_of(type(step.augmenter))
            name = spec.name if spec else type(step.augmenter).__name__
            self._check_joint(name, type(step.augmenter))
            if spec is not None and self.branch != RECORD:
                self._check_modality(spec.name, spec.modalities)
            return Built(name, step.augmenter, step)
        spec = self.registry.resolve(step.augmenter)
        cls = self.registry.load(step.augmenter)
        params = dict(step.params or {})
        self._check_joint(step.augmenter, cls)
        if self.branch in (*spec.modalities, RECORD):
            return Built(step.augmenter, param.build(cls, params, step.augmenter), step)
        lift = self._lift(spec.modalities)
        if lift is None:
            self._check_modality(spec.name, spec.modalities)
        own = {s.name for s in param.describe(cls)}
        options = {k: v for k, v in params.items() if k not in own and k in lift_options(lift)}
        inner = param.build(cls, {k: v for k, v in params.items() if k not in options}, step.augmenter)
        return Built(step.augmenter, param.build(lift, {"augmenter": inner, **options}, step.augmenter), step)

    def _check_joint(self, name: str, cls: type[Augmenter]) -> None:
        """Joint steps stand under "record", all others under a modality or a field."""
        joint = cls.declares.joint or cls.declares.joint_optional
        if bool(joint) == (self.branch == RECORD):
            return
        if joint:
            raise UnsupportedError(f"{name} works on {' and '.join(joint)} of one record; put it under {RECORD!r}.")
        raise UnsupportedError(f"{name} is no joint step; put it under its modality, not under {RECORD!r}.")

    def _lift(self, modalities: tuple[str, ...]) -> Any:
        """Return the class that makes an augmenter of one of these modalities work on this branch's, or None."""
        for spec in self.registry.lifts():
            if spec.modality == self.branch and spec.source in modalities:
                return load_target(spec.target, f"the lift to {spec.modality}", spec.plugin)
        return None

    def _check_modality(self, name: str, modalities: tuple[str, ...]) -> None:
        if self.branch in modalities:
            return
        # A word that only looks alike (audio.gain, image.rain) is another thing.
        own = f"{self.branch}.{name.partition('.')[2]}"
        hint = f" Did you mean {own!r}?" if own in {s.name for s in self.registry.augmenters()} else ""
        raise UnsupportedError(
            f"{name} takes {' and '.join(modalities)}, not {self.branch}.{hint} "
            f"Run: augreg list --modality {self.branch}"
        )


def _check_not_set(built: Built, where: str, cure: str) -> None:
    """Refuse an operation that says itself what a strength is to set: the strength would win, and nobody be told."""
    level, params = built.augmenter.declares.level, built.step.params or {}
    if level is not None and level.param in params:
        raise ConfigError(
            f"{where}: {level.param}={params[level.param]!r} would do nothing, as the strength sets {level.param}. "
            f"{cure}, or leave {level.param} out."
        )


def _check_passed_on(operations: Sequence[Built], policy: Policy, name: str) -> None:
    """Refuse what a policy passes on to its operations if none of them takes it."""
    taken = {parameter for one in operations for parameter in _takes(one.augmenter)}
    for parameter, value in policy.passed_on.items():
        if parameter not in taken:
            raise ConfigError(
                f"{name}: {parameter}={value!r} would do nothing: none of its operations has it. Leave it out."
            )


def _takes(augmenter: Augmenter) -> set[str]:
    """Return the parameters of an augmenter, and of what it lifts."""
    inner = getattr(augmenter, "augmenter", None)
    return {spec.name for one in (augmenter, inner) if one is not None for spec in param.describe(type(one))}


def _state(policy: Policy, found: Listed, name: str) -> str:
    """Return what stands for the state of a policy that learns, which is checked."""
    learns = policy.learned
    if learns is None:
        return ""
    names = [operation.name for operation in found.operations]
    try:
        learns.check_state(names)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None
    return digest(learns.initial_state(names) if learns.state is None else learns.state)


def _own(registry: Registry, policy: str) -> set[str]:
    """Return the parameters of a policy: its ``p`` is its own, where it has one."""
    return {spec.name for spec in param.describe(registry.load_policy(policy))}


def config_of(built: Built) -> dict[str, Any]:
    """Return the parameters that differ from the defaults; those of a lifted augmenter stand beside the lift's."""
    augmenter = built.augmenter.targeted if isinstance(built.augmenter, Targeted) else built.augmenter
    inner = getattr(augmenter, "augmenter", None)
    lifted = inner is not None and isinstance(built.step.augmenter, str)
    if not lifted:
        return param.config(augmenter)
    options = lift_options(type(augmenter))
    own = {k: v for k, v in param.config(augmenter).items() if k in options}
    return {**param.config(inner), **own}


def lift_options(lift: Any) -> set[str]:
    """Return the parameters of a lift beside the augmenter that it lifts."""
    return {s.name for s in param.describe(lift)} - {"augmenter"}
