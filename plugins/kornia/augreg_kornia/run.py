"""Makes a transform of kornia and runs it on one picture, with random numbers of one seed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from augreg.adapters import TorchDraws
from augreg_kornia.facts import TENSORS


def made(kind: type[Any], options: Mapping[str, Any]) -> Any:
    """Return a transform that is always applied; numbers that kornia wants as tensors are lists here."""
    plain = dict(options)
    for name in TENSORS.get(kind.__name__, ()):
        if plain.get(name) is not None:
            plain[name] = torch.tensor(plain[name], dtype=torch.float32)
    always = {"p": 1.0} if "p" in inspect.signature(kind.__init__).parameters else {}
    return kind(**plain, **always)


def picture(transform: Any, row: torch.Tensor, seed: int, cut: bool = True) -> torch.Tensor:
    """Return what a transform makes of a picture (C, H, W) of 8 bits or from 0 to 1, in the same dtype.

    Args:
        transform: of kornia.
        row: is not written to.
        seed: what it draws is what it draws after ``torch.manual_seed(seed)``.
        cut: whether values below 0 and above 1 are cut off.

    """
    given = row.clone(memory_format=torch.contiguous_format)
    given = given.to(torch.float32) / 255 if row.dtype is torch.uint8 else given
    with TorchDraws(seed):
        done: torch.Tensor = transform(given[None])[0]
    if cut:
        done = done.clamp(0.0, 1.0)
    if row.dtype is torch.uint8:
        return (done * 255).round().to(torch.uint8).contiguous()
    # A result may be the input itself, or lie in it.
    return done.clone(memory_format=torch.contiguous_format)
