"""`@augreg.augmenter`: a function on one sample becomes an augmenter that keeps every rule."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
import torch

import augreg
from augreg import ContractError
from augreg.registry import Registry
from augreg.registry.spec import AugmenterSpec
from augreg.registry.summaries import summary_of
from augreg.testing import class_checks

interval = augreg.param.interval


@augreg.augmenter(
    modality="image",
    strength=interval(0.2, 0.7, "light that is lost", low=0, high=1),
    leaves=augreg.EVERY,
    dtypes=("uint8", "float32"),
    alters={"brightness"},
    level=augreg.Level("strength", 0.0, 0.9),
    memory=13.0,
)
def dim(image, strength):
    """Darken a picture."""
    dark = image * (1 - strength)
    return dark.round().to(image.dtype) if image.dtype == torch.uint8 else dark


@augreg.augmenter(
    modality="image",
    given="numpy",
    size=interval(1, 3, "rows at the top", low=0, high=3, integral=True),
    value=augreg.param.integer(7, "what is written", low=0, high=255),
    leaves=("label",),
    dtypes=("uint8",),
    alters={"completeness"},
)
def stamp(image, rng, size, value):
    """Write into the first rows of a picture."""
    image[:size, :, 0] = value
    image[-1, :, -1] = rng.integers(0, 256, image.shape[1])
    return image


@augreg.augmenter(
    modality="text", share=interval(0.2, 0.5, "of the words", low=0, high=1), leaves=("label",), dtypes=("str",),
    keeps_shape=False, level=augreg.Level("share", 0.0, 0.8),
)  # fmt: skip
def well(text, rng, share):
    """Say "well" before some words."""
    return " ".join(f"well {word}" if rng.random() < share else word for word in text.split(" "))


@augreg.augmenter(
    modality="audio", seconds=interval(0.05, 0.3, "how much", low=0, high=1, unit="s"), leaves=("label",),
    dtypes=("float32",), alters={"synchrony", "duration"}, keeps_shape=False, level=augreg.Level("seconds", 0.0, 0.3),
)  # fmt: skip
def behead(sound, rate, seconds):
    """Cut off the beginning of a sound."""
    return sound[:, min(round(seconds * rate), max(sound.shape[-1] - 1, 0)) :]


@pytest.mark.parametrize(("name", "cls"), [("image.dim", dim), ("text.well", well), ("audio.behead", behead)])
def test_it_keeps_every_rule(name, cls):
    found = class_checks(cls, name)
    assert len(found) > 40
    for check in found:
        if not check.slow:
            check()


def test_one_number_is_drawn_for_each_sample_and_replayed():
    pictures = [augreg.Image(torch.rand(3, 4, 5)) for _ in range(3)]
    pipe = augreg.Pipeline({"image": [dim()]})
    made, trace = pipe(pictures, seed=7, keys=[0, 1, 2], return_trace=True)
    drawn = [t.steps[0]["params"]["strength"] for t in trace]
    assert len(set(drawn)) == 3
    assert all(0.2 <= strength < 0.7 for strength in drawn)
    for before, after, strength in zip(pictures, made, drawn, strict=True):
        assert torch.equal(after.data, before.data * (1 - strength))
    again = pipe.replay(pictures, trace)
    assert all(torch.equal(a.data, b.data) for a, b in zip(made, again, strict=True))


def test_numpy_gets_rows_columns_channels_and_may_write():
    picture = augreg.Image(np.zeros((6, 5, 3), dtype=np.uint8))
    made, trace = augreg.Pipeline({"image": [stamp(value=9)]})([picture], seed=7, keys=[0], return_trace=True)
    size = trace[0].steps[0]["params"]["size"]
    assert not picture.data.any()
    assert made[0].data.shape == picture.data.shape
    assert (made[0].data[..., 0] == 9).sum() == size * 5
    assert made[0].data[-1, :, -1].any()
    assert isinstance(size, int)


def test_both_ends_of_an_interval_of_integers_are_drawn():
    pictures = [augreg.Image(np.zeros((6, 5, 3), dtype=np.uint8))] * 60
    _, trace = augreg.Pipeline({"image": [stamp()]})(pictures, seed=7, keys=range(60), return_trace=True)
    assert {t.steps[0]["params"]["size"] for t in trace} == {1, 2, 3}


def test_the_rate_comes_along_and_is_demanded():
    sound = augreg.Audio(torch.rand(1, 8000), 8000)
    (made,) = augreg.augment([sound], {"audio": [behead(seconds=(0.25, 0.25))]}, seed=7, keys=[0])
    assert torch.equal(made.data, sound.data[:, 2000:])
    clip = augreg.Video(torch.rand(4, 3, 2, 2))

    @augreg.augmenter(modality="video", leaves=augreg.EVERY)
    def slow(clip, rate):
        return clip

    with pytest.raises(augreg.SampleError, match="slow needs the rate of each sample"):
        augreg.augment([clip], {"video": [slow()]}, seed=7, keys=[0])


def test_it_pickles_is_called_and_stands_in_lists():
    picture = augreg.Image(torch.ones(3, 2, 2))
    half = dim(strength=(0.5, 0.5))
    assert pickle.loads(pickle.dumps(half)) == half
    assert half(picture, seed=1, keys=0).data.unique().item() == 0.5
    assert augreg.Pipeline([half])([picture], seed=1, keys=[0])[0].data.unique().item() == 0.5
    assert dim.function(picture.data, strength=0.25).unique().item() == 0.75


def test_it_is_registered_under_any_namespace():
    known = Registry(discover=False)
    known.register(dim, "acme.dim")
    assert known.resolve("acme.dim").modalities == ("image",)
    assert augreg.Pipeline({"image": ["acme.dim"]}, registry=known)
    with pytest.raises(ContractError, match="offered for audio, and was made for image"):
        known.register(dim, "acme.loud", modalities=["audio"])


def test_a_listing_reads_the_summary_without_importing(tmp_path, monkeypatch):
    code = 'import augreg\n\n\n@augreg.augmenter(\n    modality="image",\n)\ndef {}:\n    """Do {}."""\n'
    text = code.format("one(image: int, x=(1, 2)) -> int", "one") + code.format("two(\n    image,\n)", "two")
    (tmp_path / "acme_functions_listed.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("one", "two"):
        assert summary_of(AugmenterSpec(f"acme.{name}", f"acme_functions_listed:{name}", ("image",))) == f"Do {name}."


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"strngth": interval(0, 1)}, "does not take its parameter 'strngth'. Did you mean 'strength'"),
        ({}, "needs 'strength', which is no parameter"),
        ({"strength": 3}, "strength=3 is neither a parameter"),
        ({"strength": interval(0, 1), "leves": ()}, "Did you mean 'leaves'"),
        ({"strength": interval(0, 1), "targets": ("boxes",)}, "is beyond a function"),
        ({"strength": interval(0, 1), "labels": "mixes"}, "is beyond a function"),
        ({"strength": augreg.param.number(1), "level": augreg.Level("strength", 0, 1)}, "which is no interval"),
        ({"strength": interval(0, 1), "given": "array"}, "given='array' is none of"),
        ({"strength": interval(0, 1), "given": "numpy", "devices": ("cuda",)}, "works on the CPU"),
        ({"strength": interval(0, 1), "draw": interval(0, 1)}, "cannot be called 'draw'"),
    ],
)
def test_what_does_not_fit_is_refused(options, says):
    with pytest.raises(ContractError, match=says):

        @augreg.augmenter(modality="image", **options)
        def broken(image, strength):
            return image


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda image: None, "returned NoneType, not a tensor"),
        (lambda image: image.double(), "returned float64 for float32.*keeps_dtype=False"),
        (lambda image: image[:, 1:], r"returned shape \(3, 3, 4\) for \(3, 4, 4\).*keeps_shape=False"),
    ],
)
def test_what_comes_back_is_checked(made, says):
    def broken(image):
        return made(image)

    step = augreg.augmenter(modality="image", leaves=augreg.EVERY)(broken)()
    with pytest.raises(ContractError, match=f"the function broken {says}"):
        augreg.augment([augreg.Image(torch.rand(3, 4, 4))], {"image": [step]}, seed=7, keys=[0])


def test_an_interval_is_a_pair_or_two_numbers():
    def held(field):
        spec = field.metadata["augreg"]
        return spec.default, spec.doc

    assert held(interval(0.2, 0.7, "light")) == held(interval((0.2, 0.7), "light")) == ((0.2, 0.7), "light")
    with pytest.raises(TypeError, match="is too much"):
        interval((0.2, 0.7), "light", "more")
    with pytest.raises(TypeError, match="is no text"):
        augreg.param.number(1, 2)


@dataclass(frozen=True, kw_only=True)
class Arrays(augreg.AugmenterBase):
    """Returns numpy arrays where batches hold tensors."""

    declares = augreg.Declaration(leaves=augreg.EVERY)

    def apply(self, batch, params):
        return batch.replace([row.numpy() for row in batch.data])


@pytest.mark.parametrize("many", [False, True])
def test_arrays_that_a_step_returns_are_refused_by_its_name(many):
    picture = augreg.Image(np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(augreg.ContractError, match="numpy arrays came back, and batches hold tensors") as told:
        augreg.augment([picture] * 2 if many else picture, {"image": [Arrays()]}, seed=7, keys=[0, 1] if many else 0)
    assert any("Arrays" in note for note in told.value.__notes__)
