"""Which branch each step of a plain list belongs to: the one modality that the step's spec declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Policy
from augreg.errors import ConfigError, listing
from augreg.pipeline.parse import RECORD, Parser
from augreg.pipeline.steps import Group, Node, PolicyStep, Step
from augreg.registry import Registry

FILES: Final = (".yaml", ".yml", ".json")
"""How names of pipeline files end."""

ANY: Final = "modality"
"""What stands for the branch, in messages too, as long as it is not known."""


def as_list(steps: Any) -> list[Any] | None:
    """Return steps that say no modality as a list (one step is a list of one), None for anything else.

    Raises:
        ConfigError: the name of a file, or a class.

    """
    if isinstance(steps, str):
        if steps.lower().endswith(FILES):
            raise ConfigError(f"{steps!r} is the name of a file, no step. Read it: augreg.Pipeline.load({steps!r}).")
        return [steps]
    if isinstance(steps, type):
        raise ConfigError(f"a pipeline cannot be the class {steps.__name__}. Construct it: {steps.__name__}().")
    if isinstance(steps, Sequence) and not isinstance(steps, (bytes, bytearray)):
        return list(steps)
    return [steps] if isinstance(steps, (Step, Group, PolicyStep, Policy, Augmenter)) else None


def by_branch(steps: Sequence[Any], registry: Registry) -> dict[str, list[Node]]:
    """Return branch -> its steps, in the order in which they were written.

    Joint steps go under "record".

    Raises:
        ConfigError: a step takes no modality that is known, or several; or a group holds steps of several.
        UnknownAugmenterError, AmbiguousAugmenterError, PluginLoadError: a name cannot be resolved or loaded.

    """
    found: dict[str, list[Node]] = {}
    for i, step in enumerate(steps):
        where = f"steps[{i}]"
        branch = _branch(step, where, registry)
        found.setdefault(branch, []).append(Parser(branch, registry).node(step, where))
    return found


def _branch(step: Any, where: str, registry: Registry) -> str:
    try:
        node = Parser(ANY, registry).node(step, where)
        branches = list(dict.fromkeys(_of_leaf(leaf, where, registry) for leaf in _leaves(node)))
    except RecursionError:
        raise ConfigError(f"{where} is nested too deeply. A step is a name with its parameters.") from None
    if len(branches) == 1:
        return branches[0]
    if not branches:
        raise ConfigError(f"{where} is {step!r}, a group without steps, which has no modality. Leave it out.")
    mapping = ", ".join(f"{name!r}: [...]" for name in branches)
    raise ConfigError(
        f"{where} is a group with steps of {listing(branches)}; a group runs on samples of one of them. "
        f"Write a group for each: {{{mapping}}}."
    )


def _leaves(node: Node) -> Iterator[Step | PolicyStep]:
    if isinstance(node, (Step, PolicyStep)):
        yield node
        return
    for child in node.steps:
        yield from _leaves(child)


def _of_leaf(leaf: Step | PolicyStep, where: str, registry: Registry) -> str:
    if isinstance(leaf, Step):
        return _of_step(leaf, where, registry)
    name = leaf.policy if isinstance(leaf.policy, str) else f"{type(leaf.policy).__name__}(...)"
    raise ConfigError(
        f"{where}: {name} is for samples of any modality, so a list does not say on which it is to run. Write it under "
        f"its modality: {{'image': ['{name}']}}."
    )


def _of_step(step: Step, where: str, registry: Registry) -> str:
    """Return the branch of one step."""
    named = isinstance(step.augmenter, str)
    kind: Any = registry.load(step.augmenter) if isinstance(step.augmenter, str) else type(step.augmenter)
    if is_joint(kind):
        return RECORD
    spec = registry.resolve(step.augmenter) if isinstance(step.augmenter, str) else registry.spec_of(kind)
    name = step.augmenter if named else f"{kind.__name__}(...)"
    if spec is None and hasattr(kind, "takes_modalities"):
        taken: tuple[str, ...] = kind.takes_modalities
        return taken[0]
    if spec is None:
        raise ConfigError(
            f"{where}: {kind.__name__} is not registered, so nothing says which modality it takes. "
            f"Write it under its modality: {{'{ANY}': [{name}]}}."
        )
    if len(spec.modalities) == 1:
        return spec.modalities[0]
    shown = f"'{name}'" if named else name
    choices = " or ".join(f"{{{modality!r}: [{shown}]}}" for modality in spec.modalities)
    raise ConfigError(
        f"{where}: {spec.name} takes {' and '.join(spec.modalities)}, so a list does not say on which it is to run. "
        f"Write {choices}, or both in one mapping."
    )


def is_joint(kind: type[Any]) -> bool:
    """Whether an augmenter of this class works on records."""
    return bool(kind.declares.joint or kind.declares.joint_optional)


def as_mapping(steps: Any, registry: Registry) -> Mapping[str, Any]:
    """Return a pipeline's steps as a mapping of branches, sorting those that came as a list.

    Raises:
        ConfigError: see :func:`by_branch`; or they are neither.

    """
    if isinstance(steps, Mapping):
        return steps
    plain = as_list(steps)
    if plain is None:
        raise ConfigError(
            "a pipeline is a list of steps, or maps modalities to steps: {'modality': ['namespace.name']}; "
            f"got {steps!r}."
        )
    return by_branch(plain, registry)
