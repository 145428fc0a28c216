"""Classes of samples that a pipeline mixes: one form for all of them, whether or not a step fires."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

import augreg
from augreg.data.class_labels import class_weights, mix_labels
from augreg.errors import ConfigError, SampleError

EYE = torch.eye(4)


@pytest.mark.parametrize(
    "label", [2, np.int64(2), np.uint8(2), torch.tensor(2), np.array(2), {2: 1.0}, {2: 0.75, 1: 0.25}], ids=repr
)
def test_class_weights_of_numbers_and_mappings(label: Any) -> None:
    wanted = torch.tensor([0, 0.25, 0.75, 0]) if isinstance(label, dict) and len(label) > 1 else EYE[2]
    assert torch.equal(class_weights(label, 4), wanted)


@pytest.mark.parametrize("label", [None, "cat", True, {"cat": 1.0}, EYE[1], np.eye(4)[1], [0, 3], 2.5, {}], ids=repr)
def test_what_is_no_class_number_stays(label: Any) -> None:
    assert class_weights(label, 4) is label


@pytest.mark.parametrize("label", [4, -1, {0: 0.5, 7: 0.5}])
def test_a_number_that_is_no_class_is_named(label: Any) -> None:
    with pytest.raises(SampleError, match=r"label=(4|-1|7) is not one of 4 classes\. Use labels from 0 to 3\."):
        class_weights(label, 4)


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=4), data=st.data())
def test_mixed_class_numbers_are_the_weighted_mean_of_unit_vectors(labels: list[int], data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.floats(0.01, 1), min_size=len(labels), max_size=len(labels)))
    weights = [part / sum(parts) for part in parts]
    wanted = sum(EYE[label] * weight for label, weight in zip(labels, weights, strict=True))
    mixed = mix_labels(labels, weights, 4)
    torch.testing.assert_close(mixed, wanted, rtol=0, atol=1e-6)
    shares = mix_labels(labels, weights)
    torch.testing.assert_close(class_weights(shares, 4), mixed, rtol=0, atol=1e-6)


def test_weights_of_other_shapes_are_refused() -> None:
    with pytest.raises(SampleError, match=r"labels of shapes \(3,\) and \(4,\) cannot be mixed"):
        mix_labels([torch.ones(3), torch.ones(4)], [0.5, 0.5])
    for labels in ([torch.ones(3) / 3, 1], [1, np.ones(3) / 3]):
        with pytest.raises(SampleError, match="label=1 cannot be mixed with weights of 3 classes.*classes: 10"):
            mix_labels(labels, [0.5, 0.5])


def _picture(i: int) -> torch.Tensor:
    return torch.full((3, 8, 8), 60 * i, dtype=torch.uint8)


def _sound(i: int) -> torch.Tensor:
    return torch.full((1, 400), 0.2 * i)


def _items(form: str) -> list[Any]:
    """Four samples of the classes 0 to 3."""
    if form == "records":
        return [{"key": i, "image": _picture(i), "label": i} for i in range(4)]
    if form == "pairs":
        return [(_picture(i), i) for i in range(4)]
    if form == "Image":
        return [augreg.Image(_picture(i), label=i, key=i) for i in range(4)]
    return [augreg.Audio(_sound(i), 8000, label=i, key=i) for i in range(4)]


def _labels(out: list[Any]) -> list[Any]:
    return [o["label"] if isinstance(o, dict) else o[1] if isinstance(o, tuple) else o.label for o in out]


def _run(form: str, p: float, seed: int = 0, **more: Any) -> list[Any]:
    modality = "audio" if form == "Audio" else "image"
    options: dict[str, Any] = {"records": {"schema": {"image": "image"}}, "pairs": {"modality": "image"}}.get(form, {})
    steps = {modality: [{f"{modality}.mixup": {"classes": 4, "p": p, **more}}]}
    return list(augreg.augment(_items(form), steps, seed=seed, **options))


@pytest.mark.parametrize("form", ["records", "pairs", "Image", "Audio"])
def test_all_labels_are_weights_whether_or_not_a_step_fires(form: str) -> None:
    seen = set()
    for seed in range(6):
        out = _run(form, 0.4, seed)
        labels = _labels(out)
        assert {(type(label), label.shape, label.dtype) for label in labels} == {(torch.Tensor, (4,), torch.float32)}
        for i, label in enumerate(labels):
            data = out[i]["image"] if form == "records" else out[i][0] if form == "pairs" else out[i].data
            # What a picture is made of tells what the label has to say: all of it is of one colour.
            strength = data.float().mean().item() / (0.2 if form == "Audio" else 60)
            assert float((label * torch.arange(4)).sum()) == pytest.approx(strength, abs=0.02)
            seen.add(bool(label[i] == 1))
    assert seen == {True, False}


@pytest.mark.parametrize("form", ["records", "pairs", "Image", "Audio"])
def test_a_step_that_never_fires_leaves_labels_alone(form: str) -> None:
    assert _labels(_run(form, 0.0)) == [0, 1, 2, 3]
    items = _items("Image")
    same = augreg.augment(items, {"image": [{"image.mixup": {"classes": 4, "p": 0.0}}]}, seed=1)
    assert all(a is b for a, b in zip(items, same, strict=True))


def test_labels_of_one_of_several_mixtures() -> None:
    choice = {"one_of": {"steps": [{"image.mixup": {"classes": 4}}, {"image.cutmix": {"classes": 4}}, "image.hflip"]}}
    for seed in range(4):
        labels = _labels(list(augreg.augment(_items("Image"), {"image": [choice]}, seed=seed)))
        assert all(label.shape == (4,) and float(label.sum()) == pytest.approx(1.0) for label in labels)


def test_a_label_that_is_no_class_is_refused_even_where_nothing_fires() -> None:
    with pytest.raises(SampleError, match=r"label=3 is not one of 3 classes"):
        augreg.augment(_items("Image"), {"image": [{"image.mixup": {"classes": 3, "p": 1e-9}}]}, seed=1)


def test_two_numbers_of_classes_are_refused() -> None:
    steps = [{"image.mixup": {"classes": 10}}, {"image.cutmix": {"classes": 100}}]
    with pytest.raises(ConfigError, match=r"image: image\.mixup says classes=10 and image\.cutmix says classes=100"):
        augreg.Pipeline({"image": steps})


def test_replay_gives_the_same_labels() -> None:
    pipe = augreg.Pipeline({"image": [{"image.mixup": {"classes": 4, "p": 0.5}}]})
    out, trace = augreg.augment(_items("Image"), pipe, seed=3, return_trace=True)
    again = pipe.replay(_items("Image"), trace)
    assert all(torch.equal(a.label, b.label) for a, b in zip(out, again, strict=True))


@pytest.mark.parametrize("p", [1.0, 0.5])
def test_a_loader_collates_mixed_classes(p: float) -> None:
    collate = augreg.collate({"image": [{"image.mixup": {"classes": 4, "p": p}}]}, seed=2, schema={"image": "image"})
    batch = next(iter(DataLoader(_items("records"), batch_size=4, collate_fn=collate)))
    assert (batch["image"].shape, batch["label"].shape) == ((4, 3, 8, 8), (4, 4))
    torch.testing.assert_close(batch["label"].sum(1), torch.ones(4))


def test_a_loader_keeps_mixed_classes_that_have_no_number_as_a_list() -> None:
    collate = augreg.collate({"image": [{"image.mixup": {"p": 0.7}}]}, seed=2, schema={"image": "image"})
    batch = next(iter(DataLoader(_items("records"), batch_size=4, collate_fn=collate)))
    assert batch["image"].shape == (4, 3, 8, 8)
    assert isinstance(batch["label"], list)
    assert len(batch["label"]) == 4
