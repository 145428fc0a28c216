"""What is checked: one augmenter on one modality, in the configurations in which it can be built."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import torch

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.contract.declaration import Declaration
from augreg.data.batch import Batch
from augreg.data.params import Params
from augreg.data.samples import Sample
from augreg.engine.augment import augment
from augreg.engine.by_modality import facts
from augreg.engine.store import Store
from augreg.modalities.base import Hints, Modality, Wrapped
from augreg.pipeline import Pipeline, Step
from augreg.random.rng import Rng
from augreg.registry import Registry
from augreg.registry.spec import AugmenterSpec
from augreg.testing import forms
from augreg.testing.check import ConformanceError
from augreg.testing.once import made_once

SEED: Final = 20_240_607


@dataclass(frozen=True)
class Subject:
    """An augmenter class under test, with its modality and what it needs to run."""

    spec: AugmenterSpec
    cls: type[Any]
    modality: Modality
    registry: Registry
    device: str = "cpu"

    @property
    def label(self) -> str:
        """The name in check ids; the modality is added where there are several."""
        return self.spec.name if len(self.spec.modalities) == 1 else f"{self.spec.name}@{self.modality.name}"

    @property
    def declares(self) -> Declaration:
        """The facts that the class declares."""
        found: Declaration = self.cls.declares
        return found

    @cached_property
    def configs(self) -> list[Augmenter]:
        """The default configuration, if there is one, and the examples."""
        return configurations(self.cls, self.spec.name)

    def samples(self, n: int, first: int = 0) -> list[Any]:
        """Return n samples that the augmenter declares to take, with the targets that it declares to handle."""
        return [self.fit(sample) for sample in examples(self.modality, n, first)]

    def fit(self, sample: Any) -> Any:
        """Return a sample in a dtype and with channels that are declared, without targets that are not."""
        return self.strip(forms.fitted(sample, self.declares, self.modality.channel_axis))

    def strip(self, sample: Any) -> Any:
        """Return a sample without the targets that are not declared."""
        if not isinstance(sample, Sample):
            return sample
        unknown = {name: None for name in sample.targets if not self.declares.supports(name)}
        return dataclasses.replace(sample, **unknown) if unknown else sample

    def pipeline(self, *steps: Augmenter, p: float | None = 1.0, level: float | None = None) -> Pipeline:
        """Return the pipeline of some configured augmenters, all with the same p and level."""
        listed = [Step(a, p=p, level=level, id=f"step{i}") for i, a in enumerate(steps)]
        return Pipeline({self.modality.name: listed}, registry=self.registry)

    def run(
        self,
        augmenter: Augmenter | Pipeline,
        samples: Sequence[Any],
        *,
        keys: Sequence[int] | None = None,
        p: float = 1.0,
        level: float | None = None,
        seed: int = SEED,
        fuse: bool = True,
        trace: bool = False,
    ) -> Any:
        """Augment samples with keys 0, 1, ... unless given; with ``trace`` return (results, trace)."""
        pipe = augmenter if isinstance(augmenter, Pipeline) else self.pipeline(augmenter, p=p, level=level)
        chosen = list(range(len(samples))) if keys is None else list(keys)
        return augment(list(samples), pipe, seed=seed, keys=chosen, device=self.device, fuse=fuse, return_trace=trace)

    def run_by_itself(self, augmenter: Augmenter, sample: Any, key: int) -> Any:
        """Augment one sample that stands in no list, as data sets do item by item."""
        return augment(sample, self.pipeline(augmenter), seed=SEED, keys=key, device=self.device)

    def draw(
        self, augmenter: Augmenter, samples: Sequence[Any], levels: np.ndarray | None = None, seed: int = SEED
    ) -> Params:
        """Draw parameters for samples that may share a kernel call, without running anything on them."""
        batch = self.batch(samples)
        info = batch.info.replace(data=batch.rows()) if "data" in self.declares.reads else batch.info
        return augmenter.draw(info, Rng(seed, info.keys).at("step0"), levels)

    def batch(self, samples: Sequence[Any]) -> Batch:
        """Return the first samples that may share a kernel call as the batch that the kernel would get."""
        wrapped = [self.wrapped(s) for s in samples]
        rows = [w.row for w in wrapped]
        info = facts(self.modality, wrapped, rows, np.arange(len(wrapped), dtype=np.uint64))
        store = Store(self.modality, rows, info, None)
        return next(store.gather(np.arange(len(wrapped)), torch.device("cpu")))[1]

    def wrapped(self, sample: Any) -> Wrapped:
        """Return a sample in augreg's own form: row, rate, targets."""
        return self.modality.wrap(sample, Hints())

    def data(self, sample: Any) -> Any:
        """Return the data of a sample as it is handed back: a tensor or a str, or the core's own row of it."""
        if isinstance(sample, Sample):
            found = getattr(sample, "data", None)
            if isinstance(found, (torch.Tensor, str)):
                return found
        return self.wrapped(sample).row

    def each(self) -> Iterator[tuple[str, Augmenter]]:
        """Yield every configuration with its name in messages."""
        for augmenter in self.configs:
            yield self.named(augmenter), augmenter

    def named(self, augmenter: Augmenter) -> str:
        """Return "audio.gain(decibels=[3, 3])"."""
        shown = ", ".join(f"{k}={v!r}" for k, v in param.config(augmenter).items())
        return f"{self.spec.name}({shown})"


@made_once
def examples(modality: Modality, n: int, first: int = 0) -> list[Any]:
    """Return n of the examples of a modality, from the one of number ``first`` on."""
    return modality.examples(first + n)[first:]


def configurations(cls: type[Augmenter], name: str) -> list[Augmenter]:
    """Return the default configuration of an augmenter, if there is one, and its examples.

    Raises:
        ConformanceError: there is none.

    """
    required = [s.name for s in param.describe(cls) if s.required]
    params: list[dict[str, Any]] = [] if required else [{}]
    params += [dict(example) for example in getattr(cls, "examples", ())]
    if not params:
        raise ConformanceError(
            f"{name} needs {', '.join(required)} and offers no configuration to check; "
            f"add examples: ClassVar = ({{{required[0]!r}: ...}},) to the class."
        )
    return [param.build(cls, p, name) for p in params]
