"""Rules: running steps as one operator gives what running them one after another gives."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, cast

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter, AugmenterBase, fuses
from augreg.data.targets import Events, Keypoints, Spans
from augreg.modalities.base import Modality
from augreg.registry import Registry
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.repeatable import alone, compare
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject

N: Final = 5
PARTNERS: Final = 4
PICTURES: Final = 0.03
"""Median difference of pixels, as a share of full scale: one interpolation instead of two is not the same, and
what leaves the picture between two steps comes back only if they are fused."""
CANVAS: Final = 0.15
"""Mean difference of pixels, as a share of full scale."""
SOUNDS: Final = 1e-3
"""Difference of sounds, as a share of their energy's square root."""
PLACES: Final = 1.5
"""Difference of keypoints in pixels."""


def fused_alone(subject: Subject) -> None:
    """Run as an operator it gives what apply gives."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        fused, plain = (subject.run(augmenter, samples, fuse=f) for f in (True, False))
        compare(name, plain, fused, "as an operator", rounding=True)


def fused_skips_rows(subject: Subject) -> None:
    """A fused step that does not fire for a sample leaves it as it would be without the step."""
    samples = subject.samples(N + 3)
    for name, augmenter in subject.each():
        pipe = subject.pipeline(augmenter, augmenter, p=0.5)
        many, trace = subject.run(pipe, samples, trace=True)
        one = [subject.run(pipe, [s], keys=[i])[0] for i, s in enumerate(samples)]
        compare(name, one, many, "when fused with samples for which other steps fire", rounding=True)
        for i, t in enumerate(trace):
            require(bool(t.steps) or many[i] is samples[i], f"{name}: sample {i} changed, but no step fired for it.")


def fused_like_unfused(subject: Subject) -> None:
    """Two operators run as one give what they give one after another, for partners from the same plugin."""
    samples = subject.samples(N)
    name, augmenter = next(subject.each())
    for other_name, other in _partners(subject, augmenter):
        try:
            pipe = subject.pipeline(augmenter, other)  # one that would clip what the other made is refused
            plain = subject.run(pipe, samples, fuse=False)
        except Exception:
            continue
        fused = subject.run(pipe, samples, fuse=True)
        for i, (a, b) in enumerate(zip(plain, fused, strict=True)):
            found = _apart(subject, a, b)
            require(not found, f"{name} then {other_name}: fused, sample {i} comes out otherwise: {found}.")


def _partners(subject: Subject, augmenter: Augmenter) -> list[tuple[str, Augmenter]]:
    """Return some augmenters of the plugin whose operators compose with this one's, itself among them."""
    batch = subject.batch(subject.samples(1))
    first = _lowered(augmenter, batch)
    found = []
    for name, other in _siblings(subject.registry, subject.spec.plugin, subject.modality):
        second = _lowered(other, batch)
        if first is not None and second is not None and first.then(second) is not None:
            found.append((name, other))
    # Spread over the plugin, and different for each augmenter: all of them together see most pairs.
    start = sum(map(ord, subject.spec.name)) % max(1, len(found))
    turned = found[start:] + found[:start]
    return turned[:: max(1, len(turned) // PARTNERS)][:PARTNERS]


@lru_cache(maxsize=16)
def _siblings(registry: Registry, plugin: str | None, modality: Modality) -> list[tuple[str, Augmenter]]:
    """Return the augmenters of a plugin for a modality that can be fused, by name: sought once for all of them."""
    specs = [spec for spec in registry.augmenters(plugin=plugin) if modality.name in spec.modalities]
    subjects = [Subject(spec, registry.load(spec.id), modality, registry) for spec in specs]
    return [(s.spec.name, s.configs[0]) for s in subjects if _built(s)]


def _built(subject: Subject) -> bool:
    try:
        return fuses(subject.configs[0]) and subject.declares.supports("label")
    except Exception:
        return False


def _lowered(augmenter: Augmenter, batch: Any) -> Any:
    from augreg.random.rng import Rng

    if "data" in augmenter.declares.reads:
        return None
    params = augmenter.draw(batch.info, Rng(SEED, batch.info.keys).at("step0"))
    return cast(AugmenterBase, augmenter).lower(batch.info, params)


def _apart(subject: Subject, first: Any, second: Any) -> str:
    """Return in what two results differ by more than fusion may change, or ""."""
    a, b = subject.data(first), subject.data(second)
    if not isinstance(a, torch.Tensor):
        return "" if a == b else f"{b!r} instead of {a!r}"
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{b.dtype} {tuple(b.shape)} instead of {a.dtype} {tuple(a.shape)}"
    apart = (a.double() - b.double()).abs()
    if subject.modality.name == "audio":
        energy = float(a.double().pow(2).mean().sqrt()) + 1e-3 * forms.FULL.get(str(a.dtype)[6:], 1.0)
        share = float(apart.pow(2).mean().sqrt()) / energy if apart.numel() else 0.0
        limit = SOUNDS
    else:
        scale = forms.FULL.get(str(a.dtype)[6:], max(1.0, float(a.abs().max())))
        share, limit = float(apart.median()) / scale, PICTURES
        if float(apart.mean()) / scale > CANVAS:
            return f"a mean difference of {float(apart.mean()) / scale:.2g}"
    if share > limit:
        return f"a difference of {share:.2g}, where {limit:g} is allowed"
    return _targets_apart(subject.wrapped(first).targets, subject.wrapped(second).targets)


def _targets_apart(first: dict[str, Any], second: dict[str, Any]) -> str:
    for target, entry in first.items():
        pairs = zip(entry, second[target], strict=True) if isinstance(entry, list) else [(entry, second[target])]
        for a, b in pairs:
            # Boxes are clipped and enclosed anew at each step, so that fused ones may be larger or smaller.
            if not isinstance(a, (Keypoints, Events, Spans)) or len(a) != len(b):
                continue
            far = float(np.abs(a.data - b.data).max(initial=0.0))
            if far > (PLACES if isinstance(a, Keypoints) else 1e-2):
                return f"{target} differ by {far:.3g}"
    return ""


def _fusible(subject: Subject) -> bool:
    try:
        return alone(subject) and fuses(subject.configs[0])
    except Exception:
        return False


RULES: Final = (
    Rule(fused_alone, _fusible),
    Rule(fused_skips_rows, _fusible),
    Rule(fused_like_unfused, _fusible, slow=True),
)
