"""The loss that goes with AugMix: a model should say the same of a sample and of what augmentation makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.errors import ConfigError

if TYPE_CHECKING:
    import torch


def jensen_shannon(*logits: torch.Tensor) -> torch.Tensor:
    """Return the Jensen-Shannon divergence of what a model says of several versions of the same samples.

    AugMix (Hendrycks et al., 2019, arXiv:1912.02781) trains with the loss of the clean samples' predictions plus 12
    times this divergence between them and those of two augmented copies. Add the loss of the labels yourself.

    Args:
        logits: for each of at least two versions, finite logits (n, classes, ...), all of one shape; classes are along
            the second axis, or along the only one.

    Returns:
        the mean over all samples and places, in nats: a tensor without axes, from 0 (all alike) to the logarithm of
        the number of versions. Gradients flow into all of them.

    Raises:
        ConfigError: fewer than two versions, or shapes that differ.

    >>> import torch
    >>> from augreg.policies import jensen_shannon
    >>> sure, other = torch.tensor([[100.0, 0.0]]), torch.tensor([[0.0, 100.0]])
    >>> round(jensen_shannon(sure, other).item(), 4), jensen_shannon(sure, sure).item()  # at most log 2
    (0.6931, 0.0)

    """
    import torch

    if len(logits) < 2:
        raise ConfigError(f"jensen_shannon compares two versions or more, not {len(logits)}. Give one after another.")
    shapes = [tuple(one.shape) for one in logits]
    if len(set(shapes)) > 1 or not shapes[0]:
        raise ConfigError(f"jensen_shannon got logits of shapes {shapes}; give all versions in one: (n, classes).")
    axis = min(1, logits[0].ndim - 1)
    wide = [one.float() if one.dtype in (torch.float16, torch.bfloat16) else one for one in logits]
    logs = torch.stack([one.log_softmax(axis) for one in wide])
    mixture = logs.logsumexp(0) - torch.tensor(float(len(logits)), dtype=logs.dtype, device=logs.device).log()
    # KL(p || m) per version.
    each = (logs.exp() * (logs - mixture)).sum(axis + 1)
    return each.mean(0).mean()
