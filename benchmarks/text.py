"""Text augmenters beside nlpaug's, textattack's and augly's, one thread.

Run: OMP_NUM_THREADS=1 uv run --with nltk --with textattack --with augly python benchmarks/text.py --texts FILE
Synonyms need nltk's data: wordnet, omw-1.4, averaged_perceptron_tagger_eng. A peer that does not run is named with
the reason and left out.

Processor times per sentence. A round runs each peer once over its sentences, then ours for as long, so that all see
the same machine; shown are medians over the rounds, of times and of ratios (with --best the shortest of all runs, for
a machine that does other work, too). Ours is draw and apply of one batch;
"augment" is all of augreg.augment, from a list of strings to a list of strings.

nlpaug is given all sentences in one call, as it is built by default, which changes two to four times as much as our
default; and "nlpaug =" with the share of words that makes it change as much as we do, found by bisection. "changed" is
the share of the sentences' characters that edits replace or add, ours and nlpaug's by default (where it takes blanks
and signs apart without changing a word, that does not count).
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

import augreg
from augreg.data.batch import Batch
from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

Run = Callable[[], Any]
CALIBRATED = 100
FEW = {"textattack": 32, "augly": 64}
"""Sentences for the peers that take milliseconds for one; nlpaug gets all."""


@dataclass(frozen=True)
class Case:
    """One of our augmenters and what peers have for it: (class, arguments)."""

    name: str
    nlpaug: tuple[str, dict[str, Any]]
    textattack: str = ""
    augly: tuple[str, dict[str, Any]] | None = None


def _char(action: str) -> tuple[str, dict[str, Any]]:
    return "char:RandomCharAug", {"action": action}


def _word(action: str) -> tuple[str, dict[str, Any]]:
    return "word:RandomWordAug", {"action": action}


CHARACTERS = (
    Case("keyboard", ("char:KeyboardAug", {}), "WordSwapQWERTY", ("SimulateTypos", {"typo_type": "keyboard"})),
    Case("ocr", ("char:OcrAug", {})),
    Case("char_swap", _char("swap"), "WordSwapNeighboringCharacterSwap", ("SimulateTypos", {"typo_type": "charmix"})),
    Case("char_delete", _char("delete"), "WordSwapRandomCharacterDeletion"),
    Case("char_insert", _char("insert"), "WordSwapRandomCharacterInsertion"),
    Case("char_substitute", _char("substitute"), "WordSwapRandomCharacterSubstitution"),
)
WORDS = (
    Case("word_swap", _word("swap"), "WordInnerSwapRandom"),
    Case("word_delete", _word("delete"), "WordDeletion"),
    Case("word_substitute", _word("substitute")),
    Case("word_split", ("word:SplitAug", {}), "", ("SplitWords", {})),
    Case("spelling", ("word:SpellingAug", {}), "", ("SimulateTypos", {"typo_type": "misspelling"})),
)
SYNONYMS = (
    Case("synonym", ("word:SynonymAug", {}), "WordSwapWordNet"),
    Case("antonym", ("word:AntonymAug", {})),
)
FAMILIES = {"characters": CHARACTERS, "words": WORDS, "synonyms": SYNONYMS}


def sentences(path: Path, count: int) -> list[str]:
    """Return the first ``count`` lines of a file, from the front again where it has fewer."""
    found = [line.strip() for line in path.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return (found * (count // len(found) + 1))[:count]


def seconds(run: Run, times: int = 1) -> float:
    """Processor seconds of one run, the mean of several."""
    begin = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - begin) / times


def ours(name: str, texts: list[str]) -> Run:
    """Draw and apply of one batch."""
    made = augreg.make(f"text.{name}")
    batch = make_batch("text", texts, keys=hash_keys(range(len(texts))))
    batch = Batch(batch.data, batch.info.replace(data=texts))
    rng = Rng(1, batch.info.keys).at("step")
    return lambda: made.apply(batch, made.draw(batch.info, rng)).data


def whole(name: str, texts: list[str]) -> Run:
    """All of a call, the dispatcher too."""
    pipeline = augreg.Pipeline({"text": [f"text.{name}"]})
    return lambda: augreg.augment(texts, pipeline, seed=1)


def of_nlpaug(case: Case, texts: list[str]) -> Run:
    module, _, name = case.nlpaug[0].partition(":")
    made = getattr(importlib.import_module(f"nlpaug.augmenter.{module}"), name)(**case.nlpaug[1])
    return lambda: made.augment(texts)


def of_textattack(case: Case, texts: list[str]) -> Run:
    transformations = importlib.import_module("textattack.transformations")
    made = importlib.import_module("textattack.augmentation").Augmenter(
        transformation=getattr(transformations, case.textattack)(), pct_words_to_swap=0.1
    )
    return lambda: [made.augment(text) for text in texts]


def of_augly(case: Case, texts: list[str]) -> Run:
    name, arguments = case.augly or ("", {})
    made = getattr(importlib.import_module("augly.text"), name)(**arguments)
    return lambda: [made(text) for text in texts]


def of_nlpaug_alike(case: Case, texts: list[str]) -> Run:
    """nlpaug with the share of words by which it changes as much as ours does; at least one word a sentence stays."""
    few = texts[:CALIBRATED]
    name = "aug_word_p" if case.nlpaug[0].startswith("char") else "aug_p"
    wanted = changed(few, ours(case.name, few)())
    low, high = 0.0, 1.0
    for _ in range(6):
        share = (low + high) / 2
        found = changed(few, of_nlpaug(given(case, {name: share}), few)(), tidied=True)
        low, high = (share, high) if found < wanted else (low, share)
    return of_nlpaug(given(case, {name: (low + high) / 2}), texts)


def given(case: Case, options: dict[str, Any]) -> Case:
    """Return a case with more arguments for nlpaug."""
    return replace(case, nlpaug=(case.nlpaug[0], {**case.nlpaug[1], **options}))


PEERS = {"nlpaug": of_nlpaug, "nlpaug =": of_nlpaug_alike, "textattack": of_textattack, "augly": of_augly}


def tried(peer: str, case: Case, texts: list[str], gone: dict[str, str]) -> Run | None:
    """Return a peer's run over some of the texts, or None where it has none or does not run."""
    if not getattr(case, peer.partition(" ")[0]) or peer in gone:
        return None
    try:
        run = PEERS[peer](case, texts)
        run()
    except (Exception, SystemExit) as error:  # a peer that does not run is a result, too
        reason = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:90]}"
        if isinstance(error, ImportError) and not peer.startswith("nlpaug"):
            gone[peer] = reason
        print(f"  {peer} for {case.name} does not run: {reason}")
        return None
    return run


