"""Rules for augmenters that mix samples: who did not fire gets nothing, labels stay a distribution."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import torch

from augreg.data.samples import Sample
from augreg.testing.check import require
from augreg.testing.compare import explain
from augreg.testing.repeatable import compare
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject, examples

N: Final = 8


def partners_are_restored(subject: Subject) -> None:
    """Samples for which it did not fire come back as the objects that came in, though others took from them."""
    samples = _labelled(subject, N)
    for name, augmenter in subject.each():
        results, trace = subject.run(subject.pipeline(augmenter, p=0.5), samples, trace=True)
        fired = [bool(t.steps) for t in trace]
        require(any(fired) and not all(fired), f"{name}: p=0.5 fires for {sum(fired)} of {N} samples.")
        for i, (sample, result) in enumerate(zip(samples, results, strict=True)):
            require(fired[i] or result is sample, f"{name}: sample {i} changed, but it did not fire for it.")


def mixing_looks_at_partners(subject: Subject) -> None:
    """With other partners a sample comes out otherwise: something is mixed."""
    samples = _labelled(subject, N)
    others = [samples[0], *_labelled(subject, 2 * N)[N + 1 :]]
    for name, augmenter in subject.each():
        first, second = subject.run(augmenter, samples), subject.run(augmenter, others)
        changed = any(explain(subject.data(a), subject.data(s)) for a, s in zip(first, samples, strict=True))
        differs = bool(explain(first, second))
        require(changed and differs, f"{name}: declares that it mixes, but samples come out without their partners.")


def mixed_labels_add_up(subject: Subject) -> None:
    """Labels given as class weights stay non-negative and add up to 1."""
    samples = _labelled(subject, N)
    for name, augmenter in subject.each():
        for i, result in enumerate(subject.run(augmenter, samples)):
            label = result.label
            if not isinstance(label, torch.Tensor):
                continue
            total = float(label.double().sum())
            right = abs(total - 1) < 1e-4 and float(label.min()) >= 0
            require(
                right, f"{name}: the class weights of sample {i} become {label.tolist()}, which add up to {total:.4g}."
            )


def mixing_repeats(subject: Subject) -> None:
    """The same batch gives the same mixtures."""
    samples = _labelled(subject, N)
    for name, augmenter in subject.each():
        first, second = (subject.run(augmenter, samples) for _ in range(2))
        compare(name, first, second, "in a second call")


def _labelled(subject: Subject, n: int) -> list[Any]:
    """Return samples of one shape with class weights as labels, if the augmenter takes those."""
    base = subject.samples(1)[0]
    rows = [subject.data(s) for s in subject.samples(n)]
    made = []
    for i in range(n):
        data = subject.data(base)
        if isinstance(data, torch.Tensor):
            data = data.roll(7 * i, -1) if i % 2 else data.flip(-1).roll(5 * i, -1)
            # Places alone would not do: what mixes histograms or levels sees no difference between two of them.
            data = (data.to(torch.float64) * (1.0 - 0.1 * (i % 5))).to(data.dtype)
        else:
            data = rows[i]
        weights = torch.zeros(10)
        weights[i % 10] = 1.0
        made.append(dataclasses.replace(base, data=data, label=weights))
    return made


def _mixes(subject: Subject) -> bool:
    sample = next(iter(examples(subject.modality, 1)), None)
    return subject.declares.labels == "mixes" and isinstance(sample, Sample)


RULES: Final = (
    Rule(partners_are_restored, _mixes),
    Rule(mixing_looks_at_partners, _mixes),
    Rule(mixed_labels_add_up, _mixes),
    Rule(mixing_repeats, _mixes),
)
