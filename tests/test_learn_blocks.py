"""Blocks B to J of an evaluation: what they measure against loops and SciPy, and what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
import augreg.learn
from augreg.errors import AugregError, UnsupportedError
from augreg.learn.blocks import blocks
from augreg.learn.data import Data
from augreg.learn.distances import frechet, shift
from augreg.learn.doubles import doubles
from augreg.learn.examples import Arm, Augmented
from augreg.learn.metrics import KEPT, Measured, measured
from augreg.learn.network import Network, small_cnn
from augreg.learn.outcome import Outcome
from augreg.learn.page import page
from augreg.learn.plots import curves
from augreg.learn.probes import Probes, Timed, changed, corruptions
from augreg.learn.schedule import ordered
from augreg.learn.splits import Splitter
from augreg.learn.trainings import Result, Setup
from augreg.learn.variants import doses_of, levels_of, without

pytest.importorskip("sklearn")

STEPS = {"image": [{"image.rotate": {"degrees": 10}}, "image.hflip", {"policy.trivial": {"operations": "image/1"}}]}


def _arm(steps: list, kind: str = "pipeline") -> Arm:
    return Arm("p", kind, augreg.Pipeline({"image": steps}).to_dict())


def _pictures(count: int = 6) -> list[augreg.Image]:
    noise = torch.Generator().manual_seed(0)
    return [augreg.Image(torch.randint(0, 256, (1, 16, 16), dtype=torch.uint8, generator=noise)) for _ in range(count)]


def test_strengths_are_multiplied_where_all_steps_take_them():
    arm = _arm([{"image.rotate": {"level": 0.8, "p": 1.0}}, {"image.shear": {"level": [0.2, 0.6]}}])
    half = next(one for one in doses_of(arm, "image") if one.dose == 0.5)
    assert half.steps["image"] == [{"image.rotate": {"level": 0.4, "p": 1.0}}, {"image.shear": {"level": [0.1, 0.3]}}]
    assert (half.name, half.kind, half.of) == ("p, strength x 0.5", "dose", "p")


def test_a_policy_at_half_its_strength_does_what_its_range_up_to_half_does():
    ops = [{"image.brightness": {}}, {"image.contrast": {}}]
    arm = _arm([{"policy.trivial": {"operations": ops}}], "trivial")
    half = next(one for one in doses_of(arm, "image") if one.dose == 0.5)
    wanted = augreg.Pipeline({"image": [{"policy.trivial": {"operations": ops, "level": [0, 0.5]}}]})
    got = augreg.Pipeline.from_dict(half.steps)
    keys = list("abcdef")
    for one, two in zip(got(_pictures(), seed=3, keys=keys), wanted(_pictures(), seed=3, keys=keys), strict=True):
        assert torch.equal(one.data, two.data)


def test_a_share_of_the_samples_is_augmented_where_steps_say_their_strength():
    arm = _arm([{"image.invert": {"p": 1.0}}, {"image.rotate": {"degrees": [90, 90], "p": 1.0}}])
    quarter, _, most, twice = doses_of(arm, "image")
    assert quarter.name == "p, for 25% of samples"
    pictures = _pictures() * 100
    for arm_, share in ((quarter, 0.25), (most, 0.75)):
        made = augreg.Pipeline.from_dict(arm_.steps)(pictures, seed=1, keys=range(600))
        # All steps or none: what is changed at all is inverted and turned.
        same = [torch.equal(one.data, two.data) for one, two in zip(pictures, made, strict=True)]
        full = [
            torch.equal(torch.rot90(255 - one.data, 1, (1, 2)), two.data)
            for one, two in zip(pictures, made, strict=True)
        ]
        assert all(a != b for a, b in zip(same, full, strict=True))
        assert abs(np.mean(full) - share) < 4 * np.sqrt(share * (1 - share) / 600)
    made = augreg.Pipeline.from_dict(twice.steps)(pictures[:6], seed=1, keys=range(6))
    for one, two in zip(pictures, made, strict=False):
        assert torch.equal(torch.rot90(one.data, 2, (1, 2)), two.data)


def test_within_the_share_a_step_keeps_the_probability_that_it_declares():
    """Inside a group a step would always happen; hflip declares one half."""
    half = next(one for one in doses_of(_arm(["image.hflip", {"image.rotate": {"degrees": 1}}]), "image") if one.dose)
    group = half.steps["image"][0]["sequential"]
    assert group["p"] == 0.25
    assert group["steps"][0] == {"image.hflip": {"p": 0.5}}


def test_steps_are_left_out_one_by_one_and_named_apart():
    arm = _arm(["image.hflip", {"image.rotate": {"degrees": 5}}, {"image.rotate": {"degrees": 9, "id": "more"}}])
    found = without(arm, "image")
    assert [one.name for one in found] == [
        "p without image.hflip",
        "p without image.rotate (step 2)",
        "p without image.rotate (step 3)",
    ]
    assert [len(one.steps["image"]) for one in found] == [2, 2, 2]
    assert without(_arm(["image.hflip"]), "image") == []


def test_levels_are_varied_where_the_step_does_not_fix_them():
    assert [level for level, _ in levels_of(_arm(["image.rotate"]), "image")] == [0.25, 0.5, 0.75, 1.0]
    assert list(levels_of(_arm([{"image.rotate": {"degrees": 10}}]), "image")) == []
    assert list(levels_of(_arm(["image.hflip"]), "image")) == []
    _, steps = next(levels_of(_arm([{"image.translate": {"axis": "x", "p": 0.3}}]), "image"))
    assert steps["image"] == [{"image.translate": {"axis": "x", "p": 1.0, "level": 0.25}}]


def test_variants_come_after_what_they_are_variants_of():
    arms = [Arm("none", "none"), Arm("p", "pipeline"), Arm("op", "operation"), Arm("d", "dose", of="p", dose=0.5)]
    assert [arm.name for arm, seed in ordered(arms, range(5)) if seed == 0] == ["none", "p", "op", "d"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_frechet_distance_is_that_of_scipy(seed, d):
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(80, d)) @ rng.normal(size=(d, d)), rng.normal(1, 2, size=(70, d))
    c1, c2 = (np.atleast_2d(np.cov(held, rowvar=False)) for held in (one, two))
    wanted = np.sum((one.mean(0) - two.mean(0)) ** 2) + np.trace(c1 + c2 - 2 * linalg.sqrtm(c1 @ c2).real)
    assert frechet(one, two) == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_a_set_like_the_plain_one_is_as_far_as_its_halves():
    rng = np.random.default_rng(0)
    ratios = [shift(rng.normal(size=(300, 40)), rng.normal(size=(150, 40))) for _ in range(10)]
    assert 0.7 < np.mean(ratios) < 1.4
    assert shift(np.zeros((100, 3)), np.zeros((50, 3))) == 1.0


def test_changed_counts_samples_that_differ():
    before = _pictures(4)
    after = [before[0], before[1].changed(data=255 - before[1].data), before[2], before[3]]
    assert changed(before, after) == 0.25


def test_corruptions_are_named_and_always_happen():
    found = corruptions(["text.keyboard", {"text.keyboard": {"level": 0.9, "p": 0.1}}], "text")
    assert list(found) == ["text.keyboard", "text.keyboard 2"]
    assert [next(iter(steps["text"][0].values()))["p"] for steps in found.values()] == [1.0, 1.0]
    for modality in ("image", "audio", "text", "video"):
        assert len(corruptions(["default"], modality)) >= 2
    with pytest.raises(AugregError, match="keyboardd"):
        corruptions(["text.keyboardd"], "text")


def test_augmenting_is_timed_and_counted():
    train = Data.of(_pictures(4), list("abab")).examples
    timed = Timed(Augmented(augreg.Pipeline(["image.hflip"]).to_dict(), 0))
    timed(train, 0), timed(train, 1)
    assert timed.samples == 8
    assert timed.seconds > 0


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Digits whose writers are made up, with all blocks."""
    held = augreg.learn.digits(300)
    examples = held.examples
    data = Data.of(
        examples.samples,
        [examples.classes[label] for label in examples.labels],
        groups=[f"writer {place % 7}" for place in range(300)],
    )
    pipeline = {"image": [{"image.translate": {"x": 0.1, "y": 0.1}}, {"image.vflip": {"p": 1.0}}]}
    report = tmp_path_factory.mktemp("report")
    found = augreg.learn.evaluate(
        data, pipeline, model="sklearn:GaussianNB", seeds=3, full=True, test_share=0.3, report=report
    )
    return data, found, report


