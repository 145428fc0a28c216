"""Gathers the checks of a plugin or of a class."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from augreg.contract.augmenter import Augmenter
from augreg.contract.declaration import Declaration
from augreg.errors import AugregError, ConfigError, listing, nearest
from augreg.modalities.known import modalities
from augreg.registry import Registry, default
from augreg.registry.spec import AugmenterSpec
from augreg.testing import (
    contract,
    devices,
    edges,
    follow,
    fusion,
    generators,
    gradients,
    joint,
    kept,
    levels,
    meanings,
    memory,
    mixing,
    modality,
    operation_sets,
    packaging,
    purity,
    records,
    repeatable,
    unlevelled,
    way_back,
    workers,
)
from augreg.testing.check import Check, ConformanceError
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject, examples

BEHAVIOUR: Final[tuple[Rule, ...]] = (
    *repeatable.RULES,
    *purity.RULES,
    *records.RULES,
    *kept.RULES,
    *edges.RULES,
    *levels.RULES,
    *follow.RULES,
    *way_back.RULES,
    *fusion.RULES,
    *mixing.RULES,
    *meanings.RULES,
    *gradients.RULES,
    *devices.RULES,
)


def checks(distribution: str, *, device: str = "cpu", registry: Registry | None = None) -> list[Check]:
    """Return every check of an installed plugin: packaging, its modalities' samples, contract, behaviour.

    Args:
        distribution: its name, such as "augreg-audio".
        device: where the behaviour checks run.
        registry: where to look it up; the default one holds what is installed.

    >>> from augreg.testing import checks
    >>> [check.id for check in checks("augreg-text")][:2]
    ['discovered', 'listing_imports_nothing']

    """
    known = registry or default()
    found = [*packaging.packaging_checks(known, distribution), *modality.modality_checks(known, distribution)]
    found += operation_sets.set_checks(known, distribution)
    found += generators.generator_checks(known, distribution)
    subjects = list(_subjects(known, known.augmenters(plugin=distribution), device))
    for subject in subjects:
        found += augmenter_checks(subject)
    running = [subject for subject in subjects if _runs(subject)]
    if running:
        found.append(workers.worker_check(running))
        found += memory.memory_checks(running)
    return found


def augmenter_checks(subject: Subject) -> Iterator[Check]:
    """Yield the contract and behaviour checks of one augmenter."""
    yield from (rule.of(subject) for rule in contract.RULES if rule.applies(subject))
    if joint.is_joint(subject):
        yield from (rule.of(subject) for rule in joint.joint_rules(subject))
    if not _runs(subject):
        return
    yield from (rule.of(subject) for rule in BEHAVIOUR if rule.applies(subject))
    yield from edges.edge_rules(subject)


def _runs(subject: Subject) -> bool:
    """Whether there is something to run; where not, a contract check or the modality's author says why."""
    try:
        return not joint.is_joint(subject) and bool(
            subject.configs and examples(subject.modality, 1) and isinstance(subject.declares, Declaration)
        )
    except (AugregError, ConformanceError, AttributeError):
        return False


def _subjects(registry: Registry, specs: list[AugmenterSpec], device: str) -> Iterator[Subject]:
    """Yield the augmenters that load; for the others the packaging check says why they do not."""
    known = modalities(registry)
    for spec in specs:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                cls = registry.load(spec.id)
        except AugregError:
            continue
        for name in spec.modalities:
            yield Subject(spec, cls, known[name], registry, device)


def class_checks(cls: type[Augmenter], name: str, *, device: str = "cpu") -> list[Check]:
    """Return the contract and behaviour checks of a class that no plugin offers yet.

    Args:
        cls: the augmenter class.
        name: the name to register it under, "image.sepia"; its first part is the modality.
        device: where to run.

    >>> import augreg
    >>> from augreg.testing import class_checks
    >>> found = class_checks(type(augreg.make("text.keyboard")), "text.mine")
    >>> found[0].id
    'text.mine-is_frozen_dataclass'
    >>> found[0]()

    """
    registry = Registry(discover=False)
    registry.register(cls, name)
    subjects = _subjects(registry, registry.augmenters(), device)
    return [check for subject in subjects for check in augmenter_checks(subject)]


def plugin_checks(
    distribution: str,
    *,
    expected_failures: Mapping[str, str] | None = None,
    no_level: Mapping[str, str] | None = None,
    device: str = "cpu",
) -> list[Any]:
    """Return the checks of a plugin for ``pytest.mark.parametrize``: the whole of a conformance test.

    ::

        @pytest.mark.parametrize("check", augreg.testing.plugin_checks("augreg-audio"))
        def test_conforms(check):
            check()

    An augmenter that cannot be built without arguments needs a class attribute
    ``examples: ClassVar = ({"size": (32, 40)},)``; all examples are checked, so keep them few. Samples come from
    ``augreg.Modality.examples``; a plugin that adds a modality defines it there.

    Args:
        distribution: the plugin's distribution name.
        expected_failures: check id -> reason. These must fail: one that passes fails the test (strict xfail).
        no_level: augmenter -> why it declares no level. If given, one without a level and without a reason fails the
            check ``level_or_reason``. What mixes samples or has no numeric parameter needs none.
        device: where the behaviour checks run: "cpu", "cuda".

    Raises:
        ConfigError: an expected failure names no check.

    >>> from augreg.testing import plugin_checks
    >>> plugin_checks("augreg-text")[0].id
    'discovered'

    """
    import pytest

    found = checks(distribution, device=device)
    if no_level is not None:
        explained = partial(unlevelled.level_or_reason, default(), distribution, dict(no_level))
        found.append(Check("level_or_reason", explained, (unlevelled.level_or_reason.__doc__ or "").strip()))
    reasons = dict(expected_failures or {})
    ids = [check.id for check in found]
    for name in reasons:
        if name not in ids:
            raise ConfigError(f"no check {name!r} to fail.{nearest(name, ids)} Checks: {listing(ids)}.")
    marked = []
    for check in found:
        marks = [pytest.mark.xfail(reason=reasons[check.id], strict=True)] if check.id in reasons else []
        marked.append(pytest.param(check, id=check.id, marks=marks + ([pytest.mark.slow] if check.slow else [])))
    return marked
