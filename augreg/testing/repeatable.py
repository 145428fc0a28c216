"""Rules: a sample's result hangs on its key alone, not on chance, batch, order or neighbours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter
from augreg.data.params import Params, plain
from augreg.modalities.functions import RNG
from augreg.modalities.image import Image
from augreg.modalities.made_up import natural, pixels
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.compare import explain, fingerprint
from augreg.testing.once import made_once
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

N: Final = 5
EQUAL: Final = 64
DISTINCT: Final = 60
SEEDS: Final = ("seed", RNG)
"""Columns of parameters that hold a seed: of adapters, and of functions that take a generator."""

WIDE: Final = 1024
"""Pixels of a picture with room for 64 different widths or shifts. A power of two: fractal clouds are squares of such
a side, and one of 4096 takes half a second."""


def alone(subject: Subject) -> bool:
    """Whether the augmenter treats every sample by itself."""
    return subject.declares.labels != "mixes"


def compare(name: str, first: Sequence[Any], second: Sequence[Any], what: str, *, rounding: bool = False) -> None:
    """Require that two lists of results agree, sample by sample."""
    require(len(first) == len(second), f"{name}: {len(second)} results instead of {len(first)} {what}.")
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        found = explain(a, b, rounding=rounding)
        require(not found, f"{name}: sample {i} comes out otherwise {what}: {found}.")


def same_key_same_result(subject: Subject) -> None:
    """The same samples with the same keys and seed give the same results, bit for bit."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        compare(name, subject.run(augmenter, samples), subject.run(augmenter, samples), "in a second call")


def batch_size_independent(subject: Subject) -> None:
    """A sample comes out the same by itself, in a batch of one and in a batch of many."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        many = subject.run(augmenter, samples)
        one = [subject.run(augmenter, [s], keys=[i])[0] for i, s in enumerate(samples)]
        compare(name, one, many, f"in a batch of {N}", rounding=True)
        bare = [subject.run_by_itself(augmenter, s, i) for i, s in enumerate(samples)]
        compare(name, one, bare, "passed by itself, in no list")


def params_row_independent(subject: Subject) -> None:
    """A sample's drawn parameters are the same, bit for bit, in a batch of one and in a batch of many."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        many = drawn(subject, augmenter, samples, range(N))
        for i, sample in enumerate(samples):
            one = drawn(subject, augmenter, [sample], [i])[0]
            require(one == many[i], f"{name}: sample {i} draws {one} alone and {many[i]} in a batch of {N}.")


def order_independent(subject: Subject) -> None:
    """A sample comes out the same wherever it stands in the batch."""
    samples = subject.samples(N)
    order = [3, 0, 4, 2, 1]
    for name, augmenter in subject.each():
        straight = subject.run(augmenter, samples)
        turned = subject.run(augmenter, [samples[i] for i in order], keys=order)
        compare(name, [straight[i] for i in order], turned, "in another order", rounding=True)


def neighbour_independent(subject: Subject) -> None:
    """A sample comes out the same whatever else is in the batch."""
    samples, others = subject.samples(N), subject.samples(N, first=N)
    mixed = [samples[0], *others[1:3], samples[3], *others[4:]]
    for name, augmenter in subject.each():
        first = subject.run(augmenter, samples)
        second = subject.run(augmenter, mixed, keys=[0, 11, 12, 3, 14])
        kept = [0, 3]
        compare(name, [first[i] for i in kept], [second[i] for i in kept], "with other neighbours", rounding=True)


def stacked_like_listed(subject: Subject) -> None:
    """Samples of one shape come out the same as one stacked tensor and as a list."""
    sample = subject.samples(1)[0]
    data = subject.data(sample)
    for name, augmenter in subject.each():
        pipe = subject.pipeline(augmenter)
        options: dict[str, Any] = {"seed": 7, "keys": list(range(3)), "modality": subject.modality.name}
        rate = subject.wrapped(sample).rate
        options |= {"sample_rate": rate} if rate == rate and subject.modality.name == "audio" else {}
        stack = torch.stack([data, data.flip(-1), data.roll(3, -1)])
        listed = pipe(list(stack.clone()), device=subject.device, **options)
        compare(name, listed, list(pipe(stack, device=subject.device, **options)), "as a stack", rounding=True)


def varies(subject: Subject) -> None:
    """64 equal samples with different keys give at least 60 different results, where that many were drawn.

    Results that are the input itself don't count: a limiter may find nothing to limit. Nor must they differ where what
    was drawn has few outcomes, such as whole pixels: then they change from one to the next along a parameter. Where a
    seed was drawn, from which the augmenter or another library draws on, nobody sees how many outcomes there are: two
    suffice, the input among them.
    """
    samples = [_long(subject, subject.samples(1)[0])] * EQUAL
    for name, augmenter in subject.each():
        results, trace = subject.run(augmenter, samples, trace=True)
        rows = [[s["params"] for s in t.steps] for t in trace]
        distinct = {json.dumps(row, sort_keys=True, default=str) for row in rows}
        came = fingerprint(subject.data(samples[0]))
        prints = [fingerprint(subject.data(r)) for r in results]
        changed = [f for f in prints if f != came]
        equal = len(changed) - len(set(changed))
        if len(distinct) >= DISTINCT and _by_seed(rows):
            require(
                len(set(prints)) > 1,
                f"{name}: no draws: {EQUAL} different seeds give one result. Draw with them, and for each sample.",
            )
        elif len(distinct) >= DISTINCT and not _few_outcomes(rows, prints):
            few = f"{len(changed)} of {EQUAL} equal samples are changed, {equal} of them like another one"
            advice = f"{len(distinct)} different rows were drawn, and apply does not use them"
            require(
                len(set(changed)) > 1 and equal <= EQUAL - DISTINCT, f"{name}: {few}; {advice}; draw for each sample."
            )
        elif len(distinct) == 1:
            _check_draws(name, subject, augmenter)
        elif len(distinct) < DISTINCT:
            require(bool(set(changed)), f"{name}: {len(distinct)} different rows of parameters change nothing.")


