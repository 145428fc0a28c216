"""A branch as a flat list of executions: which augmenter runs, on which samples, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import numpy as np

from augreg.contract.augmenter import Augmenter, fuses
from augreg.contract.joint import JointAugmenter
from augreg.contract.policy import Plan
from augreg.errors import ConfigError, ContractError
from augreg.param import Schedule
from augreg.pipeline.chance import checked_p, fixed, in_epoch
from augreg.pipeline.parse import Built, BuiltPolicy, Parser
from augreg.pipeline.steps import Node, OneOf, PolicyStep, Sequential, SomeOf, Step
from augreg.random.one import OneRng
from augreg.random.rng import Rng, fires


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of one step.

    ``path`` names its random numbers; ``label`` tells executions of one step apart (in a random order a step
    stands once in every slot) and is what a trace records. ``slot`` names the place of a policy of which every sample
    meets at most one execution; it is empty elsewhere.
    """

    label: str
    path: str
    built: Built
    fuses: bool
    slot: str = ""
    policy: BuiltPolicy | None = None
    """What draws it, and how strong it is, where a policy does."""

    @property
    def augmenter(self) -> Augmenter:
        """The augmenter that runs."""
        return self.built.augmenter


@dataclass(frozen=True, slots=True)
class Leaf:
    """A step with its probability; ``drawn`` says that a policy made it of its operations."""

    path: str
    p: float | Schedule
    built: Built
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A group of steps with its probability; or a policy, whose children are its operations slot by slot."""

    path: str
    p: float | Schedule
    node: OneOf | SomeOf | Sequential | PolicyStep
    children: tuple[Leaf | Choice, ...]
    policy: BuiltPolicy | None = None


class Fired(NamedTuple):
    """On which of n samples an execution fires, bool (n,), and how strong, (n,), where a policy says it."""

    mask: np.ndarray
    level: np.ndarray | None = None


class Program:
    """The compiled steps of one branch.

    Args:
        nodes: the steps.
        parser: builds their augmenters.
        prefix: what labels begin with.
        draws: what the paths of random numbers begin with, where that is something else: a field that is tied to
            another draws the other's numbers.

    """

    def __init__(self, nodes: Sequence[Node], parser: Parser, prefix: str = "", draws: str | None = None) -> None:
        self._parser, self._prefix = parser, prefix
        self._draws = prefix if draws is None else draws
        self.tree: tuple[Leaf | Choice, ...] = self._compile(nodes, self._draws, inside=False)
        """The steps and groups, as they are nested."""
        flat = _walk(self.tree)
        self._paths, self._ps = [node.path for node in flat], [node.p for node in flat]
        self._fixed = fixed(self._ps)
        self.gates: tuple[list[str], list[float]] | None = None
        """Paths and probabilities of the executions, where these are the same in every epoch and no group chooses."""
        if self._fixed is not None and not any(isinstance(node, Choice) for node in flat):
            self.gates = self._paths, self._fixed
        self.executions: tuple[Execution, ...] = tuple(self._flatten(self.tree, ""))
        self._simple = all(isinstance(n, Leaf) or n.policy is not None for n in self.tree)
        """Whether one sample can be told without arrays which executions fire on it: no group chooses."""
        self._roots, self._root_ps = [node.path for node in self.tree], [node.p for node in self.tree]
        del self._parser

    def _compile(self, nodes: Sequence[Node], parent: str, *, inside: bool) -> tuple[Leaf | Choice, ...]:
        used: dict[str, int] = {}
        found: list[Leaf | Choice] = []
        for node in nodes:
            if isinstance(node, Step):
                built = self._parser.build(node)
                path = parent + _slot(node, built.name, used)
                default = 1.0 if inside else built.augmenter.declares.p
                found.append(Leaf(path, default if node.p is None else checked_p(node.p, path), built))
            elif isinstance(node, PolicyStep):
                found.append(self._policy(node, parent, used))
            else:
                path = parent + _slot(node, _kind(node), used)
                chooses = isinstance(node, (OneOf, SomeOf)) or inside
                children = self._compile(node.steps, f"{path}/", inside=chooses)
                found.append(Choice(path, checked_p(node.p, path), node, children))
        return tuple(found)

    def _policy(self, node: PolicyStep, parent: str, used: dict[str, int]) -> Leaf | Choice:
        built = self._parser.build_policy(node)
        path = parent + _slot(node, built.name, used)
        if built.combined is not None:
            return Leaf(path, checked_p(node.p, path), built.combined, drawn=True)
        children: list[Leaf | Choice] = []
        for slot in range(built.policy.slots):
            names: dict[str, int] = {}
            # The first slot has no number in its paths, so that a second one leaves its random numbers alone.
            within = f"{path}/{slot}/" if slot else f"{path}/"
            children += [Leaf(within + _slot(o.step, o.name, names), 1.0, o) for o in built.operations]
        return Choice(path, checked_p(node.p, path), node, tuple(children), built)

    def _flatten(
        self, tree: Sequence[Leaf | Choice], prefix: str, policy: BuiltPolicy | None = None
    ) -> list[Execution]:
        found = []
        for node in tree:
            if isinstance(node, Leaf):
                label = prefix + self._prefix + node.path.removeprefix(self._draws)
                place = label if node.drawn else ""
                found.append(Execution(label, node.path, node.built, fuses(node.built.augmenter), place, policy))
            elif node.policy is not None:
                k, place = len(node.policy.operations), self._prefix + node.path.removeprefix(self._draws)
                drawn = self._flatten(node.children, prefix, node.policy)
                found += [replace(e, slot=f"{prefix}{place}[{i // k}]") for i, e in enumerate(drawn)]
            else:
                for slot in range(_slots(node.node)):
                    mark = f"{prefix}[{slot}]" if _slots(node.node) > 1 else prefix
                    found += self._flatten(node.children, mark)
        return found

    def expanded(self) -> list[tuple[Execution, dict[str, Execution]]]:
        """Return joint executions with those of their members: role -> execution."""
        found = []
        for e in self.executions:
            members = cast(JointAugmenter, e.augmenter).members()
            built = {role: replace(e.built, augmenter=member) for role, member in members.items()}
            roles = {r: Execution(e.label, e.path, b, fuses(b.augmenter)) for r, b in built.items()}
            found.append((e, roles))
        return found

    def fires(self, rng: Rng) -> list[Fired]:
        """Draw which samples every execution fires on, and how strong where policies say it."""
        n = len(rng)
        ps = in_epoch(self._ps, rng.epoch) if self._fixed is None else self._fixed
        every = np.ones(n, dtype=bool)
        gates = {path: every if p > 0 else np.zeros(n, dtype=bool) for path, p in zip(self._paths, ps, strict=True)}
        gated = {path: p for path, p in zip(self._paths, ps, strict=True) if 0 < p < 1}
        if gated:
            fired = fires(rng.seed, rng.keys, list(gated), list(gated.values()), epoch=rng.epoch, copy=rng.copy)
            gates.update(zip(gated, fired, strict=True))
        return self._fires(self.tree, every, gates, rng)

    def fires_on_one(self, rng: OneRng) -> tuple[list[bool], list[np.ndarray | None] | None]:
        """Draw which executions fire on one sample, and how strong where policies say it, see :meth:`fires`."""
        if self.gates is not None:
            return rng.fire(*self.gates), None
        if not self._simple:
            drawn = self.fires(rng)
            return [bool(fired.mask[0]) for fired in drawn], [fired.level for fired in drawn]
        fired: list[bool] = []
        levels: list[np.ndarray | None] = []
        for node, on in zip(self.tree, rng.fire(self._roots, in_epoch(self._root_ps, rng.epoch)), strict=True):
            n = len(fired)
            if not isinstance(node, Choice):
                fired.append(on)
                levels.append(None)
                continue
            fired += [False] * len(node.children)
            levels += [None] * len(node.children)
            for k, level in _drawn_for_one(node, rng) if on else ():
                fired[n + k], levels[n + k] = True, level
        return fired, levels

    def _fires(
        self, tree: Sequence[Leaf | Choice], mask: np.ndarray, gates: dict[str, np.ndarray], rng: Rng
    ) -> list[Fired]:
        found = []
        for node in tree:
            inner = mask & gates[node.path]
            if isinstance(node, Leaf):
                found.append(Fired(inner))
            elif node.policy is not None:
                found += [Fired(inner & on, level) for on, level in _drawn(node.policy, rng.at(node.path))]
            else:
                for picks in _picks(node, rng):
                    for child, picked in zip(node.children, picks, strict=True):
                        found += self._fires((child,), inner & picked, gates, rng)
        return found


def _walk(tree: Sequence[Leaf | Choice]) -> list[Leaf | Choice]:
    found: list[Leaf | Choice] = []
    for node in tree:
        found.append(node)
        if isinstance(node, Choice):
            found += _walk(node.children)
    return found


def _drawn(built: BuiltPolicy, rng: Rng) -> list[Fired]:
    """Return, slot by slot and operation by operation, which samples meet it, and how strong."""
    plan = _plan(built, rng)
    found = []
    for slot in range(built.policy.slots):
        which = plan.operation[:, slot]
        level = None if plan.level is None else plan.level[:, slot]
        for k, span in enumerate(built.spans):
            found.append(Fired(which == k, None if level is None or span is None else _within(level, span)))
    return found


def _drawn_for_one(node: Choice, rng: OneRng) -> list[tuple[int, np.ndarray | None]]:
    """Return which of the children of a policy run on one sample, with their strengths."""
    built = cast(BuiltPolicy, node.policy)
    plan = _plan(built, rng.at(node.path))
    spans, found = built.spans, []
    for slot, k in enumerate(plan.operation[0].tolist()):
        if k >= 0:
            span = spans[k]
            level = None if plan.level is None or span is None else _within(plan.level[:, slot], span)
            found.append((slot * len(spans) + k, level))
    return found


def _plan(built: BuiltPolicy, rng: Rng) -> Plan:
    """Let a policy draw, and check what it returns: it may be a plugin's."""
    plan = built.in_epoch(rng.epoch).plan(rng, built.weights)
    if len(rng) == 1 and _fits_one(plan, built):
        return plan
    shape, k = (len(rng), built.policy.slots), len(built.operations)
    operation = np.asarray(plan.operation) if isinstance(plan, Plan) else np.zeros(0)
    valid = (
        operation.shape == shape and operation.dtype.kind in "iu" and (operation < k).all() and (operation >= -1).all()
    )
    if not valid or (plan.level is not None and np.shape(plan.level) != shape):
        raise ContractError(
            f"{built.name}: plan returned {plan!r} for {shape[0]} samples; expected augreg.Plan with operation and "
            f"level of shape {shape}, operations from 0 to {k - 1}, -1 for none."
        )
    return plan


