"""Rules: every declared device gives what the CPU gives."""

from __future__ import annotations

from typing import Any, Final

import torch

from augreg.engine.augment import augment
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject, examples

N: Final = 5
SHARE: Final = 0.998
"""The share of pixels that may differ by no more than one level."""
LEVEL: Final = 1.01 / 255
SOUND: Final = 1e-3


def devices_agree(subject: Subject) -> None:
    """On every declared device that is here the result is that of the CPU, within a level, on the sample's device."""
    samples = subject.samples(N)
    for device in _others(subject):
        for name, augmenter in subject.each():
            pipe = subject.pipeline(augmenter)
            options: dict[str, Any] = {"seed": SEED, "keys": list(range(N))}
            wanted = augment(samples, pipe, device="cpu", **options)
            found = augment(samples, pipe, device=device, **options)
            for i, (a, b) in enumerate(zip(wanted, found, strict=True)):
                _compare(f"{name}: sample {i} on {device}", subject.data(a), subject.data(b))


def _others(subject: Subject) -> list[str]:
    """Return the declared devices beside the CPU that this machine has."""
    kinds = {device: getattr(torch, device, None) for device in subject.declares.devices if device != "cpu"}
    return [device for device, kind in kinds.items() if kind is not None and kind.is_available()]


def _compare(what: str, wanted: torch.Tensor, found: torch.Tensor) -> None:
    require(wanted.shape == found.shape, f"{what} has shape {tuple(found.shape)}, not {tuple(wanted.shape)}.")
    require(wanted.dtype == found.dtype, f"{what} has dtype {found.dtype}, not {wanted.dtype}.")
    require(wanted.device == found.device, f"{what} comes back on {found.device}, not on {wanted.device}.")
    if not wanted.numel():
        return
    apart = (wanted.double() - found.double()).abs() / forms.FULL.get(str(wanted.dtype)[6:], 1.0)
    share = float((apart <= max(LEVEL, SOUND)).double().mean())
    require(share >= SHARE, f"{what} differs at {1 - share:.2%} of the values, by up to {float(apart.max()):.3g}.")


def _several(subject: Subject) -> bool:
    """Whether there is anything to compare: on a machine without another device there is not."""
    return bool(_others(subject)) and forms.tensor_of(next(iter(examples(subject.modality, 1)), None)) is not None


RULES: Final = (Rule(devices_agree, _several),)
