"""Looking up all words of a batch in a table."""

import random

import numpy as np
from augreg_text import resources
from augreg_text.block import Block
from augreg_text.lexicon import LazyLexicon, Lexicon, like
from augreg_text.tokens import Words
from hypothesis import given, settings
from hypothesis import strategies as st

WORD = st.text(alphabet="abcABCäÄßжЖ我", min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(WORD, st.lists(st.text("xyz", min_size=1, max_size=2), max_size=3), max_size=30),
       st.lists(st.lists(WORD, max_size=8).map(" ".join), min_size=1, max_size=4))  # fmt: skip
def test_entries_are_those_of_a_dictionary(table, texts):
    lexicon = Lexicon.of(table)
    merged = {}
    for word, others in table.items():
        merged.setdefault(word.lower(), []).extend(others)
    words = Words(Block.of(texts))
    for word, entry in zip(words.texts, lexicon.entries(words).tolist(), strict=True):
        assert (entry > 0) == bool(merged.get(word.lower()))
        if entry:
            first, size = int(lexicon.first[entry]), int(lexicon.sizes[entry])
            assert set(lexicon.others[first : first + size]) == set(merged[word.lower()])


def test_a_long_text_and_a_real_table():
    table = resources.spelling()
    lexicon = Lexicon.of(table)
    lower = {word.lower() for word in table}
    generator = random.Random(0)
    known = generator.sample(sorted(table), 2000)
    text = " ".join([*known, *(f"zz{w}" for w in known), "x" * 70_000, *known])
    words = Words(Block.of([text]))
    entries = lexicon.entries(words).tolist()
    assert [e > 0 for e in entries] == [w.lower() in lower for w in words.texts]
    assert sum(e > 0 for e in entries) > 3900


def test_what_was_seen_does_not_show():
    def find(word):
        return (word + "x",) if len(word) % 2 else ()

    generator = random.Random(1)
    used = LazyLexicon(find)
    for _ in range(30):
        text = " ".join("".join(generator.choices("abcdeF", k=generator.randint(1, 5))) for _ in range(200))
        words = Words(Block.of([text, "y" * 65, ""]))
        expected = [len(word) % 2 for word in words.texts]
        assert used.entries(words).tolist() == LazyLexicon(find).entries(words).tolist() == expected
        assert used.pick(words.counts, np.asarray([0.5]), ["ABC"]) == ["ABCX"]
    assert len(used._table.words) > 1000


def test_case():
    assert [like("abc", m) for m in ("x", "X", "Xy", "XY", "1")] == ["abc", "Abc", "Abc", "ABC", "abc"]
