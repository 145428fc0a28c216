"""The exception tree, and the helpers that finish messages."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augreg import errors
from augreg.errors import AugregError, MediaError, listing, nearest

CLASSES = [
    c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, AugregError) and c is not AugregError
]


def test_docstring_draws_the_tree() -> None:
    drawn = re.findall(r"(\w+Error)\s+\((\w+)\)", errors.__doc__ or "")
    assert dict(drawn) == {c.__name__: c.__bases__[1].__name__ for c in CLASSES}


@pytest.mark.parametrize("cls", CLASSES)
def test_message_survives_pickling(cls: type[AugregError]) -> None:
    error = cls("a.jpg", "cut short") if cls is MediaError else cls("what happened")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert str(copy) == str(error)


def test_media_error_says_path_and_reason() -> None:
    error = MediaError("a.jpg", "cut short")
    assert (str(error), error.path, error.reason) == ("a.jpg: cut short", "a.jpg", "cut short")


def test_nearest_ignores_case_and_keeps_the_spelling_of_the_valid_name() -> None:
    assert nearest("lib.randomfog", ["lib.RandomFog", "lib.Blur"]) == " Did you mean 'lib.RandomFog'?"
    assert nearest("zzz", ["image.rotate"]) == ""
    assert nearest("x", []) == ""


@given(st.lists(st.text(min_size=1), min_size=1))
def test_nearest_of_a_valid_name_is_itself(names: list[str]) -> None:
    same = {name for name in names if name.lower() == names[0].lower()}
    assert nearest(names[0], names) in {f" Did you mean {name!r}?" for name in same}


@pytest.mark.parametrize(
    ("values", "text"),
    [([], "none"), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c"], "a, b and 1 more")],
)
def test_listing(values: list[str], text: str) -> None:
    assert listing(values, limit=2) == text
