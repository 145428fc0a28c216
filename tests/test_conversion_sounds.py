"""`augreg.convert` on audiomentations and nlpaug: the same sounds at the same parameters."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import augreg
from augreg.conversion.peers import TABLES

M: Any = pytest.importorskip("audiomentations")
RATE = 16_000
P = {"p": 1.0}


def sound() -> np.ndarray:
    """Return a decaying tone in noise, float32."""
    t = np.arange(RATE // 2) / RATE
    noise = np.random.default_rng(0).normal(size=len(t))
    return (0.3 * np.sin(2 * np.pi * 220 * t) * np.exp(-t) + 0.05 * noise).astype(np.float32)


SOUND = sound()


def ours(found: Any) -> np.ndarray:
    sample = augreg.Audio(SOUND[None], sample_rate=RATE)
    return np.asarray(found.pipeline(sample, seed=1, keys=["a"]).data)[0]


CASES = [
    (M.Gain(3, 3, **P), 1e-6),
    (M.PolarityInversion(**P), 0.0),
    (M.Reverse(**P), 0.0),
    (M.Shift(0.25, 0.25, fade_duration=0, **P), 0.0),
    (M.Shift(-0.25, -0.25, rollover=False, fade_duration=0, **P), 0.0),
    (M.Normalize(**P), 1e-6),
    (M.Clip(-0.1, 0.1, **P), 1e-6),
    # Filters start otherwise: the first few milliseconds differ, by a thousandth of full scale.
    (M.LowPassFilter(1000, 1000, 12, 12, **P), 1e-3),
    (M.LowPassFilter(1000, 1000, 24, 24, **P), 1e-3),
    (M.HighPassFilter(1000, 1000, 12, 12, **P), 1e-3),
    (M.HighPassFilter(1000, 1000, 24, 24, **P), 1e-3),
    (M.PeakingFilter(1000, 1000, 6, 6, 1, 1, **P), 1e-3),
    (M.LowShelfFilter(1000, 1000, 6, 6, 0.7, 0.7, **P), 1e-3),
    (M.HighShelfFilter(1000, 1000, 6, 6, 0.7, 0.7, **P), 1e-3),
]


@pytest.mark.parametrize(("transform", "tolerance"), CASES, ids=lambda one: type(one).__name__)
def test_audiomentations_gives_the_same_sound(transform: Any, tolerance: float) -> None:
    found = augreg.convert(transform)
    assert [line.how for line in found.lines] == ["native"]
    error = ours(found) - transform(samples=SOUND.copy(), sample_rate=RATE)
    assert np.sqrt((error**2).mean()) <= tolerance


@pytest.mark.parametrize("transform", [M.AddGaussianSNR(10, 10, **P), M.AddGaussianNoise(0.01, 0.01, **P)], ids=str)
def test_noise_is_as_loud(transform: Any) -> None:
    theirs = np.std(transform(samples=SOUND.copy(), sample_rate=RATE) - SOUND)
    assert np.std(ours(augreg.convert(transform)) - SOUND) == pytest.approx(theirs, rel=0.05)


def test_gains_are_drawn_alike() -> None:
    from scipy.stats import ks_2samp

    transform = M.Gain(-12, 6, **P)

    def gain() -> float:
        transform.randomize_parameters(SOUND, RATE)
        return 20 * float(np.log10(transform.parameters["amplitude_ratio"]))

    sounds = [augreg.Audio(SOUND[None, :100], sample_rate=RATE) for _ in range(300)]
    pipeline = augreg.convert(transform).pipeline
    _, trace = augreg.augment(sounds, pipeline, seed=3, keys=[str(i) for i in range(300)], return_trace=True)
    drawn = [one.steps[-1]["params"]["decibels"] for one in trace]
    assert ks_2samp([gain() for _ in range(300)], drawn).pvalue > 0.001


def test_groups() -> None:
    inner = [M.Reverse(p=0.2), M.PolarityInversion(p=0.7)]
    found = augreg.convert(M.Compose([M.OneOf(inner, p=0.5), M.SomeOf(2, inner), M.Gain(p=0.3)]))
    one_of, some_of, gain = found.pipeline.to_dict()["audio"]
    assert one_of["one_of"]["steps"] == [{"audio.reverse": {"p": 0.2}}, {"audio.polarity": {"p": 0.7}}]
    assert one_of["one_of"]["p"] == 0.5
    assert some_of["some_of"]["n"] == 2
    assert gain["audio.gain"]["p"] == 0.3


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        (M.Shift(), "fade_duration fades at the joint"),
        (M.LowPassFilter(), r"rolloff \[12.0, 24.0\] is drawn"),
        (M.Clip(-0.5, 1.0), "not the same level on both sides"),
        (M.TimeStretch(), "TimeStretch has no equal in augreg: nothing does the same"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_differs_too_much_is_refused(transform: Any, why: str) -> None:
    with pytest.raises(augreg.ConfigError, match=why):
        augreg.convert(transform, registry=augreg.Registry(block=["augreg-audiomentations"]))


def test_every_rule_has_a_name_of_the_library() -> None:
    assert set(TABLES["audiomentations"]) <= set(dir(M))


def test_flows_of_nlpaug_run_through_its_adapter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nlpaug's source has escapes that Python warns of
        import nlpaug.augmenter.audio as naa
        import nlpaug.augmenter.char as nac
        import nlpaug.augmenter.word as naw
        import nlpaug.flow as naf

        found = augreg.convert(naf.Sometimes([nac.KeyboardAug(aug_char_p=0.2), naw.RandomWordAug()], aug_p=0.4))
        loudness = augreg.convert(naa.LoudnessAug(factor=(0.5, 0.6)))
    keyboard, words = found.pipeline.to_dict()["text"]
    assert keyboard == {"sequential": {"steps": [{"nlpaug.keyboard": {"aug_char_p": 0.2, "p": 1.0}}], "p": 0.4}}
    assert words == {"sequential": {"steps": [{"nlpaug.random_word": {"p": 1.0}}], "p": 0.4}}
    assert [line.how for line in found.lines] == ["adapter", "adapter"]
    assert loudness.pipeline.to_dict()["audio"][0]["nlpaug.loudness"]["factor"] == [0.5, 0.6]
