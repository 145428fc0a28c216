"""Build augreg_text/data/offensive.txt: digests of words that no augmenter puts into a text.

    apt-get download wordnet-base; pip download better-profanity    # and unpack both
    python plugins/text/tools/build_offensive.py usr/share/wordnet better_profanity/profanity_wordlist.txt

From WordNet come the lemmas that it marks by a usage pointer (;u) or calls so in the gloss, unless people were found to
use them in another sense (its counts of tagged texts): "boy" is a slur for some men, and a word for all others. Where
two words of a synset are listed, its others are as well: all of them say the same.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from augreg_text.offensive import digest

USAGES = ("06718862", "06717170", "07124340")
"""Offsets in WordNet 3.0 of "ethnic slur", "disparagement" and "obscenity"."""
GLOSS = re.compile(
    r"ethnic slur|\bobscene\b|\b(offensive|disparaging|derogatory|vulgar|insulting|abusive)\b.*\b(term|name|word)"
)
ORDINARY_WORDS = """
    drunk enlargement fat god kill knob lens lust lusty murder naked obscenity oral organ pasty penetrate penetration
    pot seaman slope sniper snatch strip stroke stupid thrust tinkle ugly vulgar weed whiz willy-nilly
"""
"""Words of the plain list that offend nobody in most texts; without them a film could not be called ugly."""
OUT = Path(__file__).resolve().parent.parent / "augreg_text" / "data" / "offensive.txt"
HEADER = """\
# Words that augreg-text never puts into a text: SHA-256 of each in lower case, first 16 hexadecimal digits.
# Digests, so that nobody has to read them; augreg_text.offensive looks words up. Built by tools/build_offensive.py.
# Sources, as of 2026-11-30:
#   WordNet 3.0 (2006), lemmas marked as slurs, disparagement or obscenity: WordNet License, see WORDNET-LICENSE
#   better-profanity 0.7.0 (2020), profanity_wordlist.txt without some ordinary words: MIT License,
#     Copyright (c) 2018 The Python Packaging Authority, as its license file says; https://github.com/snguyenthanh/better_profanity
"""


def wordnet_words(root: Path, listed: set[str]) -> set[str]:
    """Return the lemmas that WordNet marks, and those beside two listed ones, without those that say other things."""
    in_use = {line.partition("%")[0] for line in (root / "cntlist.rev").read_text("utf-8").splitlines()}
    marked: set[str] = set()
    used: set[str] = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in (root / f"data.{part}").read_text("utf-8").splitlines():
            if line.startswith("  "):
                continue
            facts, _, gloss = line.partition(" | ")
            fields = facts.split()
            words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
            lemmas = [re.sub(r"\(\w+\)$", "", word).lower() for word in words]
            called = any(f";u {offset}" in facts for offset in USAGES) or GLOSS.search(gloss.partition(";")[0])
            is_marked = called or len(listed.intersection(lemmas)) > 1
            (marked if is_marked else used).update(lemmas)
    return {lemma for lemma in marked if not (lemma in used and lemma in in_use)}


def listed_words(path: Path) -> set[str]:
    """Return the lines of a plain list, without ordinary words."""
    lines = {line.strip().lower() for line in path.read_text("utf-8").splitlines()}
    return {line for line in lines if line[:1] not in ("", "#")} - set(ORDINARY_WORDS.split())


def main() -> None:
    """Write the file."""
    listed = listed_words(Path(sys.argv[2]))
    words = {word.replace("_", " ") for word in wordnet_words(Path(sys.argv[1]), listed)} | listed
    lines = sorted({digest(word) for word in words})
    OUT.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    sys.stdout.write(f"{OUT.name}: {len(lines)} words\n")


if __name__ == "__main__":
    main()
