"""Limits, spans and protection of the augmenters that need no language."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import regex
from augreg_text import characters, disguise, insertions, resources, runs, slips, spelling, typos, words
from text_support import run

from augreg import Spans
from augreg.errors import ConfigError

KINDS = [
    typos.Keyboard, typos.Ocr, characters.CharSwap, characters.CharDelete, spelling.Spelling, words.WordSwap,
    words.WordDelete, words.WordSplit, insertions.CharInsert, insertions.CharSubstitute, insertions.ZeroWidth,
    insertions.Aeda, insertions.Whitespace, disguise.Homoglyph, disguise.Leet, disguise.Style, disguise.CharCase,
    disguise.AddDiacritics, disguise.StripDiacritics, slips.Typo, runs.WordCrop, runs.WordMerge, runs.WordDuplicate,
    runs.WordCase, runs.Number,
]  # fmt: skip
SCARCE = {disguise.StripDiacritics, runs.Number, runs.WordCrop}
PLAIN = "The really quick brown fox believes that 10 lazy dogs are definitely beautiful, isn't it?"
each = pytest.mark.parametrize("kind", KINDS)
common = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SCARCE])


@common
def test_most_and_least(kind):
    _, edits, _ = run(kind(rate=0.9, max_edits=1), [PLAIN] * 8)
    most = 2 if kind is words.WordSwap else 1
    assert all(len(row) == most for row in edits)
    _, edits, _ = run(kind(rate=0.0001, min_edits=2), [PLAIN] * 8)
    assert all(len(row) == most * 2 for row in edits)


@pytest.mark.parametrize(("kind", "places"), [(characters.CharSwap, 58), (words.WordSwap, 12)])
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_a_swap_counts_both_that_change_places(kind, places, rate):
    text = "absolutely wonderful background conversation microphones played"
    text = text if kind is characters.CharSwap else "a b c d e f g h i j k l"
    _, edits, _ = run(kind(rate=rate, min_edits=0), [text] * 400)
    changed = [sum(len(new) for *_, new in (edit[:3] for edit in row)) for row in edits]
    assert np.mean(changed) / places == pytest.approx(rate, rel=0.06)


@each
def test_protected_words_patterns_and_spans_stay(kind):
    text = "believe the quick 1234 brown Foxes, definitely"
    spans = [Spans(np.asarray([[23, 34], [0, 7]]), labels=["ANIMAL", "X"])] * 20
    rules = ("Quick", "regex:[0-9]+", "spans:ANIMAL")
    out, edits, after = run(kind(rate=1, protect=rules), [text] * 20, spans=spans)
    for new, row, found in zip(out, edits, after, strict=True):
        touched = {i for start, end, *_ in row for i in range(start, end)}
        assert not touched & {*range(12, 17), *range(18, 22), *range(23, 34)}
        animal = found.data[list(found.labels).index("ANIMAL")]
        assert new[slice(*animal)] == "brown Foxes"
        assert "quick" in new
        assert "1234" in new


@each
def test_spans_stay_on_their_words(kind):
    names = list(regex.findall(r"\w+", PLAIN))
    places = np.asarray([m.span() for m in regex.finditer(r"\w+", PLAIN)])
    spans = [Spans(places, labels=names)] * 30
    out, _, after = run(kind(rate=0.3, protect="spans"), [PLAIN] * 30, spans=spans)
    assert all(new[a:b] == name for new, found in zip(out, after, strict=True)
               for (a, b), name in zip(found.data.tolist(), found.labels, strict=True))  # fmt: skip
    out, _, after = run(words.WordSwap(rate=1), [PLAIN] * 30, spans=spans)
    assert all([new[a:b] for a, b in found.data.tolist()] == found.labels
               for new, found in zip(out, after, strict=True))  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (typos.Keyboard, {"lang": "frr"}, "lang='frr': no such keyboard. Did you mean 'fr'"),
        (typos.Keyboard, {"rate": 1.5}, "rate=1.5"),
        (typos.Keyboard, {"protect": "regex:("}, "not a regular expression"),
        (typos.Keyboard, {"protect": [3]}, "holds 3"),
        (words.WordSplit, {"min_length": 1}, "min_length=1"),
    ],
)
def test_wrong_configurations(kind, wrong, message):
    with pytest.raises(ConfigError, match=regex.escape(message) if "(" not in message else message):
        kind(**wrong)


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from text_support import run
from test_core_augmenters import KINDS, PLAIN
print([run(kind(rate=0.4), [PLAIN] * 5, 3)[0] for kind in KINDS])
"""


@pytest.mark.slow
def test_the_hash_seed_does_not_matter():
    folder = str(Path(__file__).parent)
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT.format(folder=folder)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, check=True, text=True,
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(found) == 1


def test_random_letters_are_others_and_each_of_those_as_likely():
    out = run(insertions.CharSubstitute(rate=1), ["ABxyz" * 20] * 60)[0]
    pairs = Counter((a, b) for text in out for a, b in zip("ABxyz" * 20, text, strict=True))
    assert all(a != b and a.isupper() == b.isupper() for a, b in pairs)
    for letter in "ABxyz":
        found = np.asarray([n for (a, _), n in pairs.items() if a == letter])
        assert len(found) == 25
        # chi-squared with 24 degrees of freedom: mean 24, deviation 7
        assert ((found - 48) ** 2 / 48).sum() < 24 + 5 * 7
    assert run(insertions.CharSubstitute(rate=1, alphabet="aб"), ["aAбż"])[0][0][:3] == "\u0431\u0431a"
    assert run(insertions.CharSubstitute(rate=1, alphabet="a"), ["aAb"])[0] == ["aAa"]


def test_no_misspelling_is_the_word_itself():
    for word, others in resources.spelling().items():
        if any(other.lower() == word.lower() for other in others):
            break
    else:
        pytest.fail("the list has no such word, so nothing is to be seen")
    texts = [f"{word} in this regard, it and KIA"] * 40
    assert all(new != text for new, text in zip(run(spelling.Spelling(rate=1), texts)[0], texts, strict=True))


@pytest.mark.parametrize("text", ["0", "from 0 to 10", "0.5", "007", "a 0", "$0", "10:30", "50%"])
def test_numbers_are_others(text):
    out = run(runs.Number(rate=1, articles=False), [text] * 50)[0]
    assert all(new != text and len(new) == len(text) for new in out)
    assert all(a == b or (a.isdigit() and b.isdigit()) for new in out for a, b in zip(text, new, strict=True))
