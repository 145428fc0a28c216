"""One augmenter made of several: chains of them run on copies of a sample, which are blended with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import torch

from augreg.compute.threads import for_each
from augreg.contract.augmenter import AugmenterBase, memory_of
from augreg.contract.declaration import EVERY, Declaration
from augreg.contract.policy import Member, Plan
from augreg.data.batch import Batch, BatchInfo
from augreg.data.params import Params
from augreg.errors import ConfigError
from augreg.random.rng import Rng

EXACT: Final = frozenset({torch.uint8, torch.int8, torch.int16, torch.float16, torch.bfloat16, torch.float32})
"""Types whose values float32 holds exactly, or which are it; wider ones are blended in float64."""


class Chains(Protocol):
    """What says which chains there are, and how they are blended; :class:`augreg.policies.AugMix` does."""

    @property
    def width(self) -> int:
        """How many chains."""

    @property
    def depth(self) -> tuple[int, int]:
        """Fewest and most operations of a chain."""

    def plan(self, rng: Rng, weights: np.ndarray) -> Plan:
        """Draw the chains, one after another, each as long as the longest may be."""

    def shares(self, rng: Rng) -> Params:
        """Draw ``mixed``, how much of the result is augmented, and ``weights``, how that is shared out."""


@dataclass(frozen=True, kw_only=True)
class Blend(AugmenterBase):
    """What :class:`augreg.policies.AugMix` makes of its operations; it is built by the pipeline."""

    policy: Chains
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "declares", declared([m.augmenter.declares for m in self.members]))
        chosen = [m.augmenter for m in self.members if m.augmenter.declares.channels]
        object.__setattr__(self, "by_name", all(getattr(one, "by_name", False) for one in chosen))

    @property
    def clips(self) -> bool:
        """Whether one of the operations clips."""
        return any(getattr(m.augmenter, "clips", m.augmenter.declares.clips) for m in self.members)

    @property
    def memory(self) -> float:
        """A copy for every chain, what the largest operation takes of each, and the blend in floating point."""
        return self.policy.width * (1.0 + max(memory_of(m.augmenter) for m in self.members)) + 16.0

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Draw the shares, and for every chain of a sample its operations with their parameters.

        A row holds ``chains``: lists of [name, parameters].
        """
        weights = np.asarray([m.weight for m in self.members])
        plan, width, deepest = self.policy.plan(rng, weights), self.policy.width, int(self.policy.depth[1])
        assert plan.level is not None
        chains: list[list[list[Any]]] = [[[] for _ in range(width)] for _ in range(len(batch))]
        for slot in range(width * deepest):
            chain, place = divmod(slot, deepest)
            which = plan.operation[:, slot]
            for k in sorted(set(which.tolist()) - {-1}):
                rows, member = np.flatnonzero(which == k), self.members[k]
                numbers = rng.take(rows).at(f"{chain}/{place}/{self._names[k]}")
                drawn = member.augmenter.draw(batch.take(rows), numbers, member.level(plan.level[rows, slot]))
                for j, i in enumerate(rows.tolist()):
                    chains[i][chain].append([self._names[k], drawn.row(j)])
        shares = self.policy.shares(rng)
        return Params(len(batch), chains=chains, weights=shares["weights"], mixed=shares["mixed"])

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Run all chains side by side, each operation once per place in them, and blend."""
        if not len(batch):
            return batch
        chains = [chain for i in range(len(batch)) for chain in params["chains"][i]]
        width = len(chains) // len(batch)
        copies = batch.take(np.repeat(np.arange(len(batch)), width))
        for place in range(max(map(len, chains))):
            for name, rows in _drawn(chains, place).items():
                table = Params.from_rows([chains[i][place][1] for i in rows])
                copies = _put(copies, rows, self._member(name).apply(copies.take(np.asarray(rows)), table))
        mixed = params.array("mixed").reshape(-1, 1)
        shares = np.concatenate([1.0 - mixed, mixed * params.array("weights").reshape(-1, width)], axis=1)
        data = _blended(batch, copies, shares)
        return batch.replace(data, shapes=batch.info.shapes)

    @cached_property
    def _names(self) -> list[str]:
        """What the operations are called in paths and traces."""
        return _named([m.name for m in self.members])

    def _member(self, name: str) -> Any:
        if name not in self._names:
            raise ConfigError(
                f"the trace says that {name} ran, which the policy does not draw. "
                "Replay with the pipeline that made it."
            )
        return self.members[self._names.index(name)].augmenter


def declared(facts: Sequence[Declaration]) -> Declaration:
    """Return what is true of a blend of results of all these.

    It moves nothing itself: where its operations do, things are seen in several places. So it leaves true what all of
    them leave true, and nothing follows it.

    Raises:
        ConfigError: there are no channels, or no types of data, that all of them take.

    """
    left = [set(f.leaves) for f in facts if f.leaves != EVERY]
    return Declaration(
        leaves=tuple(sorted(set.intersection(*left))) if left else EVERY,
        dtypes=_common("types of data", [f.dtypes for f in facts]),
        channels=_common("numbers of channels", [f.channels for f in facts]),
        devices=_common("devices", [f.devices for f in facts]),
        alters=frozenset().union(*(f.alters for f in facts)),
        differentiable=all(f.differentiable for f in facts),
        nonfinite="passes" if all(f.nonfinite == "passes" for f in facts) else "error",
        values="any" if all(f.values == "any" for f in facts) else "unit",
        clips=any(f.clips for f in facts),
    )


def _common(what: str, said: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return what is in all tuples, in the order of the first; one that is empty stands for anything."""
    given = [each for each in said if each]
    found = tuple(entry for entry in given[0] if all(entry in each for each in given)) if given else ()
    if given and not found:
        raise ConfigError(f"its operations have no {what} in common: {given[0]!r} and others. Draw from fewer.")
    return found


