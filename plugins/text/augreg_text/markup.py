"""What a program reads in a text: tags, character references, special tokens of models, placeholders of templates."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import regex
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SIGNS: Final = ("<", "&", "{", "[", "%(")
"""Without one of them a text holds no markup."""
MARKUP: Final = regex.compile(
    r"""
      <!--.*?--> | <!\[CDATA\[.*?\]\]> | <[!?][A-Za-z][^<>]*+>                  # comments, declarations
    | </?+[A-Za-z][\w.:\-]*+                                                    # <br />, <image>, </s>, <a href="...">
      (?: \s++ [^\s<>"'=/]++ (?: \s*+ = \s*+ (?: "[^"<]*+" | '[^'<]*+' | [^\s<>"'=`]++ ) )?+ )*+ \s*+ /?+ >
    | <[|\uff5c] [^<>|\uff5c\n]{1,80} [|\uff5c]> | <</?[A-Z]{2,20}>> | <0x[0-9A-Fa-f]{2}>  # <|im_end|>, <<SYS>>, <0x0A>
    | & (?: [A-Za-z][A-Za-z0-9]{1,31} | \#[0-9]{1,7} | \#[xX][0-9A-Fa-f]{1,6} ) ;   # &amp; &#39; &#x27;
    | \[ /? (?: [A-Z][A-Z0-9_]{1,30} | unused[0-9]{1,4} ) \]                     # [MASK], [/INST], [unused1]
    | \{\{ [^{}\n]{1,80} \}\} | \{[%\#] [^{}\n]{1,200} [%\#]\}                   # {{ name }}, {% if x %}
    | \$?+ \{ (?: [A-Za-z_][^{}\s]{0,80} | [0-9]{0,3} (?: [:!][^{}\s]{1,20} )? ) \}   # {name}, ${name}, {0:.2f}, {}
    | % \( \w{1,80} \) [sdifgexr]                                                # %(name)s
    """,
    regex.VERBOSE | regex.DOTALL,
)


def has_markup(text: str) -> bool:
    """Whether there is markup in a text.

    >>> from augreg_text.markup import has_markup
    >>> [has_markup(text) for text in ("a <br /> b", "R&amp;B", "<|im_end|>", "Hi {name}", "R&B [sic], 1 < 2 > 0")]
    [True, True, True, True, False]

    """
    return MARKUP.search(text) is not None


def find_markup(block: Any) -> Ints:
    """Return where markup stands in a block: int64 (m, 2), ascending, places in ``block.points``."""
    signs = [sign for sign in SIGNS if sign in block.joined]
    # Text by text, for a tag may hold line feeds, which stand between texts too.
    found = [
        (begin + match.start(), begin + match.end())
        for begin, text in (zip(block.first.tolist(), block.texts, strict=True) if signs else ())
        if any(sign in text for sign in signs)
        for match in MARKUP.finditer(text)
    ]
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


def united(one: Ints, other: Ints) -> Ints:
    """Return the stretches (m, 2) of both, ascending; those that overlap become one.

    >>> import numpy as np
    >>> from augreg_text.markup import united
    >>> united(np.array([[0, 4], [9, 12]]), np.array([[2, 6], [6, 8]])).tolist()
    [[0, 6], [6, 8], [9, 12]]

    """
    if not len(one) or not len(other):
        return other if len(other) else one
    found: list[list[int]] = []
    for start, end in sorted([*one.tolist(), *other.tolist()]):
        if found and start < found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return np.asarray(found, dtype=np.int64)
