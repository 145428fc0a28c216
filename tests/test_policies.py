"""Policies: what is drawn per sample, that it hangs on nothing but the key, and that it is what a plain loop gives."""

import pickle
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Rng
from augreg.errors import ConfigError, ContractError, UnknownAugmenterError, UnsupportedError
from augreg.policies import Rand, Sub, Trivial, Uniform
from augreg.random.keys import hash_keys

OPERATIONS = [
    "image.rotate",
    "image.shear",
    "image.translate",
    "image.brightness",
    "image.contrast",
    "image.sharpen",
    "image.gaussian_blur",
    "image.gaussian_noise",
    "image.solarize",
    "image.erasing",
]
EQUAL = np.full(10, 1.0)


def picture(size: int = 24) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, size, size), dtype=np.uint8))


def pipe(**params: object) -> augreg.Pipeline:
    return augreg.Pipeline({"image": [{"policy.trivial": {"operations": OPERATIONS, **params}}]})


def rng(n: int, seed: int = 5, epoch: int = 0) -> Rng:
    return Rng(seed, hash_keys(range(n)), epoch=epoch)


def names(trace: list) -> list[list[str]]:
    return [[step["augmenter"] for step in t["steps"]] for t in trace]


@pytest.mark.parametrize("n", [1, 2])
def test_equal_inputs_become_different(n: int) -> None:
    out = pipe(n=n)([picture()] * 64, seed=3, keys=list(range(64)), modality="image")
    assert len({o.numpy().tobytes() for o in out}) >= 60


@pytest.mark.parametrize("fuse", [True, False])
def test_operations_that_set_a_size_keep_it_beside_others(fuse: bool) -> None:
    operations = [{"image.center_crop": {"size": 12, "level": "own"}}, "image.rotate", "image.brightness"]
    sized = augreg.Pipeline({"image": [{"policy.uniform": {"n": 2, "p": 0.8, "operations": operations}}]})
    out = sized([picture()] * 40, seed=3, keys=list(range(40)), modality="image", fuse=fuse)
    alone = [sized(picture(), seed=3, keys=i, modality="image", fuse=fuse) for i in range(40)]
    assert {tuple(one.shape) for one in out} == {(3, 24, 24), (3, 12, 12)}
    assert all(map(torch.equal, out, alone))


def test_a_loop_over_samples_and_operations_gives_the_same_bits() -> None:
    """The reference: one sample at a time, each operation by itself on it, drawn from its own random numbers.

    Without fusion: operators that compose (two warps) read the pixels once, the loop reads them twice.
    """
    made = [augreg.make(name) for name in OPERATIONS]
    out = pipe(n=3)([picture()] * 40, seed=3, keys=list(range(40)), modality="image", fuse=False)
    for i in range(40):
        here = Rng(3, hash_keys([i])).at("policy.trivial")
        plan = Trivial(n=3).plan(here, EQUAL)
        row = picture()
        for slot in range(3):
            k, level = int(plan.operation[0, slot]), plan.level[0, slot : slot + 1]
            at = f"{slot}/{OPERATIONS[k]}" if slot else OPERATIONS[k]
            row = applied(made[k], row, here.at(at), level)
        assert torch.equal(out[i], row), OPERATIONS[k]


def applied(augmenter: augreg.AugmenterBase, row: torch.Tensor, here: Rng, level: np.ndarray) -> torch.Tensor:
    shape = np.asarray([row.shape], dtype=np.int64)
    info = augreg.BatchInfo("image", here.keys, shape, np.array([np.nan]), ("uint8",))
    params = augmenter.draw(info, here, level)
    return augmenter.apply(augreg.Batch(row[None], info), params).data[0]


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 12))
def test_results_hang_on_the_key_alone(order: list[int], n: int) -> None:
    every = pipe(n=2)([picture()] * 12, seed=9, keys=list(range(12)), modality="image")
    some = pipe(n=2)([picture()] * n, seed=9, keys=order[:n], modality="image")
    alone = pipe(n=2)(picture(), seed=9, keys=order[0], modality="image")
    assert all(torch.equal(found, every[k]) for found, k in zip(some, order, strict=False))
    assert torch.equal(alone, every[order[0]])


