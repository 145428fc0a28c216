"""What policies draw from for texts, and what speaks for each; facts only, nothing heavy is imported.

A set stays what it is for good, so that a run can be repeated: a better one gets the next number.
"""

from __future__ import annotations

from typing import Final

import augreg

_HALF: Final = (0.0, 0.5)
"""Up to 15 % of characters or words: with 30 % words can no longer be read."""
_SLIP: Final = "a slip of the hand in any script"

TEXT_1: Final = (
    augreg.Operation(
        name="text.keyboard",
        level=_HALF,
        why="typos: +6.7 points on misspelled questions (9 of 10 seeds), +5.1 on clean ones; other scripts by layout",
    ),
    augreg.Operation(name="text.ocr", level=_HALF, why="what scanners misread: Latin letters and digits"),
    augreg.Operation(name="text.char_swap", level=_HALF, why=_SLIP),
    augreg.Operation(name="text.char_delete", level=_HALF, why=_SLIP),
    augreg.Operation(name="text.char_insert", level=_HALF, why=_SLIP),
    augreg.Operation(name="text.char_substitute", level=_HALF, why=_SLIP),
    augreg.Operation(
        name="text.aeda", why="punctuation put in, up to 30 % of the words (Karimi et al. 2021, arXiv:2108.13230)"
    ),
    augreg.Operation(name="text.word_split", level=_HALF, why="a space too many, which changes how tokenizers cut"),
    augreg.Operation(name="text.word_merge", level=_HALF, why="a space missing, which changes how tokenizers cut"),
    augreg.Operation(name="text.word_duplicate", level=_HALF, why="a word said twice, as speakers and pasting do"),
)
"""All keep what the text says, carry spans along, and need no language, lexicon or model.

Left out: deleting (-1.6 points on questions) and swapping words, which lose a "not" or turn who does what to whom;
case and white space, which many tokenizers do not see; synonyms and all else that needs a lexicon.
"""

SETS: Final[tuple[augreg.OperationSet, ...]] = (
    augreg.OperationSet(
        name="text/1",
        modality="text",
        operations=TEXT_1,
        summary="Typos, misreadings, punctuation and spacing that keep what the text says.",
    ),
)
