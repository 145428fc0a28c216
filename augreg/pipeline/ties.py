"""Tied fields: which steps a field goes through that follows another, and which steps of its own it may have.

What is tied shows the same thing, as a depth map does beside its photo, so whatever moves the one moves the other:

- a field that follows another draws the other's random numbers, under its modality and under ``fields``;
- under ``fields`` it gets the steps of the other that move what is in it, unless it lists such steps itself: these must
  be the same then, but for how values are read (interpolation, border, fill);
- values that are no colors (:meth:`augreg.modalities.Modality.exact`) while those of the other are, get nothing else of
  the other's steps, under their modality either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from augreg.errors import ConfigError, nearest
from augreg.pipeline.parse import RECORD, config_of
from augreg.pipeline.program import Choice, Execution, Leaf, Program
from augreg.pipeline.within import AIMS, plain_aim
from augreg.random.one import OneRng

FIELDS: Final = "fields/"
"""What the branches of fields begin with."""


def moves(step: Execution | Leaf) -> bool:
    """Whether a step moves what is in a sample, and its targets with it; others change values only."""
    return bool(step.built.augmenter.declares.targets)


def check_followed(executions: Sequence[Execution]) -> None:
    """Refuse steps that move what is in a sample in a way that nothing can follow, as a blend of moved copies does.

    Raises:
        ConfigError: a tied field would get only what moves it, and such a step does not say that it moves.

    """
    for execution in executions:
        if "position" in execution.augmenter.declares.alters and not moves(execution):
            name = execution.built.name
            raise ConfigError(
                f"tie: {name} moves what is in a field, and the one that is tied to it could not follow. Leave the tie "
                f"or {name} out, or let it draw only from operations that move nothing."
            )


class Moving:
    """Those executions of a program that move what is in a sample; they fire when they do in the program."""

    def __init__(self, program: Program) -> None:
        check_followed(program.executions)
        self._program = program
        self._kept = [i for i, e in enumerate(program.executions) if moves(e)]
        self.executions = tuple(program.executions[i] for i in self._kept)
        gates = program.gates
        self.gates = None if gates is None else tuple([column[i] for i in self._kept] for column in gates)

    def fires_on_one(self, rng: OneRng) -> tuple[list[bool], list[Any] | None]:
        """Draw which executions fire on one sample, and how strong where policies say it."""
        found, levels = self._program.fires_on_one(rng)
        return [found[i] for i in self._kept], None if levels is None else [levels[i] for i in self._kept]


def follows_moves(programs: Mapping[str, Program], field: str, leader: str) -> bool:
    """Whether a field gets, under ``fields``, the steps of its leader that move something: it has none itself."""
    own = programs.get(FIELDS + field)
    return FIELDS + leader in programs and (own is None or not any(map(moves, own.executions)))


def route(
    programs: Mapping[str, Program], modality: str, field: str | None, leader: str | None, *, exact: bool
) -> list[Program | Moving]:
    """Return what the samples of a field go through, in order, joint steps aside.

    Args:
        programs: those of the pipeline, with the ties of the call.
        modality, field: of the samples; None: they are in no record.
        leader: the field that theirs is tied to.
        exact: whether only what moves them is for them, of the steps that are not their own.

    """
    found: list[Program | Moving] = []
    for branch, program in programs.items():
        if branch == RECORD:
            continue
        if branch == modality:
            found.append(Moving(program) if exact else program)
        elif branch == f"{FIELDS}{field}":
            found.append(program)
        elif leader is not None and branch == FIELDS + leader and follows_moves(programs, str(field), leader):
            found.append(Moving(program))
    return found


def merged(tie: Mapping[str, str], more: Mapping[str, str]) -> Mapping[str, str]:
    """Return the ties of a pipeline and of a call together.

    Raises:
        ConfigError: one field is tied to two others, or to one that is tied itself.

    """
    if not more:
        return tie
    for field, other in more.items():
        if tie.get(field, other) != other:
            raise ConfigError(f"tie: {field!r} is tied to {tie[field]!r} and to {other!r}; keep one of them.")
    found = {**tie, **more}
    check_chain(found)
    return found


def check_chain(tie: Mapping[str, str]) -> None:
    """Refuse ties to fields that are tied themselves."""
    for field, other in tie.items():
        if field == other:
            raise ConfigError(f"tie: {field!r} is tied to itself. Leave it out.")
        if other in tie:
            raise ConfigError(f"tie: {field!r} is tied to {other!r}, which is tied itself; tie both to {tie[other]!r}.")


def check_same_moves(
    programs: Mapping[str, Program], tie: Mapping[str, str], free: Mapping[str, frozenset[str]]
) -> None:
    """Refuse steps under ``fields`` that would move a tied field otherwise than the one that it follows.

    Args:
        programs: by branch; those of tied fields draw under the paths of the ones that they follow.
        tie: the ties.
        free: branch -> the parameters in which the two may differ.

    Raises:
        ConfigError: which names the first difference.

    """
    for field, leader in tie.items():
        own = programs.get(FIELDS + field)
        if own is None or not any(map(moves, own.executions)):
            continue
        theirs = programs.get(FIELDS + leader)
        may_differ = free[FIELDS + field]
        mine = _moving(own.tree, may_differ)
        other = [] if theirs is None else _moving(theirs.tree, may_differ)
        if mine != other:
            raise _differ(field, leader, mine, other, may_differ)


def declared(tie: Any, schema: Mapping[str, str] | None, said: Mapping[str, str]) -> dict[str, str]:
    """Return the ties that a pipeline says, and those of its schema.

    Raises:
        ConfigError: no mapping of fields, a chain, or a field that the schema does not have.

    """
    if tie is None:
        tie = {}
    if not isinstance(tie, Mapping) or not all(isinstance(x, str) for pair in tie.items() for x in pair):
        raise ConfigError(f"tie={tie!r} is not valid: expected field: other field, e.g. {{depth: image}}.")
    tie = {**said, **tie}
    check_chain(tie)
    for field, other in tie.items():
        for name in (field, other):
            if schema and name not in schema:
                hint = nearest(name, schema)
                raise ConfigError(
                    f"tie: the schema has no field {name!r}.{hint} Add it to the schema, or mend the tie."
                )
    return dict(tie)


def _moving(tree: Sequence[Leaf | Choice], free: frozenset[str]) -> list[Any]:
    """Return what says when and how steps move something, comparable between two fields; groups as they are nested."""
    found: list[Any] = []
    for node in tree:
        if isinstance(node, Leaf):
            if moves(node):
                config = {k: v for k, v in config_of(node.built).items() if k not in free}
                config |= {k: v for k in AIMS if (v := plain_aim(getattr(node.built.step, k))) is not None}
                found.append((node.built.name, node.path, node.p, node.built.step.level, config))
            continue
        inner = [_moving((child,), free) for child in node.children]
        if any(inner):
            chosen = {k: getattr(node.node, k) for k in type(node.node).__dataclass_fields__ if k != "steps"}
            found.append((type(node.node).__name__, node.path, node.p, None, {**chosen, "steps": inner}))
    return found


def _differ(field: str, leader: str, mine: list[Any], other: list[Any], free: frozenset[str]) -> ConfigError:
    n = next((i for i, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), min(len(mine), len(other)))
    a, b = (_said(found[n]) if n < len(found) else "no such step" for found in (mine, other))
    may = f" Only {', '.join(sorted(free))} may differ." if free else ""
    return ConfigError(
        f"tie: {field!r} follows {leader!r}, but under fields {field!r} has {a} where {leader!r} has {b}, so that they "
        f"would no longer show the same places.{may} Write the same for both, or leave the steps that move something "
        f"out of {field!r}: it gets those of {leader!r}."
    )


def _said(entry: Any) -> str:
    name, _, p, level, config = entry
    more = {**config, "p": p, **({} if level is None else {"level": level})}
    more.pop("steps", None)
    return f"{name} ({', '.join(f'{k}={v!r}' for k, v in more.items())})"
