"""Warnings name the line of the user, not one within augreg: Python shows them once for each line."""

from __future__ import annotations

import inspect
import warnings

import pytest

import augreg

PIPE = augreg.Pipeline({"text": ["text.char_case"]})


@pytest.mark.parametrize(
    "call",
    [
        lambda: augreg.augment("a cat", PIPE, seed=3),
        lambda: PIPE("a cat", seed=3),
        lambda: PIPE(["a cat", "a dog"], seed=3),
        lambda: PIPE.views(2, seed=3)("a cat"),
    ],
)
def test_a_seed_without_keys_names_the_call(call):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        call()
    [warned] = [one for one in said if one.category is augreg.KeysWarning]
    assert warned.filename == __file__
    assert warned.lineno == inspect.getsourcelines(call)[1]
