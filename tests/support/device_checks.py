"""What kernels for devices must keep, by one function for the tests and for `benchmarks/gpu.py`.

Tolerances: on a device a result is that of the CPU, apart by no more than one level of 255 (0.001 for sounds) at 99.8 %
of the values. A sample's result on a device is the same for batches of 1, 3 and 64, to the last bit or, where sums are
taken in another order, to BATCHES of the full range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import torch

import augreg
from augreg.modalities import modalities
from augreg.testing import forms
from augreg.testing.devices import LEVEL, SHARE, SOUND
from augreg.testing.subject import Subject

BATCHES: Final = 1e-5
SIZES: Final = (1, 3, 64)


@dataclass(frozen=True)
class Found:
    """What came out for one configuration: largest differences in shares of the full range."""

    step: str
    kind: str
    within: float
    """The share of values at which CPU and device agree."""
    apart: float
    between_batches: float | None
    """None where steps mix samples, whose results hang on the batch."""
    problem: str = ""

    @property
    def passes(self) -> bool:
        """Whether everything is within the tolerances."""
        steady = self.between_batches is None or self.between_batches <= BATCHES
        return not self.problem and self.within >= SHARE and steady


def with_kernels() -> tuple[list[tuple[augreg.AugmenterSpec, type[Any]]], dict[str, str]]:
    """Return the augmenters with a kernel for CUDA, and why others could not be loaded."""
    found, gone = [], {}
    for spec in augreg.list_augmenters():
        try:
            cls: Any = augreg.registry.load(spec.id)
        except (augreg.AugregError, ImportError) as error:
            gone[spec.name] = str(error)
            continue
        if "cuda" in cls.declares.devices and not cls.declares.joint:
            found.append((spec, cls))
    return found, gone


def checked(spec: augreg.AugmenterSpec, cls: type[Any], device: str, sizes: tuple[int, ...] = SIZES) -> Iterator[Found]:
    """Yield what came out for every modality and configuration of an augmenter."""
    registry = augreg.registry.default()
    for name in spec.modalities:
        subject = Subject(spec, cls, modalities(registry)[name], registry, device)
        if forms.tensor_of(next(iter(subject.samples(1)), None)) is None:
            continue
        for label, augmenter in subject.each():
            try:
                yield _one(subject, label, augmenter, device, sizes)
            except Exception as error:
                yield Found(label, name, 0.0, 0.0, None, f"{type(error).__name__}: {error}"[:300])


def _one(subject: Subject, label: str, augmenter: Any, device: str, sizes: tuple[int, ...]) -> Found:
    most = max(sizes)
    few = subject.samples(6)
    samples = list(islice((each for _ in range(most) for each in few), most))
    pipe = subject.pipeline(augmenter)

    def run(n: int, where: str) -> list[torch.Tensor]:
        done = augreg.augment(samples[:n], pipe, seed=7, keys=list(range(n)), device=where)
        return [subject.data(each) for each in done]

    n = min(len(few), most)
    within, apart = _differences(run(n, "cpu"), run(n, device))
    if subject.declares.labels == "mixes":
        return Found(label, subject.modality.name, within, apart, None)
    whole = run(most, device)
    batches = max(_differences(whole[:n], run(n, device))[1] for n in sizes)
    return Found(label, subject.modality.name, within, apart, batches)


def _differences(wanted: list[torch.Tensor], found: list[torch.Tensor]) -> tuple[float, float]:
    """Return the share of values within the tolerance, and how far apart they are at most, of the full range."""
    least, most = 1.0, 0.0
    for a, b in zip(wanted, found, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise AssertionError(f"{tuple(b.shape)} {b.dtype} is not {tuple(a.shape)} {a.dtype}")
        if a.numel():
            full = forms.FULL.get(str(a.dtype).removeprefix("torch."), 1.0)
            apart = (a.cpu().double() - b.cpu().double()).abs().nan_to_num(nan=0.0) / full
            least = min(least, float((apart <= max(LEVEL, SOUND)).double().mean()))
            most = max(most, float(apart.max()))
    return least, most
