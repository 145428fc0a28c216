"""How much `augreg clean` finds of what is planted in real data, and what it names wrongly.

    python benchmarks/clean.py [--seeds 10] [--locale /usr/share/locale]

Wrong classes: the 1,797 digits of scikit-learn, some of them in a wrong class. Languages and wrong decoding: messages
of the programs on this machine, three at a time, as gettext has them.
"""

from __future__ import annotations

import argparse
import gettext
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from augreg.jobs.cleaning.features import of_picture
from augreg.jobs.cleaning.judge import judge
from augreg.jobs.cleaning.languages import CLOSE, language, misread
from augreg.jobs.cleaning.thumbs import thumb_of
from augreg.jobs.cleaning.words import garbled

CODES = (
    *("de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "cs", "sk", "hu", "ro", "tr"),
    *("ru", "uk", "bg", "el", "ja", "ko", "vi", "id", "hr", "sr", "sl", "lt", "lv", "et", "ca", "eu"),
)
WRONG = {"cp1252": "de fr es fi", "latin-1": "de fr es fi", "cp1251": "ru uk bg", "cp437": "de fr es fi"}


def digits(seeds: int) -> None:
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    pictures = (torch.from_numpy((one.reshape(1, 8, 8) * 255 / 16).astype(np.uint8)) for one in pixels)
    features = np.stack([of_picture(thumb_of(picture)) for picture in pictures])
    for share in (0.0, 0.01, 0.03, 0.1):
        found, alarms = [], []
        for seed in range(1_000, 1_000 + seeds):
            rng = np.random.default_rng(seed)
            bad = rng.choice(len(classes), round(share * len(classes)), replace=False)
            given = classes.copy()
            given[bad] = (classes[bad] + rng.integers(1, 10, len(bad))) % 10
            named = {doubt.number for doubt in judge(features, [str(one) for one in given]).doubts}
            found.append(len(named & set(bad.tolist())) / max(1, len(bad)))
            alarms.append(len(named - set(bad.tolist())) / (len(classes) - len(bad)))
        print(
            f"digits, {share:.0%} wrong: found {np.mean(found):.1%} (least {min(found):.1%}), "
            f"false alarms {np.mean(alarms):.2%} (most {max(alarms):.2%})"
        )


def messages(folder: Path, code: str, count: int = 200) -> Iterator[str]:
    """Yield texts of three messages of a language."""
    found = []
    for path in sorted((folder / code / "LC_MESSAGES").glob("*.mo")):
        try:
            with path.open("rb") as file:
                catalog = gettext.GNUTranslations(file)._catalog
        except (OSError, UnicodeDecodeError):
            continue
        whole = ((k, v) for k, v in catalog.items() if isinstance(k, str) and isinstance(v, str))
        found += [v for k, v in whole if k and v != k and len(v) > 60 and not path.name.startswith("iso")]
    random.Random(0).shuffle(found)
    yield from ("\n".join(found[n : n + 3]) for n in range(0, min(len(found) - 2, 3 * count), 3))


def texts(folder: Path) -> None:
    told, wrong, count, alarms = 0, 0, 0, 0
    for code in CODES:
        for text in messages(folder, code):
            found = language(text)
            close = any(found in group and code in group for group in CLOSE)
            count += 1
            told += found != ""
            wrong += found not in ("", code) and not close
            alarms += bool(garbled(text) or misread(text))
    print(f"languages: {count} texts of {len(CODES)}, {told} told, {wrong} of these wrongly; {alarms} called garbled")
    for name, codes in WRONG.items():
        plain = [text for code in codes.split() for text in messages(folder, code)]
        bad = [text.encode("utf-8").decode(name, "ignore") for text in plain]
        bad = [new for new, old in zip(bad, plain, strict=True) if new != old]
        hit = sum(bool(garbled(text) or misread(text)) for text in bad)
        print(f"UTF-8 read as {name}: {hit} of {len(bad)} found")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--locale", type=Path, default=Path("/usr/share/locale"))
    asked = parser.parse_args()
    digits(asked.seeds)
    texts(asked.locale)
