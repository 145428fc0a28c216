"""Makes a transform of MONAI and runs it on one picture, with random numbers of one seed."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import torch


def made(kind: type[Any], options: Mapping[str, Any]) -> Any:
    """Return a transform that is always applied."""
    always = {"prob": 1.0} if "prob" in inspect.signature(kind.__init__).parameters else {}
    return kind(**options, **always)


def picture(transform: Any, row: torch.Tensor, seed: int, **called: Any) -> torch.Tensor:
    """Return what a transform makes of float channels (C, H, W), which are not written to.

    Args:
        transform: of MONAI.
        row: a picture, or planes of masks.
        seed: of ``set_random_state``. Masks are moved by the same seed once more: some transforms draw anew although
            they are told not to.
        called: how it is called besides.

    """
    transform.set_random_state(seed=seed)
    done = transform(row.clone(memory_format=torch.contiguous_format), **called)
    # A tensor of MONAI's own holds the history of what was done to it.
    plain: torch.Tensor = done.as_tensor() if hasattr(done, "as_tensor") else done
    return plain.detach().to(torch.float32).clone(memory_format=torch.contiguous_format)


def import_quietly() -> Any:
    """Import and return MONAI's transforms; what MONAI imports besides warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import monai.transforms

    return monai.transforms
