"""From what people write (names, mappings, nested lists) to nodes with built augmenters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Policy, digest
from augreg.errors import ConfigError, UnsupportedError, listing, nearest
from augreg.pipeline.operations import Listed, listed
from augreg.pipeline.steps import OPTIONS, Group, Node, OneOf, PolicyStep, Sequential, SomeOf, Step, check_steps
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


@dataclass(frozen=True, slots=True)
class BuiltPolicy:
    """A policy whose operations are built."""

    name: str
    policy: Policy
    operations: tuple[Built, ...]
    listed: Listed
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
        return built

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
        operations = tuple(self._operation(one, name) for one in found.steps)
        for built, span in zip(operations, found.spans, strict=True):
            if policy.draws_levels and span is not None and built.augmenter.declares.level is None:
                raise ConfigError(
                    f"{name}: {built.name} has no strength that a policy could set. Leave it out, or let it draw as "
                    f"it is configured: {{{built.name}: {{level: own}}}}."
                )
        return BuiltPolicy(name, policy.settled(found.written, found.n), operations, found, _state(policy, found, name))

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

    def _operation(self, step: Step, name: str) -> Built:
        try:
            return self.build(step)
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
    inner = getattr(built.augmenter, "augmenter", None)
    lifted = inner is not None and isinstance(built.step.augmenter, str)
    if not lifted:
        return param.config(built.augmenter)
    options = lift_options(type(built.augmenter))
    own = {k: v for k, v in param.config(built.augmenter).items() if k in options}
    return {**param.config(inner), **own}


def lift_options(lift: Any) -> set[str]:
    """Return the parameters of a lift beside the augmenter that it lifts."""
    return {s.name for s in param.describe(lift)} - {"augmenter"}
