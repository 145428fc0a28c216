"""Synonyms, antonyms, hypernyms and inflections from the packed WordNet."""

import random
import sys
import types
from importlib import resources

import pytest
from augreg_text import inflect, offensive, thesaurus, wordnet
from augreg_text.stopwords import STOPWORDS
from augreg_text.thesaurus import Antonym, Hypernym, Inflection, Synonym
from text_support import run

import augreg
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
            if (
                wordnet.is_said(word)
                and net.read(word).form == "base"
                and net.read(other) == (other, net.read(word).part, "base")
            ):
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
    text = "QUICK, Quickly; (buildings)"
    out = set(run(Synonym(rate=1, capitals=True), [text] * 50)[0])
    assert "SPEEDY, Rapidly; (edifices)" in out


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
        assert run(Synonym(rate=1, language="fra", capitals=True), [text])[0] == ["Le Toutou, chat"]
        assert run(Hypernym(rate=1, language="fra", capitals=True), [text])[0] == [
            "Le Animal domestique, animal domestique"
        ]
        with pytest.raises(ConfigError, match="language='deu' is not in nltk's WordNet. Valid: en, eng, fra"):
            Synonym(language="deu")
    finally:
        thesaurus.related.cache_clear()


NAMED = (
    "PM Modi met Bill Gates in LA; the bill from Polish Turkey and China bought a good terrible May movie 3 pm 12 km."
)


@pytest.mark.parametrize(
    "name", ["text.synonym", "text.synonym_insert", "text.hypernym", "text.antonym", "text.inflection"]
)
@pytest.mark.parametrize("n", [1, 40])
def test_capitals_numbers_and_symbols_are_left_alone(name, n):
    kept = [word for word in NAMED.split() if word != word.lower()] + ["pm", "12", "km."]
    outs = [out for seed in range(40 // n) for out in run(augreg.make(name, rate=1), [NAMED] * n, seed)[0]]
    assert any(out != NAMED for out in outs)
    for out in outs:
        words = out.replace("an ", "a ").split()
        assert all(word in words for word in kept)
        assert not any(new != new.lower() for new in set(words) - set(NAMED.split()))


def test_capitals_are_taken_where_asked():
    assert run(Hypernym(rate=1, capitals=True), ["On Monday"])[0] == ["On Weekday"]
    assert run(Hypernym(rate=1, capitals=True), ["On Monday", "É"])[0][0] == "On Weekday"
    # Promethium is no reading of PM.
    assert run(Synonym(rate=1, capitals=True), ["PM in"] * 20)[0] == ["PM in"] * 20


@pytest.mark.parametrize("relation", ["synonym", "hypernym", "antonym"])
def test_nothing_offensive_and_no_symbol_comes_of_any_word(net, relation):
    words = random.Random(2).sample(sorted(word for word in net.senses if word.isalpha()), 4000)
    plain = [
        "slowed",
        "idiot",
        "lousy",
        "rotten",
        "flaming",
        "gripe",
        "immaculate",
        "fish",
        "twelve",
        "kilometer",
        "lead",
    ]
    for word in [*words, *plain]:
        for other in net.related(word, relation, 9):
            assert not offensive.is_offensive(other)
            assert len(other) > 1
            assert not any(char.isdigit() for char in other)


def test_a_synonym_means_that_sense_often(net):
    # By WordNet's own order "picture" is a film in its sixth sense, "game" a plot in its eighth.
    assert "picture" not in net.related("film", "synonym", 1)
    assert "movie" in net.related("film", "synonym", 1)
    assert "game" not in net.related("plot", "synonym", 1)


def test_the_list_of_offensive_words_says_where_it_is_from():
    lines = resources.files("augreg_text").joinpath("data/offensive.txt").read_text("ascii").splitlines()
    head = " ".join(line for line in lines if line.startswith("#"))
    assert all(fact in head for fact in ("WordNet License", "MIT License", "2026-", "better-profanity 0.7.0"))
    digests = [line for line in lines if not line.startswith("#")]
    assert len(digests) > 1000
    assert all(len(line) == 16 and int(line, 16) >= 0 for line in digests)
    for word in ("bastard", "Bastards", "bitchy", "shitty", "son-of-a-bitch"):
        assert offensive.is_offensive(word)
    for word in ("assess", "film", "class", "glass", "boy", "happy", "person", "matter", "ugly"):
        assert not offensive.is_offensive(word)
