"""The MixUp family under one roof: which way of mixing is drawn per sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Plan, Policy
from augreg.policies.trivial import drawn
from augreg.random.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Mix(Policy):
    """One way of mixing per sample: mixup, cutmix, mosaic, and what else its modality has.

    timm and torchvision draw it once per batch; here every sample draws its own by its key, and its partner too.
    Partners are mixed in as they were before: what one drew does not show in another. ``weight`` of an operation
    says how often it is drawn, ``p`` how often any is.

    >>> import torch, augreg
    >>> steps = [{"policy.mix": {"classes": 3, "operations": ["image.mixup", {"image.cutmix": {"weight": 2}}]}}]
    >>> pictures = [augreg.Image(torch.full((3, 8, 8), 100 * i, dtype=torch.uint8), label=i) for i in range(3)]
    >>> mixed = augreg.Pipeline({"image": steps})(pictures, seed=7, keys=["a", "b", "c"])
    >>> [round(float(picture.label.sum()), 4) for picture in mixed]
    [1.0, 1.0, 1.0]

    """

    classes: int | None = param.integer(
        None, "number of classes, for every operation that turns class numbers into weights", low=1, optional=True
    )

    family: ClassVar[str] = "mix"
    draws_levels: ClassVar[bool] = False

    @property
    def passed_on(self) -> Mapping[str, Any]:
        """The number of classes."""
        return {} if self.classes is None else {"classes": self.classes}

    def unfit(self, augmenter: Augmenter) -> str | None:
        """Refuse what looks at one sample only."""
        return None if augmenter.declares.labels == "mixes" else "does not mix samples"

    def plan(self, rng: Rng, weights: NDArray[np.float64]) -> Plan:
        """See :meth:`augreg.Policy.plan`."""
        return Plan(drawn(rng, weights, self.slots))
