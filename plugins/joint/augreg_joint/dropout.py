"""Leaving a modality out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import torch

from augreg import (
    EVERY,
    Augmenter,
    AugmenterBase,
    Batch,
    ConfigError,
    Declaration,
    JointBase,
    JointInfo,
    Params,
    PartialParams,
    Rng,
    param,
)
from augreg_joint.rewriting import Rewrite

DROPPABLE: Final = ("image", "audio", "video", "text")
"""Modalities that may be left out of a record."""


@dataclass(frozen=True, kw_only=True)
class Blank(AugmenterBase):
    """Set all samples or pixels to zero; targets stay."""

    declares: ClassVar[Declaration] = Declaration(
        alters=frozenset({"completeness"}), leaves=EVERY, devices=("cpu", "cuda"), nonfinite="passes", values="any"
    )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return zeros."""
        if isinstance(batch.data, torch.Tensor):
            return batch.replace(torch.zeros_like(batch.data))
        return batch.replace([torch.zeros_like(row) for row in batch.data])


@dataclass(frozen=True, kw_only=True)
class ModalityDropout(JointBase):
    """Take one modality of the record away: a black picture, silence, an empty text.

    At most one, never the only one, so that a model learns to do without any of them (ModDrop: Neverova et al.,
    "ModDrop: adaptive multi-modal gesture recognition", 2016). Spans of a dropped text are gone, other targets and
    the class label stay.
    """

    declares: ClassVar[Declaration] = Declaration(joint_optional=DROPPABLE, alters=frozenset({"completeness"}), p=0.2)

    weights: Mapping[str, float] | None = param.value(
        None, "role -> relative frequency of its loss, e.g. {text: 2}; 1 where none is given"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        given = {} if self.weights is None else self.weights
        if not isinstance(given, Mapping) or set(given) - set(DROPPABLE) or not all(map(_is_weight, given.values())):
            raise ConfigError(
                f"weights={self.weights!r} is not valid: expected numbers >= 0 for {', '.join(DROPPABLE)}."
            )

    def members(self) -> Mapping[str, Augmenter]:
        """Return what empties each role."""
        return {**{role: Blank() for role in DROPPABLE if role != "text"}, "text": Rewrite()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: np.ndarray | None = None) -> Mapping[str, PartialParams]:
        """Draw which role goes."""
        present = [role for role in DROPPABLE if role in info.roles]
        shares = [float((self.weights or {}).get(role, 1.0)) for role in present]
        if len(present) < 2 or not any(shares):
            return {}
        lost = rng.choice("role", len(present), weights=shares)
        found = {}
        for k, role in enumerate(present):
            columns = {}
            if role == "text":
                columns["edits"] = [[[0, int(n), ""]] if n else [] for n in info.roles[role].lengths]
            found[role] = PartialParams.where(lost == k, Params(len(info), columns))
        return found


def _is_weight(weight: object) -> bool:
    # So far below the largest float that the sum of all is finite.
    return isinstance(weight, (int, float)) and not isinstance(weight, bool) and 0 <= weight <= 1e300
