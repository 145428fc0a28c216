"""A modality that a plugin adds is treated as ours are: ragged, in records, in jobs, by the conformance kit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from trails import Blurred, Deaf, Fragile, Head, Lumped, Stale, Sum, Told, Trail, Trails, plugin, rows

import augreg
from augreg.jobs.manifest import facts
from augreg.modalities import modalities
from augreg.testing import ConformanceError, checks
from augreg.testing.collect import augmenter_checks
from augreg.testing.modality import heeds_layouts
from augreg.testing.subject import Subject


def pipeline(*steps, **augmenters):
    return augreg.Pipeline({"trail": list(steps)}, registry=plugin(**augmenters))


@pytest.mark.parametrize("wrap", [lambda row: row, Trail], ids=["tensors", "samples"])
def test_two_lengths_come_back_as_two_lengths(wrap):
    out = pipeline("trail.fragile", fragile=Fragile)([wrap(row) for row in rows(5, 9)], seed=1, modality="trail")
    assert [len(getattr(one, "data", one)) for one in out] == [5, 9]
    out = pipeline("trail.head", head=Head)([wrap(row) for row in rows(5, 9)], seed=1, modality="trail")
    assert [len(getattr(one, "data", one)) for one in out] == [3, 5]


def test_a_stack_is_one_of_samples_and_comes_back_stacked():
    stack = torch.stack(rows(5, 5, 5))
    out = pipeline("trail.head", head=Head)(stack, seed=1, modality="trail")
    assert torch.equal(out, stack[:, :3])


def test_only_rows_that_differ_in_length_alone_share_a_batch():
    """A row of one column was copied over all columns of its neighbors in silence."""
    samples = [*rows(5, axes=3), *rows(6, axes=1), *rows(7, axes=3)]
    out = pipeline("trail.fragile", fragile=Fragile)(samples, seed=1, modality="trail")
    assert all(torch.equal(a, b) for a, b in zip(out, samples, strict=True))
    mixed = pipeline("trail.sum", sum=Sum)(samples, seed=1, modality="trail")
    assert torch.equal(mixed[1], samples[1])
    assert torch.equal(mixed[0], samples[0] + samples[2][:5])
    assert torch.equal(mixed[2][5:], samples[2][5:])


def test_lengths_that_differ_much_do_not_share_a_batch_unless_they_are_mixed():
    shapes = np.array([[100, 2], [105, 2], [1000, 2], [0, 2]])
    info = augreg.BatchInfo("trail", np.zeros(4, np.uint64), shapes, np.zeros(4), ("float32",) * 4, form=Trails.form)
    keys = [Trails().key(info, i, torch.device("cpu")) for i in range(4)]
    assert [keys.index(key) for key in keys] == [0, 0, 2, 3]
    assert len({Trails().mixing_key(info, i, torch.device("cpu")) for i in range(4)}) == 1


# ---------------------------------------------------------------- records


def test_a_field_of_its_targets_name_follows_it_and_no_other_field_does():
    flags, other = torch.arange(9) > 3, torch.arange(9) > 3
    record = {"x": Trail(rows(9)[0]), "flags": flags, "seen": other, "id": 1}
    (out,) = pipeline("trail.head", head=Head)([record], seed=1)
    assert torch.equal(out["flags"], flags[:5])
    assert out["seen"] is other


def test_a_target_of_another_length_is_refused():
    with pytest.raises(augreg.SampleError, match="'flags' is for a sample of 4 x 2, but 'x' has 9 x 2"):
        pipeline("trail.head", head=Head)([{"x": Trail(rows(9)[0]), "flags": torch.ones(4) > 0, "id": 1}], seed=1)


def test_messages_name_the_class_where_its_package_offers_it():
    pipe = pipeline("trail.head", head=Head)
    with pytest.raises(augreg.SampleError, match=r"trails\.Trail\(data, flags=\.\.\.\)"):
        pipe([{"x": Trail(rows(3)[0]), "flags": [1, 0, 1], "id": 1}], seed=1)


# ---------------------------------------------------------------- manifests


def test_manifests_take_whatever_a_sample_holds():
    trail = Trail(torch.zeros(3, 2), pace=1.5)
    assert facts(trail, Trails.rate_fields) == {"shape": [3, 2], "dtype": "float32", "pace": 1.5}
    assert facts(Trail({"a": 1})) == {"type": "dict"}
    assert facts(augreg.Audio(torch.zeros(1, 5), 8000), ("sample_rate",))["sample_rate"] == 8000


# ---------------------------------------------------------------- conformance kit


def found(registry, distribution="acme-trails"):
    return {check.id: check for check in checks(distribution, registry=registry)}


def kit(cls, name="trail.step"):
    registry = plugin()
    registry.register(cls, name, modalities=("trail",))
    subject = Subject(registry.resolve(name), cls, Trails(), registry)
    return {check.id.removeprefix(f"{name}-"): check for check in augmenter_checks(subject)}


def test_what_keeps_the_rules_passes_all():
    ran = kit(Head)
    assert {"targets_fit", "takes_one_place", "takes_many_axes", "non_contiguous", "nonfinite"} <= set(ran)
    for name, check in ran.items():
        if name not in ("nonfinite", "summary_is_first_line"):  # the reader of trails looks at no values
            check()
    assert "stacked_like_listed" in kit(Fragile)


def test_targets_that_stay_behind_are_found():
    with pytest.raises(
        ConformanceError, match=r"flags of sample 0 is for \(4, 2\), but the data comes out as \(2, 2\)"
    ):
        kit(Stale)["targets_fit"]()


def test_odd_samples_of_a_modality_are_tried():
    with pytest.raises(ConformanceError, match=r"\(1, 2\) raises IndexError: no second place"):
        kit(Fragile)["takes_one_place"]()


def test_samples_of_a_modality_are_checked():
    good = found(plugin())
    good["trail-gives_samples_back"]()
    good["trail-batches_give_rows_back"]()
    with pytest.raises(ConformanceError, match="modality 'trail': sample 0 comes back otherwise: flags"):
        found(plugin(Blurred))["trail-gives_samples_back"]()
    with pytest.raises(ConformanceError, match="modality 'trail'"):
        found(plugin(Lumped))["trail-batches_give_rows_back"]()


def test_layouts_that_a_modality_names_are_read():
    found(plugin(Told))["trail-heeds_layouts"]()
    with pytest.raises(ConformanceError, match=r"modality 'trail' reads layout='CT' otherwise.*read_as_said"):
        found(plugin(Deaf))["trail-heeds_layouts"]()
    for ours in modalities(augreg.registry.default()):
        heeds_layouts(ours)


def test_modalities_of_others_are_not_checked():
    assert not [name for name in found(plugin(), "acme-else") if name.startswith("trail")]
