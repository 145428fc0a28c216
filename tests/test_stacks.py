"""Stacks of sounds: read as one tensor, kept as one tensor, and given back as what came in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import augreg

SOUND: dict[str, Any] = {"modality": "audio", "sample_rate": 8000}
STEPS = {
    "all": ["audio.gain", "audio.time_mask"],
    "some": [{"audio.gain": {"p": 0.5}}, {"audio.shift": {"p": 0.5}}],
    "rows": [{"audio.tanh": {"p": 0.6}}],
    "other lengths": [{"audio.speed": {"factor": [1.1, 1.3], "p": 0.7}}],
    "one other length": [{"audio.speed": {"factor": 0.5}}, "audio.gain"],
    "other channels": [{"audio.to_mono": {"p": 1.0}}, "audio.polarity"],
    "mixed": [{"audio.mixup": {"p": 0.7}}],
    "chosen": [{"one_of": {"steps": ["audio.gain", "audio.clip", "audio.lowpass"]}}],
}
KINDS = {
    "float32": lambda x: x,
    "float16": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "float64": lambda x: x.double(),
    "int16": lambda x: (x * 32767).to(torch.int16),
    "frames first": lambda x: x.transpose(1, 2).contiguous().transpose(1, 2),
    "every other": lambda x: x.repeat_interleave(2, dim=-1)[..., ::2],
    "array": lambda x: x.numpy(),
    "array float64": lambda x: x.double().numpy(),
    "array int16": lambda x: (x * 32767).to(torch.int16).numpy(),
    "array backwards": lambda x: x.numpy()[..., ::-1],
    "array big endian": lambda x: x.numpy().astype(">f4"),
}


def _sounds(n: int = 7) -> torch.Tensor:
    return torch.rand(n, 2, 400, generator=torch.Generator().manual_seed(n)) * 1.6 - 0.8


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_of_sounds_is_augmented_as_the_list_of_its_rows(kind: str, steps: str) -> None:
    stack = KINDS[kind](_sounds())
    before = stack.copy() if isinstance(stack, np.ndarray) else stack.clone()
    pipe = augreg.Pipeline({"audio": STEPS[steps]})
    for seed in range(3):
        together = augreg.augment(stack, pipe, seed=seed, **SOUND)
        alone = augreg.augment(list(stack), pipe, seed=seed, **SOUND)
        same_shape = len({row.shape for row in alone}) == 1
        assert type(together) is (type(stack) if same_shape else list)
        assert len(together) == len(alone)
        for one, other in zip(together, alone, strict=True):
            assert (type(one), one.shape) == (type(other), other.shape)
            assert getattr(one.dtype, "name", one.dtype) == getattr(other.dtype, "name", other.dtype)
            assert _equal(one, other)
    assert _equal(before, stack)


def _equal(one: Any, other: Any) -> bool:
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else np.array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_of_sounds_that_nothing_changed_is_the_object_that_came_in(kind: str) -> None:
    stack = KINDS[kind](_sounds())
    for p in (0.0, 1e-9):
        assert augreg.augment(stack, {"audio": [{"audio.gain": {"p": p}}]}, seed=3, **SOUND) is stack


@pytest.mark.parametrize("n", [0, 1, 2])
def test_small_stacks_of_sounds(n: int) -> None:
    out = augreg.augment(_sounds(7)[:n], {"audio": ["audio.polarity", {"audio.gain": {"p": 1.0}}]}, seed=3, **SOUND)
    assert out.shape == (n, 2, 400)


@pytest.mark.parametrize("shape", [(3, 1, 0), (3, 0, 5), (2, 40, 3)])
def test_odd_stacks_of_sounds_do_what_their_rows_do(shape: tuple[int, ...]) -> None:
    stack = torch.zeros(shape)
    results = []
    for given in (stack, list(stack)):
        try:
            results.append(torch.stack(list(augreg.augment(given, {"audio": ["audio.gain"]}, seed=3, **SOUND))).shape)
        except augreg.AugregError as error:
            results.append(str(error))
    assert results[0] == results[1]


def test_keys_traces_views_and_replay_of_a_stack() -> None:
    stack, pipe = _sounds(), augreg.Pipeline({"audio": STEPS["some"]})
    keys = [f"clip-{i}" for i in range(len(stack))]
    out, trace = augreg.augment(stack, pipe, seed=5, keys=keys, return_trace=True, **SOUND)
    alone = augreg.augment(stack[3], pipe, seed=5, keys=["clip-3"], **SOUND)
    assert torch.equal(out[3], alone)
    assert [t.key for t in trace] == keys
    assert torch.equal(pipe.replay(stack, trace, **SOUND), out)
    views = augreg.augment(stack, pipe, seed=5, keys=keys, views=2, **SOUND)
    assert torch.equal(views[0], out)
    assert not torch.equal(views[1], out)


def test_gradients_reach_a_stack() -> None:
    stack = _sounds().requires_grad_()
    augreg.augment(stack, {"audio": [{"audio.polarity": {"p": 1.0}}]}, seed=1, **SOUND).sum().backward()
    assert stack.grad is not None
    assert torch.equal(stack.grad, torch.full_like(stack, -1.0))


def test_what_moves_no_frame_lets_nan_pass_and_keeps_it_where_it_was() -> None:
    stack = _sounds(3)
    stack[1, 0, 7] = float("nan")
    out = augreg.augment(stack, {"audio": [{"audio.gain": {"p": 1.0}}, {"audio.polarity": {"p": 1.0}}]}, **SOUND)
    assert torch.equal(out.isnan(), stack.isnan())
    with pytest.raises(augreg.SampleError, match=r"sample 1: audio holds NaN or infinity at 1 of 800 places"):
        augreg.augment(stack, {"audio": ["audio.gain", "audio.lowpass"]}, seed=1, **SOUND)
