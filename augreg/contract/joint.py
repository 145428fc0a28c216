"""Joint augmenters: one draw for several fields of a record, so that picture and caption, or sound and film, agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from augreg.contract.augmenter import Augmenter, AugmenterBase
from augreg.data.batch import Batch, BatchInfo
from augreg.data.params import Params
from augreg.errors import ContractError
from augreg.random.rng import Rng


@dataclass(frozen=True, slots=True)
class JointInfo:
    """Facts about n records, role by role (a role is a modality, such as "video").

    Args:
        keys: uint64 (n,), the records' keys.
        roles: role -> facts about that field of each record, in the order of ``keys``. A role that these
            records do not have is absent. Roles named in ``declares.reads`` come with their data.
        owners: role -> int64 (rows,), the record of each row, where a record has several fields of a role.

    """

    keys: np.ndarray
    roles: Mapping[str, BatchInfo]
    owners: Mapping[str, np.ndarray] = field(default_factory=dict)

    def owner(self, role: str) -> np.ndarray:
        """Return the record of each row of a role, int64 (rows,), ascending; 0, 1, .. where each has one field."""
        return self.owners[role] if role in self.owners else np.arange(len(self))

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class PartialParams:
    """Parameters for some of the records; the field of the others stays as it is.

    Args:
        rows: int64 (k,), which records, ascending; for an augmenter that takes several fields, which rows of the role.
        params: their parameters, one row each.
        left: why others stay as they are, where that is not chance: their row -> a reason, which the trace keeps.

    """

    rows: np.ndarray
    params: Params
    left: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.rows) != self.params.n:
            raise ContractError(
                f"{self.params.n} rows of parameters for {len(self.rows)} records; give one per record."
            )

    @classmethod
    def where(cls, chosen: np.ndarray, params: Params, left: Mapping[int, str] | None = None) -> PartialParams:
        """Return the share of the records where ``chosen`` (n,) is true; ``params`` has a row for every record."""
        rows = np.flatnonzero(chosen)
        return cls(rows, params.take(rows), left or {})


@runtime_checkable
class JointAugmenter(Protocol):
    """Draws once for a record and says what each of its fields gets.

    ``declares.joint`` names the roles (modalities) that a record must have, ``declares.joint_optional`` those
    that it may have; one of the two must not be empty.
    """

    def members(self) -> Mapping[str, Augmenter]:
        """Return role -> the augmenter that carries out what ``draw_joint`` drew for it."""
        ...

    def draw_joint(
        self, info: JointInfo, rng: Rng, level: np.ndarray | None = None
    ) -> Mapping[str, Params | PartialParams]:
        """Draw for n records: role -> parameters for that role's member, for all records or a share of them.

        A role left out stays as it is.
        """
        ...


@dataclass(frozen=True)
class JointBase(AugmenterBase):
    """Base of joint augmenters: configuration is checked as for every augmenter.

    Subclasses define ``members`` and ``draw_joint``. Since the members carry the step out, it fuses with its
    neighbours, runs on their devices and moves their targets as any other step does.
    """

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Refuse: a joint augmenter draws for records."""
        raise ContractError(f"{type(self).__name__} is a joint step; put it under 'record' in the pipeline.")

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Refuse: the members carry a joint step out."""
        raise ContractError(f"{type(self).__name__} is a joint step; put it under 'record' in the pipeline.")
