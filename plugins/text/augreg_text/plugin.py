"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

# Name, class, tags, summary: one line each.
# fmt: off
_OFFERS = (
    ("keyboard", "typos:Keyboard", "character typo",
     "Replace characters by a neighbouring key, as a slip of the finger does."),
    ("ocr", "typos:Ocr", "character typo",
     "Replace characters by look-alikes, as optical character recognition does."),
    ("char_swap", "characters:CharSwap", "character typo", "Swap neighbouring letters of a word."),
    ("char_delete", "characters:CharDelete", "character typo", "Delete letters; a letter that stands alone stays."),
    ("spelling", "spelling:Spelling", "word typo", "Replace English words by misspellings that people have made."),
    ("word_swap", "words:WordSwap", "word", "Swap neighbouring words with nothing but blanks between them."),
    ("word_delete", "words:WordDelete", "word",
     "Delete words, each with one blank beside it; at least one word of a text stays."),
    ("word_split", "words:WordSplit", "word", "Split words in two by a space."),
)
# fmt: on


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"text.{name}", f"augreg_text.{target}", modalities=("text",), tags=tuple(tags.split()), summary=summary
        )
        for name, target, tags, summary in _OFFERS
    ]
