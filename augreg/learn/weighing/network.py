"""The network that weighs: operation, strength and how the sample fared -> a weight."""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as F
from torch import nn

HIDDEN: Final = 32
"""Units, as many as MetaAugment embeds an operation in; there are only some hundred samples to learn from."""


BOUND: Final = 3.0
"""Logarithms of weights lie within it: the largest is at most 400 times the smallest. Without it all the weight goes to
one operation in the end, and the model sees nothing else."""


class Weigher(nn.Module):
    """Gives each sample of a batch a weight, 1 on average over the batch.

    The sample's features are its loss and the probability of its own classes: they mean the same in every modality and
    for every network, also for one that begins anew, which hidden units do not.
    """

    def __init__(self, operations: int) -> None:
        super().__init__()
        self._operations = operations
        # The first layer's columns for an operation are its embedding.
        self._inner, self._outer = nn.Linear(operations + 3, HIDDEN), nn.Linear(HIDDEN, 1)
        nn.init.zeros_(self._outer.weight)  # all weights are alike in the beginning
        nn.init.zeros_(self._outer.bias)

    def forward(
        self, operation: torch.Tensor, level: torch.Tensor, losses: torch.Tensor, own: torch.Tensor
    ) -> torch.Tensor:
        """Return the weights, (n,).

        Args:
            operation: int64 (n,).
            level: strengths from 0 to 1, (n,); 0 for operations without strength.
            losses: of each sample, (n,).
            own: probability of its own classes, (n,).

        """
        hot = F.one_hot(operation, self._operations).to(level.dtype)
        # Losses have a long tail, in which a few samples would drown the others.
        told = torch.stack([level, torch.log1p(losses), own], 1)
        scores = self._outer(torch.tanh(self._inner(torch.cat([hot, told], 1))))[:, 0]
        scores = BOUND * torch.tanh(scores / BOUND)
        return torch.as_tensor(len(scores) * scores.softmax(0))
