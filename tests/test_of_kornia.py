"""Policies that are read from kornia's lists and objects. kornia is not needed: the objects here look like its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

import augreg
from augreg.errors import ConfigError
from augreg.policies import from_kornia

KORNIA_LINSPACE = {
    "shear_x": ("image.shear", "degrees", torch.linspace(-0.3, 0.3, 11) * 180.0),
    "shear_y": ("image.shear", "degrees", torch.linspace(-0.3, 0.3, 11) * 180.0),
    "translate_x": ("image.translate", "x", torch.linspace(-0.5, 0.5, 11)),
    "translate_y": ("image.translate", "y", torch.linspace(-0.5, 0.5, 11)),
    "rotate": ("image.rotate", "degrees", torch.linspace(-30, 30, 11)),
    "solarize": ("image.solarize", "threshold", torch.linspace(0, 255, 11) / 255),
    "contrast": ("image.brightness", "factor", torch.linspace(0.1, 1.9, 11)),
    "brightness": ("image.solarize_add", "add", torch.linspace(0.1, 1.9, 11) - 1.0),
    "color": ("image.hsv", "saturation", torch.linspace(0.1, 1.9, 11)),
    "sharpness": ("image.sharpen", "factor", torch.linspace(0.1, 1.9, 11)),
}
PLAIN = {"auto_contrast": "image.autocontrast", "equalize": "image.equalize", "invert": "image.invert"}


def named(name: str, module: str, **more: Any) -> Any:
    """An object of a class with a name, as from a module."""
    return type(name, (SimpleNamespace,), {"__module__": module})(**more)


def auto(kind: str, *subs: list[tuple[str, float, Any, bool]]) -> Any:
    def operation(name: str, p: float, ends: Any, signed: bool) -> Any:
        op = SimpleNamespace(p=p)
        return named(name, "kornia.augmentation.auto", op=op, magnitude_range=ends, symmetric_megnitude=signed)

    rows = [SimpleNamespace(children=lambda sub=sub: iter([operation(*one) for one in sub])) for sub in subs]
    return named(kind, "kornia.augmentation.auto", children=lambda: iter(rows))


@pytest.mark.parametrize("magnitude", range(10))
@pytest.mark.parametrize("name", KORNIA_LINSPACE)
def test_a_magnitude_is_kornias_range(name: str, magnitude: int) -> None:
    listed, parameter, ends = KORNIA_LINSPACE[name]
    (((step, p, level),),) = from_kornia([[(name, 0.4, magnitude)]]).policies
    assert (p, level) == (0.4, None)
    assert step[listed][parameter] == pytest.approx(tuple(ends[magnitude : magnitude + 2].tolist()), abs=1e-5)
    assert step[listed].get("axis", "x") == (name[-1] if name[-2] == "_" else "x")
    augreg.make(listed, **step[listed])


def test_operations_without_magnitude_and_several_in_a_row() -> None:
    policy = from_kornia([tuple((name, 0.5, None) for name in PLAIN), [("rotate", 1, 0)]])
    assert [next(iter(step)) for step, _, _ in policy.policies[0]] == list(PLAIN.values())
    assert policy.policies[1] == (({"image.rotate": {"degrees": (-30.0, -24.0)}}, 1.0, None),)
    assert policy.weights is None


@pytest.mark.parametrize("magnitude", range(10))
def test_bits_are_rounded_as_often(magnitude: int) -> None:
    policy = from_kornia([[("posterize", 0.6, magnitude), ("invert", 0.5, None)]])
    low, high = torch.linspace(4, 8, 11, dtype=torch.float64)[magnitude : magnitude + 2].tolist()
    drawn = torch.linspace(low, high, 100_001, dtype=torch.float64).round()
    weights = policy.weights or (1.0,) * len(policy.policies)
    for (posterize, invert), weight in zip(policy.policies, weights, strict=True):
        assert invert[0] == {"image.invert": {}}
        bits = posterize[0]["image.posterize"]["bits"][0]
        assert weight / sum(weights) == pytest.approx(float((drawn == bits).double().mean()), abs=1e-3)


def test_objects_are_read_by_what_they_hold() -> None:
    sub = [("ShearX", 0.6, (-0.06, 0.0), False), ("Equalize", 1.0, None, False)]
    tensor = [("Rotate", 0.4, torch.tensor([24.0, 30.0]), False)]
    assert from_kornia(auto("AutoAugment", sub, tensor)) == from_kornia(
        [[("shear_x", 0.6, 4), ("equalize", 1.0, None)], [("rotate", 0.4, 9)]]
    )
    both = from_kornia(auto("TrivialAugment", [("ShearY", 1.0, (0.0, 0.3), True)], [("Invert", 1.0, None, False)]))
    degrees = [entry[0].get("image.shear", {}).get("degrees") for (entry,) in both.policies]
    assert degrees == [pytest.approx((0.0, 54.0)), pytest.approx((-54.0, 0.0)), None]
    assert both.weights == (0.5, 0.5, 1.0)


def test_black_pictures_have_no_bits() -> None:
    policy = from_kornia(auto("TrivialAugment", [("Posterize", 1.0, (0.0, 4.0), False)]))
    assert policy.policies[0][0][0] == {"image.brightness": {"factor": (0.0, 0.0)}}
    assert policy.weights == (0.125, 0.25, 0.25, 0.25, 0.125)


def test_brightness_adds_and_contrast_multiplies() -> None:
    picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    for name, wanted in (("brightness", lambda x, v: x + v), ("contrast", lambda x, v: x * (1 + v))):
        policy = from_kornia([[(name, 1.0, 1)]])
        pipe = augreg.Pipeline({"image": [policy]})
        (found,), trace = pipe([augreg.Image(picture)], seed=7, keys=[0], return_trace=True)
        (step,) = trace[0].steps
        value = step["params"].get("add", step["params"].get("factor", 1.0) - 1.0)
        assert -0.9 < value < -0.5
        torch.testing.assert_close(torch.as_tensor(found.data), wanted(picture, value).clamp(0, 1), atol=1e-5, rtol=0)


def test_what_is_read_runs_and_is_written() -> None:
    rows = [[(name, 0.8, 7), ("invert", 0.2, None)] for name in (*KORNIA_LINSPACE, "posterize")]
    pipe = augreg.Pipeline({"image": [from_kornia(rows)]})
    assert augreg.Pipeline.from_yaml(pipe.to_yaml()) == pipe
    pictures = [augreg.Image(torch.arange(3 * 256, dtype=torch.uint8).reshape(3, 16, 16))] * 60
    assert len({r.data.numpy().tobytes() for r in pipe(pictures, seed=7, keys=range(60))}) > 30


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ([[("rotat", 0.5, 3)]], "Did you mean 'rotate'?"),
        ([[("solarize_add", 0.5, 3)]], "policy[0][0]: 'solarize_add' cannot be read"),
        ([[("rotate", -30.0, 30.0)]], "RandAugment and TrivialAugment list (name, low, high)"),
        ([[("color", 0.1, 1.9)]], "color has the magnitude 1.9; give a whole number from 0 to 9"),
        ([[("rotate", 0.5, 10)]], "rotate has the magnitude 10"),
        ([[("rotate", 0.5)]], "an entry is (name, probability, magnitude or None)"),
        ([("rotate", 0.5, 3)], "policy[0] is ('rotate', 0.5, 3), no list of"),
        (auto("RandAugment"), "kornia's RandAugment cannot be carried over"),
        (auto("AutoAugment", [("Hue", 0.5, (0.0, 0.1), False)]), "kornia's operation Hue cannot be read"),
        (named("AutoAugment", "elsewhere"), "elsewhere.AutoAugment is no policy that can be read from kornia"),
        ("imagenet", "builtins.str is no policy"),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(policy: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_kornia(policy)
    assert message in str(caught.value)


def test_an_empty_list_is_no_policy():
    with pytest.raises(augreg.ConfigError, match=r"policy=\[\] holds no sub-policies"):
        augreg.policies.from_kornia([])
