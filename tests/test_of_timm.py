"""Policies that are read from timm's strings are those that timm itself makes of them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PILImage

import augreg
from augreg.errors import ConfigError
from augreg.policies import AugMix, Rand, Uniform, from_timm
from augreg.policies.published import NAMES
from augreg.policies.timm_tables import AUGMIX, CHOICES, INCREASING, PLAIN

timm = pytest.importorskip("timm.data.auto_augment")

RANDS = ["rand-m9-mstd0.5-inc1", "rand-m9-n3-mstd0.5-inc1", "rand-m3-inc1-p0.7", "rand-m15-n1", "rand-m7-mstd101-inc1"]
TIMM_NAMES = {"SolarizeAdd": "image.solarize_add", "Desaturate": "image.saturation"}


def base(name: str) -> str:
    return name.removesuffix("Increasing").removesuffix("Original").removesuffix("Rel").removesuffix("Rand")


def listed(name: str) -> tuple[str, str]:
    """The augmenter of one of timm's operations, and the axis."""
    known = {**TIMM_NAMES, "GaussianBlur": "image.gaussian_blur"}.get(base(name)) or NAMES[base(name)].name
    return known, {"X": "x", "Y": "y"}.get(base(name)[-1], "") if known in ("image.shear", "image.translate") else ""


def of(step: dict[str, Any]) -> tuple[str, str]:
    ((name, params),) = step.items()
    black = name == "image.brightness" and params.get("factor") == (0.0, 0.0)
    return ("image.posterize" if black else name), params.get("axis", "")


def argument(name: str, step: dict[str, Any], strength: float) -> float | None:
    """What timm's function would have to be given for the same, at one strength of the policy; without sign."""
    ((listed, params),) = step.items()
    augmenter = augreg.make(listed, **{k: v for k, v in params.items() if k not in ("level", "weight")})
    level = augmenter.declares.level
    if params["level"] == "own":
        if of(step) == ("image.posterize", "") and listed == "image.brightness":
            return 0.0
        parameter = level.param if level else ""
        value = params[parameter][1] if parameter in params else None
    else:
        low, high = params["level"]
        value = level.low + (level.high - level.low) * (low + (high - low) * strength)
    if value is None:
        return None
    if listed == "image.shear":
        return float(np.tan(np.radians(value)))
    return value * 255.0 if listed.startswith("image.solarize") else value


def wanted(name: str, magnitude: float) -> float | None:
    function = timm.LEVEL_TO_ARG[name]
    if function is None:
        return None
    (found,) = function(min(magnitude, 10), {"translate_const": 250})
    if base(name) == "Desaturate":
        return 1.0 - found
    if name in ("ColorIncreasing", "ContrastIncreasing", "BrightnessIncreasing", "SharpnessIncreasing"):
        return float(1.0 + abs(found - 1.0))
    return float(abs(found))


@pytest.mark.parametrize("config", RANDS)
def test_randaugment_draws_timms_operations_as_often(config: str) -> None:
    theirs, mine = timm.rand_augment_transform(config, {}), from_timm(config)
    assert (mine.n, mine.p) == (theirs.num_layers, theirs.ops[0].prob)
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for step in mine.operations:
        weights[of(step)] += next(iter(step.values())).get("weight", 1.0)
    assert weights == {listed(op.name): pytest.approx(1.0) for op in theirs.ops}
    (op, *_) = theirs.ops
    if op.magnitude_std == float("inf"):
        assert isinstance(mine, Uniform)
    else:
        assert isinstance(mine, Rand)
        assert (mine.level * 10, mine.spread * 10) == pytest.approx((min(op.magnitude, 10), op.magnitude_std))
        assert not mine.distinct


