"""The rule that gradients flow where a declaration says so."""

from __future__ import annotations

from typing import Final

import torch

from augreg.random.rng import Rng
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject


def gradients_flow(subject: Subject) -> None:
    """What declares itself differentiable hands finite gradients of its result back to its input."""
    floating = [d for d in subject.declares.dtypes if "float" in d]
    dtype = "float32" if "float32" in floating or not floating else floating[0]
    batch = subject.batch([forms.in_dtype(s, dtype) for s in subject.samples(1)])
    name, augmenter = next(subject.each())
    info = batch.info.replace(data=batch.rows()) if "data" in subject.declares.reads else batch.info
    params = augmenter.draw(info, Rng(SEED, batch.info.keys).at("step0"))
    rows = batch.stack() if batch.stacked else batch.data[0]
    given = rows.clone().requires_grad_()
    result = augmenter.apply(batch.replace(given if batch.stacked else [given]), params)
    out = result.data if isinstance(result.data, torch.Tensor) else result.data[0]
    require(out.requires_grad, f"{name}: declares itself differentiable, but its result has no gradient.")
    out.sum().backward()
    found = given.grad is not None and bool(torch.isfinite(given.grad).all())
    require(found, f"{name}: declares itself differentiable, but the gradient of its input is {given.grad}.")


RULES: Final = (Rule(gradients_flow, lambda s: s.declares.differentiable),)