def _fits_one(plan: Any, built: BuiltPolicy) -> bool:
    """Whether a plan for one sample is what it should be; quicker than to ask numpy, and asked for every sample."""
    if type(plan) is not Plan or type(plan.operation) is not np.ndarray or plan.operation.dtype.kind != "i":
        return False
    shape, k = (1, built.policy.slots), len(built.operations)
    fits = plan.operation.shape == shape and (plan.level is None or plan.level.shape == shape)
    return fits and all(-1 <= one < k for one in plan.operation[0].tolist())


def _within(level: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    return level if span == (0.0, 1.0) else span[0] + (span[1] - span[0]) * level


def _slots(node: OneOf | SomeOf | Sequential | PolicyStep) -> int:
    return node.span[1] if isinstance(node, SomeOf) and node.order == "random" else 1


def _picks(node: Choice, rng: Rng) -> list[list[np.ndarray]]:
    """Return, per slot and child, the samples that take it: booleans (n,)."""
    k, n = len(node.children), len(rng)
    at = rng.at(node.path)
    if isinstance(node.node, OneOf):
        weights = node.node.weights
        choice = at.choice("choice", k, weights=None if weights is None else list(weights))
        return [[choice == j for j in range(k)]]
    if isinstance(node.node, Sequential):
        return [[np.ones(n, dtype=bool)] * k]
    group = cast(SomeOf, node.node)
    low, high = group.span
    count = at.integers("n", low, high + 1)
    order = np.asarray(at.permutation("order", k)).reshape(n, k)
    if group.order == "random":
        return [[(order[:, slot] == j) & (slot < count) for j in range(k)] for slot in range(high)]
    chosen = np.arange(k)[None, :] < count[:, None]
    return [[(chosen & (order == j)).any(axis=1) for j in range(k)]]


def _slot(node: Node, kind: str, used: dict[str, int]) -> str:
    """Return the node's place among its siblings: its id, or what it is, which a saved pipeline says alike."""
    name = node.id or kind
    if node.id and name in used:
        raise ConfigError(f"two steps have the id {name!r}; give each its own: their random numbers hang on it.")
    used[name] = used.get(name, 0) + 1
    return name if used[name] == 1 else f"{name}#{used[name]}"


def _kind(node: OneOf | SomeOf | Sequential) -> str:
    return {OneOf: "one_of", SomeOf: "some_of", Sequential: "sequential"}[type(node)]
