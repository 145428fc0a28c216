"""One step of meta-learning: how the loss on held samples hangs on the weight of each training sample."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.func import grad, vmap

Parameters = dict[str, torch.Tensor]

TINY = 1e-12
"""What lengths are at least: a sample that is known to all digits has no gradient."""


def influence(
    loss: Callable[..., torch.Tensor],
    held: Callable[[Parameters], torch.Tensor],
    parameters: Parameters,
    samples: tuple[torch.Tensor, ...],
) -> torch.Tensor:
    """Return what a small step along each training sample does to the held loss, from -1 to 1; below 0 lowers it.

    It is minus the cosine between the gradient of the sample's loss and that of the held loss: the derivative by w_i of
    held(theta - rate * sum w_i g_i / |g_i|), at a rate of 0, over the rate and the length of the held gradient.
    MetaAugment steps along g_i themselves. Those of samples that are wrong are the longest, and the longer the more
    certain the model is, so that a few of them outvote all others.

    Args:
        loss: parameters, one sample of each of ``samples`` -> its loss.
        held: parameters -> the mean loss of the held samples.
        parameters: where the step begins.
        samples: tensors (n, ...), such as the inputs and targets.

    """
    toward = grad(held)(parameters)
    own = vmap(grad(loss), in_dims=(None, *(0 for _ in samples)))(parameters, *samples)
    product = sum(((own[name] * toward[name]).flatten(1).sum(1) for name in parameters), torch.zeros(()))
    lengths = sum((own[name].flatten(1).square().sum(1) for name in parameters), torch.zeros(())).sqrt()
    length = sum((toward[name].square().sum() for name in parameters), torch.zeros(())).sqrt()
    return -product / (lengths * length).clamp(min=TINY)
