"""Rules: nothing but the result changes: not the input, not the instance, not the world's random numbers."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.compare import fingerprint
from augreg.testing.repeatable import compare
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

N: Final = 4


def input_unmodified(subject: Subject) -> None:
    """Data and targets that come in are not written to, nor is a batch."""
    samples = subject.samples(N)
    samples += [forms.strided(samples[0])]
    for name, augmenter in subject.each():
        before = [fingerprint(s) for s in samples]
        subject.run(augmenter, samples)
        changed = [i for i, s in enumerate(samples) if fingerprint(s) != before[i]]
        require(not changed, f"{name}: writes into its input (samples {changed}); make new data and targets.")
        batch = subject.batch(samples)
        params = subject.draw(augmenter, samples)
        held = fingerprint(batch.data)
        augmenter.apply(batch, params)
        require(fingerprint(batch.data) == held, f"{name}: apply writes into its batch; return a new one.")


def p_zero_returns_input(subject: Subject) -> None:
    """With p=0 the very objects that came in are returned."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        for i, (sample, result) in enumerate(zip(samples, subject.run(augmenter, samples, p=0.0), strict=True)):
            require(result is sample, f"{name}: with p=0 sample {i} comes back as another object.")


def global_random_state_untouched(subject: Subject) -> None:
    """The global generators of random, numpy and torch are left alone, and have no say."""
    samples = subject.samples(N)
    with globals_kept():
        for name, augmenter in subject.each():
            seed_globals(1)
            before = [fingerprint(s) for s in _states()]
            first = subject.run(augmenter, samples)
            moved = [
                w
                for w, s, b in zip(("random", "numpy.random", "torch"), _states(), before, strict=True)
                if fingerprint(s) != b
            ]
            require(not moved, f"{name}: uses the global generator of {', '.join(moved)}; draw from rng instead.")
            seed_globals(2)
            compare(name, first, subject.run(augmenter, samples), "under another global seed")


@contextmanager
def globals_kept() -> Iterator[None]:
    """Leave the global generators as they were before."""
    kept = _states()
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002 - the legacy generator is the one that must stay as it was
        torch.random.set_rng_state(kept[2])


def _states() -> tuple[Any, Any, torch.Tensor]:
    return random.getstate(), np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002 - as above


def seed_globals(seed: int) -> None:
    """Seed the global generators of random, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - as above
    torch.default_generator.manual_seed(seed)


def no_state_on_instance(subject: Subject) -> None:
    """Calls leave nothing on the instance or the class, and do not change what later calls do."""
    first, second = subject.samples(N), subject.samples(N, first=N)
    for (name, used), (_, fresh) in zip(subject.each(), _again(subject).each(), strict=True):
        subject.run(used, second)  # fills caches that hang on the configuration, which are allowed
        before = _attributes(used)
        results = subject.run(used, first, seed=5)
        changed = sorted(k for k, v in _attributes(used).items() if before.get(k) != v)
        require(not changed, f"{name}: a call changes {', '.join(changed)}; keep nothing per call.")
        compare(name, subject.run(fresh, first, seed=5), results, "on a used instance")


def _again(subject: Subject) -> Subject:
    return Subject(subject.spec, subject.cls, subject.modality, subject.registry, subject.device)


def _attributes(augmenter: Augmenter) -> dict[str, Any]:
    """Return fingerprints of the attributes of an instance, and which objects its class holds."""
    own = {name: fingerprint(value) for name, value in vars(augmenter).items()}
    return own | {f"{type(augmenter).__name__}.{name}": id(value) for name, value in vars(type(augmenter)).items()}


def works_in_inference_mode(subject: Subject) -> None:
    """Results are the same under torch.inference_mode."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        outside = subject.run(augmenter, samples)
        with torch.inference_mode():
            inside = subject.run(augmenter, samples)
            inference = [_clone(s) for s in samples]
            within = subject.run(augmenter, inference)
        compare(name, outside, inside, "under torch.inference_mode", rounding=True)
        compare(name, outside, within, "on inference tensors", rounding=True)


def _clone(sample: Any) -> Any:
    data = forms.tensor_of(sample)
    return sample if data is None else forms.with_data(sample, data.clone(memory_format=torch.preserve_format))


def pickles(subject: Subject) -> None:
    """A pickled and unpickled instance is equal and does the same."""
    samples = subject.samples(2)
    for name, augmenter in subject.each():
        subject.run(augmenter, samples)
        try:
            copy = pickle.loads(pickle.dumps(augmenter))
        except Exception as error:
            require(False, f"{name} does not pickle after use: {type(error).__name__}: {error}.")
            raise
        require(copy == augmenter, f"{name}: the unpickled copy is not equal: {copy!r}.")
        compare(name, subject.run(augmenter, samples), subject.run(copy, samples), "from the unpickled copy")


RULES: Final = (
    Rule(input_unmodified),
    Rule(p_zero_returns_input),
    Rule(global_random_state_untouched),
    Rule(no_state_on_instance),
    Rule(works_in_inference_mode),
    Rule(pickles),
)
