"""Lists of one type are read at once: what comes out, and what is refused, is what each sample alone would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import augreg
from augreg.contract.declaration import EVERY


@dataclass(frozen=True, kw_only=True)
class Double(augreg.AugmenterBase):
    """Twice the value, or the text twice; targets are left as they are."""

    p: ClassVar[float] = 0.5
    declares: ClassVar[augreg.Declaration] = augreg.Declaration(leaves=EVERY)

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), {"x": rng.uniform("x", 0, 1)})

    def apply(self, batch, params):
        data = batch.data * 2 if batch.stacked else [row * 2 for row in batch.data]
        return batch.replace(data)


@pytest.fixture(scope="module")
def pipe() -> augreg.Pipeline:
    registry = augreg.Registry(discover=False)
    modalities = ("image", "audio", "video", "text")
    registry.register(Double, name="test.double", modalities=modalities)
    return augreg.Pipeline({m: [{"test.double": {"p": 0.5}}] for m in modalities}, registry=registry)


def _tensor(i: int) -> torch.Tensor:
    return torch.full((3, 4 + i % 3, 5), i, dtype=torch.uint8)


LISTS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "str": ([f"number {i}" for i in range(12)], {}),
    "Text": ([augreg.Text(f"number {i}", spans=augreg.Spans([[0, 6]]), key=f"k{i}") for i in range(12)], {}),
    "image tensors": ([_tensor(i) for i in range(12)], {"modality": "image"}),
    "float image tensors": ([_tensor(i).float() / 255 for i in range(12)], {"modality": "image"}),
    "image arrays": ([np.full((4, 5 + i % 2, 3), i, dtype=np.uint8) for i in range(12)], {"modality": "image"}),
    "Image": ([augreg.Image(_tensor(i), label=i if i % 4 else None) for i in range(12)], {}),
    "Image of arrays": (
        [
            augreg.Image(np.full((4, 5, 3), i, dtype=np.uint8), boxes=augreg.Boxes([[0, 0, 2, 2]], "xyxy"), key=i)
            for i in range(12)
        ],
        {},
    ),
    "Image with masks": ([augreg.Image(_tensor(6), masks=torch.zeros(4, 5, dtype=torch.int64)) for _ in range(6)], {}),
    "pairs": ([(torch.full((1, 30), i / 32), 8000) for i in range(12)], {}),
    "pairs of other rates": ([(torch.full((1, 30 + i), i / 32), 8000.5 + i % 3) for i in range(12)], {}),
    "waveforms": ([torch.full((2, 30), i / 32) for i in range(12)], {"modality": "audio", "sample_rate": 8000}),
    "Audio": ([augreg.Audio(torch.full((1, 30), i / 32), 8000, label="x", key=f"k{i}") for i in range(12)], {}),
    "int16 pairs": ([(torch.full((1, 30), i, dtype=torch.int16), 44100) for i in range(12)], {}),
}


def _plain(value: Any) -> Any:
    """Return a sample as something that compares: types, values, dtypes, targets."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return type(value), str(value.dtype), value.tolist()
    if isinstance(value, tuple):
        return tuple((type(v), _plain(v)) for v in value)
    if isinstance(value, augreg.Sample):
        fields = {n: getattr(value, n) for n in ("data", "key", "label")}
        return type(value), {n: _plain(v) for n, v in fields.items()}, sorted(value.targets)
    return value


@pytest.mark.parametrize("name", LISTS)
def test_a_list_gives_what_each_sample_alone_gives(name: str, pipe: augreg.Pipeline) -> None:
    samples, how = LISTS[name]
    together = augreg.augment(samples, pipe, seed=3, **how)
    keys = [getattr(s, "key", None) for s in samples]
    for i, sample in enumerate(samples):
        key = i if keys[i] is None else keys[i]
        (alone,) = augreg.augment([sample], pipe, seed=3, keys=[key], **how)
        assert _plain(together[i]) == _plain(alone)
        assert (together[i] is sample) == (alone is sample)
    assert 0 < sum(a is b for a, b in zip(samples, together, strict=True)) < len(samples)


