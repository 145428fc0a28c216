"""The contract of a policy: for every sample it draws which operations run on it, one after another, and how strong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.errors import ConfigError
from augreg.random.rng import Rng

NONE: Final = -1
"""Stands in a plan for no operation."""


class Plan(NamedTuple):
    """What a policy drew for n samples, before anything is carried out.

    A sample passes through the slots from the first to the last. In each it meets one operation, or none.

    >>> import augreg, numpy as np
    >>> plan = augreg.Plan(np.array([[1, -1], [0, 1]]), np.array([[0.5, 0.0], [0.2, 0.9]]))
    >>> plan.operation.shape, plan.level[1].tolist()
    ((2, 2), [0.2, 0.9])

    """

    operation: NDArray[np.int64]
    """Which of the operations, (n, slots); -1 for none."""
    level: NDArray[np.float64] | None = None
    """How strong, (n, slots), from 0 to 1; None where operations draw as they are configured."""


class Member(NamedTuple):
    """One operation of a policy, built.

    >>> import augreg
    >>> augreg.Member("text.keyboard", augreg.make("text.keyboard"), (0.0, 0.8)).weight
    1.0

    """

    name: str
    """The registered name."""
    augmenter: Augmenter
    span: tuple[float, float] | None = (0.0, 1.0)
    """What the strengths 0 and 1 of the policy become; None for what has no strength, or draws as it is configured."""
    weight: float = 1.0
    """How often it is to be drawn, in proportion to the others."""

    def level(self, strength: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the operation's own strengths for those of the policy, both (n,); None if it draws its own."""
        if self.span is None or self.span == (0.0, 1.0):
            return None if self.span is None else strength
        return self.span[0] + (self.span[1] - self.span[0]) * strength


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Base class of policies: a frozen configuration that draws a plan.

    Subclasses are ``@dataclass(frozen=True, kw_only=True)`` with fields from :mod:`augreg.param` and a method
    :meth:`plan`; a plugin names them in ``augreg_policies``. How often each operation is to be drawn comes as weights;
    what a policy adds is how many, in which order, and how strong. Nothing per call is kept on the instance. One that
    does not run operations one after another, but makes something of several results, defines :meth:`combined` instead.

    ``operations`` is what the pipeline says to draw from, see :mod:`augreg.pipeline.operations`; None means the set of
    the modality with the highest number.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Mildest(augreg.Policy):
    ...     '''One operation, as weak as it can be.'''
    ...
    ...     def plan(self, rng, weights):
    ...         drawn = rng.choice("operation", len(weights), weights, size=1)
    ...         return augreg.Plan(drawn, 0 * drawn)

    """

    operations: Any = param.value(  # noqa: RUF009 - a dataclass field
        None, "what it draws from: the name of a set, a list of operations, or a query"
    )
    family: ClassVar[str] = ""
    """Which sets of a modality it draws from by default: "" for "image/1", "mix" for "image/mix/1"."""
    draws_levels: ClassVar[bool] = True
    """Whether it sets how strong operations are, so that each must declare a level, or say ``level: own``."""

    wraps: ClassVar[str] = ""
    """The parameter that holds another policy, of those that change what another draws."""

    def __post_init__(self) -> None:
        param.check_all(self)

    @property
    def learned(self) -> Learned | None:
        """The policy that learns: itself, or one within; None if nothing does."""
        return None

    def with_state(self, state: Any) -> Self:
        """Return the policy as it draws after it has learned something, see :class:`augreg.Learned`."""
        raise ConfigError(f"{type(self).__name__} learns nothing, so it has no state.")

    def in_epoch(self, epoch: int) -> Self:
        """Return the policy with the numbers that its schedules say for an epoch.

        >>> from augreg.policies import Rand
        >>> Rand(level={"linear": [0, 1], "epochs": 4}).in_epoch(1).level
        0.25

        """
        found: Self = param.in_epoch(self, epoch)
        return found

    @property
    def slots(self) -> int:
        """How many operations a sample meets at most, one after another."""
        n = getattr(self, "n", 1)
        return 1 if n is None else int(n)

    @property
    def drawn_from(self) -> Any:
        """What it draws from, in the form of ``operations``; policies that name them otherwise override it."""
        return self.operations

    @property
    def passed_on(self) -> Mapping[str, Any]:
        """Parameters that all operations get that have them and do not say otherwise."""
        return MappingProxyType({})

    def unfit(self, augmenter: Augmenter) -> str | None:
        """Return why an operation is none for this policy, as "does not mix samples"; None if it may be drawn.

        What a list names is refused with this reason. Of a set and of what a query finds it is left out.
        """
        return None

    def settled(self, operations: Any, n: int) -> Self:
        """Return the policy as it is written into files: with the operations and their number that defaults stand for.

        >>> from augreg.policies import Trivial
        >>> Trivial().settled("audio/1", 2).n
        2

        """
        more = {"n": n} if getattr(self, "n", 0) is None else {}
        return replace(self, operations=operations, **more)

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """Draw for every sample which operations run on it, and how strong.

        Args:
            rng: keyed random numbers of n samples. Parameters that a schedule says are numbers here, those of
                ``rng.epoch``.
            weights: how often each operation is to be drawn in proportion to the others, (k,), all above 0.

        """
        raise NotImplementedError(f"{type(self).__name__} defines no plan.")

    def combined(self, members: Sequence[Member]) -> Augmenter | None:
        """Return one augmenter made of the operations, which then runs as a step; None for policies that draw plans.

        Args:
            members: the operations, at least one. All are fit, see :meth:`unfit`.

        """
        return None


@dataclass(frozen=True, kw_only=True)
class Learned(Policy):
    """Base class of policies that learn from a model's answers.

    What such a policy has learned is its ``state``: plain data, as JSON holds it, that is never changed. An observation
    makes a new one, in a :class:`augreg.policies.Learner`; loaders hand it to all workers when ``set_epoch`` is called,
    and at no other time. So results hang on seed, epoch, key and state.

    Subclasses define, beside :meth:`Policy.plan`, which reads ``self.state``, the three methods below, and say in
    ``observes`` what they are told.
    """

    state: Any = param.value(  # noqa: RUF009 - a dataclass field
        None, "what it has learned, as a learner's snapshot gives it; nothing if none is given"
    )
    observes: ClassVar[tuple[str, ...]] = ()
    """What :meth:`observed` takes beside the state."""

    @property
    def learned(self) -> Learned | None:
        """Itself."""
        return self

    def with_state(self, state: Any) -> Self:
        """See :meth:`Policy.with_state`."""
        return replace(self, state=state)

    def initial_state(self, operations: Sequence[str]) -> dict[str, Any]:
        """Return the state before anything was observed, for operations by name."""
        raise NotImplementedError(f"{type(self).__name__} defines no initial_state.")

    def observed(self, state: Mapping[str, Any], **observation: Any) -> dict[str, Any]:
        """Return the state after an observation."""
        raise NotImplementedError(f"{type(self).__name__} defines no observed.")

    def check_state(self, operations: Sequence[str]) -> None:
        """Refuse a state that is not one of this policy over these operations.

        Raises:
            ConfigError: naming what does not fit.

        """
        raise NotImplementedError(f"{type(self).__name__} defines no check_state.")

    def state_size(self, operations: Sequence[str]) -> int:
        """Return how many bytes a state has as JSON at most; so much memory is shared with workers."""
        return 2 * len(written(self.initial_state(operations))) + 4096


def written(state: Any) -> bytes:
    """Return a state as JSON, the same bytes for equal states.

    >>> from augreg.contract.policy import written
    >>> written({"b": [1.5], "a": 0})
    b'{"a":0,"b":[1.5]}'

    """
    return json.dumps(state, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(state: Any) -> str:
    """Return what stands for a state in traces: 16 hexadecimal digits of the SHA-256 of its JSON.

    >>> from augreg.contract.policy import digest
    >>> digest({"a": 0})
    'd4d0e4f22ad2a1f0'

    """
    return sha256(written(state)).hexdigest()[:16]
