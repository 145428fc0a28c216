"""Events of sounds and spans of texts in every form that data sets hold them in: refused if unsaid, moved if said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

import augreg

TEXT = "Ada Lovelace met Charles Babbage in London."
LONGER = augreg.Pipeline([{"text.replace": {"pairs": {"met": ["encountered"]}, "rate": 1, "p": 1}}])
MOVED = len("encountered") - len("met")
SLOWER = augreg.Pipeline([{"audio.speed": {"factor": [0.5, 0.5], "p": 1}}])
SOUND = (torch.zeros(1, 16000), 8000)  # 2 s

SPANS: dict[str, Any] = {
    "dictionaries": [{"start": 0, "end": 12, "label": "PER"}, {"start": 36, "end": 42, "label": "LOC"}],
    "doccano": [[0, 12, "PER"], [36, 42, "LOC"]],
    "spacy": [(0, 12, "PER"), (36, 42, "LOC")],
    "offsets": [{"start_offset": 0, "end_offset": 12}, {"start_offset": 36, "end_offset": 42}],
    "columns": {"start": [0, 36], "end": [12, 42], "label": ["PER", "LOC"]},
    "arrays": {"start": np.array([0, 36]), "end": np.array([12, 42])},
    "pairs": [[0, 12], [36, 42]],
    "array": np.array([[0, 12], [36, 42]], dtype=np.int32),
    "tensor": torch.tensor([[0, 12], [36, 42]]),
    "semeval": [{"term": "Ada Lovelace", "from": 0, "to": 12}, {"term": "London", "from": 36, "to": 42}],
    "bigbio": [{"text": ["Ada Lovelace"], "offsets": [[0, 12]]}, {"text": ["London"], "offsets": [[36, 42]]}],
}
EVENTS: dict[str, Any] = {
    "words": [{"word": "a", "start": 0.25, "end": 0.5}, {"word": "b", "start": 1, "end": 1.75}],
    "lhotse": [{"text": "a", "start": 0.25, "duration": 0.25}, {"text": "b", "start": 1.0, "duration": 0.75}],
    "whisper": [{"text": "a", "timestamp": (0.25, 0.5)}, {"text": "b", "timestamp": (1.0, 1.75)}],
    "columns": {"onset": [0.25, 1.0], "offset": [0.5, 1.75], "event_label": ["a", "b"]},
    "pairs": [[0.25, 0.5], [1.0, 1.75]],
    "labelled": [(0.25, 0.5, "a"), (1.0, 1.75, "b")],
    "array": np.array([[0.25, 0.5], [1.0, 1.75]], dtype=np.float32),
}


def flat(held: Any) -> list[float]:
    """Return the numbers of an entry, however deep they are."""
    if isinstance(held, Mapping):
        return flat(list(held.values()))
    if isinstance(held, (list, tuple)):
        return [number for each in held for number in flat(each)]
    return [] if isinstance(held, str) else [float(held)]


def numbers(value: Any, lasting: bool = False) -> list[list[float]]:
    """Return start and end of every row of a form above: the test's own reading."""
    if isinstance(value, Mapping):
        rows = list(zip(*list(value.values())[:2], strict=True))
    else:
        rows = value.tolist() if isinstance(value, (np.ndarray, torch.Tensor)) else value
    return [[a, a + b if lasting else b] for a, b in map(flat, rows)]


@pytest.mark.parametrize("name", SPANS)
def test_spans_in_every_form_are_refused_unsaid_and_move_said(name: str) -> None:
    row, schema = {"text": TEXT, "found": SPANS[name], "id": 1}, {"text": "text"}
    with pytest.raises(augreg.SampleError, match="'found' looks like spans of 'text'.*'found': 'spans of text'"):
        LONGER(row, seed=1, schema=schema)
    before = repr(SPANS[name])
    out = LONGER(row, seed=1, schema={**schema, "found": "spans of text"})
    assert out["text"] == TEXT.replace("met", "encountered")
    assert numbers(out["found"]) == [[0, 12], [36 + MOVED, 42 + MOVED]]
    assert [out["text"][int(a) : int(b)] for a, b in numbers(out["found"])] == ["Ada Lovelace", "London"]
    assert type(out["found"]) is type(SPANS[name])
    assert repr(SPANS[name]) == before
    assert LONGER(row, seed=1, schema={**schema, "extra": ["found"]})["found"] is SPANS[name]