@pytest.mark.parametrize("name", LISTS)
def test_beside_a_sample_of_another_kind_nothing_changes(name: str, pipe: augreg.Pipeline) -> None:
    """A list of two kinds is read one by one, which is the reference for reading it at once."""
    samples, how = LISTS[name]
    other = "text" if not isinstance(samples[0], str) else augreg.Image(_tensor(0))
    together = augreg.augment(samples, pipe, seed=3, **how)
    mixed = augreg.augment([*samples, other], pipe, seed=3, **how)
    assert [_plain(s) for s in together] == [_plain(s) for s in mixed[:-1]]


@pytest.mark.parametrize("name", LISTS)
def test_a_trace_names_the_samples_and_repeats_them(name: str, pipe: augreg.Pipeline) -> None:
    samples, how = LISTS[name]
    out, trace = augreg.augment(samples, pipe, seed=3, return_trace=True, **how)
    assert [t.key for t in trace] == [i if getattr(s, "key", None) is None else s.key for i, s in enumerate(samples)]
    again = pipe.replay(samples, trace, **how)
    assert [_plain(s) for s in again] == [_plain(s) for s in out]


def test_the_callers_keys_come_first(pipe: augreg.Pipeline) -> None:
    samples = LISTS["Text"][0]
    _, trace = augreg.augment(samples, pipe, seed=3, keys=list(range(100, 112)), return_trace=True)
    assert [t.key for t in trace] == list(range(100, 112))


@pytest.mark.parametrize("kind", [list, tuple])
def test_the_container_is_kept(kind: type, pipe: augreg.Pipeline) -> None:
    assert type(augreg.augment(kind(["a", "b"]), pipe, seed=1)) is kind


def test_moved_targets_and_rates_come_back() -> None:
    pipe = augreg.Pipeline({"image": ["image.hflip"], "audio": [{"audio.speed": {"factor": [2.0, 2.0], "p": 1.0}}]})
    pictures = [augreg.Image(_tensor(0), boxes=augreg.Boxes([[0, 0, 2, 2]], "xyxy"), label=i) for i in range(8)]
    flipped = [p for p, q in zip(augreg.augment(pictures, pipe, seed=1), pictures, strict=True) if p is not q]
    assert flipped
    assert all(p.boxes.data.tolist() == [[3, 0, 5, 2]] for p in flipped)
    sounds = [augreg.Audio(torch.zeros(1, 400), 8000, events=augreg.Events([[0.01, 0.02]])) for _ in range(4)]
    for sound in augreg.augment(sounds, pipe, seed=1):
        assert (sound.data.shape[-1], sound.sample_rate) == (200, 8000)
        assert sound.events.data.tolist() == [[0.005, 0.01]]


@pytest.mark.parametrize(
    ("bad", "good", "how", "message"),
    [
        (torch.full((3, 4, 5), float("nan")), torch.zeros(3, 4, 5), {"modality": "image"}, "NaN"),
        (torch.full((3, 4, 5), 200.0), torch.zeros(3, 4, 5), {"modality": "image"}, "0 to 1"),
        (torch.zeros(3, 4, 5, dtype=torch.int64), torch.zeros(3, 4, 5), {"modality": "image"}, "int64"),
        (torch.zeros(3, 0, 5), torch.zeros(3, 4, 5), {"modality": "image"}, "no pixels"),
        (
            np.zeros((4, 5, 3), dtype=np.complex64),
            np.zeros((4, 5, 3), dtype=np.uint8),
            {"modality": "image"},
            "complex",
        ),
        ((torch.full((1, 9), float("inf")), 8000), (torch.zeros(1, 9), 8000), {}, "infinity"),
        ((torch.zeros(1, 9), 3), (torch.zeros(1, 9), 8000), {}, "3 Hz"),
        ((torch.zeros(1, 9), 16000), (torch.zeros(1, 9), 8000), {"sample_rate": 8000}, "16000 Hz"),
        ((torch.zeros(40, 9), 8000), (torch.zeros(1, 9), 8000), {}, "Transpose"),
        (augreg.Text("abc", spans=augreg.Spans([[0, 9]])), augreg.Text("abc"), {}, "reach to 9"),
        (augreg.Text(b"abc"), augreg.Text("abc"), {}, "bytes"),
        (augreg.Image(_tensor(0), boxes="none"), augreg.Image(_tensor(0)), {}, "Boxes"),
    ],
)
def test_a_wrong_sample_is_named(bad: Any, good: Any, how: dict[str, Any], message: str, pipe: augreg.Pipeline) -> None:
    with pytest.raises(augreg.SampleError, match=message) as caught:
        augreg.augment([good, good, bad], pipe, seed=1, **how)
    assert "sample 2" in str(caught.value)