def changed(old: list[str], new: list[str], tidied: bool = False) -> float:
    """Return the share of characters that differ, by an alignment of each pair; ``tidied``: blanks don't count."""
    pairs = list(zip(old, new, strict=True))[:CALIBRATED]
    if tidied:
        pairs = [("".join(a.split()), "".join(b.split())) for a, b in pairs]
    kept = sum(block.size for a, b in pairs for block in SequenceMatcher(None, a, b, False).get_matching_blocks())
    return 1 - kept / sum(max(len(a), len(b)) for a, b in pairs)


def measure(case: Case, texts: list[str], rounds: int, best: bool, gone: dict[str, str]) -> None:
    """Print one line: times of all, ratios to ours, characters per second."""
    mine, call = ours(case.name, texts), whole(case.name, texts)
    runs = {}
    for peer in PEERS:
        some = texts[: FEW.get(peer, len(texts))]
        run = tried(peer, case, some, gone)
        if run is not None:
            runs[peer] = (run, len(some))
    mine(), call()
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        once = {peer: seconds(run) / count for peer, (run, count) in runs.items()}
        length = min(max(sum(once.values()) * len(texts), 0.02), 0.2)
        times = max(3, int(length / max(seconds(mine), 1e-6)))
        for name, run, count in (("ours", mine, times), ("augment", call, times // 4 + 1)):
            taken = min(seconds(run) for _ in range(count)) if best else seconds(run, count)
            once[name] = taken / len(texts)
        for name, value in once.items():
            found.setdefault(name, []).append(value)
            if name in PEERS:
                found.setdefault(f"{name} ratio", []).append(value / once["ours"])
    shown = {name: min(values) if best else statistics.median(values) for name, values in found.items()}
    if best:
        shown |= {f"{peer} ratio": shown[peer] / shown["ours"] for peer in runs}
    print(_line(case.name, shown, texts, changed(texts, mine())))


def _line(name: str, found: dict[str, float], texts: list[str], share: float) -> str:
    rate = sum(map(len, texts)) / len(texts) / found["ours"] / 1e6
    parts = [f"  {name:16}{found['ours'] * 1e6:7.2f} us{rate:8.0f}{found['augment'] * 1e6:10.2f} us{share:8.0%}"]
    for peer in PEERS:
        peer_time = f"{found[peer] * 1e6:8.0f} us{found[peer + ' ratio']:8.0f}x" if peer in found else f"{'-':>20}"
        parts.append(peer_time)
    return "".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True, help="a file with one sentence per line")
    parser.add_argument("--count", type=int, nargs="+", default=[256, 4096])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--best", action="store_true", help="the shortest of all runs instead of medians")
    parser.add_argument("--only", nargs="+", default=[], help="names of augmenters")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    gone: dict[str, str] = {}
    for count in arguments.count:
        texts = sentences(arguments.texts, count)
        print(f"{count} sentences, {sum(map(len, texts)) / count:.0f} characters each")
        print(f"  {'':16}{'ours':>10}{'Mchar/s':>8}{'augment':>13}{'changed':>8}" + "".join(f"{p:>20}" for p in PEERS))
        for family, cases in FAMILIES.items():
            print(f" {family}")
            for case in cases:
                if not arguments.only or case.name in arguments.only:
                    measure(case, texts, arguments.rounds, arguments.best, gone)
    print(f"Python {sys.version.split()[0]}, numpy {np.__version__}")


if __name__ == "__main__":
    main()