def test_all_blocks_are_there_and_say_why_they_are_not(evaluated):
    _, found, report = evaluated
    assert [block.letter for block in found.blocks] == list("BCDEFGHIJ")
    empty = {block.letter: block.why for block in found.blocks if block.why}
    assert set(empty) == {"C", "H"}  # GaussianNB has no loss over epochs, and nothing to embed by
    assert all("  " not in why and why for why in empty.values())
    written = json.loads((report / "report.json").read_text())
    assert list(written["blocks"]) == list("BCDEFGHIJ")
    for block in found.blocks:
        assert all(len(row) == len(block.heads) for row in block.rows)
    html = (report / "report.html").read_text()
    assert all(f"<h2>{block.letter}. " in html for block in found.blocks)


def test_groups_are_counted_as_a_loop_does(evaluated):
    data, found, _ = evaluated
    setup = Setup(Splitter(data, 0.3), "sklearn:GaussianNB", Probes(), "x")
    arm = next(effect.arm for effect in found.effects if effect.arm.name == "pipeline")
    train, test = (data.examples.take(places) for places in setup.splitter.of(1))
    fitted = setup.task.fit(train, Augmented(arm.steps, 1), 1)
    right = setup.task.score(fitted, test)["probabilities"].argmax(1) == test.labels
    whose = [data.groups[place] for place in setup.splitter.of(1)[1]]
    for name in set(whose):
        mine = [hit for hit, group in zip(right, whose, strict=True) if group == name]
        assert tuple(found.results["pipeline", 1].groups[name]) == (sum(mine), len(mine))
    assert set(found.groups("pipeline")) == {g for s in range(3) for g in found.results["pipeline", s].groups}


