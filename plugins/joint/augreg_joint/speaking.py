"""Of what captions speak, so that policies leave their pictures alone in that: sides, colors, light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from augreg_joint.captions import mentions, mirrored
from augreg_joint.rules import Rules, given
from augreg_joint.understanding import AUTO, rules_for

COLORS: Final = ("hue", "brightness", "saturation")
"""The meanings for which the rules have words, beside sides."""


def spoken_of(texts: Sequence[str]) -> Mapping[str, str]:
    """Return the meanings of which the captions of one record speak -> the reason in words.

    Where the language of one is not known, or has no rules, all of them may be spoken of.

    >>> from augreg_joint.speaking import spoken_of
    >>> spoken_of(["a red bus on the left of the road"])
    {'chirality': "'left' may be false then", 'hue': 'the caption names a color'}

    """
    found: dict[str, str] = {}
    beside = "\n".join(texts)
    for text in texts:
        rules = rules_for((AUTO,), given(None), text, beside)
        said = dict.fromkeys(("chirality", *COLORS), rules) if isinstance(rules, str) else _said(rules, text)
        found = {**said, **found}
    return {meaning: found[meaning] for meaning in ("chirality", *COLORS) if meaning in found}


def _said(rules: Rules, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    edits = mirrored(rules, text)
    if isinstance(edits, str):
        found["chirality"] = edits
    elif edits:
        start, end, _ = edits[0]
        found["chirality"] = f"{text[start:end]!r} may be false then"
    told = mentions(rules, text)
    words = {"hue": "names a color", "brightness": "speaks of light or dark", "saturation": "speaks of strong colors"}
    return found | {name: f"the caption {word}" for name, word in words.items() if getattr(told, name)}