@pytest.mark.parametrize("config", [*RANDS, "rand-m0", "rand-m10-inc1", "rand-t3a-m6", "rand-tweights-m4", "rand-t3aw"])
def test_magnitudes_are_timms(config: str) -> None:
    theirs = timm.rand_augment_transform(config, {})
    mine = from_timm(config, interpolation="bilinear")
    (op, *_) = theirs.ops
    for strength in np.linspace(0.7, 0.999, 7) if op.magnitude_std else [0.5]:
        magnitude = 10 * strength if op.magnitude_std else op.magnitude
        magnitude = op.magnitude * strength if op.magnitude_std == float("inf") else magnitude
        for op in theirs.ops:
            steps = [step for step in mine.operations if of(step) == listed(op.name)]
            if base(op.name) == "Posterize" and op.magnitude_std:
                continue  # how many bits are kept is drawn, see below
            # The colors of t3aw are of one strength, but change twice: as Color and as Desaturate.
            step = steps[0 if op.name == "Desaturate" else -1]
            assert len(steps) == 1 or config == "rand-t3aw"
            found, there = argument(op.name, step, strength), wanted(op.name, magnitude)
            # Degrees of shears run evenly under noise; timm cuts gray levels off.
            near = {"Shear": 0.006, "Solar": 1.01}.get(op.name[:5], 1e-6)
            assert found == there or found == pytest.approx(there, abs=near), (op.name, strength)


@pytest.mark.parametrize("config", ["rand-m9-mstd0.5-inc1", "rand-m6-mstd2-inc1", "rand-m8-mstd101-inc1"])
def test_bits_are_kept_as_often(config: str) -> None:
    (theirs,) = [op for op in timm.rand_augment_transform(config, {}).ops if op.name == "PosterizeIncreasing"]
    random.seed(7)
    bits: Counter[int] = Counter()
    for _ in range(20_000):
        even = theirs.magnitude_std == float("inf")
        drawn = random.uniform(0, theirs.magnitude) if even else random.gauss(theirs.magnitude, theirs.magnitude_std)
        bits[timm.LEVEL_TO_ARG["PosterizeIncreasing"](max(0.0, min(drawn, 10)), {})[0]] += 1
    mine = {int(argument("Posterize", s, 0)): next(iter(s.values()))["weight"] for s in bits_of(from_timm(config))}
    for kept in range(5):
        assert mine.get(kept, 0.0) == pytest.approx(bits[kept] / 20_000, abs=0.015)


def bits_of(policy: Any) -> Iterator[dict[str, Any]]:
    yield from (step for step in policy.operations if of(step)[0] == "image.posterize")


@pytest.mark.parametrize("config", ["original", "originalr", "v0", "v0r", "3a"])
def test_every_entry_of_a_table_is_read(config: str) -> None:
    theirs = timm.auto_augment_transform(config, {}).policy
    mine = from_timm(config, interpolation="nearest")
    assert len(mine.policies) == len(theirs)
    for sub, ops in zip(mine.policies, theirs, strict=True):
        assert len(sub) == len(ops)
        for (step, p, level), op in zip(sub, ops, strict=True):
            ((name, params),) = step.items()
            whole = {name: {**params, "level": "own" if level is None else (level, level)}}
            assert p == op.prob
            assert of(whole) == listed(op.name) or base(op.name) in ("Posterize", "GaussianBlur")
            if op.name == "GaussianBlurRand":
                assert params["sigma"] == (0.1, 2.0)
                continue
            found, there = argument(op.name, whole, 0.0), wanted(op.name, op.magnitude)
            assert found == there or found == pytest.approx(there, abs=1e-6), op
    twice = from_timm(config)
    assert sum(twice.weights or [1.0] * len(theirs)) == pytest.approx(len(theirs))


def photo() -> np.ndarray:
    """A smooth picture with some texture: 48 x 60 x 3, uint8."""
    y, x = np.mgrid[0:48, 0:60]
    waves = [np.sin(x / 6 + k) + np.cos(y / 5 - k) + 0.2 * np.sin(x * y / 40) for k in range(3)]
    return (np.stack(waves, axis=-1) * 50 + 120).clip(3, 250).round().astype("uint8")


@pytest.mark.parametrize("config", ["rand-m9-inc1-p1", "rand-m4-p1", "rand-t3a-m6-p1"])
def test_pictures_are_timms(config: str) -> None:
    way = PILImage.Resampling.BILINEAR
    theirs = timm.rand_augment_transform(config, {"interpolation": way, "img_mean": (128, 128, 128)}).ops
    for op in theirs:
        (step,) = [s for s in from_timm(config, interpolation="bilinear").operations if of(s) == listed(op.name)]
        policy = Rand(n=1, level=0.0, spread=0.0, operations=(step,))
        sample = augreg.Image(torch.tensor(photo()).permute(2, 0, 1))
        found = augreg.augment([sample] * 12, augreg.Pipeline({"image": [policy]}), seed=7, keys=range(12))
        random.seed(3)
        for _ in range(4):
            made = np.asarray(op(PILImage.fromarray(photo())), dtype=float).transpose(2, 0, 1)
            nearest = min(float(np.abs(np.asarray(r.data, dtype=float) - made).mean()) for r in found)
            # PIL approximates Gaussians by boxes, and cuts off fractions.
            assert nearest < 1.5, (op.name, nearest)


