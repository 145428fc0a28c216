"""One step of meta-learning: how the loss on held samples hangs on the weight of each training sample."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.func import grad

Parameters = dict[str, torch.Tensor]


def influence(
    losses: Callable[[Parameters], torch.Tensor],
    held: Callable[[Parameters], torch.Tensor],
    parameters: Parameters,
    weights: torch.Tensor,
    rate: float,
) -> torch.Tensor:
    """Return the gradient, by the weights, of the held loss after a step of gradient descent on weighted losses.

    The step is theta' = theta - rate * grad mean(w_i l_i(theta)). As it is linear in the weights, the derivative of
    held(theta') by w_i is -rate / n times the product of the gradients of held at theta' and of l_i at theta: a sample
    weighs more if it pulls the model where the held samples pull it.

    Args:
        losses: parameters -> the loss of each training sample, (n,).
        held: parameters -> the mean loss of the held samples.
        parameters: where the step begins.
        weights: of the training samples, (n,).
        rate: how far the step goes.

    """

    # Backwards through the step. Forward mode would save half of the time and give the same, but loads a part of torch
    # that takes seconds and warns of its own deprecation.
    def after(given: torch.Tensor) -> torch.Tensor:
        inner = grad(lambda at: (given * losses(at)).mean())(parameters)
        return held({name: value - rate * inner[name] for name, value in parameters.items()})

    return torch.as_tensor(grad(after)(weights))
