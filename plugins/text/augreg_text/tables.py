"""Facts about characters: homoglyphs, leet, accents, styled letters."""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from typing import Final

from augreg_text.lookup import CharTable

# After the confusables of Unicode Technical Standard 39: letters of other scripts that look the same in most fonts.
_HOMOGLYPHS: Final = {
    "a": "аɑα", "b": "Ьƅ", "c": "сϲ", "d": "ԁ", "e": "еҽ", "g": "ɡց", "h": "һհ", "i": "іι", "j": "јϳ", "k": "κ",
    "l": "ӏⅼ", "m": "ⅿ", "n": "ոп", "o": "оοօ", "p": "рρ", "q": "ԛ", "r": "г", "s": "ѕ", "t": "т", "u": "υս",
    "v": "νѵ", "w": "ԝѡ", "x": "хⅹ", "y": "уү", "z": "ᴢ",
    "A": "АΑ", "B": "ВΒ", "C": "СϹ", "D": "Ⅾ", "E": "ЕΕ", "F": "Ϝ", "G": "Ԍ", "H": "НΗ", "I": "ІΙ", "J": "ЈͿ",
    "K": "КΚ", "L": "Ⅼ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "Q": "Ԛ", "S": "Ѕ", "T": "ТΤ", "U": "Ս",
    "V": "Ѵ", "W": "Ԝ", "X": "ХΧ", "Y": "ҮΥ", "Z": "Ζ",
}  # fmt: skip

_LEET: Final = {
    "a": ("4", "@"), "b": ("8",), "c": ("(",), "e": ("3",), "g": ("9", "6"), "h": ("#",), "i": ("1", "!"),
    "l": ("1", "|"), "o": ("0",), "q": ("9",), "s": ("5", "$"), "t": ("7", "+"), "x": ("><",), "z": ("2",),
    "d": ("|)",), "k": ("|<",), "m": ("|\\/|",), "n": ("|\\|",), "u": ("|_|",), "v": ("\\/",), "w": ("\\/\\/",),
}  # fmt: skip

_STYLES: Final = {
    "bold": (0x1D400, 0x1D41A), "bold_italic": (0x1D468, 0x1D482), "bold_script": (0x1D4D0, 0x1D4EA),
    "bold_fraktur": (0x1D56C, 0x1D586), "sans": (0x1D5A0, 0x1D5BA), "sans_bold": (0x1D5D4, 0x1D5EE),
    "sans_italic": (0x1D608, 0x1D622), "monospace": (0x1D670, 0x1D68A), "full_width": (0xFF21, 0xFF41),
    "circled": (0x24B6, 0x24D0), "squared": (0x1F130, 0x1F130), "parenthesized": (0x1F110, 0x249C),
}  # fmt: skip
_SPELLED: Final = {
    "small_caps": "ABCDEFGHIJKLMNOPQRSTUVWXYZᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ",
    "upside_down": "∀ꓭƆꓷƎℲ⅁HIſꓘ⅂WNOԀꝹꓤSꓕꓵɅMX⅄Zɐqɔpǝɟƃɥᴉɾʞןɯuodbɹsʇnʌʍxʎz",
    "italic": "𝐴𝐵𝐶𝐷𝐸𝐹𝐺𝐻𝐼𝐽𝐾𝐿𝑀𝑁𝑂𝑃𝑄𝑅𝑆𝑇𝑈𝑉𝑊𝑋𝑌𝑍𝑎𝑏𝑐𝑑𝑒𝑓𝑔ℎ𝑖𝑗𝑘𝑙𝑚𝑛𝑜𝑝𝑞𝑟𝑠𝑡𝑢𝑣𝑤𝑥𝑦𝑧",
    "double_struck": "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ𝕒𝕓𝕔𝕕𝕖𝕗𝕘𝕙𝕚𝕛𝕜𝕝𝕞𝕟𝕠𝕡𝕢𝕣𝕤𝕥𝕦𝕧𝕨𝕩𝕪𝕫",
}
"""Styles whose letters don't stand in a row: those of A to Z and of a to z."""
STYLES: Final = (*_STYLES, *_SPELLED)

# Combining Diacritical Marks; those of other scripts are letters in all but name.
ACCENTS: Final = range(0x300, 0x370)


@lru_cache(maxsize=1)
def homoglyphs() -> CharTable:
    """Return letters that look like a Latin letter."""
    return CharTable.of({char: tuple(others) for char, others in _HOMOGLYPHS.items()})


@lru_cache(maxsize=2)
def leet(long: bool) -> CharTable:
    """Return digits and signs that stand for a letter; with ``long`` also those of several characters."""
    kept = {char: tuple(o for o in others if long or len(o) == 1) for char, others in _LEET.items()}
    return CharTable.of(kept | {char.upper(): others for char, others in kept.items()})


@lru_cache(maxsize=16)
def style(name: str) -> CharTable:
    """Return the letters of a style: of Unicode's mathematical alphabets, circled, small capitals, upside down, ..."""
    if name in _SPELLED:
        pairs = zip(string.ascii_uppercase + string.ascii_lowercase, _SPELLED[name], strict=True)
        return CharTable.of({plain: (styled,) for plain, styled in pairs if plain != styled})
    upper, lower = _STYLES[name]
    table = {chr(ord("A") + i): (chr(upper + i),) for i in range(26)}
    return CharTable.of(table | {chr(ord("a") + i): (chr(lower + i),) for i in range(26)})


@lru_cache(maxsize=1)
def accented() -> CharTable:
    """Return the accented forms of every Latin letter that Unicode has as one character, Latin-1 and Extended-A."""
    table: dict[str, list[str]] = {}
    for point in range(0xC0, 0x180):
        parts = unicodedata.normalize("NFD", chr(point))
        if len(parts) == 2 and parts[0].isascii():
            table.setdefault(parts[0], []).append(chr(point))
    return CharTable.of(table)


@lru_cache(maxsize=1)
def unaccented() -> CharTable:
    """Return the base letter of every letter with accents."""
    table = {}
    for point in (*range(0xC0, 0x590), *range(0x1E00, 0x2000)):
        parts = unicodedata.normalize("NFD", chr(point))
        base, marks = parts[0], parts[1:]
        if marks and base.isalpha() and all(ord(mark) in ACCENTS for mark in marks):
            table[chr(point)] = (base,)
    return CharTable.of(table)


@lru_cache(maxsize=1)
def other_case() -> CharTable:
    """Return the other case of every letter that has one of a single character."""
    table = {}
    for point in (*range(0x41, 0x590), *range(0x10A0, 0x1100), *range(0x1E00, 0x2000), *range(0x10400, 0x10450)):
        other = chr(point).swapcase()
        if len(other) == 1 and other != chr(point):
            table[chr(point)] = (other,)
    return CharTable.of(table)
