"""A short text that comes alone is edited by other code than a batch; its edits must be the same."""

import numpy as np
import pytest
from augreg_text.base import TextAugmenter
from augreg_text.block import Block
from augreg_text.choose import Quota, choose, coins
from augreg_text.choose_one import choose_one, count_of
from augreg_text.short import is_plain, lettered_of, letters_of, words_of
from augreg_text.tokens import Words
from hypothesis import example, given, settings
from hypothesis import strategies as st
from text_support import AWKWARD, batch_of, edited, rng_of, run

import augreg
from augreg import Spans
from augreg.data.params import Params
from augreg.errors import ConfigError
from augreg.random.keys import hash_keys

SENTENCES = [
    "An old man said a quick word to an eager dog, and they don't think that the U.S. army pays $3.50 (50%) at 10:30.",
    "Élodie n'a pas vu l'été à Marseille ; la maison coûte 1.000,5 €, n°5 ‰ 5‰ £3.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю в Петербурге.",
    "السلام عليكم ورحمة الله, it is a\tsmall\n\nhonest  mistake _ 5 _x_ x-y-z ab.c a.b.c.",
    *AWKWARD,
]
TEXT = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="ab1 .,'-:/@#%$€‰_\n\u0301\u200d한\u1161我👍🏽é\u02bc\u2010א", max_size=60),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join),
)
SHORT = st.one_of(st.text(alphabet="aAbéж1 .,'-:/%$€‰_\n\t\u02bc\u2010א\u00a0", max_size=60), TEXT).filter(is_plain)


def makes_short(name: str) -> bool:
    try:
        return type(augreg.make(name)).short_edits is not TextAugmenter.short_edits
    except ConfigError:
        return False  # it needs files


NAMES = [n for n in (s.name for s in augreg.list_augmenters() if s.plugin == "augreg-text") if makes_short(n)]


CONFIGURED = [
    *((name, {}) for name in NAMES),
    ("text.char_swap", {"digits": True}),
    ("text.char_delete", {"digits": True}),
    ("text.char_insert", {"alphabet": "éaB\U0001f44d"}),
    ("text.char_substitute", {"alphabet": "éaBж"}),
    ("text.char_substitute", {"alphabet": "a"}),
    ("text.keyboard", {"lang": "fr", "digits": True, "symbols": True}),
    ("text.leet", {"long": True}),
    ("text.typo", {"weights": [0, 1, 0, 1, 3]}),
    ("text.typo", {"lang": "fr"}),
    ("text.word_split", {"min_length": 2}),
    ("text.word_case", {"case": "capitalize"}),
    ("text.word_substitute", {"action": "insert", "words": ["one", "an hour"]}),
    ("text.synonym", {"articles": False, "senses": 3}),
    ("text.eda", {"operations": ["swap", "delete"]}),
]


def in_company(augmenter, text, seed, spans):
    """Return the text and its edits as they are in a batch of two."""
    keys = hash_keys(["same", "other"])
    texts, edits, moved = run(augmenter, [text, "Another text, of 8 words or a few more."], seed, [spans, None], keys)
    return texts[0], edits[0], moved[0]


@pytest.mark.parametrize(("name", "config"), CONFIGURED)
@settings(max_examples=40, deadline=None)
@given(
    TEXT,
    st.sampled_from([0.0, 0.05, 0.1, 0.35, 0.6, 1.0, (0.0, 1.0)]),
    st.sampled_from([0, 1, 3]),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([(), ("the", "été"), ("regex:[aeiou]+",), ("spans",)]),
    st.integers(0, 99),
)
@example(SENTENCES[0], 0.6, 1, None, (), 3)
@example(SENTENCES[1], 1.0, 1, None, (), 3)
@example(SENTENCES[3], 1.0, 1, None, (), 3)
def test_alone_as_in_a_batch(name, config, text, rate, least, most, protect, seed):
    augmenter = augreg.make(name, rate=rate, min_edits=least, max_edits=most, protect=protect, **config)
    spans = Spans(np.array([[0, len(text) // 2], [len(text) // 3, len(text)]]), ["a", "b"])
    expected, edits, moved = in_company(augmenter, text, seed, spans)
    alone, mine, followed = run(augmenter, [text], seed, [spans], hash_keys(["same"]))
    assert (alone[0], mine[0]) == (expected, edits)
    assert np.array_equal(followed[0].data, moved.data)
    if not any(len(edit) > 3 for edit in edits):
        assert alone[0] == edited(text, edits)
    if protect != ("spans",):
        assert run(augmenter, [text], seed, None, hash_keys(["same"]))[0] == alone


@pytest.mark.parametrize("name", NAMES)
def test_a_level_counts_alone_too(name):
    batch = batch_of([SENTENCES[0]], keys=hash_keys(["same"]))
    both = batch_of([SENTENCES[0]] * 2, keys=hash_keys(["same", "other"]))
    augmenter = augreg.make(name)
    for level in (0.0, 0.5, 1.0):
        one = augmenter.draw(batch.info, rng_of(batch, 4), np.full(1, level))
        two = augmenter.draw(both.info, rng_of(both, 4), np.full(2, level))
        assert Params.from_rows([one.row(0)]).row(0) == two.row(0)


@pytest.mark.parametrize("name", NAMES)
def test_what_no_edit_touches_comes_back_as_the_same_object(name):
    text = SENTENCES[0]
    batch = batch_of([text], keys=hash_keys([1]))
    augmenter = augreg.make(name, rate=0.0)
    out = augmenter.apply(batch, augmenter.draw(batch.info, rng_of(batch, 1)))
    assert out.data[0] is text


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 60),
    st.floats(0, 1),
    st.integers(0, 70),
    st.one_of(st.none(), st.integers(0, 70)),
)
def test_one_choice_is_that_of_a_batch(seed, size, rate, least, most):
    chosen = choose(np.array([seed], dtype=np.uint64), np.array([size]), Quota(rate, least, most))
    picks = choose_one(seed, size, count_of(seed, size, rate, least, most))
    assert picks == list(zip(chosen.index.tolist(), chosen.unit.tolist(), strict=True))
    assert seed >> 63 == coins(np.array([seed], dtype=np.uint64)).item()


@settings(max_examples=400, deadline=None)
@given(SHORT)
def test_words_and_letters_are_those_of_the_tokenizer(text):
    words = Words(Block.of([text]))
    assert words_of(text) == [(a - 1, b - 1) for a, b in zip(words.starts.tolist(), words.ends.tolist(), strict=True)]
    kinds = dict(zip(words_of(text), words.lettered.tolist(), strict=True))
    assert lettered_of(text, words_of(text)) == [span for span, lettered in kinds.items() if lettered]
    assert letters_of(text) == (np.flatnonzero(words.block.letters) - 1).tolist()
    digits = [i for i, flags in enumerate(words.block.flags[1:-1].tolist()) if flags & 3]
    assert letters_of(text, digits=True) == digits


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_plain_texts_have_neither_clusters_nor_entities(text):
    if is_plain(text):
        words = Words(Block.of([text]))
        assert words.block.starts_cluster is None
        assert not len(words.entities)
