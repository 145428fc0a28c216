"""JSON Lines of texts with spans, read back as plain JSON: what stands at a span is what stood there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_labels import opened, through

import augreg
from augreg.errors import ConfigError

TEXT = "Ada met Bob in Paris"
STEPS = st.lists(
    st.sampled_from(
        [
            {"text.word_swap": {"rate": 0.5, "p": 1}},
            {"text.word_delete": {"rate": 0.2, "p": 1}},
            {"text.aeda": {"rate": 0.4, "p": 1}},
            {"text.word_duplicate": {"rate": 0.2, "p": 1}},
            {"text.word_crop": {"p": 0.3}},
        ]
    ),
    min_size=1,
    max_size=3,
)
SWAP = augreg.Pipeline([{"text.word_swap": {"rate": 1, "p": 1}}])
DELETE = augreg.Pipeline([{"text.word_delete": {"rate": 0.4, "p": 1}}])


def written(tmp_path, rows, *args, **kwargs):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found, refused = through(path, "spanlines", *args, **kwargs)
    return [json.loads(line) for line in found.splitlines()], refused


@pytest.mark.parametrize(
    "line",
    [
        '{"id": 5, "text": "Ada met Bob", "label": [[0, 3, "PER"], [8, 11, "PER"]], "meta": {"a": 1.50}}',
        '{"text":"Ada met Bob","labels":[[0,3,"PER"]],"x":null}',
        '{"text": "Ada met Bob", "entities": [[0, 3, "PER"], [0, 7, "NP"]], "cats": {}}',
        '{"text": "Ada m\\u00e9t", "spans": [{"start": 0, "end": 3, "label": "PER", "id": "x"}]}',
        '{"text": "Ada", "entities": [{"id": 0, "label": "PER", "start_offset": 0, "end_offset": 3}], "relations": []}',
    ],
)
def test_what_nothing_moved_comes_out_as_it_went_in(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    found, refused = through(path, "spanlines")
    assert (found.replace('"5__a0"', "5").replace("1.5}", "1.50}"), refused) == (line + "\n", [])


@pytest.mark.parametrize("made", ["list", "dict", "doccano"])
@settings(max_examples=50, deadline=None)
@given(count=st.integers(1, 9), steps=STEPS, seed=st.integers(0, 2**20))
def test_spans_hold_the_words_that_they_held(tmp_path_factory, made, count, steps, seed):
    words = [f"wörd{i}x" for i in range(count)]
    text, spans = "\U0001f600 " + " ".join(words), []
    for i, word in enumerate(words):
        start = text.index(word)
        if made == "list":
            spans.append([start, start + len(word), word, {"i": i}])
        elif made == "dict":
            spans.append({"label": word, "start": start, "end": start + len(word), "i": i})
        else:
            spans.append({"id": i, "label": word, "start_offset": start, "end_offset": start + len(word)})
    row = {"id": "a", "text": text, "entities": spans, "kept": [1]}
    found, refused = written(tmp_path_factory.mktemp("spans"), [row], augreg.Pipeline(steps), copies=2, seed=seed)
    assert not refused
    assert [each["id"] for each in found] == ["a__a0", "a__a1"]
    for new in found:
        assert list(new) == list(row)
        assert new["kept"] == [1]
        for span in new["entities"]:
            if made == "list":
                start, end, label, said = span
                number = said["i"]
            else:
                tail, name = ("", "i") if made == "dict" else ("_offset", "id")
                start, end, label, number = span[f"start{tail}"], span[f"end{tail}"], span["label"], span[name]
                assert list(span) == list(spans[0])
            assert new["text"][start:end] == label == words[number]


def prodigy():
    tokens, at = [], 0
    for i, word in enumerate(TEXT.split()):
        tokens.append({"text": word, "start": at, "end": at + len(word), "id": i, "ws": i < 4})
        at += len(word) + 1
    spans = [{"start": 8, "end": 20, "token_start": 2, "token_end": 4, "label": "X", "source": "me"}]
    return {"text": TEXT, "tokens": tokens, "spans": spans, "_input_hash": 4, "_task_hash": 5, "answer": "accept"}


@settings(max_examples=50, deadline=None)
@given(steps=STEPS, seed=st.integers(0, 2**20))
def test_tokens_of_prodigy_are_those_of_the_new_text(tmp_path_factory, steps, seed):
    found, refused = written(tmp_path_factory.mktemp("p"), [prodigy()], augreg.Pipeline(steps), seed=seed)
    (new,) = found
    assert not refused
    assert new["answer"] == "accept"
    assert ("_input_hash" in new) == (new["text"] == TEXT)
    assert "".join(token["text"] + " " * token["ws"] for token in new["tokens"]) == new["text"]
    assert [token["id"] for token in new["tokens"]] == list(range(len(new["tokens"])))
    for token in new["tokens"]:
        assert new["text"][token["start"] : token["end"]] == token["text"]
    for span in new["spans"]:
        assert new["tokens"][span["token_start"]]["start"] == span["start"]
        assert new["tokens"][span["token_end"]]["end"] == span["end"]
        assert span["source"] == "me"


def test_relations_of_spans_that_are_gone_go_with_them(tmp_path):
    entities = [
        {"id": 3, "label": "A", "start_offset": 0, "end_offset": 3},
        {"id": 4, "label": "B", "start_offset": 8, "end_offset": 11},
    ]
    row = {"text": TEXT, "entities": entities, "relations": [{"id": 0, "from_id": 3, "to_id": 4, "type": "met"}]}
    counts = set()
    for seed in range(12):
        (new,), _ = written(tmp_path, [row], DELETE, seed=seed)
        assert len(new["relations"]) == (len(new["entities"]) == 2)
        counts.add(len(new["relations"]))
    assert counts == {0, 1}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"text": "Ada", "label": [[0, 3', "line 2: it is no JSON ("),
        ('{"text": "Ada", "label": [[0, 4, "X"]]}\n', "line 2: label[0] goes from 0 to 4. Its text has 3 characters:"),
        ('{"text": "Ada", "label": [[2, 1, "X"]]}\n', "line 2: label[0] goes from 2 to 1."),
        ('{"text": "Ada", "label": [[0, NaN, "X"]]}\n', "line 2: it is no JSON (NaN is no number of JSON)."),
        ('{"text": "Ada", "label": [[0, 1.5, "X"]]}\n', "line 2: label[0] goes from 0 to 1.5."),
        ('{"text": "Ada", "label": [[0, true, "X"]]}\n', "line 2: label[0] goes from 0 to True."),
        ('{"text": "Ada", "label": [[0, 3]]}\n', 'line 2: label[0] is [0, 3]. Give [start, end, "NAME"], or'),
        ('{"text": "Ada", "label": "X"}\n', "line 2: label is 'X'. Give a list of spans, [] for none."),
        ('{"text": "Ada", "text": "B"}\n', "line 2: it is no JSON ('text' stands there twice)."),
        ('{"text": 7, "label": []}\n', "line 2: its text is 7, not a string."),
        ('{"label": []}\n', "line 2: it has no text."),
        ('{"text": "a\\ud800", "label": []}\n', "line 2: its text holds half a character"),
        ('["text"]\n', "line 2: it is list, not an object {...}."),
        (f"{'[' * 100_000}\n", "line 2: it is no JSON ("),
    ],
)
def test_what_is_wrong_is_said_by_line(tmp_path, row, said):
    good = {"text": TEXT, "label": [[0, 3, "PER"]]}
    found, refused = written(tmp_path, [good, row])
    assert len(found) == len(refused) == 1
    assert refused[0].startswith(said)


def test_ids_are_there_in_every_row_or_said(tmp_path):
    rows = [{"id": i, "text": TEXT, "label": [[0, 3, "PER"]]} for i in range(60)]
    rows[55]["id"] = None
    found, refused = written(tmp_path, rows)
    assert len(found) == 59
    assert refused == ["line 56: its id is None, and that of other rows is a string or a number. Give it one."]


@pytest.mark.parametrize("row", [{"text": "Ada", "label": "good"}, {"file_name": "a.png"}, {"text": "Ada"}])
def test_rows_without_spans_are_refused_whole(tmp_path, row):
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    with pytest.raises(ConfigError, match="have no text with spans"):
        opened(tmp_path / "a.jsonl", "spanlines")
