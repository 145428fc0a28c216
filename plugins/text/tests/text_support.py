"""What the tests of this plugin share: running one augmenter, a slow reference for edits, awkward texts."""

import json
from itertools import pairwise
from typing import Any

import numpy as np

from augreg.contract.augmenter import AugmenterBase
from augreg.data.batch import Batch
from augreg.data.params import Params
from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

AWKWARD = [
    "",
    " ",
    "   ",
    ".",
    "!!!",
    "a",
    "\x00",
    "\u200d",
    "\r\n",
    "don't stop",
    "see https://a.b/c?d=e, or www.x.org.",
    "mail a.b+c@d-e.org (not @me or #tag)",
    "It costs $3.50 (50%) at 10:30, i.e. 1,000.5 EUR.",
    "\ttabs\nand  blanks ",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family, 🇩🇪🇫🇷 flags, 👍🏽 tone, ❤\ufe0f heart, 1\ufe0f\u20e3 keycap",
    "cafe\u0301 naïve nai\u0308ve",
    "नमस्ते दुनिया, क्या हाल है",
    "สวัสดีชาวโลก ทดสอบ",
    "السلام عليكم ورحمة الله",
    "我喜欢吃饭。你呢?",
    "עברית and English מעורב",
    "한국어 문장 \u1112\u1161\u11ab",
    "lone \ud800 surrogate",
    "zero\u200bwidth\u200c joiner\u200d",
    "x" * 200,
]


def batch_of(texts: list[str], spans: list[Any] | None = None, keys: np.ndarray | None = None) -> Batch:
    """Make a batch whose info holds the texts, as the dispatcher gives it to augmenters that read them."""
    batch = make_batch("text", texts, targets=None if spans is None else {"spans": spans}, keys=keys)
    return Batch(batch.data, batch.info.replace(data=texts))


def rng_of(batch: Batch, seed: int) -> Rng:
    """Keyed numbers for a batch."""
    return Rng(seed, batch.info.keys).at("step")


def run(augmenter: AugmenterBase, texts: list[str], seed: int = 0, spans: list[Any] | None = None, keys: Any = None):
    """Augment texts; return them, the rows of edits, and the spans."""
    keys = hash_keys(range(len(texts))) if keys is None else keys
    batch = batch_of(texts, spans, keys)
    params = augmenter.draw(batch.info, rng_of(batch, seed))
    out = augmenter.apply(batch, params)
    rows = [json.loads(json.dumps(params.row(i))) for i in range(len(texts))]
    assert augmenter.apply(batch, Params.from_rows(rows)).data == out.data
    return list(out.data), [row["edits"] for row in rows], out.info.target("spans")


def edited(text: str, edits: list[list[Any]]) -> str:
    """Carry out edits one by one, from the last to the first: the reference for the vectorized way."""
    assert all(a[1] <= b[0] for a, b in pairwise(edits)), "edits overlap"
    for start, end, new, *_ in reversed(edits):
        assert 0 <= start <= end <= len(text)
        text = text[:start] + new + text[end:]
    return text
