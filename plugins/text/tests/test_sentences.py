"""Sentences: where they end, order, deletion, insertion."""

import numpy as np
import pytest
import regex
from augreg_text.sentences import SentenceDelete, SentenceInsert, SentenceShuffle, split_sentences
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import AWKWARD, edited, run

from augreg import Spans
from augreg.errors import ConfigError

TEXT = "One is here. Two is there! Three, of course? Four."
TEXTS = st.lists(
    st.one_of(st.text(alphabet="aB .!?\n\r。\u0301\u200d\u0903\u0600", max_size=40), st.sampled_from([TEXT, *AWKWARD])),
    min_size=1,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith met Mr. J. Bond. He left.", ["Dr. Smith met Mr. J. Bond.", "He left."]),
        ('He said "Hello there!" and left. What now?', ['He said "Hello there!" and left.', "What now?"]),
        ("It was 3.50 dollars... Nobody knew, e.g. Me.", ["It was 3.50 dollars...", "Nobody knew, e.g. Me."]),
        ("你好。再见\uff01好", ["你好。", "再见\uff01", "好"]),
        ("Title\n\nBody text.", ["Title", "Body text."]),
        ("  blank  ", ["blank"]),
        ("", []),
        ("?\u0301 \u200cWho. \u0301X", ["?\u0301 \u200cWho. \u0301X"]),  # blanks that are one with a mark
        ("你。\u0301好。吗 \r\n", ["你。\u0301好。", "吗"]),
        (" \u0301a\n\n \u0301b", [" \u0301a", " \u0301b"]),
    ],
)
def test_where_sentences_end(text, expected):
    assert [text[a:b] for a, b in split_sentences(text)] == expected


ABBREVIATIONS = r"Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|No|Fig|approx|Inc|Ltd|Co|U\.S|a\.m|p\.m|[A-Z]"
NO_MARK = r"(?![\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}])"
END = regex.compile(
    rf"(?<!\b(?:{ABBREVIATIONS})\.)(?<=[.!?…][\"'”’)\]]*)\s+{NO_MARK}(?=[\"'“‘(\[]*[^\s\p{{Ll}}])"
    rf"|(?<=[。｡\uff01\uff1f])\s*{NO_MARK}(?=\S)|\s*\n\s*\n\s*{NO_MARK}"
)
"""The rule as one expression, which takes the square of the length of a run of blanks or quotes."""


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"aB .!?\n\r。\uff01\u0301\u200d\u0903\"')](“é1…\u3000\u2028\x1c", "Dr.", "e.g.", "X.", "\n\n"]
        ),
        max_size=30,
    ).map("".join)
)
def test_sentences_end_where_the_rule_says(text):
    edges = [0, *(edge for match in END.finditer(text) for edge in match.span()), len(text)]
    expected = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        inner = text[start:end].rstrip()
        blank = regex.match(rf"\s*{NO_MARK}", inner)
        start, end = start + (blank.end() if blank else 0), start + len(inner)
        expected += [(start, end)] if start < end else []
    assert split_sentences(text) == expected


@pytest.mark.parametrize("what", [" ", '"', '."', ".  ", "\n", "。", '!" ', "(", ". ("])
def test_long_runs_are_looked_at_once(what):
    """Every character of a megabyte is looked at a few times; the square of it would be looked at for days."""
    text = "." + what * (1_000_000 // len(what))
    assert split_sentences(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.floats(0, 1), st.integers(0, 9))
def test_only_the_edits_change_anything(texts, rate, seed):
    for made in (
        SentenceShuffle(rate=rate),
        SentenceDelete(rate=rate),
        SentenceInsert(rate=rate, sentences=["Hm.", "So."]),
    ):
        out, edits, _ = run(made, texts, seed)
        for source, new, row in zip(texts, out, edits, strict=True):
            clusters = {match.start() for match in regex.finditer(r"\X", source)} | {len(source)}
            assert {place for edit in row for place in edit[:2]} <= clusters
            assert new == edited(source, row)
            assert row or new is source


def test_shuffling_keeps_the_sentences_and_moves_spans():
    pieces = [TEXT[a:b] for a, b in split_sentences(TEXT)]
    places = [(TEXT.index(w), TEXT.index(w) + len(w)) for w in ("One", "Two", "Three", "Four")]
    spans = [Spans(np.asarray(places), labels=["One", "Two", "Three", "Four"])] * 40
    out, _, after = run(SentenceShuffle(rate=1), [TEXT] * 40, spans=spans)
    assert len(set(out)) > 10
    for new, found in zip(out, after, strict=True):
        assert sorted(new[a:b] for a, b in split_sentences(new)) == sorted(pieces)
        assert [new[a:b] for a, b in found.data] == list(found.labels) == ["One", "Two", "Three", "Four"]


def test_deleting_leaves_whole_sentences():
    pieces = [TEXT[a:b] for a, b in split_sentences(TEXT)]
    for new in run(SentenceDelete(rate=(0, 1)), [TEXT] * 60)[0]:
        left = [new[a:b] for a, b in split_sentences(new)]
        assert left
        assert " ".join(left) == new
        assert [p for p in pieces if p in left] == left
    assert run(SentenceDelete(rate=1), ["Only one."])[0] == ["Only one."]


def test_insertions():
    for new in run(SentenceInsert(rate=1, sentences=["Hm."]), [TEXT] * 3)[0]:
        assert new == "Hm. One is here. Hm. Two is there! Hm. Three, of course? Hm. Four."
    with pytest.raises(ConfigError):
        SentenceInsert(sentences=[""])
