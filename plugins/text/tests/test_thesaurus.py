"""Synonyms, antonyms, hypernyms and inflections from the packed WordNet."""

import random

import pytest
from augreg_text import inflect, wordnet
from augreg_text.stopwords import STOPWORDS
from augreg_text.thesaurus import Antonym, Hypernym, Inflection, Synonym
from text_support import run

from augreg.errors import ConfigError


@pytest.fixture(scope="module")
def net():
    return wordnet.load()


def test_the_whole_of_wordnet_is_there(net):
    # Figures of WordNet 3.0's own documentation (wnstats): synsets by part of speech.
    counts = {part: net.parts.count(part) for part in "nvar"}
    assert counts == {"n": 82115, "v": 13767, "a": 18156, "r": 3621}


@pytest.mark.parametrize(
    ("word", "relation", "expected"),
    [
        ("quick", "synonym", "speedy"),
        ("jumped", "synonym", "leapt"),
        ("buildings", "synonym", "edifices"),
        ("happiest", "antonym", "unhappiest"),
        ("bought", "antonym", "sold"),
        ("man", "antonym", "woman"),
        ("dogs", "hypernym", "canines"),
    ],
)
def test_relations_keep_the_form(net, word, relation, expected):
    assert expected in net.related(word, relation, 2)


def test_synonyms_are_mutual(net):
    lower = {lemma for lemmas in net.lemmas for lemma in lemmas if lemma.islower() and lemma.isalpha()}
    for word in random.Random(0).sample(sorted(lower), 2000):
        for other in net.related(word, "synonym", 1):
            if net.read(word).form == "base" and net.read(other) == (other, net.read(word).part, "base"):
                assert word in net.related(other, "synonym", 99)


@pytest.mark.parametrize(
    ("form", "lemma"),
    [("mice", "mouse"), ("boxes", "box"), ("ladies", "lady"), ("jumped", "jump"), ("making", "make"),
     ("dying", "die"), ("tried", "try"), ("happier", "happy"), ("firemen", "fireman"), ("building", "building")],
)  # fmt: skip
def test_lemmas(net, form, lemma):
    assert net.read(form).lemma == lemma


def test_what_is_uncertain_is_left_out(net):
    assert inflect.inflect("take", "v", "past", net.forms_of) is None
    assert inflect.inflect("piano", "n", "plural", net.forms_of) is None
    assert net.read("bus").form == "base"
    assert net.read("qwrtzs") is None


def test_forms_lead_back_to_their_lemma(net):
    for word in random.Random(1).sample(sorted(w for w in net.senses if w.isalpha()), 3000):
        for form in net.forms(word):
            if form not in net.senses:
                lemmas = {r.lemma for r in inflect.readings(form, net.exists, net.lemmas_of)}
                assert net.read(word).lemma in lemmas


def test_function_words_stay():
    text = " ".join(sorted(STOPWORDS))
    for kind in (Synonym, Antonym, Hypernym, Inflection):
        assert run(kind(rate=1), [text])[0] == [text]


def test_case_and_surroundings_are_kept():
    text = "QUICK, Quickly; (dogs)"
    out = set(run(Synonym(rate=1), [text] * 50)[0])
    assert "SPEEDY, Rapidly; (dogs)" in out


def test_another_language_needs_nltk():
    with pytest.raises(ConfigError, match="lang='xyz'"):
        Synonym(lang="xyz")