def test_augmix_is_timms() -> None:
    for config in ("augmix-m5-w4-d2", "augmix-m3-w3", "augmix-m4-a0.5"):
        theirs, mine = timm.augment_and_mix_transform(config, {}), from_timm(config)
        assert isinstance(mine, AugMix)
        assert (mine.width, mine.alpha) == (theirs.width, theirs.alpha)
        assert mine.depth == ((1, 3) if theirs.depth < 0 else (theirs.depth, theirs.depth))
        weights: dict[tuple[str, str], float] = defaultdict(float)
        for step in mine.operations:
            weights[of(step)] += next(iter(step.values())).get("weight", 1.0)
        assert weights == {listed(op.name): pytest.approx(1.0) for op in theirs.ops}
        (rotate, *_) = [s["image.rotate"] for s in mine.operations if "image.rotate" in s]
        assert rotate["level"] == (0.0, pytest.approx(theirs.ops[0].magnitude / 10))


def test_what_is_drawn_from_is_what_timm_draws_from() -> None:
    assert list(PLAIN) == timm._RAND_TRANSFORMS
    assert list(INCREASING) == timm._RAND_INCREASING_TRANSFORMS
    assert list(AUGMIX) == timm._AUGMIX_TRANSFORMS
    assert list(CHOICES["3a"]) == timm._RAND_3A
    assert (CHOICES["3aw"], CHOICES["weights"]) == (timm._RAND_WEIGHTED_3A, timm._RAND_WEIGHTED_0)


@pytest.mark.parametrize("config", ["rand-m9-mstd0.5-inc1", "rand-m9-mstd101-inc1", "v0", "3a", "augmix-m3-w3"])
def test_what_is_read_runs_and_is_written(config: str) -> None:
    pipe = augreg.Pipeline({"image": [from_timm(config)]})
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe
    sample = augreg.Image(torch.tensor(photo()).permute(2, 0, 1))
    found = augreg.augment([sample] * 40, pipe, seed=7, keys=range(40))
    assert len({r.data.numpy().tobytes() for r in found}) > (10 if config != "3a" else 5)


def test_some_of_the_operations_are_skipped() -> None:
    step = {"image.rotate": {"level": (0.5, 0.5)}}
    pipe = augreg.Pipeline({"image": [Rand(n=1, p=0.3, operations=(step,))]})
    sample = augreg.Image(torch.tensor(photo()).permute(2, 0, 1))
    _, trace = augreg.augment([sample] * 400, pipe, seed=7, keys=range(400), return_trace=True)
    assert 90 < sum(bool(one.steps) for one in trace) < 150


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("rand-m9-mmax30", "mmax30 cannot be carried over"),
        ("rand-m9-w0", "w0 cannot be carried over; timm took choice weights out of that section. Write tweights"),
        ("rand-m9-mstd0.5", "Posterize with mstd cannot be carried over"),
        ("rand-m9-tweight", "Did you mean 'weights'?"),
        ("rand-tweights", "Say interpolation='bilinear' or 'bicubic'"),
        ("rand-m9-m5", "says m twice"),
        ("rand-m9.5", "m9.5 is no whole number"),
        ("rand-9", "'9' is no section that can be read"),
        ("rand-m12-mstd1-inc1", "m12 with mstd lies beyond 10"),
        ("rand-m9-mstd50-inc1", "mstd50 is more than 10"),
        ("rand-p2", "p is a probability"),
        ("ran-m9", "Did you mean 'rand'?"),
        ("original-mstd0.5", "mstd0.5 cannot be carried over"),
        ("augmix-m3-b1", "b1 blends chain by chain"),
        ("augmix-m3-mstd1", "mstd1 cannot be carried over to AugMix"),
        (9, "9 is no config string of timm"),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(config: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_timm(config)
    assert message in str(caught.value)