def test_corrupted_tests_are_scored_as_by_hand(evaluated):
    data, found, _ = evaluated
    setup = Setup(Splitter(data, 0.3), "sklearn:GaussianNB", Probes(), "x")
    train, test = (data.examples.take(places) for places in setup.splitter.of(2))
    fitted = setup.task.fit(train, None, 2)
    worse = augreg.Pipeline([{"image.gaussian_blur": {"level": 0.4, "p": 1.0}}])
    samples = worse(list(test.samples), seed=2, keys=list(test.keys))
    predicted = setup.task.score(fitted, Data.of(samples, test.labels.tolist()).examples)["probabilities"].argmax(1)
    assert found.results["none", 2].probes["corrupted"]["image.gaussian_blur"] == np.mean(predicted == test.labels)


def test_the_step_that_harms_is_named_by_leaving_it_out(evaluated):
    _, found, _ = evaluated
    assert any("pipeline without image.vflip is better: +" in flag for flag in found.flags)
    assert any(flag.startswith("pipeline: less of it is better") for flag in found.flags)


def test_networks_tell_losses_and_distances():
    data = augreg.learn.digits(120)
    setup = Setup(
        Splitter(data), Network(small_cnn, steps=30), Probes({"image.vflip": _arm(["image.vflip"]).steps}), "n"
    )
    result = setup.train(Arm("trivial", "trivial", augreg.Pipeline({"image": ["policy.trivial"]}).to_dict()), 0)
    losses = result.measured.losses
    assert 3 < len(losses) <= KEPT
    assert losses[-1] == result.measured.numbers["train_loss"] < losses[0]
    assert "image.vflip" not in result.probes["shift"]  # 30 test samples are too few for a distance
    assert result.augmented[0] == result.train * 15  # epochs of two steps
    again = Result.from_json(json.loads(json.dumps(result.to_json())))
    assert again.measured.losses == losses


