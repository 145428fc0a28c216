"""Sets of operations, from which policies draw: facts that are known without importing what they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from augreg.errors import ContractError

_SET: Final = re.compile(r"[a-z][a-z0-9_]*(/[a-z0-9_]+)*/[1-9][0-9]*")
_OPERATION: Final = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a set.

    Raises ContractError for a malformed name, a range that is none within 0..1, or a weight that is not positive.

    >>> import augreg
    >>> augreg.Operation(name="image.rotate", level=(0, 0.8), why="flat feet are no digits").level
    (0.0, 0.8)

    """

    name: str
    """The registered name, such as "image.rotate"."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that differ from the augmenter's defaults."""
    level: tuple[float, float] | Literal["own"] = (0.0, 1.0)
    """The strengths that a policy's 0 and 1 become; "own" for what has no strength and draws as it is configured."""
    weight: float = 1.0
    """How often it is drawn, in proportion to the others."""
    why: str = ""
    """What speaks for it: a source, or a measurement."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _OPERATION.fullmatch(self.name):
            raise ContractError(f"operation {self.name!r} is not of the form 'namespace.name', such as 'image.rotate'.")
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))
        if self.level != "own":
            pair = self.level if isinstance(self.level, (tuple, list)) else ()
            if len(pair) != 2 or not all(_number(v) and 0 <= v <= 1 for v in pair):
                raise ContractError(
                    f"{self.name}: level={self.level!r} is no pair of strengths from 0 to 1, nor 'own'."
                )
            object.__setattr__(self, "level", (float(pair[0]), float(pair[1])))
        if not _number(self.weight) or not 0 < self.weight < float("inf"):
            raise ContractError(
                f"{self.name}: weight={self.weight!r} is no positive number. Leave out what is unwanted."
            )

    def __hash__(self) -> int:
        return hash((self.name, repr(sorted(self.params.items(), key=str)), self.level, self.weight))

    def __reduce__(self) -> Any:
        # Views of mappings do not pickle.
        return _remade, (self.name, dict(self.params), self.level, self.weight, self.why)


def _remade(name: str, params: dict[str, Any], level: Any, weight: float, why: str) -> Operation:
    return Operation(name=name, params=params, level=level, weight=weight, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSet:
    """A frozen set of operations that policies draw from: what stands under a name never changes again.

    The set with the highest number is what policies of the modality draw from by default; a better one gets the next
    number. Raises ContractError for a malformed name or a set without operations.

    >>> import augreg
    >>> augreg.OperationSet(name="image/1", modality="image", operations=[augreg.Operation(name="image.rotate")]).family
    ''

    """

    name: str
    """The modality, for special purposes one more word, and a number: "image/1", "image/mix/1"."""
    modality: str
    operations: tuple[Operation, ...]
    n: int = 1
    """How many operations one after another a policy applies to a sample, where the pipeline does not say."""
    summary: str = ""
    plugin: str = ""

    def __post_init__(self) -> None:
        valid = isinstance(self.name, str) and _SET.fullmatch(self.name) and self.name.startswith(f"{self.modality}/")
        if not valid:
            raise ContractError(
                f"set of operations {self.name!r} is not named after its modality {self.modality!r} with a number, as "
                f"'{self.modality}/1' and '{self.modality}/special/1' are."
            )
        object.__setattr__(self, "operations", tuple(self.operations))
        if not self.operations or not all(isinstance(o, Operation) for o in self.operations):
            raise ContractError(f"set {self.name!r} holds {self.operations!r}. Give it at least one augreg.Operation.")
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 1:
            raise ContractError(f"set {self.name!r}: n={self.n!r} is no count of operations. Give 1 or more.")

    @property
    def family(self) -> str:
        """What stands between modality and number: "" for sets for general use, "mix" for those that mix samples."""
        return "/".join(self.name.split("/")[1:-1])

    @property
    def number(self) -> int:
        """The number at the end of the name."""
        return int(self.name.rpartition("/")[2])


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
