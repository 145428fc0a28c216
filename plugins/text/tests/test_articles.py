"""English indefinite articles before replaced words."""

from itertools import pairwise

import numpy as np
import pytest
from augreg_text.articles import vowel_sound
from augreg_text.by_language import City, Name, NumberWord
from augreg_text.embedding import Embedding
from augreg_text.phrases import Replace
from augreg_text.runs import Number
from augreg_text.thesaurus import Hypernym, Inflection, Synonym
from text_support import edited, run

from augreg import Spans

VOWEL = (
    "hour hourglass honest honorary heir onerous uninteresting unimportant unidentified onion umbrella usher us utter "
    "urn urge upon FBI MRI HTML X-ray L-shaped yttrium Yvonne 8 80 18 11 $8 11,000 1850 1850s 18th 8-year-old "
    "étude apple uncle unannounced Oxford e-mail A F EAGLE"
)
CONSONANT = (
    "honey one once European university unique unidirectional union user usual utility uranium Ukrainian ukulele "
    "UFO NATO CD USA xylophone U-turn yellow 110 1 $7.50 118 180 1100000 dog ewe unit unicorn ubiquitous HOUSE "
    "one-eyed unanimous Uruguayan oneself ouija urologist B U 1,100"
)


@pytest.mark.parametrize(
    ("words", "expected"), [(VOWEL, True), (CONSONANT, False), ("herb homage 中 _ UN MAN ٨", None)]
)
def test_sounds(words, expected):
    assert {word: vowel_sound(word) for word in words.split()} == dict.fromkeys(words.split(), expected)


def one(augmenter, text):
    return run(augmenter, [text])[0][0]


CASES = [
    ("I saw a dog.", "I saw an animal."),
    ("A dog barks.", "An animal barks."),
    ("A DOG BARKS.", "AN ANIMAL BARKS."),
    ("AN APPLE", "A FRUIT"),
    ("an apple, an  apple", "a fruit, a  fruit"),
    ("An apple", "A fruit"),
    ("a\napple", "a\nfruit"),
    ("a (dog)", "a (animal)"),
    ("vitamin a apple", "vitamin a fruit"),
    ("the dog and this apple", "the animal and this fruit"),
    ("a dog a dog", "an animal an animal"),
    ("a", "a"),
]


class English(Embedding):
    """Vectors of which the texts are known to be English."""

    def english(self):
        return self.articles


@pytest.fixture(scope="module")
def near(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "v.txt").write_text("dog 1 0\nanimal 1 0.1\napple 0 1\nfruit 0.1 1\n", "utf-8")
    return str(folder / "v.txt")


@pytest.mark.parametrize(("old", "new"), CASES)
def test_articles_follow_the_sound(near, old, new):
    assert one(English(path=near, rate=1, top_k=1), old) == new


def test_articles_stay_when_told_to(near):
    assert one(English(path=near, rate=1, top_k=1, articles=False), "a dog") == "a animal"
    assert one(English(path=near, rate=1, top_k=1, protect="a"), "a dog") == "a animal"


def test_texts_tell_whether_they_are_english(near):
    made = Embedding(path=near, rate=1, top_k=1)
    assert one(made, "The end of a dog") == "The end of an animal"
    assert one(made, "Il a dog") == "Il a animal"
    assert one(Number(rate=1), "ab 8, a 8 km") not in ("", "ab 8, a 8 km")
    assert all("an " not in run(Number(rate=1), ["Corre a 5 km de casa."], seed=seed)[0][0] for seed in range(20))


def test_numbers():
    found = {run(Number(rate=1), ["They wrote an 8 page letter."], seed=seed)[0][0] for seed in range(40)}
    assert found == {f"They wrote a {i} page letter." for i in range(1, 10) if i != 8}
    found = {run(Number(rate=1), ["They wrote a 5 page letter."], seed=seed)[0][0] for seed in range(60)}
    assert "They wrote an 8 page letter." in found
    assert all(text.startswith("They wrote an 8") or " a " in text for text in found)


def test_other_languages_have_no_such_articles():
    for augmenter in (City(language="fr", rate=1), Name(language="es", rate=1), NumberWord(language="it", rate=1)):
        assert augmenter.english() is False
    assert Synonym().english() is True
    assert Inflection().english() is True


def test_tables_of_ones_own_are_taken_at_their_word():
    assert one(Replace(pairs={"dog": ["animal"]}, rate=1), "The end of a dog") == "The end of a animal"


def test_spans_follow(near):
    text = "See a dog"
    spans = Spans(np.asarray([[4, 5], [6, 9], [4, 9]]), labels=["DET", "NOUN", "NP"])
    _, rows, (after,) = run(English(path=near, rate=1, top_k=1), [text], spans=[spans])
    new = edited(text, rows[0])
    assert [new[a:b] for a, b in after.data.tolist()] == ["an", "animal", "an animal"]


@pytest.mark.parametrize("kind", [Synonym, Hypernym])
def test_real_words(kind):
    text = "She has an odd car and a big house, an old dog, an honest uncle and a unique idea in a year."
    for seed in range(30):
        words = run(kind(rate=0.7), [text], seed=seed)[0][0].rstrip(".").replace(",", "").split()
        for article, word in pairwise(words):
            if article in ("a", "an"):
                assert vowel_sound(word) in (article == "an", None)
