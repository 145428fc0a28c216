"""What `augreg list --policies` and `augreg show` say about policies and the sets of operations that they draw from."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from augreg.cli import table
from augreg.cli.parameters import parameter_facts, parameter_lines
from augreg.param import describe
from augreg.registry import Registry
from augreg.registry.operations import Operation, OperationSet
from augreg.registry.spec import GeneratorSpec, PolicySpec

if TYPE_CHECKING:
    from augreg.contract.policy import Policy


def listed(known: Registry, modality: str | None, plugin: str | None) -> list[dict[str, Any]]:
    """Return the facts of the policies, and of the sets for a modality, in JSON-able form."""
    sets = [set_as_dict(found) for found in known.operation_sets(modality)]
    policies = [
        {"name": p.name, "kind": "policy", "modality": "any", "summary": p.summary, "plugin": p.plugin}
        for p in known.policies()
    ]
    return [entry for entry in [*policies, *sets] if plugin is None or entry["plugin"] == plugin]


def generator_as_dict(spec: GeneratorSpec) -> dict[str, Any]:
    """Return a generator in JSON-able form."""
    return {
        "name": spec.name,
        "kind": "generator",
        "modality": ", ".join(spec.modalities),
        "keyed": spec.keyed,
        "summary": spec.summary,
        "plugin": spec.plugin,
        "version": spec.version,
    }


def about_generator(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `augreg show acme.gan` prints."""
    yield str(facts["name"])
    yield str(facts["summary"] or "It says nothing of itself.")
    yield ""
    keyed = "equal samples and seed give the same, so that augreg replay makes it again"
    kind = keyed if facts["keyed"] else "each call makes others, so that augreg replay cannot make them again"
    yield f"A generator for {facts['modality']}: {kind}. Plugin: {facts['plugin']} {facts['version']}".rstrip() + "."
    yield ""
    yield f"augreg expand --data IN --out OUT --generator {facts['name']} --per-class 100"


def lines(entries: list[dict[str, Any]]) -> list[str]:
    """Return the lines of the table."""
    heads = ("NAME", "KIND", "MODALITY", "SUMMARY", "PLUGIN")
    rows = [tuple(str(entry[head.lower()]) for head in heads) for entry in entries]
    return table.columns(heads, rows, wrap="SUMMARY", shed=("PLUGIN", "KIND"))


def set_as_dict(found: OperationSet) -> dict[str, Any]:
    """Return a set in JSON-able form."""
    return {
        "name": found.name,
        "kind": "set",
        "modality": found.modality,
        "summary": found.summary,
        "n": found.n,
        "operations": [
            {"name": o.name, "params": dict(o.params), "level": o.level, "weight": o.weight, "why": o.why}
            for o in found.operations
        ],
        "plugin": found.plugin,
    }


def about_set(found: OperationSet, known: Registry) -> Iterator[str]:
    """Yield what `augreg show image/1` prints: each member, what strengths set in it, and what speaks for it."""
    yield found.name
    yield found.summary
    yield ""
    slots = "1 operation" if found.n == 1 else f"{found.n} operations one after another"
    yield f"For {found.modality}; a policy applies {slots} unless it says n. Plugin: {found.plugin}."
    yield "LEVEL is what the strengths 0 and 1 of a policy become for the operation, SETS which values that gives."
    yield ""
    heads = ("OPERATION", "LEVEL", "SETS", "WEIGHT", "WHY")
    rows = [(_named(o), _level(o), _sets(o, known), f"{o.weight:g}", o.why) for o in found.operations]
    yield from table.columns(heads, rows, wrap="WHY", shed=("WEIGHT", "LEVEL"))
    yield ""
    yield "In a pipeline file"
    yield f"  {found.modality}:"
    yield f"    - policy.trivial: {{operations: {found.name}}}"


def policy_as_dict(spec: PolicySpec, cls: type[Policy]) -> dict[str, Any]:
    """Return a policy in JSON-able form."""
    return {
        "name": spec.name,
        "kind": "policy",
        "summary": spec.summary,
        "doc": _doc(cls),
        "parameters": [parameter_facts(s) for s in describe(cls)],
        "plugin": spec.plugin,
    }


def about_policy(spec: PolicySpec, cls: type[Policy], known: Registry) -> Iterator[str]:
    """Yield what `augreg show policy.trivial` prints: parameters, and the sets that it draws from by default."""
    yield spec.name
    yield from textwrap.wrap(spec.summary, 100)
    body = _doc(cls)
    yield from ["", *body.splitlines()] if body else []
    yield ""
    yield "Parameters"
    yield from parameter_lines(describe(cls))
    sets = [s.name for s in known.operation_sets() if s.family == cls.family]
    if sets and "operations" in {s.name for s in describe(cls)}:
        yield ""
        yield f"Sets: {', '.join(sets)}. Their members: augreg show {sets[0]}"


def _named(operation: Operation) -> str:
    params: Mapping[str, Any] = operation.params
    return operation.name + (f" {json.dumps(dict(params))}" if params else "")


def _level(operation: Operation) -> str:
    if isinstance(operation.level, str):
        return operation.level
    return f"{operation.level[0]:.3g} to {operation.level[1]:.3g}"


def _sets(operation: Operation, known: Registry) -> str:
    """Return which parameter the strengths set, and to what: "degrees -30 to 30", "std 0 to 0.2 fraction"."""
    if isinstance(operation.level, str):
        return "as it is configured"
    cls = known.load(operation.name)
    level = cls.declares.level
    if level is None:
        return ""
    low, high = operation.level
    ends = [(low, high)] if not level.signed else [(-high, high)] if low == 0 else [(-high, -low), (low, high)]
    ranges = " or ".join(f"{level.at(first):.3g} to {level.at(last):.3g}" for first, last in ends)
    unit = level.unit(describe(cls))
    return f"{level.param} {ranges}{f' {unit}' if unit not in ('', level.param) else ''}"


def _doc(cls: type[Policy]) -> str:
    """Return the docstring after its first line, without the example."""
    return (inspect.getdoc(cls) or "").partition("\n")[2].partition(">>>")[0].strip()