def _by_seed(rows: list[list[dict[str, Any]]]) -> bool:
    """Whether what is drawn is a seed, and hence unknown."""
    return all(len(row) == 1 and not row[0].keys().isdisjoint(SEEDS) for row in rows)


def _few_outcomes(rows: list[list[dict[str, Any]]], prints: list[str]) -> bool:
    """Whether results are steps along a parameter: in its order, equal ones stand beside each other."""
    if len(set(prints)) < 2 or not all(len(row) == 1 for row in rows):
        return False
    for column in rows[0][0]:
        values: list[Any] = [row[0].get(column) for row in rows]
        if not all(isinstance(value, (int, float)) for value in values):
            continue
        order = sorted(range(len(values)), key=lambda i: values[i])
        turns = sum(prints[i] != prints[j] for i, j in pairwise(order))
        if turns == len(set(prints)) - 1:
            return True
    return False


def _check_draws(name: str, subject: Subject, augmenter: Augmenter) -> None:
    """Require that something is drawn for the parameter that a level sets, where it is an interval with room."""
    level = subject.declares.level
    held = getattr(augmenter, level.param, None) if level is not None else None
    if level is None or not (isinstance(held, tuple) and len(held) == 2 and held[0] < held[1]):
        return
    require(
        False,
        f"{name}: no draws: {EQUAL} samples with different keys got the same parameters, though {level.param} is the "
        f"interval {list(held)}. Draw it for each sample: self.sample({level.param!r}, rng, level).",
    )


def _long(subject: Subject, sample: Any) -> Any:
    """Return a sample with room for many results: a wide picture, or 90 tiny frames for what moves frames."""
    name, data = subject.modality.name, subject.data(sample)
    if name == "image":
        return subject.fit(_panorama())
    if name != "video" or "frame_labels" not in subject.declares.targets:
        return sample
    frames = data[:1, :, :10, :12].repeat(90, 1, 1, 1).clone()
    frames[:, 0, 0, 0] = torch.arange(90).to(data.dtype)
    return forms.bare(sample, frames)


@made_once
def _panorama() -> Image:
    """Return a wide picture in which no two places look alike.

    Cut from a larger one, whose sides would match, with the grain of a photograph: so that no shift and no
    sharpening gives what another gives.
    """
    rng = np.random.default_rng(0)
    wide = natural(rng, 3, 40, WIDE + 100)[:, 8:32, 50:-50] + 0.03 * rng.standard_normal((3, 24, WIDE))
    return Image(pixels(np.clip(wide, 0.0, 1.0)))


def seed_decides(subject: Subject) -> None:
    """Another seed draws other parameters, if anything is drawn at all."""
    samples = subject.samples(1) * EQUAL
    for name, augmenter in subject.each():
        first, second = (_rows(subject.draw(augmenter, samples, seed=seed)) for seed in (3, 1))
        if len(set(first)) >= DISTINCT:
            require(first != second, f"{name}: draws the same parameters with two different seeds.")


def _rows(params: Params) -> list[str]:
    return [json.dumps(plain(params.row(i)), sort_keys=True, default=str) for i in range(params.n)]


def thread_safe(subject: Subject) -> None:
    """One instance gives the same results when several threads use it at once."""
    groups = [subject.samples(2, first=i) for i in range(3)]
    for name, augmenter in subject.each():
        wanted = [subject.run(augmenter, g) for g in groups]
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(partial(subject.run, augmenter), groups * 2))
        for first, second in zip(wanted * 2, found, strict=True):
            compare(name, first, second, "with other threads at work", rounding=True)


def drawn(subject: Subject, augmenter: Augmenter, samples: Sequence[Any], keys: Sequence[int]) -> list[Any]:
    """Return the parameters that every sample got, as plain data."""
    _, trace = subject.run(augmenter, samples, keys=keys, seed=3, trace=True)
    return [[step["params"] for step in t.steps] for t in trace]


def _stackable(subject: Subject) -> bool:
    """Whether samples keep one shape, and a tensor with one axis more than a sample is a stack of them."""
    tensor = forms.tensor_of(subject.modality.examples(1)[0])
    plain = tensor is not None and tensor.ndim == max(subject.modality.array_dims, default=0)
    return alone(subject) and subject.declares.keeps_shape and plain


RULES: Final = (
    Rule(same_key_same_result),
    Rule(batch_size_independent, alone),
    Rule(params_row_independent, alone),
    Rule(order_independent, alone),
    Rule(neighbour_independent, alone),
    Rule(stacked_like_listed, _stackable),
    Rule(varies, alone, slow=True),
    Rule(seed_decides),
    Rule(thread_safe, slow=True),
)
