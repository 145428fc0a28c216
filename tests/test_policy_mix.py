"""policy.mix: every sample meets one way of mixing, and what comes out is what that way makes of the batch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg

IMAGE: list[Any] = ["image.mixup", "image.cutmix", "image.mosaic"]
SOUND: list[Any] = ["audio.mixup", "audio.cutmix"]
CLIP: list[Any] = ["video.mixup", "video.cutmix"]


def noise(n: int, *shape: int) -> torch.Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(5), dtype=torch.uint8)


def pictures(n: int = 24, size: int = 16) -> list[augreg.Image]:
    return [augreg.Image(row, label=i % 5) for i, row in enumerate(noise(n, 3, size, size))]


def sounds(n: int = 16) -> list[augreg.Audio]:
    return [augreg.Audio(row.float() / 256 - 0.5, 8000, label=i % 5) for i, row in enumerate(noise(n, 1, 800))]


def clips(n: int = 12) -> list[augreg.Video]:
    return [augreg.Video(row, 8.0, label=i % 5) for i, row in enumerate(noise(n, 4, 3, 8, 8))]


def mixing(modality: str, operations: Any, **params: Any) -> augreg.Pipeline:
    return augreg.Pipeline({modality: [{"policy.mix": {"operations": operations, "classes": 5, **params}}]})


def ran(trace: Any) -> list[str | None]:
    return [one.steps[0]["step"].rpartition("/")[2] if one.steps else None for one in trace]


def label_of(sample: Any) -> np.ndarray:
    return np.asarray(sample.label)


@pytest.mark.parametrize(
    ("modality", "operations", "samples"),
    [("image", IMAGE, pictures()), ("audio", SOUND, sounds()), ("video", CLIP, clips())],
)
def test_each_sample_is_what_its_way_of_mixing_makes_of_the_batch(
    modality: str, operations: list[str], samples: list[Any]
) -> None:
    keys = list(range(len(samples)))
    out, trace = mixing(modality, operations)(samples, seed=7, keys=keys, return_trace=True)
    drawn = ran(trace)
    assert set(drawn) == set(operations)
    for name in operations:
        alone = augreg.Step(name, {"classes": 5}, p=1.0, id=f"policy.mix/{name}")
        whole = augreg.Pipeline({modality: [alone]})(samples, seed=7, keys=keys)
        for i, made in enumerate(out):
            if drawn[i] == name:
                assert torch.equal(made.data, whole[i].data)
                assert np.array_equal(label_of(made), label_of(whole[i]))


def test_labels_are_the_shares_of_the_classes() -> None:
    out = mixing("image", IMAGE)(pictures(), seed=7, keys=list(range(24)))
    labels = np.stack([label_of(made) for made in out])
    assert labels.shape == (24, 5)
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-6)
    assert (labels.max(axis=1) < 1).sum() > 12


def test_class_weights_are_mixed_as_class_numbers_are() -> None:
    hard = pictures()
    soft = [augreg.Image(p.data, label=torch.nn.functional.one_hot(torch.tensor(p.label), 5).float()) for p in hard]
    made = [mixing("image", IMAGE)(batch, seed=7, keys=list(range(24))) for batch in (hard, soft)]
    for one, other in zip(*made, strict=True):
        assert torch.equal(one.data, other.data)
        np.testing.assert_allclose(label_of(one), label_of(other), atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)), st.floats(0.1, 1))
def test_results_hang_on_neither_order_nor_p_of_the_others(order: list[int], p: float) -> None:
    samples, keys = pictures(12), [f"k{i}" for i in range(12)]
    whole = mixing("audio", SOUND)(sounds(12), seed=7, keys=keys)
    some, trace = mixing("audio", SOUND, p=p)(
        [sounds(12)[i] for i in order], seed=7, keys=[keys[i] for i in order], return_trace=True
    )
    for made, i, name in zip(some, order, ran(trace), strict=True):
        if name is not None:
            assert torch.equal(made.data, whole[i].data)
    whole_pictures = mixing("image", IMAGE)(samples, seed=7, keys=keys)
    some, trace = mixing("image", IMAGE, p=p)(samples, seed=7, keys=keys, return_trace=True)
    for made, all_made, name in zip(some, whole_pictures, ran(trace), strict=True):
        assert name is None or torch.equal(made.data, all_made.data)


def test_which_way_is_drawn_follows_the_weights() -> None:
    samples = [augreg.Image(torch.zeros(3, 2, 2, dtype=torch.uint8), label=0) for _ in range(1500)]
    pipe = mixing("image", ["image.mixup", {"image.cutmix": {"weight": 3}}])
    _, trace = pipe(samples, seed=7, keys=list(range(1500)), return_trace=True)
    share = np.mean([name == "image.cutmix" for name in ran(trace)])
    assert abs(share - 0.75) < 0.035  # three standard deviations of 1500 draws


def test_boxes_come_along() -> None:
    box = augreg.Boxes(np.array([[2.0, 2, 9, 9]]), labels=["dog"])
    samples = [augreg.Image(p.data, boxes=box) for p in pictures(8)]
    pipe = augreg.Pipeline({"image": [{"policy.mix": {"operations": ["image.mixup", "image.cutmix"]}}]})
    out, trace = pipe(samples, seed=7, keys=list(range(8)), return_trace=True)
    counts = [len(made.boxes) for made, name in zip(out, ran(trace), strict=True) if name == "image.mixup"]
    assert counts
    assert set(counts) == {2}  # mixup keeps the boxes of both


def test_one_sample_alone_keeps_its_data_and_gets_weights() -> None:
    one = pictures(1)[0]
    made = mixing("image", ["image.mixup", "image.cutmix"])(one, seed=7, keys="a")
    assert torch.equal(made.data, one.data)
    assert label_of(made).tolist() == [1, 0, 0, 0, 0]


def test_pictures_of_several_sizes_are_mixed_as_their_way_mixes_them() -> None:
    samples = [*pictures(6, 16), *pictures(6, 12)]
    out = mixing("image", ["image.mixup", "image.cutmix"])(samples, seed=7, keys=list(range(12)))
    assert [made.data.shape for made in out] == [p.data.shape for p in samples]


def test_a_trace_repeats_it_bit_for_bit_after_json() -> None:
    samples, pipe = pictures(), mixing("image", IMAGE, p=0.8)
    out, trace = pipe(samples, seed=7, keys=list(range(24)), return_trace=True)
    again = augreg.replay(samples, pipe, json.loads(json.dumps([one.to_dict() for one in trace])))
    for one, other in zip(out, again, strict=True):
        assert torch.equal(one.data, other.data)
        assert np.array_equal(label_of(one), label_of(other))


def test_files_keep_what_is_common_in_one_place() -> None:
    pipe = mixing("image", ["image.mixup", {"image.cutmix": {"alpha": 0.5, "weight": 2}}])
    said = pipe.to_dict()
    assert said["image"][0]["policy.mix"]["classes"] == 5
    again = augreg.Pipeline.from_dict(said)
    made = [p(pictures(), seed=7, keys=list(range(24))) for p in (pipe, again)]
    assert all(torch.equal(a.data, b.data) for a, b in zip(*made, strict=True))


def test_an_operation_may_say_it_otherwise_and_is_heard() -> None:
    with pytest.raises(augreg.ConfigError, match="classes=5 and image.mixup says classes=7|classes=7"):
        mixing("image", [{"image.mixup": {"classes": 7}}, "image.cutmix"])


@pytest.mark.parametrize(
    ("operations", "params", "told"),
    [
        (["image.mixup", "image.hflip"], {}, "policy.mix: image.hflip does not mix samples. Leave it out."),
        ([{"image.mixup": {"level": [0, 0.5]}}], {}, "policy.mix draws no strengths"),
        (["image.histogram_match"], {}, "classes=5 would do nothing: none of its operations has it"),
        ({"tags": ["size"]}, {"classes": None}, "none of the operations"),
    ],
)
def test_what_it_cannot_draw_is_refused(operations: Any, params: dict[str, Any], told: str) -> None:
    with pytest.raises(augreg.ConfigError, match=told):
        mixing("image", operations, **params)
