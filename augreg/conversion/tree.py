"""What a pipeline of another library is read into: transforms with their parameters, and groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Transform:
    """One transform of another library."""

    name: str
    """As the library calls it: "RandomCrop"."""
    params: Mapping[str, Any]
    p: float = 1.0


@dataclass(frozen=True, slots=True)
class Ours:
    """A step that the reader wrote itself, as augreg names it, and what it is there for."""

    name: str
    """What it was in the library: "RandAugment"."""
    step: Any
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What augreg has no step for because it needs none, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    """Several of them, of which one, some or all happen."""

    kind: Literal["sequential", "one_of", "some_of"]
    steps: Sequence[Item]
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the group of augreg says besides its steps: weights, n, order."""
    p: float = 1.0


Item = Transform | Ours | LeftOut | Group


@dataclass(frozen=True, slots=True)
class Read:
    """What was read."""

    library: str
    modality: str
    steps: Sequence[Item]
    notes: tuple[str, ...] = ()
    """What was said beside the transforms, and what becomes of it."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Parameters for each step of ours that has them, such as min_visibility."""
