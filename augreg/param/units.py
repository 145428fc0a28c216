"""The units of parameters: one vocabulary, so that the same thing is written the same way in every plugin.

Light: the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from augreg.errors import ContractError

UNITS: Final[Mapping[str, str]] = MappingProxyType({
    "": "a count, an exponent, or another number without a unit",
    # parts and factors
    "fraction": "a share or proportion, of 1; of what, the description says",
    "probability": "a chance from 0 to 1",
    "ratio": "a factor: 1 leaves things as they are",
    "%": "percent",
    # angles
    "degrees": "of 360",
    "radians": "of 2 pi",
    "turns": "full turns, also of hue",
    # sound
    "dB": "decibels",
    "dB/octave": "decibels per octave: a slope of a spectrum",
    "LUFS": "loudness units re full scale",
    "octaves": "doublings of a frequency",
    "semitones": "twelfths of an octave",
    # pictures, clips, texts: what a sample is made of
    "px": "pixels",
    "px²": "square pixels",
    "frames": "pictures of a clip or columns of a spectrogram",
    "samples": "values of a channel of sound",
    "bins": "rows of a spectrogram",
    "characters": "of a text: code points or grapheme clusters",
    "words": "of a text",
    "sentences": "of a text",
    "tokens": "of a language model",
    # time
    "ns": "nanoseconds",
    "µs": "microseconds",
    "ms": "milliseconds",
    "s": "seconds (sec)",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "Hz": "hertz: a frequency or sample rate",
    "kHz": "kilohertz",
    "MHz": "megahertz",
    "1/s": "per second (fps): clicks or frames",
    # data
    "bits": "of data, or of depth",
    "bytes": "of data",
    "kbit/s": "kilobits per second",
    # what sensors measure: SI, and units accepted beside it
    "nm": "nanometers",
    "µm": "micrometers, microns",
    "mm": "millimeters",
    "cm": "centimeters",
    "m": "meters",
    "km": "kilometers",
    "m²": "square meters",
    "m³": "cubic meters",
    "m/s": "meters per second",
    "km/h": "kilometers per hour",
    "m/s²": "meters per second squared: an acceleration",
    "g": "grams",
    "kg": "kilograms",
    "N": "newtons",
    "Pa": "pascals",
    "hPa": "hectopascals, millibars",
    "J": "joules",
    "W": "watts",
    "mV": "millivolts",
    "V": "volts",
    "mA": "milliamperes",
    "A": "amperes",
    "Ω": "ohms",
    "T": "teslas",
    "K": "kelvins",
    "°C": "degrees Celsius, centigrade",
    "mol": "moles",
    "cd": "candelas",
    "lx": "lux",
    "Bq": "becquerels",
    "Gy": "grays",
    "HU": "Hounsfield units of a CT scan",
})  # fmt: skip
"""Unit -> meaning. A level may count in any of them but :data:`SIZE_DEPENDENT`."""

SIZE_DEPENDENT: Final = frozenset({"px", "px²", "samples"})
"""What a picture's size or a sound's rate decides about: 5 px are much of a thumbnail and nothing of a photograph.

Not frames: a model sees the frames of a clip, at whatever rate they were taken.
"""


def check_unit(unit: str) -> None:
    """Make sure that a unit is of the vocabulary.

    A quantity that has none of these units is declared without one (``unit=""``), and its description names the
    unit; or propose the unit for :data:`UNITS`.

    Raises:
        ContractError: it is none of :data:`UNITS`; the message names the nearest.

    """
    if unit in UNITS:
        return
    close = _nearest(unit)
    raise ContractError(
        f"unit {unit!r} is none of augreg.param.UNITS.{close} Where none of those fits, leave unit out and name it in "
        "the description."
    )


def _nearest(unit: str) -> str:
    """Return " Did you mean 's' (seconds)?" for the unit that is written or described most nearly so, or ""."""
    described = {_plain(word): name for name, meaning in [*UNITS.items()][::-1] for word in meaning.split()}
    known = {word: name for word, name in described.items() if len(word) > 2}
    known |= {_plain(name): name for name in UNITS if name}
    for written in (unit, *unit.split()):
        if close := get_close_matches(_plain(written), known, n=1):
            name = known[close[0]]
            return f" Did you mean {name!r} ({UNITS[name]})?"
    return ""


def _plain(word: str) -> str:
    """Return a word as people type it who don't have the signs at hand: "px2", "m/s2", "us"."""
    return word.lower().translate(str.maketrans("²³µμ", "23uu", "^:;,()"))