def _flipping(p: float) -> augreg.Pipeline:
    return augreg.Pipeline({"image": [{"image.hflip": {"p": p}}]})


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("p", [0.4, 0.8, 1.0])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_a_stack_comes_back_as_one_whatever_lies_innermost(
    dtype: torch.dtype, p: float, memory: torch.memory_format
) -> None:
    generator = torch.Generator().manual_seed(0)
    stack = torch.randint(0, 256, (9, 3, 6, 7), dtype=torch.uint8, generator=generator)
    stack = (stack if dtype == torch.uint8 else (stack / 255).to(dtype)).contiguous(memory_format=memory)
    out = augreg.augment(stack, _flipping(p), seed=2, modality="image")
    alone = augreg.augment(list(stack), _flipping(p), seed=2, modality="image")
    assert (type(out), out.shape, out.dtype) == (torch.Tensor, stack.shape, dtype)
    assert torch.equal(out, torch.stack(alone))
    fired = [not torch.equal(a, b) for a, b in zip(out, stack, strict=True)]
    assert all(torch.equal(o, s.flip(-1) if f else s) for o, s, f in zip(out, stack, fired, strict=True))
    assert any(fired)


def test_an_untouched_stack_is_the_object_that_came_in() -> None:
    stack = torch.zeros(4, 3, 6, 7, dtype=torch.uint8)
    assert augreg.augment(stack, _flipping(0.0), seed=2, modality="image") is stack


def test_a_mixed_list_is_what_its_samples_are_alone(pipe: augreg.Pipeline) -> None:
    """Enough of every kind to be read together, with single samples of other kinds between them."""
    kinds = ["str", "Text", "Image", "Image of arrays", "pairs", "Audio"]
    lists = [LISTS[name][0][:6] for name in kinds]
    samples: list[Any] = [sample for group in zip(*lists, strict=True) for sample in group]
    samples[7:7] = [augreg.Video(torch.zeros(2, 3, 4, 5, dtype=torch.uint8), fps=5.0), (torch.ones(30), 8000)]
    together, trace = augreg.augment(samples, pipe, seed=3, return_trace=True)
    for i, sample in enumerate(samples):
        key = getattr(sample, "key", None)
        key = i if key is None else key
        assert trace[i].key == key
        (alone,) = augreg.augment([sample], pipe, seed=3, keys=[key])
        assert _plain(together[i]) == _plain(alone)
        assert (together[i] is sample) == (alone is sample)
    assert [_plain(s) for s in pipe.replay(samples, trace)] == [_plain(s) for s in together]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_stack_of_sounds_with_a_hole_names_the_sample(dtype: torch.dtype, pipe: augreg.Pipeline) -> None:
    stack = torch.zeros(5, 1, 40, dtype=dtype)
    for hole in (float("nan"), float("inf")):
        stack[3, 0, 7] = hole
        with pytest.raises(augreg.SampleError, match=r"sample 3: audio holds NaN or infinity at 1 of 40"):
            augreg.augment(stack, pipe, seed=1, modality="audio", sample_rate=8000)
    stack[3, 0, 7] = 65504.0  # the sum of such sounds leaves float16
    stack[2, 0, 7] = 65504.0
    assert augreg.augment(stack[:, :, :7], pipe, seed=1, modality="audio", sample_rate=8000).shape == (5, 1, 7)
    assert augreg.augment(stack, pipe, seed=1, modality="audio", sample_rate=8000).shape == (5, 1, 40)