@pytest.mark.parametrize("name", EVENTS)
def test_events_in_every_form_are_refused_unsaid_and_move_said(name: str) -> None:
    lasting = name == "lhotse"
    role = "onset_duration events of sound" if lasting else "events of sound"
    row, schema = {"sound": SOUND, "found": EVENTS[name], "id": 1}, {"sound": "audio"}
    with pytest.raises(augreg.SampleError, match=f"'found' looks like events of 'sound'.*'found': '{role}'"):
        SLOWER(row, seed=1)
    out = SLOWER(row, seed=1, schema={**schema, "found": role})
    np.testing.assert_allclose(numbers(out["found"], lasting), [[0.5, 1.0], [2.0, 3.5]], atol=1e-4)
    assert type(out["found"]) is type(EVENTS[name])
    whole = augreg.Pipeline([{"audio.gain": {"p": 1}}])(row, seed=1)
    assert whole["found"] is EVENTS[name]  # nothing moves in time


def test_labels_behind_numbers_leave_with_their_rows() -> None:
    crop = augreg.Pipeline([{"audio.crop": {"seconds": 1.0, "p": 1}}], schema={"sound": "audio", "found": "events"})
    found = [(0.0, 0.1, "a"), (0.9, 1.1, "b"), (1.9, 2.0, "c")]
    for seed in range(8):
        kept = crop({"sound": SOUND, "found": found, "id": 1}, seed=seed)["found"]
        assert [row[2] for row in kept] == sorted(row[2] for row in kept)
        assert 0 < len(kept) < 3
    columns = {"onset": [0.0, 0.9, 1.9], "offset": [0.1, 1.1, 2.0], "label": np.array(["a", "b", "c"])}
    of_columns = crop({"sound": SOUND, "found": columns, "id": 1}, seed=7)["found"]
    assert of_columns["label"].tolist() == [row[2] for row in kept]
    assert list(zip(of_columns["onset"], of_columns["offset"], strict=True)) == [row[:2] for row in kept]


def test_whole_seconds_become_fractions() -> None:
    faster = augreg.Pipeline(
        [{"audio.speed": {"factor": [2.0, 2.0], "p": 1}}], schema={"sound": "audio", "found": "events of sound"}
    )
    for held in ([{"start": 0, "end": 1}], [{"start": "0", "end": "1"}], np.array([[0, 1]]), torch.tensor([[0, 1]])):
        found = faster({"sound": SOUND, "found": held, "id": 1}, seed=1)["found"]
        row = list(found[0].values()) if isinstance(found, list) else found[0].tolist()
        assert [float(n) for n in row] == [0.0, 0.5]
    columns = faster({"sound": SOUND, "found": {"start": [0], "end": np.array([1])}, "id": 1}, seed=1)["found"]
    assert (columns["start"], columns["end"].tolist()) == ([0.0], [0.5])


def test_dictionaries_quote_what_stands_there_now() -> None:
    loud = augreg.Pipeline([{"text.char_case": {"rate": 1}}], schema={"text": "text", "found": "spans of text"})
    found = [{"start": 0, "end": 3, "text": "Ada", "label": "PER"}, {"start": 36, "end": 42, "text": "the capital"}]
    out = loud({"text": TEXT, "found": found, "id": 1}, seed=1)
    assert out["text"][:3] == out["found"][0]["text"] == "aDA"
    assert out["found"][1]["text"] == "the capital"  # it is no quotation
    assert found[0]["text"] == "Ada"
    columns = {"start": [0, 36], "end": [3, 42], "text": ["Ada", "London"]}
    out = loud({"text": TEXT, "found": columns, "id": 1}, seed=1)
    assert out["found"]["text"] == [out["text"][0:3], out["text"][36:42]]


@pytest.mark.parametrize("where", [16_000, 7000.0])
def test_events_long_after_the_end_are_refused(where: float) -> None:
    schema = {"sound": "audio", "found": "events of sound"}
    row = {"sound": SOUND, "found": [{"start": where, "end": where + 100}], "id": 1}
    with pytest.raises(augreg.SampleError, match="'found': an event is from .* lasts 2 s.*divide places of samples"):
        SLOWER(row, seed=1, schema=schema)
    a_bit_late = {**row, "found": [[1.9, 2.1], [2.05, 2.2]]}
    assert SLOWER(a_bit_late, seed=1, schema=schema)["sound"][0].shape == (1, 32000)


