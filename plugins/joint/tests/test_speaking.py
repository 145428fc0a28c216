"""Of what captions speak, as policies ask."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from augreg_joint.speaking import spoken_of


@pytest.mark.parametrize(
    ("texts", "meanings"),
    [
        (["a man standing upright, all right"], set()),
        (["a man raises his left hand"], {"chirality"}),
        (["two dogs and a cat", "on the right a tree"], {"chirality"}),
        (["ein rotes Auto steht rechts neben dem Haus"], {"chirality", "hue"}),
        (["un perro duerme en la casa con el gato"], set()),
        (["the street is dark at night"], {"brightness"}),
        (["a vivid painting of the sea"], {"saturation"}),
        (["дом и кот"], {"chirality", "hue", "brightness", "saturation"}),
        ([""], set()),
    ],
)
def test_it_finds_the_words_of_the_rules(texts: Sequence[str], meanings: set[str]) -> None:
    assert set(spoken_of(texts)) == meanings


def test_reasons_name_the_word() -> None:
    assert "'Left'" in spoken_of(["Left of the bowl stands a cup"])["chirality"]
