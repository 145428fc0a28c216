"""The rules against captions on which swapping words blindly goes wrong, language by language."""

import re

import adversarial_captions
import pytest
import torch
from adversarial_captions import MIRRORED, TURNED
from augreg_joint import rules
from augreg_joint.captions import mentions, turned
from augreg_joint.rewriting import edited
from marked_captions import forbidden, plain
from spoken import edits_of

import augreg

PAIRS = {"left": "right", "right": "left", "leftmost": "rightmost", "port side": "starboard side"}
ENTRIES = adversarial_captions.entries()


def wanted(entry):
    """What a marked caption must say of the mirrored picture."""
    return plain(re.sub(r"\[([\w ]+)\]", lambda m: _like(m[1], PAIRS[m[1].lower()]), entry))


def _like(model, word):
    return word.capitalize() if model[0].isupper() else word


def after(found, text):
    return None if found is None else edited(text, found)


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_english_caption_becomes_wrong(entry):
    said = after(edits_of(rules.parse("en", None), plain(entry)), plain(entry))
    assert said in ((None,) if forbidden(entry) else (None, wanted(entry)))


def test_most_of_them_may_be_mirrored_all_the_same():
    known = rules.parse("en", None)
    free = [entry for entry in ENTRIES if not forbidden(entry)]
    assert len(free) > 90
    assert sum(edits_of(known, plain(entry)) is not None for entry in free) > 0.6 * len(free)


@pytest.mark.parametrize("entry", ENTRIES)
def test_blind_swapping_is_what_these_captions_catch(entry):
    """Each of them has a word of direction, or is forbidden: otherwise it would test nothing."""
    assert forbidden(entry) or re.search("left|right|port side", plain(entry), re.IGNORECASE)


@pytest.mark.parametrize(("language", "text"), [(lang, text) for lang in MIRRORED for text in MIRRORED[lang]])
def test_other_languages_are_mirrored_or_stay(language, text):
    known = rules.parse(language, None)
    said = after(edits_of(known, text), text)
    assert said == MIRRORED[language][text]
    if said is not None:
        assert after(edits_of(known, said), said) == text


@pytest.mark.parametrize(("language", "text"), [(lang, text) for lang in TURNED for text in TURNED[lang]])
def test_colours_turn_with_their_gender_or_stay(language, text):
    known = rules.parse(language, None)
    said = after(turned(known, text, 1), text)
    assert said == TURNED[language][text]
    if said not in (None, text):
        assert after(turned(known, said, 2), said) in (text, None)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_every_word_that_turns_is_one_that_jitter_keeps(language):
    known = rules.parse(language, None)
    for cycle in known.cycles:
        for word in cycle.words:
            assert mentions(known, f"x {word} x").hue, word


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"mirror": {"keep": "\\bright\\b"}}, "expected a list"),
        ({"mirror": {"swap": [{"words": ["nearside"]}]}}, "entries such as {words: [left, right]"),
        ({"mirror": {"swap": [{"words": ["a", "b"], "befor": "x"}]}}, "entries such as {words: [left, right]"),
        ({"color": {"cycles": ["red"]}}, "entries such as [red, green, blue]"),
        ({"color": {"fixed": ["("]}}, "is no regular expression"),
        ({"crop": {"last": ["and"]}}, "expected a string"),
        ({"color": {"words": [1]}}, "a list of strings"),
    ],
)
def test_mistakes_in_own_rules_are_named(own, message):
    with pytest.raises(augreg.ConfigError, match=re.escape(message)):
        rules.parse("en", own)


def test_a_language_of_ones_own(tmp_path):
    """A file in the form of ours is all that a further language needs."""
    path = tmp_path / "nl.toml"
    path.write_text(
        '[mirror]\nswap = [{ words = ["links", "rechts"] }]\n[color]\nwords = ["rood", "groen", "blauw", "geel"]\n'
        'cycles = [["rood", "groen", "blauw"]]\n',
        encoding="utf-8",
    )
    schema = {"picture": "image", "caption": "text"}
    options = {"languages": [], "rules": str(path), "p": 1.0}
    steps = [{"image_text.hflip": options}, {"image_text.color": {**options, "change": "turn"}}]
    pipe = augreg.Pipeline({"record": steps}, schema=schema)
    record = {"picture": torch.rand(3, 4, 4), "caption": "Links een rood huis"}
    said = {augreg.augment(record, pipe, seed=seed, keys=0)["caption"] for seed in range(20)}
    assert said == {"Rechts een groen huis", "Rechts een blauw huis"}
