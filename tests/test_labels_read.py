"""Marked words stand where written labels say, after 50 random pipelines of a job each; read by others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import conllu
import datasets
import numpy as np

import augreg
from augreg.jobs import Settings, run

PLAIN: Final = ("the", "old", "house", "stands", "at", "a", "river", "where", "nobody", "walks", "and", "many", "trees")
MARKED: Final = {"Qaax": "PER", "Qbbx": "ORG", "Qccx": "LOC"}
"""Words that stand nowhere else; steps move, repeat or drop them, and none of these changes the letters of a word."""

STEPS: Final = (
    {"text.word_swap": {"rate": 0.5}},
    {"text.word_delete": {"rate": 0.3}},
    {"text.word_duplicate": {"rate": 0.3}},
    {"text.sentence_shuffle": {"p": 1.0}},
    {"text.sentence_delete": {"p": 1.0}},
    {"text.aeda": {"p": 1.0}},
    {"text.word_crop": {"p": 1.0}},
    {"text.whitespace": {"p": 1.0}},
)


def sentence(number: int) -> list[str]:
    """Return words, every third of them marked, of three sentences."""
    rng = np.random.default_rng(number)
    words = [str(rng.choice(PLAIN)) for _ in range(15)]
    for place in range(1, 15, 3):
        words[place] = str(rng.choice(list(MARKED)))
    return words


def pipelines() -> Iterator[list[Any]]:
    rng = np.random.default_rng(23)
    for _ in range(50):
        yield [STEPS[i] for i in rng.choice(len(STEPS), size=rng.integers(1, 4), replace=False)]


def test_spans_hold_their_words(tmp_path: Path) -> None:
    rows = []
    for number in range(4):
        words = sentence(number)
        text = ". ".join(" ".join(words[i : i + 5]) for i in (0, 5, 10)) + "."
        spans = [[at, at + len(word), MARKED[word]] for word, at in places(text)]
        rows.append({"id": number, "text": text, "label": spans, "note": "ours"})
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    datasets.disable_progress_bars()
    for seed, steps in enumerate(pipelines()):
        out = tmp_path / str(seed)
        done = run(augreg.Pipeline({"text": steps}), Settings(source=tmp_path / "in.jsonl", out=out, seed=seed))
        assert done.tally.errors == [], steps
        found = datasets.load_dataset("json", data_files=str(out / "in.jsonl"), cache_dir=str(tmp_path / "c"))["train"]
        assert len(found) == 4
        for row in found:
            said = [(row["text"][int(start) : int(end)], kind) for start, end, kind in row["label"]]
            assert all(MARKED.get(word) == kind for word, kind in said), (steps, row)
            if not any("text.word_duplicate" in step for step in steps):  # whose second word is another one
                assert sorted(word for word, _ in said) == sorted(word for word, _ in places(row["text"])), (steps, row)
            assert row["note"] == "ours"


def places(text: str) -> list[tuple[str, int]]:
    """Return the marked words of a text and where each begins."""
    found = [(word, at) for word in MARKED for at in range(len(text)) if text.startswith(word, at)]
    return sorted(found, key=lambda each: each[1])


def test_tags_stay_with_their_words(tmp_path: Path) -> None:
    lines = []
    for number in range(4):
        lines.append(f"# sent_id = s{number}")
        for place, word in enumerate(sentence(number), 1):
            tag = f"B-{MARKED[word]}" if word in MARKED else "O"
            lines.append("\t".join([str(place), word, word.lower(), "X", "_", "_", "0", "dep", "_", f"Kind={tag}"]))
        lines.append("")
    (tmp_path / "in.conllu").write_text("\n".join(lines) + "\n")
    for seed in range(50):
        out, steps = tmp_path / str(seed), STEPS[seed % 2 : 2]
        done = run(augreg.Pipeline({"text": list(steps)}), Settings(source=tmp_path / "in.conllu", out=out, seed=seed))
        assert done.tally.errors == [], steps
        found = conllu.parse((out / "in.conllu").read_text())
        assert len(found) == 4
        for each in found:
            assert [token["id"] for token in each] == list(range(1, len(each) + 1))
            for token in each:
                word = token["form"]
                assert token["lemma"] == word.lower()
                assert token["misc"]["Kind"] == (f"B-{MARKED[word]}" if word in MARKED else "O")
