"""How spans follow edits."""

import numpy as np
import pytest
from augreg_text.edits import Edits
from augreg_text.follow import follow
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import edited

import augreg
from augreg import Spans


def moved(spans, edits):
    after = follow([Spans(np.asarray(spans), labels=list(range(len(spans))))], Edits.of([edits]))[0]
    return {label: tuple(place) for label, place in zip(after.labels, after.data.tolist(), strict=True)}


#        0123456789012345
TEXT = "Ada met Bob here"


@pytest.mark.parametrize(
    ("edits", "span", "expected"),
    [
        ([[0, 3, "Grace"]], (8, 11), (10, 13)),  # before: moves
        ([[12, 16, "there"]], (8, 11), (8, 11)),  # behind: stays
        ([[9, 10, "oo"]], (8, 11), (8, 12)),  # inside: grows
        ([[9, 10, ""]], (8, 11), (8, 10)),  # inside: shrinks
        ([[8, 11, "Eve B"]], (8, 11), (8, 13)),  # replaced exactly
        ([[8, 11, ""]], (8, 11), None),  # deleted
        ([[7, 12, " and "]], (8, 11), None),  # replaced with its surroundings
        ([[6, 9, "xy"]], (8, 11), (8, 10)),  # across the beginning
        ([[10, 13, "xy"]], (8, 11), (8, 10)),  # across the end
        ([[8, 8, "my "]], (8, 11), (11, 14)),  # insertion at the beginning: outside
        ([[11, 11, "by"]], (8, 11), (8, 11)),  # insertion at the end: outside
        ([[8, 9, "R"]], (8, 11), (8, 11)),  # first letter belongs to it
        ([[8, 8, "x"]], (8, 8), (9, 9)),  # an empty span is moved
        ([[0, 16, ""]], (8, 8), (0, 0)),  # and not dropped
        ([[4, 7, "Bob", 8], [8, 11, "met", 4]], (8, 11), (4, 7)),  # moved: travels
        ([[4, 7, "Bob", 8], [8, 11, "met", 4]], (9, 11), (5, 7)),  # inside what is moved
        ([[4, 7, "Bob", 8], [8, 11, "met", 4]], (4, 11), (4, 11)),  # both inside: keeps both
        ([[4, 7, "Bob", 8], [8, 11, "met", 4]], (0, 7), (0, 4)),  # a part is moved away: shrinks
        ([[4, 7, "Bob", 8], [8, 11, "met", 4]], (8, 16), (11, 16)),
    ],
)
def test_the_rule(edits, span, expected):
    found = moved([span], edits)
    assert found == ({} if expected is None else {0: expected})


def test_labels_and_fields_follow_the_kept_spans():
    spans = Spans(np.asarray([[0, 3], [8, 11]]), labels=["PER", "LOC"], columns={"id": np.asarray([7, 8])})
    after = follow([spans, None], Edits.of([[[0, 4, ""]], []]))
    assert after[1] is None
    assert after[0].labels == ["LOC"]
    assert after[0].data.tolist() == [[4, 7]]
    assert after[0].columns["id"].tolist() == [8]


@st.composite
def edits_and_spans(draw):
    size = draw(st.integers(0, 25))
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=8)))
    edits, last = [], -1
    for a, b in zip(cuts[::2], cuts[1::2], strict=False):
        if a > last or (a == last and a < b):
            edits.append([a, b, draw(st.text(alphabet="xyz", max_size=3))])
            last = b
    spans = draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted), max_size=5))
    return size, edits, spans


@settings(max_examples=400, deadline=None)
@given(edits_and_spans())
def test_a_span_keeps_the_characters_that_no_edit_took(case):
    """Every kept character of a span is inside it afterwards, and no kept character from outside is."""
    size, edits, spans = case
    text = "".join(chr(0x4E00 + i) for i in range(size))
    after = edited(text, edits)
    found = moved(spans, edits) if spans else {}
    for i, (a, b) in enumerate(spans):
        survivors = {c for c in text[a:b] if c in after}
        if i not in found:
            assert not survivors
            continue
        start, end = found[i]
        assert 0 <= start <= end <= len(after)
        assert {c for c in after[start:end] if c in text} == survivors


def test_a_span_that_loses_a_word_keeps_no_blank_of_it():
    text = "Yesterday Angela Merkel met the president of France in Berlin ."
    names = ["Angela Merkel", "France", "Berlin"]
    places = [[text.find(name), text.find(name) + len(name)] for name in names]
    pipe = augreg.Pipeline({"text": [{"text.word_swap": {"rate": 0.5}}]})
    seen = set()
    for seed in range(60):
        out = augreg.augment(augreg.Text(text, spans=augreg.Spans(places)), pipe, seed=seed, keys=7)
        seen |= {out.data[a:b] for a, b in out.spans.data.tolist()}
    assert seen == {"Angela Merkel", "Merkel Angela", "Angela", "Merkel", "France", "Berlin"}


def test_spans_with_blanks_of_their_own_keep_them():
    given = augreg.Text("one two three", spans=augreg.Spans([[3, 8], [0, 0]]))
    out = augreg.augment(given, augreg.Pipeline({"text": [{"text.char_delete": {"rate": 0.3}}]}), seed=1, keys=7)
    assert out.data[slice(*out.spans.data[0].tolist())].startswith(" ")
    assert out.spans.data[1].tolist() == [0, 0]


@pytest.mark.parametrize("wrong", [3, {"a": 1}, [["a"]], [""]])
def test_what_protects_is_strings(wrong):
    with pytest.raises(augreg.ConfigError, match=r"text\.keyboard: protect=.*expected strings"):
        augreg.Pipeline({"text": [{"text.keyboard": {"protect": wrong}}]})


def test_protecting_nothing_may_be_said_as_none():
    assert augreg.make("text.keyboard", protect=None) == augreg.make("text.keyboard")
