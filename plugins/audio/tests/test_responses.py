"""Frequency responses over the whole band, at low and high sample rates, against the designs as others state them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.equalizer import AirAbsorption, HighShelf, LowShelf, PeakingEq, SevenBandEq
from augreg_audio.filters import Bandpass, Bandstop

FRAMES = 1 << 18


def response(step: Any, rate: float, run: Any) -> np.ndarray:
    """Gains at the bins of a real FFT, from the response to a click in float32."""
    click = torch.zeros(1, FRAMES)
    click[0, 0] = 1.0
    found: np.ndarray = np.abs(np.fft.rfft(run(step, [click], rate=rate).data[0, 0].double().numpy()))
    return found


def cookbook(kind: str, hertz: float, q: float, decibels: float, rate: float) -> tuple[list[float], list[float]]:
    """Digital coefficients b, a as the W3C note "Audio EQ Cookbook" prints them."""
    a, w = 10 ** (decibels / 40), 2 * np.pi * hertz / rate
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    edge = 2 * np.sqrt(a) * alpha
    up, down = a + 1, a - 1
    return {
        "peak": ([1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]),
        "low": (
            [a * (up - down * c + edge), 2 * a * (down - up * c), a * (up - down * c - edge)],
            [up + down * c + edge, -2 * (down + up * c), up + down * c - edge],
        ),
        "high": (
            [a * (up + down * c + edge), -2 * a * (down + up * c), a * (up + down * c - edge)],
            [up - down * c + edge, 2 * (down - up * c), up - down * c - edge],
        ),
        "band": ([alpha, 0.0, -alpha], [1 + alpha, -2 * c, 1 - alpha]),
        "notch": ([1.0, -2 * c, 1.0], [1 + alpha, -2 * c, 1 - alpha]),
    }[kind]


def gain(kind: str, hertz: float, q: float, decibels: float, rate: float) -> np.ndarray:
    found: np.ndarray = np.abs(
        scipy.signal.freqz(*cookbook(kind, hertz, q, decibels, rate), np.linspace(0, np.pi, FRAMES // 2 + 1))[1]
    )
    return found


def assert_alike(got: np.ndarray, wanted: np.ndarray, floor: float = 60.0, most: float = 0.05) -> None:
    """Within ``most`` dB wherever the design is less than ``floor`` dB down."""
    heard = wanted > 10 ** (-floor / 20)
    np.testing.assert_allclose(20 * np.log10(got[heard] / wanted[heard]), 0.0, atol=most)


CORNERS = [(8000, 40.0), (8000, 2000.0), (8000, 3900.0), (44100, 8000.0), (192000, 100.0), (192000, 93000.0)]


@pytest.mark.parametrize(("rate", "hertz"), CORNERS)
@pytest.mark.parametrize("q", [0.3, 4.0])
@pytest.mark.parametrize("decibels", [-24.0, 18.0])
@pytest.mark.parametrize(("kind", "make"), [("low", LowShelf), ("high", HighShelf), ("peak", PeakingEq)])
def test_equalisers_are_the_cookbooks(
    kind: str, make: Any, decibels: float, q: float, hertz: float, rate: int, run: Any
):
    got = response(make(frequency=hertz, decibels=(decibels, decibels), q=q), rate, run)
    assert_alike(got, gain(kind, hertz, q, decibels, rate))


@pytest.mark.parametrize(("rate", "hertz"), CORNERS)
@pytest.mark.parametrize("octaves", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(("kind", "make"), [("band", Bandpass), ("notch", Bandstop)])
def test_band_filters_are_the_cookbooks(kind: str, make: Any, octaves: float, hertz: float, rate: int, run: Any):
    q = 1 / (2 * np.sinh(octaves * np.log(2) / 2))
    got = response(make(frequency=hertz, octaves=octaves), rate, run)
    assert_alike(got, gain(kind, hertz, q, 0.0, rate))


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_seven_bands_are_their_product(rate: int, run: Any):
    """A band that does not fit under half the rate is left out."""
    drawn: dict[str, Any] = {}

    class Spy(SevenBandEq):
        def draw(self, *given: Any, **more: Any) -> Any:
            found = super().draw(*given, **more)
            drawn.update({name: found.array(name)[0] for name in ("frequency", "decibels", "q")})
            return found

    got = response(Spy(), rate, run)
    wanted = np.ones(FRAMES // 2 + 1)
    for kind, hertz, q, decibels in zip(
        ["low", *["peak"] * 5, "high"], drawn["frequency"], drawn["q"], drawn["decibels"], strict=True
    ):
        if hertz < 0.49 * rate:
            wanted = wanted * gain(kind, hertz, q, decibels, rate)
    assert_alike(got, wanted)


def air(hertz: np.ndarray, celsius: float, humidity: float) -> np.ndarray:
    """Attenuation in dB per metre as ISO 9613-1 states it, at one atmosphere."""
    kelvin = celsius + 273.15
    molar = humidity * 10 ** (-6.8346 * (273.16 / kelvin) ** 1.261 + 4.6151)
    oxygen = 24 + 4.04e4 * molar * (0.02 + molar) / (0.391 + molar)
    nitrogen = (kelvin / 293.15) ** -0.5 * (9 + 280 * molar * np.exp(-4.17 * ((kelvin / 293.15) ** (-1 / 3) - 1)))
    relaxing = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + hertz**2 / oxygen)
    relaxing = relaxing + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + hertz**2 / nitrogen)
    classic = 1.84e-11 * (kelvin / 293.15) ** 0.5
    return 8.686 * hertz**2 * (classic + (kelvin / 293.15) ** -2.5 * relaxing)


@pytest.mark.parametrize("rate", [8000, 48000, 192000])
@pytest.mark.parametrize("distance", [10.0, 100.0, 2000.0])
@pytest.mark.parametrize(("celsius", "humidity"), [(20.0, 90.0), (10.0, 30.0), (-20.0, 5.0)])
def test_air_at_any_rate_and_distance(celsius: float, humidity: float, distance: float, rate: int, run: Any):
    """Dry cold air bends sharply at some tens of hertz: a fixed number of bins would miss it by 1.4 dB."""
    got = response(AirAbsorption(distance=distance, temperature=celsius, humidity=humidity), rate, run)
    hertz = np.fft.rfftfreq(FRAMES, 1 / rate)
    assert_alike(got, 10 ** (-air(hertz, celsius, humidity) * distance / 20), most=0.15)
