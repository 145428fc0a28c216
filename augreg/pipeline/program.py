"""A branch as a flat list of executions: which augmenter runs, on which samples, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from augreg.contract.augmenter import Augmenter, fuses
from augreg.contract.joint import JointAugmenter
from augreg.errors import ConfigError
from augreg.pipeline.chance import fixed, in_epoch
from augreg.pipeline.parse import Built, Parser
from augreg.pipeline.steps import Node, OneOf, Sequential, SomeOf, Step
from augreg.random.one import OneRng
from augreg.random.rng import Rng, fires


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of one step.

    ``path`` names its random numbers; ``label`` tells executions of one step apart (in a random order a step
    stands once in every slot) and is what a trace records.
    """

    label: str
    path: str
    built: Built
    fuses: bool

    @property
    def augmenter(self) -> Augmenter:
        """The augmenter that runs."""
        return self.built.augmenter


@dataclass(frozen=True, slots=True)
class Leaf:
    """A step with its probability."""

    path: str
    p: float
    built: Built


@dataclass(frozen=True, slots=True)
class Choice:
    """A group of steps with its probability."""

    path: str
    p: float
    node: OneOf | SomeOf | Sequential
    children: tuple[Leaf | Choice, ...]


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
        if self._fixed and not any(isinstance(node, Choice) for node in flat):
            self.gates = self._paths, self._ps
        self.executions: tuple[Execution, ...] = tuple(self._flatten(self.tree, ""))
        del self._parser

    def _compile(self, nodes: Sequence[Node], parent: str, *, inside: bool) -> tuple[Leaf | Choice, ...]:
        used: dict[str, int] = {}
        found: list[Leaf | Choice] = []
        for node in nodes:
            if isinstance(node, Step):
                built = self._parser.build(node)
                path = parent + _slot(node, built.name, used)
                default = 1.0 if inside else built.augmenter.declares.p
                found.append(Leaf(path, default if node.p is None else node.p, built))
            else:
                path = parent + _slot(node, _kind(node), used)
                chooses = isinstance(node, (OneOf, SomeOf)) or inside
                children = self._compile(node.steps, f"{path}/", inside=chooses)
                found.append(Choice(path, node.p, node, children))
        return tuple(found)

    def _flatten(self, tree: Sequence[Leaf | Choice], prefix: str) -> list[Execution]:
        found = []
        for node in tree:
            if isinstance(node, Leaf):
                label = prefix + self._prefix + node.path.removeprefix(self._draws)
                found.append(Execution(label, node.path, node.built, fuses(node.built.augmenter)))
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

    def masks(self, rng: Rng) -> list[np.ndarray]:
        """Draw which samples every execution fires on: one boolean array (n,) per execution."""
        n = len(rng)
        ps = self._ps if self._fixed else in_epoch(self._ps, rng.epoch)
        every = np.ones(n, dtype=bool)
        gates = {path: every if p > 0 else np.zeros(n, dtype=bool) for path, p in zip(self._paths, ps, strict=True)}
        gated = {path: p for path, p in zip(self._paths, ps, strict=True) if 0 < p < 1}
        if gated:
            fired = fires(rng.seed, rng.keys, list(gated), list(gated.values()), epoch=rng.epoch, copy=rng.copy)
            gates.update(zip(gated, fired, strict=True))
        return list(self._mask(self.tree, every, gates, rng))

    def fired(self, rng: OneRng) -> list[bool]:
        """Draw which executions fire on one sample, see :meth:`masks`."""
        return [bool(mask[0]) for mask in self.masks(rng)] if self.gates is None else rng.fire(*self.gates)

    def _mask(
        self, tree: Sequence[Leaf | Choice], mask: np.ndarray, gates: dict[str, np.ndarray], rng: Rng
    ) -> list[np.ndarray]:
        found = []
        for node in tree:
            inner = mask & gates[node.path]
            if isinstance(node, Leaf):
                found.append(inner)
                continue
            for picks in _picks(node, rng):
                for child, picked in zip(node.children, picks, strict=True):
                    found += self._mask((child,), inner & picked, gates, rng)
        return found


def _walk(tree: Sequence[Leaf | Choice]) -> list[Leaf | Choice]:
    found: list[Leaf | Choice] = []
    for node in tree:
        found.append(node)
        if isinstance(node, Choice):
            found += _walk(node.children)
    return found


def _slots(node: OneOf | SomeOf | Sequential) -> int:
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
    low, high = node.node.span
    count = at.integers("n", low, high + 1)
    order = np.asarray(at.permutation("order", k)).reshape(n, k)
    if node.node.order == "random":
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
