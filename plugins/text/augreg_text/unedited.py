"""What is said where an augmenter has nothing for the script of a text, which then comes back as it is."""

from __future__ import annotations

import unicodedata
import warnings
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
import regex

import augreg

_LETTERS: Final = regex.compile(r"\p{L}")
_ENOUGH_LETTERS: Final = 10
"""A shorter text may have nothing to edit in any script."""
_SHARES: Final = {
    "rate": (1.0, 1.0),
    "min_edits": 1,
    "max_edits": None,
    "aug_p": 1.0,
    "aug_char_p": 1.0,
    "aug_word_p": 1.0,
}
"""The parameters that let an augmenter, of nlpaug's too, edit all that it can."""

_judged: Final[dict[tuple[object, ...], bool]] = {}
"""Augmenters and scripts that were looked at in this process -> whether there is anything to edit; said once."""


class Editor(Protocol):
    """What is asked of an augmenter; ``augreg_text.base`` stands above this file."""

    def knows(self, script: str, page: Any, rng: augreg.Rng) -> bool:
        """Return whether there is anything to edit in a script, of which a page holds one text."""


class UneditedWarning(UserWarning):
    """A text augmenter has no data for the script of a text, which it therefore leaves as it is."""


def script_of(text: str) -> str:
    """Return the script of most letters of a text, as Unicode's names of letters begin; "" for too few letters.

    >>> from augreg_text.unedited import script_of
    >>> script_of("今天天气很好，我们去公园散步。"), script_of("Собака слева от кошки"), script_of("ok")
    ('CJK', 'CYRILLIC', '')

    """
    # The first hundred letters tell as much as all.
    letters = [match.group() for match, _ in zip(_LETTERS.finditer(text), range(100), strict=False)]
    if len(letters) < _ENOUGH_LETTERS:
        return ""
    names = [unicodedata.name(letter, "").replace("-", " ").partition(" ")[0] for letter in letters]
    return max(dict.fromkeys(names), key=names.count)


def look(augmenter: Editor, page: Any, edited: np.ndarray[Any, Any], rng: augreg.Rng) -> dict[int, str]:
    """Return which texts without edits are in a script, other than Latin, in which the augmenter can edit nothing.

    A warning says so too, once for each script.

    Args:
        augmenter: what edited the texts.
        page: the texts, a ``Page``.
        edited: (n,), how many edits each of them got.
        rng: the numbers that they were drawn with.

    Returns:
        The row of each such text -> why it stays as it is.

    """
    left: dict[int, str] = {}
    for row in np.flatnonzero(edited == 0).tolist():
        text = page.block.texts[row]
        script = "" if text.isascii() else script_of(text)
        if script in ("", "LATIN"):
            continue
        case = (type(augmenter), getattr(augmenter, "language", None), getattr(augmenter, "lang", None), script)
        if case not in _judged:
            _judged[case] = augmenter.knows(script, page.alone(row), rng.take(np.asarray([row])))
            if not _judged[case]:
                _warn(augmenter, script)
        if not _judged[case]:
            left[row] = f"nothing to edit in {_called(script)} script"
    return left


def finds_something(augmenter: Any, page: Any, rng: augreg.Rng) -> bool:
    """Whether an augmenter finds anything to edit when it may edit everything."""
    shares = {name: share for name, share in _SHARES.items() if hasattr(augmenter, name)}
    keen = replace(augmenter, protect=(), **shares)
    return len(keen.edits(page, rng, None).counts.nonzero()[0]) > 0


def _warn(augmenter: Editor, script: str) -> None:
    name = _name(type(augmenter))
    language = getattr(augmenter, "language", None) or getattr(augmenter, "lang", None)
    given = f" (language={language!r})" if language else ""
    warnings.warn(
        f"{name}{given} has nothing to edit in texts in {_called(script)} script: they come back as they are. "
        "Take an augmenter that needs no words or letters of a language, such as text.word_swap, "
        f"or give data of your own: `augreg show {name}` lists what it reads. This is said once.",
        UneditedWarning,
        stacklevel=2,
    )


def _called(script: str) -> str:
    return script if script == "CJK" else script.capitalize()


def _name(kind: type) -> str:
    """Return the name under which an augmenter is registered, else that of its class."""
    target = f"{kind.__module__}:{kind.__qualname__}"
    return next((spec.name for spec in augreg.list_augmenters() if spec.target == target), kind.__qualname__)
