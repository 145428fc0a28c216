"""Make the gallery page of text augmenters: what each makes of two sentences, with their entities marked.

Run: uv run python docs/gallery_text.py [docs/gallery_text.md] [--files FOLDER]
FOLDER may hold what some augmenters need: ``tfidf/``, ``vectors.txt``, and folders of Hugging Face models
``masked_lm/``, ``there/``, ``back/``, ``paraphrase/``, ``summary/``, ``continuation/``. Those without are left out,
and the page says so.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import augreg
from augreg import param
from augreg.errors import ConfigError

HERE = Path(__file__).resolve().parent
FIRST = (
    "Yesterday [Mary|PER] and her brother didn't buy 12 cheap apples in [Paris|LOC]. They were really beautiful, but "
    "not on Monday! See https://a.b/c?d=e for the café's menu."
)
SECOND = "Dr. [Ada Lovelace|PER] has long believed that [London|LOC] is noisy. I am sure that she will leave in July."
LANGUAGES = {
    "de": "Der Bruder von [Anna|PER] fuhr am Montag in das Büro nach [Hamburg|LOC]. Sie gab dem Lehrer drei Äpfel.",
    "fr": "Le père de [Marie|PER] sait que tu as deux frères à [Lyon|LOC]. Il partira lundi, en mars ou en mai.",
    "es": "El padre de [Carmen|PER] vive en [Madrid|LOC] con tres amigos. La niña llega el lunes, en marzo o en abril.",
}
GIVEN: dict[str, dict[str, Any]] = {
    "text.replace": {"pairs": {"cheap": ["inexpensive", "low-priced"], "long believed": ["thought"]}},
    "text.reserved": {"groups": [["brother", "sister", "cousin"], ["noisy", "loud", "busy"]]},
    "text.sentence_insert": {"sentences": ["So they say.", "Who knows?"]},
}
FILES: dict[str, dict[str, str]] = {
    "text.tfidf": {"path": "tfidf"},
    "text.embedding": {"path": "vectors.txt"},
    "text.masked_lm": {"path": "masked_lm"},
    "text.back_translation": {"there": "there", "back": "back"},
    "text.paraphrase": {"path": "paraphrase"},
    "text.summary": {"path": "summary"},
    "text.continuation": {"path": "continuation"},
}
CHARACTER_RATE, OTHER_RATE = 0.08, 0.3
SEED = 3


def marked(text: str) -> augreg.Text:
    """Return a text from a string in which spans are marked: [Mary|PER]."""
    parts, spans, labels = [], [], []
    at = 0
    for piece in text.split("["):
        inner, bracket, rest = piece.partition("]")
        if bracket:
            word, _, label = inner.partition("|")
            spans.append((at, at + len(word)))
            labels.append(label)
            piece = word + rest
        parts.append(piece)
        at += len(piece)
    return augreg.Text("".join(parts), augreg.Spans(spans, labels))


def shown(sample: augreg.Text) -> str:
    """Return a text with its spans marked and what cannot be seen spelled out."""
    text = sample.data
    found = sample.spans
    for (start, end), label in sorted(
        zip(found.data.tolist(), found.labels, strict=True), key=lambda pair: pair[0], reverse=True
    ):
        text = f"{text[:start]}[{text[start:end]}|{label}]{text[end:]}"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def config(spec: augreg.AugmenterSpec, files: Path | None) -> dict[str, Any] | None:
    """Return how an augmenter is configured for the page, or None where it needs files that are not there."""
    found: dict[str, Any] = dict(GIVEN.get(spec.name, {}))
    for name, place in FILES.get(spec.name, {}).items():
        if files is None or not (files / place).exists():
            return None
        found[name] = str(files / place)
    if "rate" in {f.name for f in param.describe(augreg.registry.load(spec.name))}:
        found["rate"] = CHARACTER_RATE if "character" in spec.tags else OTHER_RATE
    return found


def results(spec: augreg.AugmenterSpec, found: dict[str, Any]) -> list[str]:
    """Return the lines of an augmenter: two sentences, then those of other languages where it has tables for them."""
    lines = [made(spec.name, found, text) for text in (FIRST, SECOND)]
    names = {f.name for f in param.describe(augreg.registry.load(spec.name))}
    for language, text in LANGUAGES.items() if "language" in names else ():
        try:
            lines.append(f"{language}: {made(spec.name, {**found, 'language': language}, text)}")
        except ConfigError:
            continue
    return lines


def made(name: str, found: dict[str, Any], text: str) -> str:
    """Return what an augmenter makes of a text."""
    return shown(augreg.augment([marked(text)], augreg.Pipeline({"text": [{name: found}]}), seed=SEED, keys=[0])[0])


def page(files: Path | None = None) -> str:
    """Return the page."""
    lines = ["# Text augmenters", "", "Made by `docs/gallery_text.py`; spans are marked as `[words|LABEL]`.", ""]
    lines += ["```text", shown(marked(FIRST)), shown(marked(SECOND))]
    lines += [f"{language}: {shown(marked(text))}" for language, text in LANGUAGES.items()] + ["```", ""]
    specs = augreg.list_augmenters(plugin="augreg-text")
    for tag in dict.fromkeys(spec.tags[0] for spec in specs):
        lines += [f"## {tag}", ""]
        for spec in (spec for spec in specs if spec.tags[0] == tag):
            found = config(spec, files)
            lines += [f"### {spec.name}", "", augreg.registry.summary_of(spec), ""]
            if found is None:
                lines += [f"Needs files: see `augreg show {spec.name}`.", ""]
            else:
                lines += ["```text", *results(spec, found), "```", ""]
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=HERE / "gallery_text.md")
    parser.add_argument("--files", type=Path)
    options = parser.parse_args()
    options.out.write_text(page(options.files), "utf-8")
    sys.stdout.write(f"{options.out}\n")


if __name__ == "__main__":
    main()
