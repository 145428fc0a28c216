"""Text augmenters beside nlpaug's (and textattack's and augly's, where installed), one thread each.

Run: OMP_NUM_THREADS=1 uv run python benchmarks/text.py [--texts FILE] [--count 256 4096] [--repeat 7]

Processor times are per sentence, the best of several runs: ours are draw and apply of one batch, theirs one call with
the list of sentences. Shares of changed characters differ (rates have other meanings), so compare orders of magnitude.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

import augreg
from augreg.batch import Batch, make_batch
from augreg.rng import Rng, hash_keys

_COMMON = """
    the a of and to in is it that was for on are with as his they at be this from have or by one had not but
    what all were when we there can an your which their said if do will each about how up out them then she many
    some so these would other into has more her two like him see time could no make than first been its who now
    people my made over did down only way find use may water long little very after words called just where most
    know get through back much before go good new write our used me man too any day same right look think also
    around another came come work three word must because does part even place well such here take why things
    help put years different away again off went old number great tell men say small every found still between
    name should really believe separate definitely beautiful because government environment
"""
WORDS = _COMMON.split()

# Ours, nlpaug's name, its class and arguments.
PAIRS: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("text.keyboard", "characters", "char:KeyboardAug", {}),
    ("text.ocr", "characters", "char:OcrAug", {}),
    ("text.char_swap", "characters", "char:RandomCharAug", {"action": "swap"}),
    ("text.char_delete", "characters", "char:RandomCharAug", {"action": "delete"}),
    ("text.char_insert", "characters", "char:RandomCharAug", {"action": "insert"}),
    ("text.char_substitute", "characters", "char:RandomCharAug", {"action": "substitute"}),
    ("text.word_swap", "words", "word:RandomWordAug", {"action": "swap"}),
    ("text.word_delete", "words", "word:RandomWordAug", {"action": "delete"}),
    ("text.word_substitute", "words", "word:RandomWordAug", {"action": "substitute"}),
    ("text.word_split", "words", "word:SplitAug", {}),
    ("text.spelling", "words", "word:SpellingAug", {}),
    ("text.synonym", "synonyms", "word:SynonymAug", {}),
)


def sentences(path: Path | None, count: int) -> list[str]:
    """Lines of a file, or made-up sentences of about 20 words."""
    if path is not None:
        lines = [line.strip() for line in path.read_text("utf-8", errors="replace").splitlines()]
        found = [line for line in lines if line]
        return (found * (count // len(found) + 1))[:count]
    rng = random.Random(0)
    return [" ".join(rng.choices(WORDS, k=rng.randint(12, 28))).capitalize() + "." for _ in range(count)]


def best(run: Callable[[], object], repeat: int) -> float:
    """Processor seconds of the quickest of several runs: what else runs on the machine counts less."""
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)


def ours(name: str, texts: list[str], repeat: int) -> float:
    """Seconds that one batch takes, draw and apply."""
    made = augreg.make(name)
    batch = make_batch("text", texts, keys=hash_keys(range(len(texts))))
    batch = Batch(batch.data, batch.info.replace(data=texts))
    rng = Rng(1, batch.info.keys).at("step")
    return best(lambda: made.apply(batch, made.draw(batch.info, rng)), repeat)


def theirs(target: str, options: dict[str, object], texts: list[str], repeat: int) -> float | None:
    """Seconds that nlpaug takes for the list, or None where it cannot run (synonyms need nltk and its data)."""
    module, _, name = target.partition(":")
    try:
        made = getattr(importlib.import_module(f"nlpaug.augmenter.{module}"), name)(**options)
        some = texts[:256]
        return best(lambda: made.augment(some), max(2, repeat // 3)) * len(texts) / len(some)
    except Exception as error:  # a peer that does not run is a result, too
        print(f"  nlpaug {name} does not run: {type(error).__name__}: {str(error).strip().splitlines()[0][:80]}")
        return None


def others(texts: list[str]) -> None:
    """Per-sentence times of textattack and augly, where installed."""
    some = texts[:64]
    if importlib.util.find_spec("textattack") is not None:
        from textattack.augmentation import CharSwapAugmenter, EasyDataAugmenter

        for kind in (CharSwapAugmenter, EasyDataAugmenter):
            made = kind(transformations_per_example=1)
            seconds = best(lambda made=made: made.augment_many(some), 2)
            print(f"  textattack {kind.__name__}: {seconds / len(some) * 1e6:.0f} us per sentence")
    if importlib.util.find_spec("augly") is not None:
        import augly.text

        for kind in (augly.text.SimulateTypos, augly.text.SplitWords):
            made = kind()
            seconds = best(lambda made=made: made(some), 2)
            print(f"  augly {kind.__name__}: {seconds / len(some) * 1e6:.0f} us per sentence")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="a file with one sentence per line")
    parser.add_argument("--count", type=int, nargs="+", default=[256, 4096])
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for count in arguments.count:
        texts = sentences(arguments.texts, count)
        size = sum(map(len, texts))
        print(f"{count} sentences, {size / count:.0f} characters each")
        print(f"  {'augmenter':22}{'ours':>10}{'nlpaug':>10}{'ratio':>8}{'ours':>16}")
        for name, _, target, options in PAIRS:
            mine = ours(name, texts, arguments.repeat)
            peer = theirs(target, options, texts, arguments.repeat)
            shown = f"{peer / count * 1e6:7.1f} us{peer / mine:7.0f}x" if peer else f"{'-':>10}{'-':>8}"
            print(f"  {name:22}{mine / count * 1e6:7.2f} us{shown}{size / mine / 1e6:9.1f} M char/s")
        others(texts)
    print(f"Python {sys.version.split()[0]}, numpy {np.__version__}")


if __name__ == "__main__":
    main()
