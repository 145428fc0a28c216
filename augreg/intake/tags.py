"""Lists of words with one tag each: which lists of strings are such, and how the tags follow the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.intake.keys import KEY_FIELDS
from augreg.modalities.words import Words

WORD_FIELDS: Final = ("tokens", "words")
"""Usual names of fields that hold the words of one text."""


def says_words(name: str, values: Sequence[Any], fields: Mapping[str, Any], entry: int) -> tuple[str, ...] | None:
    """Return the fields with one tag per word if a list of strings is the words of one text; None for several texts.

    Raises:
        SampleError: both are possible: words without blanks, beside a list of as many entries that says nothing.

    """
    if len(values) == 0 or not all(isinstance(value, str) for value in values):
        return None
    along = tuple(k for k, v in fields.items() if k != name and k not in KEY_FIELDS and _tags(v, len(values)))
    named, tagged = name in WORD_FIELDS, any("tag" in field.lower() for field in along)
    if any(len(value.split()) != 1 for value in values) and not (named and along):
        return None
    if named or tagged:
        _check_lengths(name, values, along, fields, entry)
        return along
    if not along:
        return None
    raise SampleError(
        f"record {entry}: {name!r} may be the words of one text, with {along[0]!r} as their tags, or several texts. "
        f"Call it 'tokens' if it is words; if it is texts, wrap each: augreg.Text(text)."
    )


def _check_lengths(
    name: str, values: Sequence[Any], along: Sequence[str], fields: Mapping[str, Any], entry: int
) -> None:
    """Refuse what is called tags and is a list of another length: the words would move away from them.

    Raises:
        SampleError: there is such a field.

    """
    for field, value in fields.items():
        many = len(value) if isinstance(value, (list, tuple)) else np.size(value) if hasattr(value, "shape") else None
        if field not in along and "tag" in field.lower() and many not in (None, len(values)):
            raise SampleError(
                f"record {entry}: {field!r} holds {many} entries beside {len(values)} words in {name!r}. Give one "
                f"each, or say what is what: schema={{{name!r}: 'tokens', 'extra': [{field!r}]}}."
            )


def _tags(value: Any, n: int) -> bool:
    """Whether a value is a list of ``n`` numbers or names."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return value.ndim == 1 and len(value) == n
    return isinstance(value, (list, tuple)) and len(value) == n and set(map(type, value)) <= {str, int, float, bool}


def follow_words(tags: Any, found: Words, name: str, entry: int) -> Any:
    """Return the tags of words after the steps, in the kind that came in.

    A word keeps its tag wherever it goes. A word that a step inserted has none; where the tags are of the kind B-, I-,
    O it gets I-X between words of one entity X, and O elsewhere; E- and L- end an entity as I- does.

    Raises:
        SampleError: a word was inserted, and the tags are of another kind.

    """
    column = list(tags)
    new = [column[i] if i >= 0 else None for i in found.origins]
    for at in [k for k in range(len(new) - 1, -1, -1) if found.origins[k] < 0]:
        if not all(isinstance(tag, str) and (tag == "O" or tag[1:2] == "-") for tag in column):
            raise SampleError(
                f"record {entry}: a step inserted the word {found.words[at]!r}, and which entry it should have in "
                f"{name!r} is not known. Leave steps out that insert words, or give tags such as 'O' and 'B-PER'."
            )
        behind = str(new[at + 1]) if at + 1 < len(new) else "O"
        before = next((str(tag) for tag in reversed(new[:at]) if tag is not None), "O")
        within = behind.startswith(("I-", "E-", "L-")) and before[2:] == behind[2:]
        new[at] = f"I-{behind[2:]}" if within else "O"
    if isinstance(tags, torch.Tensor):
        return tags[[i for i in found.origins if i >= 0]]  # numbers, so no word was inserted
    if isinstance(tags, np.ndarray):
        return np.asarray(new, dtype=None if tags.dtype.kind == "U" else tags.dtype)  # "U" has the width of its longest
    return type(tags)(new)
