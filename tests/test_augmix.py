"""AugMix against loops over samples and operations, and what it refuses."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.policies import AugMix
from augreg.policies.blending import blend

PICTURE_OPS: list[Any] = ["image.rotate", "image.posterize", "image.contrast", "image.brightness", "image.sharpen"]
SOUND_OPS: list[Any] = ["audio.gain", "audio.lowpass", "audio.gaussian_snr"]


def pictures(n: int, size: int = 24, dtype: torch.dtype = torch.uint8) -> list[torch.Tensor]:
    found = torch.randint(0, 256, (n, 3, size, size), generator=torch.Generator().manual_seed(3), dtype=torch.uint8)
    return list(found if dtype == torch.uint8 else (found.double() / 255).to(dtype))


def pipeline(modality: str = "image", operations: Any = None, **params: Any) -> augreg.Pipeline:
    body = {"operations": PICTURE_OPS if operations is None else operations, "level": [0.0, 1.0], **params}
    return augreg.Pipeline({modality: [{"policy.augmix": body}]})


def by_hand(sample: torch.Tensor, row: dict[str, Any], modality: str, rate: float = np.nan) -> np.ndarray:
    """The formula of the paper for one sample, operation by operation, in float64."""
    total = (1.0 - row["mixed"]) * sample.numpy().astype(np.float64)
    for chain, weight in zip(row["chains"], row["weights"], strict=True):
        copy = sample[None] if modality == "audio" else [sample]
        for name, params in chain:
            shape = np.array([tuple(sample.shape)])
            dtype = (str(sample.dtype).removeprefix("torch."),)
            form = pipeline().known[modality].form
            info = augreg.BatchInfo(modality, np.array([1], np.uint64), shape, np.array([rate]), dtype, form=form)
            done = augreg.make(name).apply(augreg.Batch(copy, info), augreg.Params.from_rows([params]))
            copy = done.data
        total += row["mixed"] * weight * copy[0].numpy().astype(np.float64)
    return total


def rows_of(trace: Any) -> list[dict[str, Any]]:
    return [one.steps[0]["params"] for one in trace]


def test_pictures_are_the_formula_of_the_paper() -> None:
    given, pipe = pictures(12), pipeline()
    out, trace = pipe(given, modality="image", seed=7, keys=list(range(12)), return_trace=True)
    for picture, made, row in zip(given, out, rows_of(trace), strict=True):
        assert np.abs(made.numpy() - by_hand(picture, row, "image")).max() <= 0.5 + 1e-3
        assert made.dtype == torch.uint8


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_pictures_of_numbers_are_the_formula_and_stay_within_their_range(dtype: torch.dtype) -> None:
    given, pipe = pictures(8, dtype=dtype), pipeline()
    out, trace = pipe(given, modality="image", seed=7, keys=list(range(8)), return_trace=True)
    for picture, made, row in zip(given, out, rows_of(trace), strict=True):
        np.testing.assert_allclose(made.numpy(), by_hand(picture, row, "image"), atol=3e-7)
        assert made.dtype == dtype
        assert made.min() >= 0
        assert made.max() <= 1


def test_sounds_of_several_lengths_are_the_formula() -> None:
    given = [torch.sin(torch.arange(n) / 7.0)[None] * 0.4 for n in (4000, 3000, 4000, 2500)]
    pipe = pipeline("audio", SOUND_OPS)
    sounds = [augreg.Audio(sound, 16000) for sound in given]
    out, trace = pipe(sounds, seed=7, keys=list(range(4)), return_trace=True)
    for sound, made, row in zip(given, out, rows_of(trace), strict=True):
        np.testing.assert_allclose(made.data.numpy(), by_hand(sound, row, "audio", 16000.0), atol=1e-5)


def test_what_is_drawn_is_spread_as_the_paper_says() -> None:
    n = 3000
    plan = AugMix(depth=(1, 3)).plan(augreg.Rng(7, np.arange(n, dtype=np.uint64)), np.ones(5))
    deep = (plan.operation.reshape(n, 3, 3) >= 0).sum(axis=2)
    counts = np.bincount(deep.ravel(), minlength=4)
    assert counts[0] == 0
    np.testing.assert_allclose(counts[1:] / counts.sum(), 1 / 3, atol=0.02)
    drawn = np.bincount(plan.operation[plan.operation >= 0], minlength=5)
    np.testing.assert_allclose(drawn / drawn.sum(), 0.2, atol=0.02)
    assert plan.level is not None
    assert plan.level.min() >= 0
    assert 0.29 < plan.level.max() <= 0.3
    shares = AugMix().shares(augreg.Rng(7, np.arange(n, dtype=np.uint64)))
    np.testing.assert_allclose(shares.array("weights").sum(axis=1), 1)
    np.testing.assert_allclose(shares.array("weights").mean(axis=0), 1 / 3, atol=0.02)
    # Beta(1, 1) is uniform: mean 1/2, variance 1/12.
    np.testing.assert_allclose(shares.array("mixed").mean(), 0.5, atol=0.02)
    np.testing.assert_allclose(shares.array("mixed").var(), 1 / 12, atol=0.01)


def test_operations_draw_what_they_draw_alone_at_their_place_in_the_chain() -> None:
    pipe = pipeline(operations=["image.rotate"], width=2, depth=[2, 2])
    blended = pipe.executions("image")[0].augmenter
    keys = np.arange(5, dtype=np.uint64)
    info = augreg.BatchInfo("image", keys, np.full((5, 3), 24), np.full(5, np.nan), ("uint8",) * 5)
    rng = augreg.Rng(7, keys).at("policy.augmix")
    params, level = blended.draw(info, rng), rng.uniform("level", size=4)
    for chain in range(2):
        for place in range(2):
            alone = augreg.make("image.rotate").draw(
                info, rng.at(f"{chain}/{place}/image.rotate"), level[:, 2 * chain + place]
            )
            assert [params["chains"][i][chain][place][1] for i in range(5)] == [alone.row(i) for i in range(5)]


def test_equal_inputs_become_different_and_alone_is_as_in_a_batch() -> None:
    pipe, picture = pipeline(), pictures(1)[0]
    out = pipe([picture] * 64, modality="image", seed=7, keys=list(range(64)))
    assert len({made.numpy().tobytes() for made in out}) == 64
    for key in (0, 17, 63):
        assert torch.equal(pipe(picture, modality="image", seed=7, keys=key), out[key])
    assert torch.equal(pipe([picture] * 3, modality="image", seed=7, keys=[63, 5, 17])[0], out[63])


def test_a_trace_repeats_it_bit_for_bit_after_json() -> None:
    given, pipe = pictures(6), pipeline()
    out, trace = pipe(given, modality="image", seed=7, keys=list(range(6)), return_trace=True)
    told = json.loads(json.dumps([one.to_dict() for one in trace]))
    again = augreg.replay(given, pipe, told, modality="image")
    assert all(torch.equal(a, b) for a, b in zip(out, again, strict=True))


def test_a_file_says_it_in_full_and_makes_the_same() -> None:
    pipe, given = pipeline(width=2), pictures(4)
    again = augreg.Pipeline.from_dict(pipe.to_dict())
    made = [p(given, modality="image", seed=7, keys=[0, 1, 2, 3]) for p in (pipe, again)]
    assert all(torch.equal(a, b) for a, b in zip(*made, strict=True))


def test_p_and_groups_hold_for_it_as_for_any_step() -> None:
    given = pictures(1)[0]
    pipe = augreg.Pipeline({"image": [{"policy.augmix": {"operations": PICTURE_OPS, "p": 0.3}}]})
    same = sum(pipe(given, modality="image", seed=7, keys=i) is given for i in range(200))
    assert 110 < same < 170  # of 200, 140 are expected
    one = augreg.Pipeline({"image": [{"one_of": [{"policy.augmix": {"operations": PICTURE_OPS}}, "image.vflip"]}]})
    _out, trace = one([given] * 40, modality="image", seed=7, keys=list(range(40)), return_trace=True)
    ran = Counter(t.steps[0]["step"].rpartition("/")[2] for t in trace)
    assert set(ran) == {"policy.augmix", "image.vflip"}
    assert min(ran.values()) > 8


def test_each_operation_runs_once_per_place_in_the_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, calls = pipeline(operations=["image.posterize", "image.contrast"]), []
    for member in pipe.executions("image")[0].augmenter.members:
        run = type(member.augmenter).apply
        monkeypatch.setattr(
            type(member.augmenter), "apply", lambda self, b, p, run=run: calls.append(1) or run(self, b, p)
        )
    pipe(pictures(64), modality="image", seed=7, keys=list(range(64)))
    assert 0 < len(calls) <= 6  # 2 operations at 3 places, not 64 samples times 3 chains


def test_gradients_flow_through_the_blend() -> None:
    clean = torch.rand(3, 6, 6, dtype=torch.float64, requires_grad=True)
    copies = [clean * 0.5, clean**2]
    shares = [torch.tensor(v, dtype=torch.float64) for v in (0.2, 0.5, 0.3)]
    assert torch.autograd.gradcheck(lambda x: blend([x, x * 0.5, x**2], shares), (clean,))
    assert blend([clean, *copies], shares).requires_grad


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([torch.uint8, torch.int16, torch.int32, torch.float16, torch.float32, torch.float64]),
    st.lists(st.floats(0.01, 1), min_size=2, max_size=5),
    st.integers(0, 2**31 - 1),
)
def test_a_blend_is_the_weighted_mean_between_its_parts(dtype: torch.dtype, weights: list[float], seed: int) -> None:
    shares = np.asarray(weights) / sum(weights)
    rng = np.random.default_rng(seed)
    high = 1.0 if dtype.is_floating_point else float(min(torch.iinfo(dtype).max, 2**30))
    values = rng.uniform(0, high, (len(shares), 50))
    parts = [torch.from_numpy(row).to(dtype) for row in values]
    found = blend(parts, [torch.tensor(s, dtype=torch.float64) for s in shares]).double().numpy()
    stack = np.stack([part.double().numpy() for part in parts])
    step = {torch.float16: 2**-11, torch.float32: 1e-6, torch.float64: 1e-15}.get(dtype, 0.5 + 1e-3)
    np.testing.assert_allclose(found, shares @ stack, atol=step)
    assert (found >= stack.min(axis=0)).all()
    assert (found <= stack.max(axis=0)).all()


@pytest.mark.parametrize(
    ("modality", "operations", "told"),
    [
        ("text", ["text.keyboard"], "text.keyboard changes texts, which have no average to blend"),
        ("image", ["image.scale"], "image.scale does not keep the shape"),
        ("image", ["image.mixup"], "image.mixup does not keep the label"),
        ("image", ["image.nothing_such"], "image.nothing_such"),
        ("image", ["image.hflip"], "image.hflip has no strength that a policy could set"),
    ],
)
def test_operations_that_cannot_be_blended_are_refused_by_name(modality: str, operations: Any, told: str) -> None:
    with pytest.raises(augreg.AugregError, match=told):
        pipeline(modality, operations)


def test_a_query_leaves_out_what_cannot_be_blended() -> None:
    pipe = pipeline(operations={"tags": ["size", "geometry"]})
    names = {m.name for m in pipe.executions("image")[0].augmenter.members}
    assert "image.rotate" in names
    assert not names & {"image.scale", "image.zoom_out"}


def test_targets_that_geometry_moves_are_refused_and_labels_stay() -> None:
    boxes = augreg.Image(pictures(1)[0], boxes=augreg.Boxes(np.array([[1.0, 1, 5, 5]])))
    with pytest.raises(augreg.UnsupportedError, match=r"policy\.augmix cannot keep 'boxes' true"):
        pipeline()([boxes], seed=7, keys=[0])
    kept = pipeline(operations=["image.posterize", "image.brightness"])([boxes], seed=7, keys=[0])
    assert np.array_equal(kept[0].boxes.data, boxes.boxes.data)
    labeled = pipeline()([augreg.Image(pictures(1)[0], label=3)], seed=7, keys=[0])
    assert labeled[0].label == 3


@pytest.mark.parametrize("branch", ["image", "fields"])
@pytest.mark.parametrize("n", [1, 3])
def test_a_tied_depth_map_cannot_follow_blended_geometry(branch: str, n: int) -> None:
    def pipe(operations: list[Any]) -> augreg.Pipeline:
        step = [{"policy.augmix": {"operations": operations}}]
        steps = {"image": step} if branch == "image" else {"fields": {"photo": step}}
        return augreg.Pipeline({**steps, "tie": {"depth": "photo"}}, schema={"photo": "image", "depth": "image"})

    depth = np.arange(24 * 24, dtype=np.uint16).reshape(24, 24)
    said = {"interpolation": "nearest", "fill": 0}
    records = [
        {"photo": augreg.Image(p), "depth": augreg.Image(depth, options=said), "id": i}
        for i, p in enumerate(pictures(n))
    ]
    given = records[0] if n == 1 else records
    with pytest.raises(augreg.ConfigError, match=r"policy\.augmix moves what is in a field.*could not follow"):
        pipe(["image.rotate"])(given, seed=7)
    out = pipe(["image.brightness"])(given, seed=7)
    for record in [out] if n == 1 else out:
        assert np.array_equal(record["depth"].data, depth)


def test_clips_alone_are_as_in_a_batch_and_all_different() -> None:
    clip = torch.randint(0, 256, (5, 3, 12, 12), generator=torch.Generator().manual_seed(4), dtype=torch.uint8)
    pipe = pipeline("video", ["image.brightness", "video.noise", "image.rotate"])
    out = pipe([augreg.Video(clip, 8.0)] * 24, seed=7, keys=list(range(24)))
    assert len({made.data.numpy().tobytes() for made in out}) == 24
    for key in (0, 23):
        assert torch.equal(pipe(augreg.Video(clip, 8.0), seed=7, keys=key).data, out[key].data)
