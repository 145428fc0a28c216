"""The lossless tokenizer."""

import pytest
import regex
from augreg_text.block import Block
from augreg_text.tokens import Words, tokenize
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import AWKWARD

TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="ab1 .,'-:/@#%$€\n\u0301\u200d한\u1161我👍🏽🇩e", max_size=40),
    st.lists(st.sampled_from(AWKWARD), max_size=4).map(" ".join),
)


def words(text):
    return [t.text for t in tokenize(text) if t.kind in ("word", "number", "entity")]


def clusters(text):
    return {m.start() for m in regex.finditer(r"\X", text)} | {len(text)}


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_texts_are_kept(text):
    assert "".join(t.text for t in tokenize(text)) == text


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_tokens_join_to_the_text_and_cut_no_cluster(text):
    tokens = tokenize(text)
    assert "".join(t.text for t in tokens) == text
    assert all(text[t.start : t.end] == t.text for t in tokens)
    assert {t.start for t in tokens} <= clusters(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_a_batch_has_the_words_of_each_text(texts):
    together = Words(Block.of(texts))
    assert together.texts == [w for text in texts for w in Words(Block.of([text])).texts]
    assert together.counts.tolist() == [len(Words(Block.of([text])).texts) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't well-known rock’n’roll", ["don't", "well-known", "rock’n’roll"]),
        ("see https://a.b/c?d=e, or www.x.org.", ["see", "https://a.b/c?d=e", "or", "www.x.org"]),
        ("(a.b+c@d-e.org) @me #tag a@b", ["a.b+c@d-e.org", "@me", "#tag", "a", "b"]),
        ("$3.50 (50%) at 10:30, 1,000.5€", ["$3.50", "50%", "at", "10:30", "1,000.5€"]),
        ("in the U.S. e.g. end.Next", ["in", "the", "U.S", "e.g", "end", "Next"]),
        ("我喜欢 eat飯", ["我", "喜", "欢", "eat", "飯"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("cafe\u0301 ok", ["cafe\u0301", "ok"]),
        ("'quoted' -- a--b", ["quoted", "a", "b"]),
        ("❤️ 👨‍👩‍👧 🇩🇪", []),
        ("snake_case x_1", ["snake_case", "x_1"]),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_kinds():
    kinds = {t.text: t.kind for t in tokenize("Pay $3 to @me\tnow!")}
    assert kinds == {
        "Pay": "word", " ": "space", "$3": "number", "to": "word", "@me": "entity", "\t": "space", "now": "word",
        "!": "other",
    }  # fmt: skip


def test_a_long_text_is_tokenized_whole():
    text = "Naïve cafés don't cost $3.50, see https://a.b/c 👍🏽. " * 2000
    tokens = tokenize(text)
    assert len(text) > 100_000
    assert "".join(t.text for t in tokens) == text
