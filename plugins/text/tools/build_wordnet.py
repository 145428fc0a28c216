"""Build augreg_text/data/wordnet.txt.xz from the files of Debian's wordnet-base (WordNet 3.0).

    apt-get install wordnet-base
    python plugins/text/tools/build_wordnet.py [/usr/share/wordnet]

Three sections, an empty line between them:

    synsets    part of speech, lemmas joined by |, hypernyms as line numbers, antonyms as lemma number:word. A lemma
               with several synsets ends in #rank, the most frequent first, and in - where no text was tagged so.
    parts      for lemmas of several parts of speech: the one that they were tagged as most often in texts; v for
               "making", which is a noun but mostly a form of a verb
    exceptions part of speech, irregular form, lemma
"""

from __future__ import annotations

import lzma
import re
import sys
from collections import Counter
from pathlib import Path

from augreg_text import inflect

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
SS_TYPES = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
OUT = Path(__file__).resolve().parent.parent / "augreg_text" / "data" / "wordnet.txt.xz"

Synset = tuple[str, list[str], list[str], list[tuple[int, str, int]]]


def read_synsets(root: Path) -> dict[str, Synset]:
    """Return part of speech and offset -> part of speech, lemmas, hypernyms, antonym pointers."""
    found = {}
    for letter, part in PARTS.items():
        for line in (root / f"data.{part}").read_text("utf-8").splitlines():
            if not line.startswith("  "):
                fields = line.partition(" | ")[0].split()
                found[letter + fields[0]] = read_synset(letter, fields)
    return found


def read_synset(letter: str, fields: list[str]) -> Synset:
    """Read one line: offset file type count(hex) {lemma id} count {pointer offset part source-target}."""
    count = int(fields[3], 16)
    lemmas = [re.sub(r"\(\w+\)$", "", lemma) for lemma in fields[4 : 4 + 2 * count : 2]]
    at = 5 + 2 * count
    hypernyms, antonyms = [], []
    for sign, offset, part, ends in zip(
        *(fields[at + i : at + 4 * int(fields[at - 1]) : 4] for i in range(4)), strict=True
    ):
        target = ("a" if part == "s" else part) + offset
        if sign == "@":
            hypernyms.append(target)
        elif sign == "!":
            antonyms.append((int(ends[:2], 16) - 1, target, int(ends[2:], 16) - 1))
    return letter, lemmas, hypernyms, antonyms


def read_counts(root: Path) -> Counter[tuple[str, str]]:
    """Return how often a lemma was tagged as a part of speech."""
    counts: Counter[tuple[str, str]] = Counter()
    for line in (root / "cntlist.rev").read_text("utf-8").splitlines():
        key, _, count = line.split()
        lemma, _, sense = key.partition("%")
        counts[lemma, SS_TYPES[sense[0]]] += int(count)
    return counts


def read_ranks(root: Path) -> tuple[dict[tuple[str, str], str], dict[str, set[str]]]:
    """Return synset and lemma -> rank among the lemma's synsets, and lemma -> its parts of speech."""
    ranks: dict[tuple[str, str], str] = {}
    parts: dict[str, set[str]] = {}
    for letter, part in PARTS.items():
        for line in (root / f"index.{part}").read_text("utf-8").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split()
            parts.setdefault(fields[0], set()).add(letter)
            offsets, tagged = fields[len(fields) - int(fields[2]) :], int(fields[-int(fields[2]) - 1])
            for rank, offset in enumerate(offsets, 1):
                mark = "" if rank <= tagged else "-"
                ranks[letter + offset, fields[0]] = f"#{rank}{mark}" if len(offsets) > 1 else ""
    return ranks, parts


def exceptions(root: Path) -> list[str]:
    """Return the lines of the third section."""
    found = []
    for letter, part in PARTS.items():
        for line in (root / f"{part}.exc").read_text("utf-8").splitlines():
            form, *lemmas = line.split()
            found += ["\t".join([letter, form, lemma]) for lemma in lemmas if "_" not in form and form != lemma]
    return found


def main_parts(parts: dict[str, set[str]], counts: Counter[tuple[str, str]], irregular: list[str]) -> list[str]:
    """Return the lines of the second section."""
    lemmas_of: dict[str, list[tuple[str, str]]] = {}
    for part, form, lemma in (line.split("\t") for line in irregular):
        lemmas_of.setdefault(form, []).append((part, lemma))
    found = []
    for lemma, letters in sorted(parts.items()):
        if "_" in lemma:
            continue
        best = max(sorted(letters), key=lambda letter: counts[lemma, letter])
        readings = inflect.readings(lemma, lambda word, part: part in parts.get(word, ()), lemmas_of)
        # A verb has four forms that differ; taking them for equally frequent decides most cases rightly.
        verbs = max((counts[reading.lemma, "v"] / 4 for reading in readings if reading.part == "v"), default=0)
        if "v" not in letters and verbs > counts[lemma, best]:
            found.append(f"{lemma}\tv")
        elif len(letters) > 1:
            found.append(f"{lemma}\t{best}")
    return found


def main() -> None:
    """Write the table."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/wordnet")
    synsets = read_synsets(root)
    number = {key: str(i) for i, key in enumerate(synsets)}
    ranks, parts = read_ranks(root)
    counts = read_counts(root)
    lines = []
    for key, (letter, lemmas, hypernyms, antonyms) in synsets.items():
        ranked = "|".join(lemma + ranks[key, lemma.lower()] for lemma in lemmas)
        opposite = "|".join(f"{i}:{synsets[other][1][j]}" for i, other, j in antonyms)
        lines.append("\t".join([letter, ranked, " ".join(number[h] for h in hypernyms), opposite]).rstrip("\t"))
    lines.append("")
    lines += [*main_parts(parts, counts, exceptions(root)), "", *exceptions(root)]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(f"{OUT}: {len(synsets)} synsets, {OUT.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
