"""audiomentations: transform -> what equals it. tests/test_conversion_sounds.py compares the sounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion.equal import Given, NoEqualError, Rule, Same, fixed, is_point, uneven

START: Final = "the filter begins at rest; theirs as if the first sample had always been there"


def _range(given: Given, name: str) -> list[float]:
    return [float(given.take(f"min_{name}")), float(given.take(f"max_{name}"))]


def _gain(given: Given) -> Same:
    return Same([("audio.gain", {"decibels": _range(given, "gain_db")})])


def _snr(given: Given) -> Same:
    return Same([("audio.gaussian_snr", {"snr": _range(given, "snr_db")})])


def _noise(given: Given) -> Same:
    ends = [round(20 * math.log10(end), 6) for end in _range(given, "amplitude")]
    return Same([("audio.gaussian_noise", {"decibels": ends})], uneven(ends, "amplitude"))


def _shift(given: Given) -> Same:
    given.need("shift_unit", "fraction")
    if given.take("fade_duration", 0.005):
        raise NoEqualError("fade_duration fades at the joint, which audio.shift does not. Say fade_duration=0")
    params: dict[str, Any] = {"amount": _range(given, "shift")}
    return Same([("audio.shift", {**params, **({} if given.take("rollover", True) else {"wrap": False})})])


def _pass(name: str) -> Rule:
    def rule(given: Given) -> Same:
        given.need("zero_phase", False)
        slope = _range(given, "rolloff")
        if not is_point(slope) or slope[0] not in (12, 24, 36, 48):
            raise NoEqualError(
                f"rolloff {slope} is drawn, and here it is one of 12, 24, 36, 48. Say one number for both ends"
            )
        frequency = _range(given, "cutoff_freq")
        params = {"frequency": frequency, "slope": int(slope[0])}
        return Same([(name, params)], (*_mel(frequency), START))

    return rule


def _mel(ends: list[float]) -> tuple[str, ...]:
    return () if is_point(ends) else ("frequency: drawn evenly in its logarithm, there evenly in mels",)


def _bell(name: str) -> Rule:
    def rule(given: Given) -> Same:
        frequency, q = _range(given, "center_freq"), _range(given, "q")
        params = {"frequency": frequency, "decibels": _range(given, "gain_db"), "q": q}
        return Same([(name, params)], (*_mel(frequency), START))

    return rule


def _normalize(given: Given) -> Same:
    given.need("apply_to", "all")
    return Same([("audio.peak_normalize", {"target": [0.0, 0.0]})])


def _clip(given: Given) -> Same:
    low, high = float(given.take("a_min")), float(given.take("a_max"))
    if low != -high:
        raise NoEqualError(f"a_min={low} and a_max={high} are not the same level on both sides")
    level = round(20 * math.log10(high), 6)
    return Same([("audio.clip", {"mode": "level", "threshold": [level, level]})])


TABLE: Final[Mapping[str, Rule]] = {
    "AddGaussianNoise": _noise,
    "AddGaussianSNR": _snr,
    "Clip": _clip,
    "Gain": _gain,
    "HighPassFilter": _pass("audio.highpass"),
    "HighShelfFilter": _bell("audio.high_shelf"),
    "LowPassFilter": _pass("audio.lowpass"),
    "LowShelfFilter": _bell("audio.low_shelf"),
    "Normalize": _normalize,
    "PeakingFilter": _bell("audio.peaking_eq"),
    "PolarityInversion": fixed("audio.polarity"),
    "Reverse": fixed("audio.reverse"),
    "Shift": _shift,
}