def test_an_embedding_is_what_the_last_layer_is_given():
    data = augreg.learn.digits(40)
    task = Network(small_cnn, steps=10)
    fitted = task.fit(data.examples, None, 0)
    found = task.embed(fitted, data.examples.samples)
    last = list(fitted.model.children())[-1]
    chances = last(torch.from_numpy(found).float()).softmax(1).detach().numpy()
    np.testing.assert_allclose(chances, task.score(fitted, data.examples)["probabilities"], atol=1e-5)


def test_the_loss_is_the_mean_of_minus_log_and_long_curves_are_thinned():
    test = Data.of(_pictures(3), list("aab")).examples
    chances = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    found = measured({"probabilities": chances, "losses": [9.0] * 400 + [1.0]}, test, "t")
    assert found.numbers["loss"] == pytest.approx(-(np.log(0.5) + np.log(0.9) + np.log(1e-12)) / 3)
    assert len(found.losses) <= KEPT
    assert found.losses[-1] == 1.0
    assert found.right == "110"


def test_what_is_nearly_the_same_on_both_sides_is_named():
    noise = np.random.default_rng(0)
    grids = [noise.integers(0, 256, (8, 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(12)]
    pictures = [augreg.Image(torch.from_numpy(grid[None].copy())) for grid in grids]
    near = pictures[0].data.clone()
    near[0, 0, :8] ^= 3
    data = Data.of(
        [*pictures, augreg.Image(near)],
        list("ab" * 6 + "a"),
        keys=[*map(str, range(12)), "twin"],
        is_test=[False] * 8 + [True] * 4 + [True],
    )
    found = doubles(Splitter(data))
    assert [(one, two) for one, two, _ in found.across] == [("0", "twin")]
    assert found.near == 1


def _fabricated(train: dict[str, float], test: float = 0.5, seconds: float = 0.0) -> Outcome:
    """An outcome of numbers that are known: three seeds, accuracies about 0.5."""
    arms = [Arm("none", "none"), Arm("trivial", "trivial", {"version": 1, "image": []}), Arm("op", "operation", {})]
    results = {}
    for arm in arms:
        for seed in range(3):
            numbers = {"accuracy": 0.5 + seed / 100, "train_loss": train[arm.name] + seed / 1000, "loss": test}
            numbers["loss"] += seed / 1000
            probes = {"judged": {"": 0.5, "op": 0.5}, "changed": {"op": 1.0}, "shift": {"op": 20.0}, "corrupted": {}}
            held = Measured(numbers, losses=(1.0, 0.5, 0.21, 0.2))
            results[arm.name, seed] = Result(held, probes, {}, (10, seconds), 10, 10, 1.0)
    facts = {"name": "x", "modality": "image", "samples": 20, "classes": 2, "groups": 0, "train": 10, "test": 10}
    return Outcome({**facts, "split": "as given", "counts": [9, 11]}, "m", arms, range(3), ["a", "b"], results)


def test_underfitting_dead_operations_and_dear_ones_are_said():
    flags = _fabricated({"none": 0.1, "trivial": 0.9, "op": 0.1}, seconds=0.6).flags
    assert [flag.split(":")[0] for flag in flags] == [
        "trivial is not fitted",
        "op is dead for this model",
        "trivial",  # augmenting takes longer
    ]
    assert _fabricated({"none": 0.1, "trivial": 0.4, "op": 0.3}).flags == []


def test_plateau_and_curves_are_drawn():
    found = _fabricated({"none": 0.1, "trivial": 0.4, "op": 0.3})
    fit = next(block for block in blocks(found) if block.letter == "C")
    assert {row[3] for row in fit.rows} == {"3"}
    drawn = curves({"<b>": [(0, 1.0, None), (1, 2.0, 0.5)]}, "dose & more")
    assert "&lt;b&gt;" in drawn
    assert "dose &amp; more" in drawn
    assert curves({}, "x") == ""
    assert "<svg" in page(found)


def test_bad_corruptions_are_refused():
    data = augreg.learn.digits(60)
    with pytest.raises(UnsupportedError, match="text.keyboard takes text"):
        augreg.learn.evaluate(data, seeds=2, model="sklearn:GaussianNB", corrupt="text.keyboard")
