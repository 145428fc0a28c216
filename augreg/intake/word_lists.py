"""Lists of words in a record that nothing else says what to augment of: taken as one text, or how to say that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg.intake.keys import KEY_FIELDS
from augreg.intake.tags import WORD_FIELDS, says_words
from augreg.modalities.base import Modality
from augreg.modalities.known import Modalities


def find_words(
    known: Modalities, fields: Mapping[str, Any], entry: int
) -> Iterator[tuple[str, Any, tuple[str, ...], Modality]]:
    """Yield the words of a record that say by themselves what they are: field, value, fields with tags, modality.

    Their field is called "tokens" or "words", and one with "tag" in its name has an entry for each.

    Raises:
        SampleError: a field is called tags, and has another number of entries.

    """
    modality = next((each for each in known if each.word_roles), None)
    for name, value in fields.items():
        if modality is None or name not in WORD_FIELDS or not _strings(value):
            continue
        tags = (says_words(name, value, fields, entry) or ()) if len(value) else _empty(name, fields)
        if any("tag" in field.lower() for field in tags):
            yield name, value, tags, modality


def advice(known: Modalities, fields: Mapping[str, Any]) -> str:
    """Return what to write for a record whose "tokens" or "words" are strings, or lists of such; "" for others."""
    modality = next((each for each in known if each.word_roles), None)
    name = next((n for n in WORD_FIELDS if n in fields and _listed(fields[n])), None)
    if modality is None or name is None:
        return ""
    words, tags = modality.word_roles
    along = [k for k, v in fields.items() if k != name and k not in KEY_FIELDS and _is_along(v, fields[name])]
    schema = {name: words, **dict.fromkeys(along, f"{tags} of {name}")}
    return (
        f" If {name!r} holds the words of one text: schema={schema}; "
        f"if each is a text: schema={{{name!r}: {modality.name!r}}}."
    )


def _empty(name: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that are as empty as the words are."""
    return tuple(k for k, v in fields.items() if k != name and _is_list(v) and not len(v))


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim == 1)


def _strings(value: Any) -> bool:
    return _is_list(value) and all(isinstance(each, str) for each in value)


def _listed(value: Any) -> bool:
    """Whether a value is a list of strings, or a column of such lists."""
    return _is_list(value) and len(value) > 0 and (_strings(value) or all(_strings(each) for each in value))


def _is_along(value: Any, words: Sequence[Any]) -> bool:
    """Whether a value has one entry for each word, in every row of a column."""
    if not _is_list(value) or len(value) != len(words):
        return False
    if isinstance(words[0], str):
        return not any(_is_list(each) for each in value)
    return all(_is_list(tags) and len(tags) == len(row) for tags, row in zip(value, words, strict=True))
