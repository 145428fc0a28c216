"""nlpaug's text augmenters: keyed, thread-safe, nothing global touched, nothing outside the edits changed."""

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from augreg_nlpaug import text as nt

from augreg.batch import Batch, make_batch
from augreg.errors import ConfigError
from augreg.params import Params
from augreg.rng import Rng, hash_keys
from augreg.samples import Spans

TEXTS = [
    "The quick  brown fox believes, really,\tthat lazy dogs are definitely beautiful!",
    "don't 👨‍👩‍👧 mail a.b@c.de or see https://a.b/c?d=e for $3.50",
    "नमस्ते दुनिया, क्या cafe\u0301 हाल है",
    "",
    "   ",
    "one",
]
MADE = [
    nt.Keyboard(), nt.Ocr(), *(nt.RandomChar(action=a) for a in ("insert", "substitute", "swap", "delete")),
    *(nt.RandomWord(action=a) for a in ("substitute", "swap", "delete", "crop")), nt.Spelling(), nt.Split(),
    nt.Reserved(reserved_tokens=[["quick", "fast", "swift"], ["lazy", "tired"]]),
]  # fmt: skip
each = pytest.mark.parametrize("made", MADE, ids=lambda m: f"{type(m).__name__}-{getattr(m, 'action', '')}")


def run(made, texts, seed=0, keys=None, spans=None):
    keys = hash_keys(range(len(texts))) if keys is None else keys
    batch = make_batch("text", texts, keys=keys, targets=None if spans is None else {"spans": spans})
    batch = Batch(batch.data, batch.info.replace(data=texts))
    params = made.draw(batch.info, Rng(seed, keys).at("step"))
    out = made.apply(batch, params)
    rows = [json.loads(json.dumps(params.row(i))) for i in range(len(texts))]
    assert made.apply(batch, Params.from_rows(rows)).data == out.data
    return list(out.data), [row["edits"] for row in rows], out.info.target("spans")


@each
def test_it_changes_texts_and_leaves_the_rest(made):
    out, edits, _ = run(made, TEXTS * 4)
    assert out[0] != TEXTS[0]
    for source, new, row in zip(TEXTS * 4, out, edits, strict=True):
        expected = source
        for start, end, word, *_ in reversed(row):
            expected = expected[:start] + word + expected[end:]
        assert new == expected
        assert row or new is source
    assert all("a.b@c.de" in new and "https://a.b/c?d=e" in new and "👨‍👩‍👧" in new for new in out[1::6])


@each
def test_global_random_numbers_are_neither_used_nor_touched(made):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - it is the global state that this is about
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first, _, _ = run(made, TEXTS)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    random.seed(2)
    assert run(made, TEXTS)[0] == first


@each
def test_a_text_does_not_depend_on_its_neighbours(made):
    keys = hash_keys(range(len(TEXTS)))
    together = run(made, TEXTS, keys=keys)[0]
    for i, source in enumerate(TEXTS):
        assert run(made, [source], keys=keys[i : i + 1])[0] == [together[i]]
    assert run(made, [TEXTS[0]] * 20)[0] != [together[0]] * 20


def test_threads_do_not_disturb_each_other():
    expected = {made: run(made, TEXTS * 5)[0] for made in MADE}
    with ThreadPoolExecutor(8) as pool:
        for made, found in pool.map(lambda m: (m, run(m, TEXTS * 5)[0]), MADE * 4):
            assert found == expected[made]


def test_spans_follow():
    text = "Ada really believes Bob"
    spans = [Spans(np.asarray([[0, 3], [20, 23]]), labels=["A", "B"])] * 20
    out, _, after = run(nt.RandomChar(action="insert", protect="spans"), [text] * 20, spans=spans)
    assert all([new[a:b] for a, b in found.data] == ["Ada", "Bob"] for new, found in zip(out, after, strict=True))


def test_a_share_of_zero_changes_nothing():
    assert run(nt.RandomWord(action="swap", aug_p=0), TEXTS)[0] == TEXTS
    assert run(nt.Keyboard(aug_char_p=0), TEXTS)[0] == TEXTS


def test_crops_are_one_run_of_words():
    text = "a1 b2 c3 d4 e5 f6 g7 h8 i9 j10"
    for new in run(nt.RandomWord(action="crop"), [text] * 100)[0]:
        left = new.lower().split()
        gone = [w for w in text.split() if w not in left]
        assert len(gone) == 3
        assert " ".join(gone) in text


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (nt.Keyboard, {"lang": "xx"}),
        (nt.Reserved, {"reserved_tokens": [["one"]]}),
        (nt.Spelling, {"dict_path": "/no/such/file"}),
    ],
)
def test_wrong_options(kind, wrong):
    with pytest.raises(ConfigError):
        kind(**wrong)


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_nlpaug_text import MADE, TEXTS, run
print([run(made, TEXTS * 3)[0] for made in MADE])
"""


@pytest.mark.slow
def test_the_hash_seed_does_not_matter():
    found = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCRIPT.format(folder=str(Path(__file__).parent))],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1