def test_every_operation_and_every_strength_is_as_likely() -> None:
    plan = Trivial(n=2).plan(rng(20000), EQUAL)
    for slot in range(2):
        assert scipy.stats.chisquare(np.bincount(plan.operation[:, slot])).pvalue > 1e-3
        assert scipy.stats.kstest(plan.level[:, slot], "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(plan.level[:, 0], plan.level[:, 1])[0, 1]) < 0.03
    both = np.bincount(plan.operation[:, 0] * 10 + plan.operation[:, 1], minlength=100)
    assert scipy.stats.chisquare(both).pvalue > 1e-3  # independent


def test_weights_say_how_often_an_operation_is_drawn() -> None:
    weighted = [{"image.rotate": {"weight": 3}}, "image.shear"]
    made = augreg.Pipeline({"image": [{"policy.trivial": {"operations": weighted}}]})
    _, trace = made([picture(8)] * 4000, seed=1, keys=list(range(4000)), modality="image", return_trace=True)
    found = Counter(name for steps in names(trace.to_dicts()) for name in steps)
    assert scipy.stats.chisquare([found["image.rotate"], found["image.shear"]], [3000, 1000]).pvalue > 1e-3


def test_strengths_reach_the_operations_within_the_ranges_that_are_given() -> None:
    steps = {"operations": [{"image.rotate": {"level": [0.5, 1.0]}}], "level": [0.0, 0.5], "bins": 3}
    made = augreg.Pipeline({"image": [{"policy.trivial": steps}]})
    _, trace = made([picture(8)] * 60, seed=1, keys=list(range(60)), modality="image", return_trace=True)
    degrees = {round(abs(t["steps"][0]["params"]["degrees"]), 6) for t in trace.to_dicts()}
    # Policy strengths 0, 0.25 and 0.5 become 0.5, 0.625 and 0.75 of 30 degrees.
    assert degrees == {15.0, 18.75, 22.5}


def test_random_strengths_of_a_plain_step() -> None:
    def degrees(level: object) -> np.ndarray:
        made = augreg.Pipeline({"image": [{"image.rotate": {"level": level, "p": 1.0}}]})
        _, trace = made([picture(8)] * 400, seed=1, keys=list(range(400)), modality="image", return_trace=True)
        alone = made(picture(8), seed=1, keys=7, modality="image", return_trace=True)[1].to_dicts()
        assert alone[0]["steps"] == trace.to_dicts()[7]["steps"]
        return np.abs([t["steps"][0]["params"]["degrees"] for t in trace.to_dicts()])

    assert scipy.stats.kstest(degrees([0.2, 0.8]) / 30, scipy.stats.uniform(0.2, 0.6).cdf).pvalue > 1e-3
    assert {round(d, 9) for d in degrees({"trivial": 4})} == {0.0, 10.0, 20.0, 30.0}
    assert set(degrees(0.5)) == {15.0}


@pytest.mark.parametrize("level", [1.5, [0.5], [0.8, 0.2], {"trivial": 1}, "strong", True])
def test_what_is_no_strength_is_refused(level: object) -> None:
    with pytest.raises(ConfigError, match=r"image.rotate: level=.* is not a strength; give a number"):
        augreg.Pipeline({"image": [{"image.rotate": {"level": level}}]})


def test_rand_draws_different_operations_of_about_one_strength() -> None:
    plan = Rand(n=3, level=0.4, spread=0.1).plan(rng(3000), EQUAL)
    assert all(len(set(row)) == 3 for row in plan.operation.tolist())
    assert scipy.stats.chisquare(np.bincount(plan.operation.ravel())).pvalue > 1e-3
    assert abs(plan.level.mean() - 0.4) < 0.01
    assert abs(plan.level.std() - 0.1) < 0.01
    assert (Rand(level=0.4, spread=0).plan(rng(5), EQUAL).level == 0.4).all()
    assert any(len(set(row)) < 3 for row in Rand(n=3, distinct=False).plan(rng(50), EQUAL).operation.tolist())


def test_rand_without_replacement_follows_the_weights() -> None:
    weights = np.array([4.0, 2.0, 1.0, 1.0])
    drawn = Rand(n=2).plan(rng(20000), weights).operation
    first = np.bincount(drawn[:, 0], minlength=4)
    assert scipy.stats.chisquare(first, 20000 * weights / weights.sum()).pvalue > 1e-3
    second = np.bincount(drawn[drawn[:, 0] == 0, 1], minlength=4)[1:]
    assert scipy.stats.chisquare(second, second.sum() * weights[1:] / weights[1:].sum()).pvalue > 1e-3


def test_uniform_keeps_each_operation_by_chance() -> None:
    kept = Uniform(n=2, p=0.3).plan(rng(5000), EQUAL).operation >= 0
    assert abs(kept.mean() - 0.3) < 0.02
    assert abs((Uniform(n=2).plan(rng(5000), EQUAL).operation >= 0).mean() - 0.5) < 0.02


def test_sub_policies_are_drawn_as_they_are_written() -> None:
    table = [[["image.rotate", 1.0, 0.5], ["image.hflip", 0.5, None]], [["image.shear", 0.25, [0.2, 0.4]]]]
    made = augreg.Pipeline({"image": [{"policy.sub": {"policies": table, "weights": [3, 1]}}]})
    _, trace = made([picture(8)] * 4000, seed=1, keys=list(range(4000)), modality="image", return_trace=True)
    found = Counter(tuple(steps) for steps in names(trace.to_dicts()))
    expected = {
        ("image.rotate", "image.hflip"): 1500,
        ("image.rotate",): 1500,
        ("image.shear",): 250,
        (): 750,
    }
    assert set(found) == set(expected)
    assert scipy.stats.chisquare([found[k] for k in expected], list(expected.values())).pvalue > 1e-3
    shears = [abs(s["params"]["degrees"]) for t in trace.to_dicts() for s in t["steps"] if "shear" in s["augmenter"]]
    assert 0.2 * 17 <= min(shears) < max(shears) <= 0.4 * 17


FORMS = [
    ["policy.trivial"],
    [
        {"policy.trivial": {"n": 2, "p": 0.5, "id": "first", "operations": ["image.rotate"]}},
        {"policy.trivial": {"operations": OPERATIONS}},
    ],
    [{"one_of": [{"policy.rand": {"operations": OPERATIONS, "n": 1}}, "image.hflip"]}],
    [{"policy.uniform": {"operations": [{"image.rotate": {"level": [0, 0.5], "weight": 2}}, "image.shear"], "p": 0.4}}],
    [{"policy.sub": {"policies": [[["image.rotate", 0.5, 0.5]], [[{"image.hflip": {}}, 1, None]]]}}],
    [{"policy.trivial": {"operations": {"tags": ["geometry"], "without": ["chirality"]}}}],
    [Trivial(operations=OPERATIONS, n=2)],
]


@pytest.mark.parametrize("steps", FORMS, ids=range(len(FORMS)))
def test_files_traces_and_pickles_hold_policies(steps: list, tmp_path) -> None:
    made = augreg.Pipeline({"image": steps})
    rows, keys = [picture()] * 16, list(range(16))
    out, trace = made(rows, seed=4, keys=keys, modality="image", return_trace=True)
    made.save(tmp_path / "p.yaml")
    for other in (augreg.Pipeline.load(tmp_path / "p.yaml"), pickle.loads(pickle.dumps(made))):
        assert other == made
        again = other(rows, seed=4, keys=keys, modality="image")
        assert all(torch.equal(a, b) for a, b in zip(again, out, strict=True))
    back = made.replay(rows, trace.to_dicts(), modality="image")
    assert all(torch.equal(a, b) for a, b in zip(back, out, strict=True))


def test_under_fields_and_with_ties() -> None:
    schema = {"a": "image", "b": {"role": "image", "tie": "a"}}
    step = {"policy.trivial": {"operations": ["image.rotate", "image.shear"]}}
    made = augreg.Pipeline({"image": [step]}, schema=schema)
    out = made([{"a": picture(), "b": picture()}] * 8, seed=2, keys=list(range(8)))
    assert all(torch.equal(record["a"], record["b"]) for record in out)
    assert len({record["a"].numpy().tobytes() for record in out}) == 8
    made = augreg.Pipeline({"fields": {"a": [step]}}, schema={"a": "image", "b": "image"})
    (record,) = made([{"a": picture(), "b": picture()}], seed=2, keys=[1])
    assert torch.equal(record["b"], picture())
    assert not torch.equal(record["a"], picture())


def test_boxes_follow_what_is_drawn() -> None:
    boxes = augreg.Boxes(np.array([[4.0, 6.0, 20.0, 18.0]]))
    steps = {"image": [{"policy.trivial": {"operations": ["image.rotate"], "level": [1, 1]}}]}
    out, trace = augreg.Pipeline(steps)(augreg.Image(picture(), boxes=boxes), seed=2, keys="a", return_trace=True)
    plain = augreg.Pipeline({"image": [{"image.rotate": {"p": 1.0}}]})
    step = {**trace.to_dicts()[0]["steps"][0], "step": "image.rotate"}
    same = plain.replay(augreg.Image(picture(), boxes=boxes), [{**trace.to_dicts()[0], "steps": [step]}])
    assert np.array_equal(out.boxes.data, same.boxes.data)
    assert not np.array_equal(out.boxes.data, boxes.data)


ERRORS = [
    ({"operations": ["image.rotat"]}, UnknownAugmenterError, "image.rotate"),
    ({"operations": "image/99"}, ConfigError, "no set of operations is named 'image/99'"),
    ({"operations": []}, ConfigError, "empty list"),
    ({"operations": ["audio.gain"]}, UnsupportedError, r"policy.trivial: audio.gain takes audio, not image"),
    ({"operations": ["image.hflip"]}, ConfigError, r"image.hflip has no strength .* \{image.hflip: \{level: own\}\}"),
    ({"operations": [{"image.rotate": {"level": [0, 2]}}]}, ConfigError, r"image.rotate: level=\[0, 2\] is no pair"),
    ({"operations": [{"image.rotate": {"weight": 0}}]}, ConfigError, "image.rotate: weight=0 is no positive number"),
    ({"operations": [{"image.rotate": {"degree": 3}}]}, ConfigError, "policy.trivial: image.rotate .*'degrees'"),
    (
        {"operations": [{"image.rotate": {"degrees": [90, 270]}}]},
        ConfigError,
        r"image.rotate: degrees=\[90, 270\] would do nothing, as the strength sets degrees. Write level: own",
    ),
    ({"operations": {"tag": ["geometry"]}}, ConfigError, "no condition 'tag'. Did you mean 'tags'"),
    ({"operations": {"without": ["chiralty"]}}, ConfigError, "Did you mean 'chirality'"),
    ({"operations": {"tags": ["no such tag"]}}, ConfigError, "finds no operation for image. Ask for less"),
    ({"level": [0.5, 2]}, ConfigError, "level="),
    ({"n": 0}, ConfigError, "n=0"),
    ({"strength": 1}, ConfigError, "policy.trivial has no parameter 'strength'"),
]


@pytest.mark.parametrize(("params", "error", "told"), ERRORS, ids=range(len(ERRORS)))
def test_what_is_wrong_is_named(params: dict, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        augreg.Pipeline({"image": [{"policy.trivial": params}]})


def test_more_errors() -> None:
    with pytest.raises(ConfigError, match="policy.rand: n=3 different operations cannot be drawn from 2"):
        augreg.Pipeline({"image": [{"policy.rand": {"n": 3, "operations": ["image.rotate", "image.shear"]}}]})
    with pytest.raises(ConfigError, match=r"weights=\[0.0\] do not fit 1 sub-policies"):
        Sub(policies=[[["image.rotate", 1, 0.5]]], weights=[0])
    with pytest.raises(ConfigError, match=r"policies\[0\]\[0\]: level=3 is not a strength"):
        Sub(policies=[[["image.rotate", 1, 3]]])
    with pytest.raises(ConfigError, match="for samples of any modality"):
        augreg.Pipeline(["policy.trivial"])
    with pytest.raises(ConfigError, match="put it under its modality, not under 'record'"):
        augreg.Pipeline({"record": ["policy.trivial"]})
    with pytest.raises(ConfigError, match=r"image.rotate: degrees=9 would do nothing, .* Leave level out"):
        augreg.Pipeline({"image": [{"image.rotate": {"degrees": 9, "level": 0.5}}]})
    with pytest.raises(UnknownAugmenterError, match="Did you mean 'policy.trivial'"):
        augreg.Pipeline({"image": ["policy.trivia"]})


def test_a_query_that_finds_something_else_on_this_machine_is_refused() -> None:
    query = {"names": ["image.rot", "image.shear"]}
    made = augreg.Pipeline({"image": [{"policy.trivial": {"operations": query}}]})
    plain = made.to_dict()
    found = plain["image"][0]["policy.trivial"]["operations"]["found"]
    assert found == ["image.rotate", "image.shear"]
    assert augreg.Pipeline.from_dict(plain) == made
    found.insert(0, "image.roll")
    with pytest.raises(ConfigError, match="found other operations when this pipeline was written .missing: image.roll"):
        augreg.Pipeline.from_dict(plain)


def test_queries_ask_for_what_augmenters_declare() -> None:
    def found(query: dict) -> set[str]:
        steps = {"image": [{"policy.trivial": {"operations": query}}]}
        return set(augreg.Pipeline(steps).to_dict()["image"][0]["policy.trivial"]["operations"]["found"])

    every = found({"without": []})
    assert all(augreg.registry.default().load(name).declares.level is not None for name in every)
    with_boxes = {name for name in every if augreg.registry.default().load(name).declares.supports("boxes")}
    assert found({"targets": ["boxes"]}) == with_boxes
    still = found({"without": ["position", "orientation"]})
    assert "image.rotate" in every - still
    assert {n for n in every if "position" in augreg.registry.default().load(n).declares.alters}.isdisjoint(still)
    assert found({"plugins": ["augreg-image"]}) <= every
    assert found({"licenses": ["apache", "mit", "bsd"]}) <= every


@dataclass(frozen=True, kw_only=True)
class Wrong(augreg.Policy):
    """Plans for another number of samples."""

    def plan(self, rng, weights):
        return augreg.Plan(np.zeros((len(rng) + 1, 1), dtype=np.int64))


def test_a_plan_that_does_not_fit_is_the_policys_fault() -> None:
    made = augreg.Pipeline({"image": [Wrong(operations=["image.rotate"])]})
    for samples, keys in ((picture(), 1), ([picture()] * 2, [1, 2])):
        with pytest.raises(ContractError, match="Wrong: plan returned"):
            made(samples, seed=1, keys=keys, modality="image")
    with pytest.raises(ConfigError, match="Wrong is not registered"):
        made.to_dict()
