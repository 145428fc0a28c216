"""What one sample per call costs, counted in Python functions called: the one price that hangs on no machine."""

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

import augreg

CHANCE = np.random.default_rng(0)
STANDARD = [{"image.resized_crop": {"size": 64}}, "image.hflip", "image.color_jitter", "image.normalize"]
INPUTS = 64
WARM = 32
"""Calls before: a step of p = 0.5 has surely fired among them, and what is worked out once is."""


def array() -> np.ndarray:
    return CHANCE.integers(0, 256, (96, 128, 3), dtype=np.uint8)


def sound() -> tuple[torch.Tensor, int]:
    return torch.from_numpy(CHANCE.normal(0, 0.1, (1, 16000)).astype(np.float32)), 16000


def sentence() -> str:
    words = "the quick brown fox jumps over a lazy dog near an old railway station of some small town"
    return " ".join(CHANCE.permutation(words.split(" ")).tolist())


def calls(function: Callable[..., Any], *arguments: Any, **options: Any) -> int:
    """How many Python functions a call calls, itself included."""
    count = 0

    def look(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    gc.disable()  # others' callbacks run when it collects
    sys.setprofile(look)
    try:
        function(*arguments, **options)
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


PRICES = {
    "hflip of a PIL picture": (["image.hflip"], lambda: PIL.Image.fromarray(array()), {}, 105),
    "the standard pipeline": (STANDARD, array, {"modality": "image"}, 300),
    "gain": (["audio.gain"], sound, {}, 80),
    "keyboard": (["text.keyboard"], sentence, {}, 60),
}


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer calls functions of its own")
@pytest.mark.parametrize(("steps", "made", "options", "most"), PRICES.values(), ids=PRICES)
def test_a_warm_call_on_one_sample_calls_few_functions(steps, made, options, most):
    bound = augreg.Pipeline(steps).bind(seed=7, **options)
    for i in range(WARM):
        bound(made(), key=f"warm-{i}")
    found = [calls(bound, made(), key=i) for i in range(INPUTS)]
    assert max(found) <= most, sorted(set(found))
