"""Joint augmenters: one draw for several fields of a record, so that picture and caption, or sound and film, agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

    """

    keys: np.ndarray
    roles: Mapping[str, BatchInfo]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class PartialParams:
    """Parameters for some of the records; the field of the others stays as it is.

    Args:
        rows: int64 (k,), which records, ascending.
        params: their parameters, one row each.

    """

    rows: np.ndarray
    params: Params

    def __post_init__(self) -> None:
        if len(self.rows) != self.params.n:
            raise ContractError(
                f"{self.params.n} rows of parameters for {len(self.rows)} records; give one per record."
            )

    @classmethod
    def where(cls, chosen: np.ndarray, params: Params) -> PartialParams:
        """Return the share of the records where ``chosen`` (n,) is true; ``params`` has a row for every record."""
        rows = np.flatnonzero(chosen)
        return cls(rows, params.take(rows))


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
