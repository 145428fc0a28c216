"""Synonyms, antonyms, hypernyms and inflections from the packed WordNet."""

import random
import sys
import types

import pytest
from augreg_text import inflect, thesaurus, wordnet
from augreg_text.stopwords import STOPWORDS
from augreg_text.thesaurus import Antonym, Hypernym, Inflection, Synonym
from text_support import run

from augreg.errors import ConfigError


@pytest.fixture(scope="module")
def net():
    return wordnet.load_wordnet()


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


def test_names_and_abbreviations_are_no_words(net):
    # ADA is an enzyme, IT a science; Paris is a city and a plant.
    assert net.related("ada", "synonym", 9) == net.related("ada", "hypernym", 9) == ()
    assert net.forms("paris") == net.forms("lovelace") == ()
    assert net.forms("dog") == ("dogs",)


def test_function_words_stay():
    text = " ".join(sorted(STOPWORDS))
    for kind in (Synonym, Antonym, Hypernym, Inflection):
        assert run(kind(rate=1), [text])[0] == [text]


def test_case_and_surroundings_are_kept():
    text = "QUICK, Quickly; (dogs)"
    out = set(run(Synonym(rate=1), [text] * 50)[0])
    assert "SPEEDY, Rapidly; (dogs)" in out


def test_forms_of_another_language(tmp_path):
    path = tmp_path / "deu"
    path.write_text("gehen\tging\tV;PST\ngehen\tgeht\tV;PRS\nHaus\tHäuser\tN;PL\nhaus\thauste\tV;PST\n", "utf-8")
    made = Inflection(rate=1, language=str(path))
    found = {word: set(run(made, [word] * 60)[0]) for word in ("ging", "Häuser", "GEHT", "Tag")}
    assert found == {"ging": {"gehen", "geht"}, "Häuser": {"Haus"}, "GEHT": {"GEHEN", "GING"}, "Tag": {"Tag"}}
    with pytest.raises(ConfigError, match="no table of forms"):
        Inflection(language="de")


def test_another_language_needs_nltk():
    with pytest.raises(ConfigError, match="language='xyz'"):
        Synonym(language="xyz")


class Net:
    """What the adapter to nltk's WordNet uses of it: two synsets with names in two languages."""

    def ensure_loaded(self):
        pass

    def langs(self):
        return ["eng", "fra"]

    def synsets(self, word, lang):
        return [self.Synset(names, above) for names, above in self.TABLE if word in names]

    TABLE = ((["chien", "toutou"], ["animal_domestique"]), (["chat"], ["animal_domestique"]))

    class Synset:
        def __init__(self, names, above):
            self.names, self.above = names, above

        def lemma_names(self, lang):
            return self.names

        def hypernyms(self):
            return [Net.Synset(self.above, [])]

        def lemmas(self, lang):
            return []


def test_an_installed_wordnet_of_another_language(monkeypatch):
    corpus = types.ModuleType("nltk.corpus")
    corpus.wordnet = Net()
    monkeypatch.setitem(sys.modules, "nltk", types.ModuleType("nltk"))
    monkeypatch.setitem(sys.modules, "nltk.corpus", corpus)
    thesaurus.related.cache_clear()
    try:
        text = "Le Chien, chat"
        assert run(Synonym(rate=1, language="fra"), [text])[0] == ["Le Toutou, chat"]
        assert run(Hypernym(rate=1, language="fra"), [text])[0] == ["Le Animal domestique, animal domestique"]
        with pytest.raises(ConfigError, match="language='deu' is not in nltk's WordNet. Valid: en, eng, fra"):
            Synonym(language="deu")
    finally:
        thesaurus.related.cache_clear()