def test_places_of_samples_are_seen() -> None:
    row = {"sound": SOUND, "found": {"start": [0, 3050], "stop": [3050, 4559], "utterance": ["a", "b"]}, "id": 1}
    with pytest.raises(augreg.SampleError, match="places of samples or milliseconds"):
        SLOWER(row, seed=1)


def test_what_has_numbers_of_another_meaning_passes() -> None:
    harmless: dict[str, Any] = {
        "features": np.random.default_rng(0).normal(size=(20, 2)),
        "shares": [[0.25, 0.75]],
        "origin": {"start": 0.0, "end": 1.5, "file": "tape.wav"},
        "start": 0.0,
        "duration": 2.0,
        "entities": [{"start": 3, "end": 9, "label": "characters of a transcript that is no sample"}],
        "transcript": "hello",
        "size": [2, 3],
        "speakers": ["a", "b"],
        "classes": [0, 1, 1],
    }
    for name, value in harmless.items():
        assert SLOWER({"sound": SOUND, name: value, "id": 1}, seed=1)[name] is value
    text: dict[str, Any] = {
        "scores": [[0.5, 1.5]],
        "input_ids": [101, 7, 102],
        "times": [{"start": 0.5, "end": 1.5}],
        "grid": [[3, 1], [2, 0]],
        "tokens_of": [["a", "b"]],
        "beyond": [{"start": 50, "end": 60}],
        "wide": [[0, 1, 2, 3]],
    }
    for name, value in text.items():
        assert LONGER({"text": TEXT, name: value, "id": 1}, seed=1, schema={"text": "text"})[name] is value


def test_a_single_place_in_a_text_is_seen_by_its_name() -> None:
    with pytest.raises(augreg.SampleError, match="'answer_start' looks like spans of 'text'"):
        LONGER({"text": TEXT, "answer_start": 36, "answer": "London", "id": 1}, seed=1, schema={"text": "text"})


def test_answers_that_stand_elsewhere_are_refused() -> None:
    schema = {"text": "text", "answers": "answers of text"}
    row = {"text": TEXT, "answers": {"text": ["London"], "answer_start": [30]}, "id": 1}
    with pytest.raises(augreg.SampleError, match=r"'London' is said to stand at 30, where 'ge in ' stands.*is at 36"):
        LONGER(row, seed=1, schema=schema)
    with pytest.raises(augreg.SampleError, match="'Paris' is nowhere in the text"):
        LONGER({**row, "answers": {"text": ["Paris"], "answer_start": [36]}}, seed=1, schema=schema)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (36, "such as"),
        ({"start": 0, "end": 3}, "Put it in a list"),
        ({"start": [0], "end": [3, 4]}, "'end' has 2"),
        ({"start": [0], "end": [3], "note": "x"}, "'note' has no list"),
        ([{"offsets": [[0, 3], [4, 12]]}], "a stretch with gaps"),
        ([{"first": 0, "last": 3}], "start and end; onset and offset"),
        ("0-3", "no rows of numbers"),
    ],
)
def test_what_is_no_spans_says_why(held: Any, message: str) -> None:
    with pytest.raises(augreg.SampleError, match=f"'found': .*{message}"):
        LONGER({"text": TEXT, "found": held, "id": 1}, seed=1, schema={"text": "text", "found": "spans of text"})


@pytest.mark.parametrize(
    ("held", "message"), [([101, 7], "tokenize what comes out"), (["a", "b"], "Join words"), (b"a", "Decode")]
)
def test_what_is_no_text_is_told_how_to_become_one(held: Any, message: str) -> None:
    with pytest.raises(augreg.SampleError, match=f"text must be a str, not {type(held).__name__}.*{message}"):
        LONGER(augreg.Text(held), seed=1, keys=1)


def test_a_mask_as_long_as_the_sound_is_called_frame_labels() -> None:
    row = {"sound": SOUND, "mask": np.ones(16000, dtype=np.int64), "id": 1}
    with pytest.raises(augreg.SampleError, match="'mask' looks like frame_labels of 'sound'.*'frame_labels of sound'"):
        SLOWER(row, seed=1)
    out = SLOWER(row, seed=1, schema={"sound": "audio", "mask": "frame_labels of sound"})
    assert len(out["mask"]) == out["sound"][0].shape[1] == 32000
