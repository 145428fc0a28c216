"""Published policies that come with augreg, and those read from torchvision, are torchvision's own."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.transforms import autoaugment as old
from torchvision.transforms import v2

import augreg
from augreg.errors import ConfigError
from augreg.pipeline.config import presets
from augreg.policies import from_torchvision
from augreg.policies.published import NAMES, strength

POLICIES = {
    "imagenet": old.AutoAugmentPolicy.IMAGENET,
    "cifar10": old.AutoAugmentPolicy.CIFAR10,
    "svhn": old.AutoAugmentPolicy.SVHN,
}
TEXT = "the quick brown fox jumps over the lazy dog"


def photo():
    """Return a smooth picture with some texture: 3 x 48 x 60, uint8."""
    y, x = np.mgrid[0:48, 0:60]
    waves = np.stack([np.sin(x / 6 + k) + np.cos(y / 5 - k) + 0.2 * np.sin(x * y / 40) for k in range(3)])
    return augreg.Image(torch.tensor((waves * 50 + 120).clip(3, 250).round().astype("uint8")))


def policy_of(pipe):
    (step,) = pipe.to_dict()["image"]
    return next(iter(step.values()))


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_loaded_by_its_bare_name_and_changes_samples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pipe = augreg.Pipeline.load(name)
    assert augreg.Pipeline.from_dict(pipe.to_dict()) == pipe
    (modality,) = pipe.branches
    sample = {"image": photo(), "text": TEXT}.get(modality)
    if sample is not None:
        found = augreg.augment([sample] * 40, pipe, seed=7, keys=range(40))
        assert len({str(np.asarray(getattr(r, "data", r)).tolist()) for r in found}) > 10


def test_a_file_of_the_same_name_comes_first_and_a_folder_is_taken_at_its_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("eda.yaml").write_text("text: [text.keyboard]\n", encoding="utf-8")
    assert "keyboard" in str(augreg.Pipeline.load("eda.yaml").to_dict())
    with pytest.raises(ConfigError, match="no pipeline file"):
        augreg.Pipeline.load("elsewhere/eda.yaml")
    with pytest.raises(ConfigError, match=r"Did you mean 'randaugment.yaml'"):
        augreg.Pipeline.load("randaugmnt.yaml")


@pytest.mark.parametrize("name", POLICIES)
def test_the_tables_of_autoaugment_are_torchvisions(name):
    read = from_torchvision(old.AutoAugment(POLICIES[name]))
    shipped = policy_of(augreg.Pipeline.load(f"autoaugment-{name}.yaml"))["policies"]
    assert len(shipped) == len(read.policies) == 25
    for mine, theirs in zip(shipped, read.policies, strict=True):
        for (step, p, level), (other, chance, at) in zip(mine, theirs, strict=True):
            listed = step if isinstance(step, str) else next(iter(step))
            assert (listed, p) == (next(iter(other)), chance)
            assert level is None if at is None else level == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("module", [old, v2], ids=["transforms", "v2"])
def test_every_entry_of_a_table_is_read(name, module):
    table = old.AutoAugment(POLICIES[name])._get_policies(POLICIES[name])
    space = old.AutoAugment()._augmentation_space(10, (1, 1))
    read = from_torchvision(module.AutoAugment(POLICIES[name]))
    for mine, theirs in zip(read.policies, table, strict=True):
        for (step, p, level), (operation, chance, bin_) in zip(mine, theirs, strict=True):
            assert (next(iter(step)), p) == (NAMES[operation].name, chance)
            wanted = strength(operation, 0.0 if bin_ is None else float(space[operation][0][bin_]))
            assert level is None if wanted is None else level == pytest.approx(wanted, abs=1e-6)


SPACE = old.RandAugment()._augmentation_space(10, (48, 60))


@pytest.mark.parametrize("operation", SPACE)
def test_a_strength_gives_the_parameter_and_the_picture_of_torchvision(operation):
    magnitudes, signed = SPACE[operation]
    sides = {"TranslateX": 60, "TranslateY": 48}
    for magnitude in magnitudes.tolist() if magnitudes.ndim else [0.0]:
        level = strength(operation, magnitude / sides.get(operation, 1))
        name, params, *_ = NAMES[operation]
        step = {**params, **({"interpolation": "bilinear"} if signed and hasattr_interpolation(name) else {}), "p": 1}
        step |= {} if level is None else {"level": level}
        found = augreg.augment([photo()] * 16, augreg.Pipeline({"image": [{name: step}]}), seed=7, keys=range(16))
        for sign in (1, -1) if signed else (1,):
            wanted = applied(operation, sign * magnitude)
            nearest = min(float(np.abs(np.asarray(r.data, dtype=float) - wanted).mean()) for r in found)
            # torchvision cuts off fractions, of contrast's mean gray as well; augreg rounds. Steps of 255.
            assert nearest < 1.5, (operation, sign * magnitude, nearest)


def hasattr_interpolation(name):
    return hasattr(augreg.make(name), "interpolation")


def applied(operation, magnitude):
    """What torchvision does; shifts by the nearest pixel, as augreg."""
    magnitude = round(magnitude) if operation.startswith("Translate") else magnitude
    way = old.InterpolationMode.BILINEAR
    picture = torch.as_tensor(photo().data)
    return old._apply_op(picture, operation, magnitude, interpolation=way, fill=None).numpy().astype(float)


@pytest.mark.parametrize("module", [old, v2], ids=["transforms", "v2"])
def test_randaugment_draws_as_often_and_as_strong(module):
    policy = from_torchvision(module.RandAugment(num_ops=3, magnitude=12))
    assert (policy.n, policy.spread, policy.distinct) == (3, 0.0, False)
    space = old.RandAugment()._augmentation_space(31, (1, 1))
    assert len(policy.operations) == len(space) == 14
    for step, (operation, (magnitudes, _)) in zip(policy.operations, space.items(), strict=True):
        ((name, params),) = step.items()
        at = strength(operation, float(magnitudes[12])) if magnitudes.ndim else None
        assert name == NAMES[operation].name
        assert params["level"] == ("own" if at is None else (pytest.approx(at), pytest.approx(at)))
    pipe = augreg.Pipeline({"image": [policy]})
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe


@pytest.mark.parametrize("module", [old, v2], ids=["transforms", "v2"])
def test_trivialaugment_wide_has_all_magnitudes_in_both_signs(module):
    policy = from_torchvision(module.TrivialAugmentWide(num_magnitude_bins=3), size=(48, 64))
    steps = [entry[0] for ((*entry,),) in policy.policies]
    degrees = sorted(s["image.rotate"]["degrees"][0] for s in steps if "image.rotate" in s)
    assert degrees == [-135.0, -67.5, 0.0, 0.0, 67.5, 135.0]
    shears = {round(s["image.shear"]["degrees"][0], 4) for s in steps if "image.shear" in s}
    assert round(math.degrees(math.atan(0.99)), 4) in shears
    moves = [s["image.translate"] for s in steps if "image.translate" in s]
    assert {move["x"][0] for move in moves if move["axis"] == "x"} == {-0.5, -0.25, 0.0, 0.25, 0.5}
    assert sum(policy.weights) == pytest.approx(14)
    assert len(augreg.Pipeline({"image": [policy]})([photo()] * 8, seed=7, keys=range(8))) == 8


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (old.AugMix(), "AugMix is no policy that can be read from torchvision. Read are: AutoAugment, RandAugment"),
        (old.TrivialAugmentWide(), "say how large they are, size="),
        (v2.RandAugment(fill={torch.Tensor: 3, "others": 0}), "by the kind of sample cannot be read"),
        (
            old.RandAugment(interpolation=old.InterpolationMode.LANCZOS),
            "interpolation='lanczos' is none that augreg has",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(transform, message):
    with pytest.raises(ConfigError) as caught:
        from_torchvision(transform)
    assert message in str(caught.value)
