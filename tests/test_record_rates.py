"""The rate that a record states: read in every kind of number, changed by resampling, refused where it is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import augreg

WAVE = torch.rand(1, 1600)
SLOWER = augreg.Pipeline([{"audio.to_rate": {"rate": 8000}}])
SCHEMA = {"sound": "audio"}
KINDS = [
    16000,
    16000.0,
    np.int64(16000),
    np.int32(16000),
    np.float32(16000),
    np.array(16000),
    np.array(16000.0),
    torch.tensor(16000),
    torch.tensor(16000.0),
]
FORMS = {
    "bare": (lambda rate: {"sound": WAVE, "sample_rate": rate}, {}),
    "the other name": (lambda rate: {"sound": WAVE, "sampling_rate": rate}, {}),
    "a pair": (lambda rate: {"sound": (WAVE, 16000), "sample_rate": rate}, {}),
    "said in the call": (lambda rate: {"sound": WAVE, "sample_rate": rate}, {"sample_rate": 16000}),
    "said in the call alike": (lambda rate: {"sound": WAVE, "sample_rate": rate}, {"sample_rate": torch.tensor(16000)}),
    "nested": (
        lambda rate: {"sound": {"waveform": WAVE, "sample_rate": rate}},
        {"schema": {"sound.waveform": "audio"}},
    ),
    "one of two": (
        lambda rate: {"sound": {"x": WAVE, "sample_rate": rate}, "sample_rate": 44100},
        {"schema": {"sound.x": "audio", "extra": ["sample_rate"]}},
    ),
    "Hugging Face's": (lambda rate: {"sound": {"array": WAVE, "sampling_rate": rate}}, {}),
    "columns": (lambda rate: {"sound": [WAVE, WAVE], "sample_rate": rate}, {}),
}


def rate_in(record: Any) -> Any:
    """Return the rate that stands innermost."""
    held = record["sound"] if isinstance(record["sound"], dict) else record
    return held.get("sample_rate", held.get("sampling_rate"))


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(("make", "options"), FORMS.values(), ids=list(FORMS))
def test_every_kind_of_number_is_read_and_follows(make: Any, options: dict[str, Any], kind: Any) -> None:
    given = make(kind)
    out = augreg.augment(given, SLOWER, **{"schema": SCHEMA, **options})
    new, wanted = rate_in(out), type(kind)
    assert new == 8000
    assert isinstance(new, (int, float) if wanted is float else wanted)
    assert getattr(new, "dtype", None) == getattr(kind, "dtype", None)
    assert rate_in(given) is kind
    if "x" in str(options):
        assert out["sample_rate"] == 44100


@pytest.mark.parametrize("column", [[16000, 32000], np.array([16000, 32000]), torch.tensor([16000, 32000])], ids=repr)
def test_a_column_has_a_rate_for_each(column: Any) -> None:
    out = augreg.augment({"sound": [WAVE, WAVE], "sample_rate": column}, SLOWER, schema=SCHEMA)
    assert [wave.shape[-1] for wave in out["sound"]] == [800, 400]
    assert list(out["sample_rate"]) == [8000, 8000]
    assert type(out["sample_rate"]) is type(column)


@pytest.mark.parametrize(
    "wrong", ["16000", [16000], np.array([16000]), torch.tensor([16000, 16000]), True, torch.tensor(True)], ids=repr
)
@pytest.mark.parametrize("sound", [WAVE, (WAVE, 16000)], ids=["bare", "pair"])
def test_what_is_called_a_rate_and_is_none_is_refused_by_name(sound: Any, wrong: Any) -> None:
    with pytest.raises(augreg.SampleError, match="'sample_rate' is .*, and a sample rate is one number of Hz"):
        augreg.augment({"sound": sound, "sample_rate": wrong}, SLOWER, schema=SCHEMA)
    said = {**SCHEMA, "extra": ["sample_rate"]}
    record = {"sound": (WAVE, 16000), "sample_rate": wrong}
    assert augreg.augment(record, SLOWER, schema=said)["sample_rate"] is wrong


def test_rates_that_contradict_each_other_are_refused() -> None:
    two = {"sound": WAVE, "sample_rate": 16000, "sampling_rate": 8000}
    with pytest.raises(augreg.SampleError, match="'sound' is at 16000 Hz, and 'sampling_rate' says 8000"):
        augreg.augment(two, SLOWER, schema=SCHEMA)
    with pytest.raises(augreg.SampleError, match="'sound' is at 16000 Hz, and 'sample_rate' says 8000"):
        augreg.augment({"sound": WAVE, "sample_rate": 8000}, SLOWER, schema=SCHEMA, sample_rate=16000)


def test_a_position_behind_a_waveform_follows_in_every_kind() -> None:
    for kind in (np.int64(16000), torch.tensor(16000)):
        item = (WAVE, kind, "a word", 3)
        out = augreg.augment(item, SLOWER, modality="audio", sample_rate=16000)
        assert (out[0].shape[-1], out[1], out[2:]) == (800, 8000, ("a word", 3))


def test_a_waveform_beside_its_rate_is_found_or_the_schema_to_write_is_said() -> None:
    record = {"sound": {"path": "a.wav", "waveform": WAVE, "sample_rate": 16000}}
    with pytest.raises(augreg.UnknownModalityError, match=r"schema=\{'sound.waveform': 'audio'\}"):
        augreg.augment(record, SLOWER)
    with pytest.raises(augreg.SampleError, match="Name the field within: sound.waveform"):
        augreg.augment(record, SLOWER, schema=SCHEMA)


def test_pictures_do_not_care_what_is_called_a_rate() -> None:
    record = {"image": torch.zeros(3, 8, 8), "sample_rate": "daily"}
    out = augreg.augment(record, [{"image.hflip": {"p": 1}}], schema={"image": "image"})
    assert out["sample_rate"] == "daily"