def _named(names: Sequence[str]) -> list[str]:
    """Return names that are all different, as steps of a branch have them: the second of a name is "#2"."""
    return [n if names[:i].count(n) == 0 else f"{n}#{names[:i].count(n) + 1}" for i, n in enumerate(names)]


def _drawn(chains: Sequence[Sequence[Any]], place: int) -> dict[str, list[int]]:
    """Return which operation runs on which chains at a place in them."""
    found: dict[str, list[int]] = {}
    for i, chain in enumerate(chains):
        if place < len(chain):
            found.setdefault(chain[place][0], []).append(i)
    return found


def _put(copies: Batch, rows: list[int], done: Batch) -> Batch:
    """Return the copies with new data of some; what else is known of them stays, as operations keep shape and kind."""
    if isinstance(copies.data, list):
        data = list(copies.data)
        for i, row in zip(rows, done.rows(), strict=True):
            data[i] = row
        return Batch(data, copies.info)
    stack = done.stack()
    where = torch.as_tensor(rows, device=copies.data.device)
    # What comes back may be padded less, where the longest of the batch is not among these.
    room = copies.data if stack.shape[1:] == copies.data.shape[1:] else _padded_like(stack, copies.data)
    return Batch(copies.data.index_copy(0, where, stack if room is copies.data else room), copies.info)


def _padded_like(stack: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    room = like.new_zeros((len(stack), *like.shape[1:]))
    room[tuple(slice(n) for n in stack.shape)] = stack
    return room


def _blended(batch: Batch, copies: Batch, shares: np.ndarray) -> torch.Tensor | list[torch.Tensor]:
    """Blend every sample with its copies, of which ``shares`` (n, 1 + width) gives the weights."""
    width = shares.shape[1] - 1
    if isinstance(batch.data, torch.Tensor):
        assert isinstance(copies.data, torch.Tensor)
        parts = [batch.data, *(copies.data[c::width] for c in range(width))]
        spread = torch.from_numpy(shares).to(batch.data.device).view(len(batch), -1, *[1] * (batch.data.ndim - 1))
        return blend(parts, list(spread.unbind(1)))
    found: list[Any] = [None] * len(batch)

    def one(i: int) -> None:
        parts = [batch.data[i], *copies.data[i * width : (i + 1) * width]]
        found[i] = blend(parts, [torch.tensor(share, dtype=torch.float64) for share in shares[i].tolist()])

    for_each(one, len(batch))
    return found


def blend(parts: Sequence[torch.Tensor], shares: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the weighted mean of tensors of one shape and type, in their type.

    Whole numbers are rounded to the nearest. Others stay between the smallest and the largest of the parts, which the
    last bit of a sum might leave.

    >>> import torch
    >>> from augreg.policies.blending import blend
    >>> blend([torch.tensor([0, 255]), torch.tensor([3, 255])], [torch.tensor(0.4), torch.tensor(0.6)])
    tensor([  2, 255])

    """
    dtype = parts[0].dtype
    exact = torch.float32 if dtype in EXACT else torch.float64
    total = parts[0].to(exact) * shares[0].to(exact)
    for part, share in zip(parts[1:], shares[1:], strict=True):  # one by one: wide, they take four times the memory
        total = total + part.to(exact) * share.to(exact)
    if not dtype.is_floating_point:
        return total.round().to(dtype)
    low = high = parts[0].to(exact)
    for part in parts[1:]:
        low, high = torch.minimum(low, part.to(exact)), torch.maximum(high, part.to(exact))
    return torch.maximum(torch.minimum(total, high), low).to(dtype)
