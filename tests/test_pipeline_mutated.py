"""Pipeline files that went wrong somewhere: whatever they hold, only errors of augreg's own come out."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import augreg
from augreg.pipeline import config

ROUNDS = 300
"""Mutations of a kind, which take some two seconds."""

WHOLE = """
version: 1
schema: {picture: image, depth: image, caption: text}
tie: {depth: picture}
image:
- image.hflip
- image.rotate: {degrees: [-20, 20], fill: [0.1, 0.2, 0.3], p: 0.5, id: turn}
- one_of: {steps: [image.gamma, {image.brightness: {level: 0.5}}], weights: [3, 1], p: 0.4}
- some_of: {steps: [image.hflip, image.vflip, image.normalize: {mean: 0.5, std: [0.2]}], n: [1, 2], order: random}
- sequential: {steps: [image.resize: {size: [32, 48]}, image.crop: {size: 16}], p: 0.7}
audio:
- audio.gain: {decibels: [-6, 6]}
- [audio.lowpass, audio.reverse]
text:
- text.keyboard: {rate: 0.1, protect: ["word:a"]}
- text.aeda: {marks: [".", "!"]}
- text.typo: {weights: [1, 2, 3, 4, 5], max_edits: 3}
fields:
  caption: [text.word_swap]
record:
- image_text.hflip: {languages: [en, de], rules: {mirror: {keep: ["x"]}}, fields: {image: picture}}
- record.modality_dropout: {weights: {text: 2}}
"""

PIECES = [
    *("~", "{}", "[]", "''", "{a: 1}", "[[1]]", "1e400", "9" * 400, "014", "12:30", "{? [a] : b}", "{~: ~}", "{1: {}}"),
    *("!!map [1]", "!!int ''", "!!bool maybe", "!!timestamp x", "!!python/object/apply:os.system [ls]", "!x y", "! 1"),
    *(
        "&a 1",
        "*a",
        "<<",
        "=",
        "{<<: {p: 1}}",
        '"\\ud800"',
        '"\\UFFFFFFFF"',
        '"\\0"',
        "2001-99-99",
        "\t",
        "\x00",
        "\ud800",
    ),
    *"{}[]:,-!&*#|>'\"%@`?\n ",
]
"""What is put somewhere into a text."""

VALUES = [
    *(
        None,
        {},
        {"a": 1},
        {1: {}},
        {None: 1},
        {"text": -1},
        {"image": "x"},
        [],
        [None],
        [{}],
        [[1]],
        [2**63],
        [1, 2, 3],
    ),
    *(True, "", "x", "1e3", "image", "\0", -1, 0, 0.5, 2, 2**63, -(2**64), 10**400, 1e308, [1e308, 1e308], math.inf),
]
"""What is put in the place of a part of a pipeline."""


def spoiled(text: str, rng: random.Random) -> str:
    """Return a text with a piece put in, cut out or moved."""
    start, end = sorted(rng.sample(range(len(text) + 1), 2))
    kind = rng.random()
    if kind < 0.7:
        return text[:start] + rng.choice(PIECES) + text[start + rng.choice((0, 0, 1, 5)) :]
    return text[:start] + text[end:] if kind < 0.85 else text[:end] + text[start:]


def changed(data: Any, rng: random.Random) -> Any:
    """Return data with one part replaced, left out or renamed."""
    if rng.random() < 0.15 or not isinstance(data, (dict, list)) or not data:
        return rng.choice(VALUES)
    made = data.copy()
    key = rng.choice(list(data) if isinstance(data, dict) else range(len(data)))
    kind = rng.random()
    if kind < 0.8:
        made[key] = changed(data[key], rng)
    elif kind < 0.9 or isinstance(data, list):
        del made[key]
    else:
        made[rng.choice(["p", "id", "level", "steps", "fields", "image", "x", ""])] = made.pop(key)
    return made


def outcome(text: str) -> bool:
    """Read a text and return whether it is a pipeline, which a file must hold too; only our errors may come out."""
    try:
        found = augreg.Pipeline.from_yaml(text)
    except augreg.AugregError:
        return False
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}\n{text}")
    assert augreg.Pipeline.from_yaml(found.to_yaml()) == found, text
    return True


def single(rng: random.Random) -> dict[str, Any]:
    """Return the whole pipeline with one step only, which costs less to build."""
    whole = config.parse(WHOLE, "x")
    branch = rng.choice(["image", "audio", "text", "record"])
    return {"schema": whole["schema"], "tie": whole["tie"], branch: [rng.choice(whole[branch])]}


def test_only_our_errors_come_out_of_mutated_texts():
    rng = random.Random(7)
    for _ in range(ROUNDS):
        text = WHOLE if rng.random() < 0.1 else config.dump(single(rng))
        for _ in range(rng.randint(1, 3)):
            text = spoiled(text, rng)
        outcome(text)


def test_only_our_errors_come_out_of_mutated_data():
    rng = random.Random(7)
    assert outcome(WHOLE)
    read = 0
    for _ in range(ROUNDS):
        data = single(rng)
        for _ in range(rng.randint(1, 3)):
            data = changed(data, rng)
        read += outcome(config.dump(data))
    assert read > ROUNDS / 10


WORDS = [
    *("1e3", "-.5E3", "no", "on", "y", "12:30", "1_000", "014", "0o14", "0x1f", ".inf", ".nan", "2001-01-01", "1."),
    *("true", "Null", "~", "", "=", "<<", "# a", "a: b", "- a", " a ", "a\nb\n", "\ta", "\r", "\0", "😀"),
    *("\x85", "a\u2028b", "\u2029", "\ufeff", "\xa0"),
]


@pytest.mark.parametrize("word", WORDS)
def test_strings_stay_strings(word):
    assert config.parse(config.dump({"key": [word], word: 1}), "x") == {"key": [word], word: 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[014, 08, -007, +1]", [14, 8, -7, 1]),
        ("[1e3, 1E0, 1., .5, -2.5e-1]", [1000.0, 1.0, 1.0, 0.5, -0.25]),
        ("[no, on, y, 12:30, 1_000, 2001-01-01, =, <<]", ["no", "on", "y", "12:30", "1_000", "2001-01-01", "=", "<<"]),
        ("[true, FALSE, ~, Null, ]", [True, False, None, None]),
        ('"\\ud83d\\ude00"', "😀"),
        ("%YAML 1.1\n---\nno", "no"),
    ],
)
def test_words_are_those_of_yaml_1_2(text, value):
    found = config.parse(text, "x")
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!int 1", "x, line 1, column 4: YAML tags"),
        ("a: &b 1\nc: *b", "x, line 2, column 4: YAML aliases"),
        ("{a: 1,\n a: 2}", "x, line 2, column 2: key 'a' appears twice"),
        ("? [1]\n: 2", "x, line 1, column 3: a key must be a word"),
        ("a\nb\x07", "x is not valid YAML, line 2, column 2: unacceptable character"),
        ("- " + "9" * 5000, "x, line 1, column 3: it holds a value that cannot be read"),
        ('- "\\ud800"', "x, line 1, column 3: it holds a value that cannot be read"),
        ("[" * 65 + "]" * 65, "x, line 1, column 65: it is nested too deeply"),
        ("a" * (config.MAX_BYTES + 1), "larger than 1 MiB"),
    ],
    ids=range(9),
)
def test_faults_name_line_and_column(text, message):
    with pytest.raises(augreg.ConfigError) as caught:
        config.parse(text, "x")
    assert message in str(caught.value)
