"""Policies around another one: they change what it draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from augreg import param
from augreg.contract.policy import Learned, Policy
from augreg.errors import ConfigError
from augreg.policies.trivial import Trivial


@dataclass(frozen=True, kw_only=True)
class Wrapper(Policy):
    """Base class of policies that change what another one draws. Subclasses define ``plan``."""

    policy: Any = param.value(  # noqa: RUF009 - a dataclass field
        None, "the policy within: its name, or {name: {parameter: value}}; policy.trivial if none is given"
    )
    wraps: ClassVar[str] = "policy"

    def __post_init__(self) -> None:
        super().__post_init__()
        inner = Trivial() if self.policy is None else self.policy
        if not isinstance(inner, Policy):
            raise ConfigError(f"policy={inner!r} is no policy. Construct it: augreg.policies.Trivial().")
        if self.operations is not None:
            raise ConfigError("what is drawn from is said to the policy within. Move operations there.")
        object.__setattr__(self, "policy", inner)
        # They hang on the policy within here, where other policies say them on the class.
        object.__setattr__(self, "family", inner.family)
        object.__setattr__(self, "draws_levels", inner.draws_levels)

    @property
    def slots(self) -> int:
        """As many as those of the policy within."""
        return self._inner.slots

    @property
    def drawn_from(self) -> Any:
        """What the policy within draws from."""
        return self._inner.drawn_from

    @property
    def learned(self) -> Learned | None:
        """The policy within, if it learns."""
        return self._inner.learned

    @property
    def _inner(self) -> Policy:
        inner: Policy = self.policy
        return inner

    def with_state(self, state: Any) -> Self:
        """See :meth:`augreg.Policy.with_state`."""
        return replace(self, policy=self._inner.with_state(state))

    def settled(self, operations: Any, n: int) -> Self:
        """See :meth:`augreg.Policy.settled`."""
        return replace(self, policy=self._inner.settled(operations, n))

    def in_epoch(self, epoch: int) -> Self:
        """See :meth:`augreg.Policy.in_epoch`."""
        return replace(super().in_epoch(epoch), policy=self._inner.in_epoch(epoch))
