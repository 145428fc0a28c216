"""What a policy draws from: a frozen set, a list, or a query over everything that is registered.

``operations`` of a policy is one of

- the name of a set, ``"image/1"``; nothing means the newest set for the modality,
- a list of names or ``{name: {parameter: value, level: [0, 0.8], weight: 2}}``. ``level`` is what the policy's
  strengths 0 and 1 become, or ``own``: the operation has no strength, or is to draw as it is configured. A set may
  stand in the list,
- a query, ``{without: [chirality], tags: [geometry]}``. It is answered when the pipeline is built. The answer is
  written into files beside the query, as ``found``; a file whose answer is another one on this machine is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.contract.policy import Policy
from augreg.errors import ConfigError, ContractError, listing, nearest
from augreg.pipeline.query import answer
from augreg.pipeline.steps import Step
from augreg.registry import Registry
from augreg.registry.operations import Operation, OperationSet

SET: Final = re.compile(r"[a-z][a-z0-9_/]*/[0-9]+")
"""How names of sets look; full ids of augmenters, which have a slash too, do not end in a number."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a policy draws from, before anything is built.

    Args:
        operations: the operations.
        written: what files say.
        n: how many a policy applies where the pipeline does not say.

    """

    operations: tuple[Operation, ...]
    written: Any
    n: int = 1

    @property
    def steps(self) -> list[Step]:
        """Each operation as a step, which is always applied where it is drawn."""
        return [Step(o.name, dict(o.params), p=1.0) for o in self.operations]

    @property
    def weights(self) -> NDArray[np.float64]:
        """How often each is drawn, (k,)."""
        return np.asarray([o.weight for o in self.operations], dtype=np.float64)

    @property
    def spans(self) -> list[tuple[float, float] | None]:
        """What the strengths 0 and 1 of the policy become; None for those that draw their own."""
        return [o.level if isinstance(o.level, tuple) else None for o in self.operations]


def listed(policy: Policy, name: str, modality: str, registry: Registry) -> Listed:
    """Return what a policy draws from.

    Raises:
        ConfigError: an operation, a set or a query that is malformed, unknown, or finds nothing.

    """
    given = policy.drawn_from
    if given is None:
        newest = default_set(policy.family, name, modality, registry)
        return Listed(newest.operations, newest.name, newest.n)
    if isinstance(given, Mapping):
        found, written = answer(given, name, modality, registry)
        return Listed(found, written, _n(given, registry))
    if isinstance(given, str) and SET.fullmatch(given):
        chosen = _set(given, name, modality, registry)
        return Listed(chosen.operations, chosen.name, chosen.n)
    entries = [given] if isinstance(given, str) else given
    if not isinstance(entries, Sequence):
        raise ConfigError(
            f"{name}: operations={given!r} is no set, list or query, such as 'image/1' or ['image.rotate']."
        )
    operations = tuple(o for entry in entries for o in _entry(entry, name, modality, registry))
    if not operations:
        raise ConfigError(f"{name}: operations is an empty list; name at least one, or leave it out.")
    return Listed(operations, list(entries))


def default_set(family: str, name: str, modality: str, registry: Registry) -> OperationSet:
    """Return the newest set of a modality for some purpose."""
    found = [s for s in registry.operation_sets(modality) if s.family == family]
    if not found:
        known = [s.name for s in registry.operation_sets()]
        kind = f"{modality}/{family}" if family else modality
        raise ConfigError(
            f"{name}: no plugin offers a set of operations {kind}/1 to draw from. Say which: "
            f"operations: [{modality}.…], or {{without: []}} for all of {modality} that have a strength."
            + (f" Sets: {listing(known)}." if known else "")
        )
    return max(found, key=lambda s: s.number)


def _n(query: Mapping[str, Any], registry: Registry) -> int:
    base = query.get("set")
    return registry.operation_set(base).n if isinstance(base, str) else 1


def _set(given: str, name: str, modality: str, registry: Registry) -> OperationSet:
    found = [s for s in registry.operation_sets() if s.name == given]
    if not found:
        known = [s.name for s in registry.operation_sets(modality)]
        raise ConfigError(
            f"{name}: no set of operations is named {given!r}.{nearest(given, known)} Sets: {listing(known) or 'none'}."
        )
    return registry.operation_set(given)


def _entry(entry: Any, name: str, modality: str, registry: Registry) -> Iterator[Operation]:
    if isinstance(entry, str) and SET.fullmatch(entry):
        yield from _set(entry, name, modality, registry).operations
        return
    body: Any = {}
    if isinstance(entry, str):
        operation = entry
    elif isinstance(entry, Mapping) and len(entry) == 1:
        operation, body = next(iter(entry.items()))
    else:
        raise ConfigError(f"{name}: {entry!r} is no operation; write a name, or {{name: {{parameter: value}}}}.")
    if body is not None and not isinstance(body, Mapping):
        raise ConfigError(
            f"{name}: {operation} has {body!r} where its parameters belong; write {{{operation}: {{…}}}}."
        )
    params = dict(body or {})
    more = {key: params.pop(key) for key in ("level", "weight") if key in params}
    spec = registry.resolve(operation)
    try:
        made = Operation(name=spec.name, params=params, **more)
    except ContractError as error:
        raise ConfigError(f"{name}: {error}") from None
    yield made if made.name == operation else _renamed(made, operation)


def _renamed(operation: Operation, full: str) -> Operation:
    """Return an operation under its full id, which two plugins that offer its name make necessary."""
    found = object.__new__(Operation)
    for field in Operation.__dataclass_fields__:
        object.__setattr__(found, field, full if field == "name" else getattr(operation, field))
    return found
