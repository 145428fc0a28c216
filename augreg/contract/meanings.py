"""What an augmenter may alter, in one closed vocabulary: which label or caption may become wrong by it.

The words are closed, so that who reads them (`augreg check`, policies, the conformance kit) meets no word that it has
never heard of, and so that two plugins do not say "hue" and "color" of one thing. A plugin that alters a meaning of its
own is not shut out: it writes ``"namespace:word"``, such as ``"geo:season"``. That says whose word it is: nobody takes
it for a misspelled one of ours, and two plugins may mean different things by ``season``. Such words are carried along
and shown; only who knows the plugin knows what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from augreg.errors import ContractError, listing, nearest

MEANINGS: Final = {
    "chirality": "Left and right change places or are lost: left, right and clockwise become false.",
    "orientation": "What was up points elsewhere: above, below, upright and level may become false.",
    "position": "Things are elsewhere, or come at another time: in the corner, at the beginning, after a second.",
    "size": "Things look larger or smaller, nearer or farther: small, close and filling the picture may become false.",
    "proportions": "Shapes are stretched, leaning or bent: round, square, straight and slim may become false.",
    "completeness": "Something may be cut off, covered or left out: what a label or caption names may be gone.",
    "content": "Something comes in, or comes again, that was not there: nobody named it, and counts may be wrong.",
    "legibility": "Writing or speech is hard to read or follow, or misspelled: what it says, and that it is correct.",
    "hue": "Colors turn into others or vanish: red, blue and the color of anything may become false.",
    "saturation": "Colors are paler or stronger: vivid, pale and black-and-white may become false.",
    "brightness": "It is lighter or darker: bright, dark, sunny and at night may become false.",
    "contrast": "Light and dark lie closer together or farther apart: flat, hazy and harsh may become false.",
    "sharpness": "Details are blurred or overdrawn: sharp, in focus, smooth and detailed may become false.",
    "noise": "Grain, hiss or other sounds lie over it: clean, quiet and silent may become false.",
    "artifacts": "It bears the marks of a lens, a codec or a line: clean, original and lossless may become false.",
    "weather": "There is weather that was not there: sunny, dry and the season may become false.",
    "loudness": "It is louder or softer, or not evenly loud: loud, quiet, shouting and whispering may become false.",
    "pitch": "It sounds higher or lower: notes, keys, high and deep may become false.",
    "speaker": "The voice sounds like another person: who speaks, the speaker's sex and age may become false.",
    "timbre": "It sounds as from another instrument, device or line: bright, dull and what it was recorded with.",
    "room": "It sounds as in another room: indoors, close, in a hall may become false.",
    "tempo": "Things happen faster or slower: fast, slow, running and beats per minute may become false.",
    "duration": "It is longer or shorter: how long it lasts, or how many words it has, may become false.",
    "time_order": "What came first may come later: before, then, opens and rises may become false.",
    "synchrony": "Sound and film no longer agree in time: that they belong together may become false.",
    "meaning": "It says something else, or nothing: any label of what it says, and what it is the caption of.",
    "polarity": "It may say the opposite: sentiment, agreement, entailment and yes or no may become false.",
    "facts": "Names, numbers, dates or places in it are others: answers taken from it may become false.",
    "gender": "Men become women and women men: he, she, and who is spoken of may become false.",
    "wording": "It says the same in other words: quotations and labels of style may become false.",
    "word_order": "Words or sentences stand in another order: labels of grammar and of what comes first.",
    "grammar": "Words stand in other forms: tense, number and that the sentence is correct may become false.",
    "case": "Capitals and small letters are others: names and acronyms told by their capitals.",
    "encoding": "It looks the same, but is written with other characters: lookups and tokens may miss it.",
}
"""Meaning -> when a label or a caption may become wrong."""

IN_CAPTIONS: Final = frozenset(
    {"chirality", "orientation", "completeness", "content", "hue", "weather", "speaker", "time_order", "meaning"}
)
"""Those of which captions speak so often that a step which alters them should not go by without a word.

Many captions name a color, a side or an object; few say how sharp, loud or well-lit it all is. Warnings about those
would stand at nearly every step, and nobody would read the ones that count.
"""

_FOREIGN: Final = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")


def check_meanings(what: str, words: Iterable[str]) -> frozenset[str]:
    """Return words of the vocabulary, and foreign ones, as a set.

    Raises:
        ContractError: a word is neither in :data:`MEANINGS` nor of the form ``namespace:word``.

    """
    if isinstance(words, str):
        raise ContractError(f"{what} is the text {words!r}. Write frozenset({{{words!r}}}).")
    found = frozenset(words)
    for word in sorted(found, key=str):
        if word not in MEANINGS and not (isinstance(word, str) and _FOREIGN.fullmatch(word)):
            raise ContractError(
                f"{what} holds {word!r}, which is no meaning that augreg knows.{nearest(str(word), MEANINGS)} "
                f"Known: {listing(MEANINGS, limit=len(MEANINGS))}. A plugin's own is written namespace:word, "
                "such as 'geo:season'."
            )
    return found
