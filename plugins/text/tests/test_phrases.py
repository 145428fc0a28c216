"""Words and phrases by table."""

import pytest
from augreg_text.by_language import Contraction, Date, Gender, Name
from augreg_text.phrases import Replace, Reserved
from text_support import edited, run

from augreg.errors import ConfigError


def only(made, text):
    out, edits, _ = run(made, [text])
    assert out[0] == edited(text, edits[0])
    return out[0]


@pytest.mark.parametrize(
    ("made", "text", "expected"),
    [
        (Replace(rate=1, pairs={"New York": ["Boston"], "sure": "certain"}), "Sure, NEW YORK.", "Certain, BOSTON."),
        (Replace(rate=1, pairs={"a b": ["x"], "a": ["y"], "b c d": ["z"]}), "a b c d a", "y z y"),
        (Replace(rate=1, pairs={"a b": ["x"]}), "a  b, a\nb a, b", "a  b, a\nb a, b"),
        (Reserved(rate=1, groups=[["FWD", "fw"], ["Best regards", "Sincerely"]]), "fwd: sincerely", "fw: Best regards"),
        (Contraction(rate=1, mode="expand"), "DON'T; I’m he's can't", "DO NOT; I am he is cannot"),
        (Contraction(rate=1, mode="contract"), "I am sure you should not", "I'm sure you shouldn't"),
        (Gender(rate=1), "His mother, the Queen", "Her father, the King"),
        (Gender(rate=1, mode="female"), "he and she, his", "she and she, her"),
        (Date(rate=1), "monday may be", "monday may be"),
    ],
)
def test_what_comes_out(made, text, expected):
    assert only(made, text) == expected


def test_groups_stay_groups():
    for new in run(Name(rate=1), ["Mary met John on MONDAY"] * 30)[0]:
        female, _, male, *_ = new.split()
        assert female not in ("Mary", male)
        assert male != "John"


def test_a_sentence_does_not_reach_into_the_next_text():
    assert run(Replace(rate=1, pairs={"a b": ["x"]}), ["a", "b", "a b"])[0] == ["a", "b", "x"]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(Replace, {"pairs": 3}), (Replace, {"pairs": {}}), (Replace, {"pairs": {"a": [1]}}), (Reserved, {"groups": ["a"]}),
     (Reserved, {"groups": [["a"]]}), (Contraction, {"mode": "expnd"})],
)  # fmt: skip
def test_wrong_configurations(kind, wrong):
    with pytest.raises(ConfigError):
        kind(**wrong)


@pytest.mark.parametrize("phrase", ["C++", "[id]", "#tag", "Mr.", " big", "<br />", "me@x.org"])
def test_what_would_never_be_found_is_refused(phrase):
    with pytest.raises(ConfigError, match="would never be found"):
        Replace(pairs={phrase: ["other"]})
    with pytest.raises(ConfigError, match="would never be found"):
        Reserved(groups=[["one", phrase]])


@pytest.mark.parametrize("phrase", ["A/B", "北京", "rock'n'roll", "so, well", "Mr. Smith", "$3.50", "e.g"])
def test_phrases_of_any_tokens_are_found(phrase):
    assert run(Replace(rate=1, pairs={phrase: ["OTHER"]}), [f"see {phrase} now"])[0] == ["see OTHER now"]
