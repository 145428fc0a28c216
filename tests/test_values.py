"""What values a sample may hold: NaN, infinity, and floating-point pictures far from [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import PIL.Image
import pytest
import torch
from toys import Brightness, Mirror, make_registry

import augreg
from augreg.errors import SampleError

SPOILED = torch.tensor([0.25, float("nan"), float("inf"), -float("inf")]).expand(3, 2, 4)


@dataclass(frozen=True, kw_only=True)
class Open(Mirror):
    """Flip left and right, whatever the values are."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=augreg.EVERY, nonfinite="passes", values="any")


def pipe(steps, **options) -> augreg.Pipeline:
    registry = make_registry()
    registry.register(Open, name="toy.open", modalities=("image", "video"))
    return augreg.Pipeline(steps, registry=registry, **options)


def test_what_every_step_lets_pass_is_not_refused() -> None:
    out = augreg.augment(SPOILED, pipe({"image": ["toy.open"]}), seed=0, keys=0, modality="image")
    torch.testing.assert_close(out, SPOILED.flip(-1), equal_nan=True)
    clip = SPOILED.expand(2, 3, 2, 4)
    out = augreg.augment(clip, pipe({"video": ["toy.open"]}), seed=0, keys=0, modality="video")
    torch.testing.assert_close(out, clip.flip(-1), equal_nan=True)
    untouched = augreg.augment(SPOILED, pipe({"audio": ["toy.gain"]}), seed=0, keys=0, modality="image")
    assert untouched is SPOILED


def test_one_step_that_refuses_is_enough_even_if_it_does_not_fire() -> None:
    steps = ["toy.open", {"toy.brightness": {"p": 0.0}}]
    with pytest.raises(SampleError, match="holds NaN or infinity at 18 of 24 places"):
        augreg.augment(SPOILED, pipe({"image": steps}), seed=0, modality="image")


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("top", [255.0, 65535.0])
def test_floating_point_pictures_in_another_range_are_refused(dtype: torch.dtype, top: float) -> None:
    data = (torch.linspace(0, top, 3 * 20 * 20)).reshape(3, 20, 20)
    if dtype == torch.float16 and top > 65504:
        data = data.clamp(max=65504)
    with pytest.raises(SampleError, match=f"hold 0 to 1. Divide it by {top:.0f}"):
        augreg.augment(data.to(dtype), pipe({"image": ["toy.mirror", "toy.brightness"]}), seed=0, modality="image")
    out = augreg.augment(
        data.to(dtype), pipe({"image": [{"toy.mirror": {"p": 1.0}}]}), seed=0, keys=0, modality="image"
    )
    assert torch.equal(out, data.to(dtype).flip(-1))


@pytest.mark.parametrize(
    "sample",
    [
        PIL.Image.fromarray(np.full((4, 4), 200.0, dtype=np.float32)),
        augreg.Image(np.full((4, 4, 3), 200.0)),
        augreg.Video(torch.full((2, 3, 4, 4), 200.0)),
    ],
    ids=["PIL", "Image", "Video"],
)
def test_every_form_of_picture_is_looked_at(sample: object) -> None:
    with pytest.raises(SampleError, match="values up to 200; floating-point"):
        augreg.augment([sample], pipe({"image": ["toy.brightness"], "video": ["toy.brightness"]}), seed=0)


def test_pictures_that_stand_out_are_refused_where_a_step_clips() -> None:
    # 1.002 is rounding, not another range: it is taken, and brightened like any other value.
    (out,) = augreg.augment([torch.full((3, 8, 8), 1.002)], pipe({"image": ["toy.brightness"]}), modality="image")
    assert out.shape == (3, 8, 8)
    bright = (torch.full((3, 8, 8), 0.99) - 0.45) / 0.225
    for data in (torch.full((3, 8, 8), 1.2), -bright, bright):
        with pytest.raises(SampleError, match=r"toy.brightness cuts off what is not from 0 to 1.*options={'range'"):
            augreg.augment([data], pipe({"image": ["toy.brightness"]}), modality="image")
        (same,) = augreg.augment([data], pipe({"image": [{"toy.mirror": {"p": 1.0}}]}), modality="image")
        assert torch.equal(same, data.flip(-1))


def test_a_field_is_asked_for_what_its_own_steps_need() -> None:
    """A depth map in metres may be flipped although colours of the picture beside it change."""
    steps = {"image": [{"toy.mirror": {"p": 1.0}}], "fields": {"picture": ["toy.brightness"]}}
    both = pipe(steps, schema={"picture": "image", "depth": "image"})
    depth = torch.linspace(0, 80, 16).reshape(1, 4, 4)
    out = augreg.augment({"picture": torch.rand(3, 4, 4), "depth": depth}, both, seed=0, keys=0)
    assert torch.equal(out["depth"], depth.flip(-1))
    with pytest.raises(SampleError, match="field 'picture': image has dtype torch.float32 and values up to 80"):
        augreg.augment({"picture": depth, "depth": depth}, both, seed=0)


def test_brightness_declares_what_it_takes() -> None:
    assert (Brightness.declares.values, Open.declares.values) == ("unit", "any")
