"""The steps of a pipeline that learn: where they are, what they know, and the same pipeline knowing something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from augreg import param
from augreg.contract.policy import Learned
from augreg.errors import ConfigError, nearest
from augreg.pipeline.parse import BuiltPolicy
from augreg.pipeline.program import Choice, Leaf, Program
from augreg.pipeline.steps import Group, Node, PolicyStep, Step

Change = Callable[[str, PolicyStep, BuiltPolicy], PolicyStep]


@dataclass(frozen=True, slots=True)
class LearnedStep:
    """A step whose policy learns.

    Args:
        name: the branch and the path of the step, "image/policy.cta".
        modality: whose samples it works on.
        built: the policy with its operations.

    """

    name: str
    modality: str
    built: BuiltPolicy

    @property
    def policy(self) -> Learned:
        """The policy that learns, which another one may wrap."""
        found = self.built.policy.learned
        assert found is not None, self.name
        return found

    @property
    def operations(self) -> list[str]:
        """The names of its operations."""
        return [operation.name for operation in self.built.operations]

    @property
    def state(self) -> Mapping[str, Any]:
        """What it knows."""
        known: Mapping[str, Any] | None = self.policy.state
        return self.policy.initial_state(self.operations) if known is None else known


def learned_steps(programs: Mapping[str, Program], modality_of: Mapping[str, str]) -> dict[str, LearnedStep]:
    """Return the steps of a pipeline that learn, by name."""
    found = {}
    for branch, program in programs.items():
        for choice in _policies(program.tree):
            built = choice.policy
            if built is not None and built.policy.learned is not None:
                name = step_name(branch, choice.path)
                found[name] = LearnedStep(name, modality_of[branch], built)
    return found


def step_name(branch: str, path: str) -> str:
    """Return the name of a step: paths of fields begin with their branch, those of modalities do not.

    >>> from augreg.pipeline.learned import step_name
    >>> step_name("image", "policy.cta"), step_name("fields/photo", "fields/photo/policy.cta")
    ('image/policy.cta', 'fields/photo/policy.cta')

    """
    return path if path.startswith(f"{branch}/") else f"{branch}/{path}"


def changed(
    branches: Mapping[str, Sequence[Node]], programs: Mapping[str, Program], change: Change
) -> dict[str, tuple[Node, ...]]:
    """Return the steps of a pipeline with its policies changed."""

    def rewritten(branch: str, nodes: Sequence[Node], tree: Sequence[Leaf | Choice]) -> Iterator[Node]:
        for node, made in zip(nodes, tree, strict=True):
            if isinstance(made, Leaf) or isinstance(node, Step):
                yield node
            elif isinstance(node, PolicyStep):
                assert made.policy is not None, made.path
                yield change(step_name(branch, made.path), node, made.policy)
            else:
                group: Group = node
                yield replace(group, steps=tuple(rewritten(branch, group.steps, made.children)))

    return {branch: tuple(rewritten(branch, nodes, programs[branch].tree)) for branch, nodes in branches.items()}


def with_states(states: Mapping[str, Any], known: Mapping[str, LearnedStep]) -> Change:
    """Return what gives policies what they know.

    Raises:
        ConfigError: a name of no step that learns.

    """
    for name in states:
        if name not in known:
            some = f"Those that do: {', '.join(known)}." if known else "None of its steps does."
            raise ConfigError(f"the pipeline has no step {name!r} that learns.{nearest(name, known)} {some}")

    def change(name: str, node: PolicyStep, built: BuiltPolicy) -> PolicyStep:
        if name not in states:
            return node
        policy = built.policy.with_state(states[name])
        # The name, on which the path and so the random numbers hang, stays as it is written.
        by_name = isinstance(node.policy, str)
        return replace(node, params=param.config(policy)) if by_name else replace(node, policy=policy)

    return change


def _policies(tree: Sequence[Leaf | Choice]) -> Iterator[Choice]:
    for node in tree:
        if isinstance(node, Choice):
            if node.policy is not None:
                yield node
            yield from _policies(node.children)
