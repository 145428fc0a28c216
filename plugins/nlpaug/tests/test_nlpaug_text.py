"""nlpaug's text augmenters: keyed, thread-safe, nothing global touched, nothing outside the edits changed."""

import atexit
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import regex
from augreg_nlpaug import engine
from augreg_nlpaug import text as nt
from augreg_nlpaug import words as nw
from augreg_nlpaug.sentences import RandomSent
from augreg_text import fit_tfidf, load_wordnet, tokenize
from hypothesis import given, settings
from hypothesis import strategies as st

from augreg import Spans
from augreg.data.batch import Batch
from augreg.data.params import Params
from augreg.errors import ConfigError
from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

TEXTS = [
    "The quick  brown fox believes, really,\tthat lazy dogs are definitely beautiful! So they are.  Aren't they?",
    "don't 👨‍👩‍👧 mail a.b@c.de or see https://a.b/c?d=e for $3.50",
    "नमस्ते दुनिया, क्या cafe\u0301 हाल है",
    "",
    "   ",
    "one",
]
FOLDER = Path(tempfile.mkdtemp(prefix="augreg-nlpaug-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
fit_tfidf(TEXTS, FOLDER / "tfidf")
WORDS = sorted({token.text for text in TEXTS for token in tokenize(text) if token.kind == "word"})
VECTORS = np.random.default_rng(0).normal(size=(len(WORDS), 5)).round(3)
(FOLDER / "vectors.txt").write_text(
    "\n".join(" ".join([word, *map(str, row)]) for word, row in zip(WORDS, VECTORS.tolist(), strict=True)), "utf-8"
)
MADE = [
    nt.Keyboard(), nt.Ocr(), *(nt.RandomChar(action=a) for a in ("insert", "substitute", "swap", "delete")),
    *(nt.RandomWord(action=a) for a in ("substitute", "swap", "delete", "crop")), nt.Spelling(), nt.Split(),
    nt.Reserved(reserved_tokens=[["quick", "fast", "swift"], ["lazy", "tired"]]), nw.Synonym(), nw.Antonym(aug_p=0.05),
    *(nw.TfIdf(model_path=str(FOLDER / "tfidf"), action=a) for a in ("substitute", "insert")),
    *(nw.WordEmbs(model_path=str(FOLDER / "vectors.txt"), action=a) for a in ("substitute", "insert")),
    *(RandomSent(mode=m) for m in ("left", "right", "neighbor", "random")),
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


LINE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="aB1 .,'-!?\n\u0301\u200d한\u1161我👍🏽🇩é", max_size=30),
    st.lists(st.sampled_from([*TEXTS, "\x00", "\ud800", "quick", "U.S.", "🇩🇪🇫🇷", "1\ufe0f\u20e3"]), max_size=3).map(
        " ".join
    ),
)


@each
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(LINE, min_size=1, max_size=3), seed=st.integers(0, 9))
def test_any_text_is_taken_and_no_cluster_is_cut(made, texts, seed):
    out, edits, _ = run(made, texts, seed)
    for source, new, row in zip(texts, out, edits, strict=True):
        expected, end = [], 0
        clusters = {match.start() for match in regex.finditer(r"\X", source)} | {len(source)}
        for a, b, word, *_ in row:
            assert end <= a <= b
            assert {a, b} <= clusters
            expected += [source[end:a], word]
            end = b
        assert new == "".join([*expected, source[end:]])
        assert row or new is source


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
def test_a_text_does_not_depend_on_its_neighbors(made):
    keys = hash_keys(range(len(TEXTS)))
    together = run(made, TEXTS, keys=keys)[0]
    for i, source in enumerate(TEXTS):
        assert run(made, [source], keys=keys[i : i + 1])[0] == [together[i]]
    assert run(made, [TEXTS[0]] * 40)[0] != [together[0]] * 40


@pytest.mark.slow
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


@pytest.mark.parametrize("word", ["happy", "dogs", "buy"])
def test_synonyms_and_opposites_are_those_of_wordnet(word):
    net = load_wordnet()
    lemma = net.read(word).lemma
    numbers = [number for part, _, number in net.senses[lemma] if part == net.read(word).part]
    names = {name.replace("_", " ").replace("-", " ").lower() for n in numbers for name in net.lemmas[n]} - {word}
    assert set(run(nw.Synonym(), [word] * 300)[0]) <= names
    opposites = set(net.related(word, "antonym", 9)) | {word}
    found = set(run(nw.Antonym(), [word] * 50)[0])
    assert not found & names
    assert word == "dogs" or found & opposites - {word}


def test_function_words_have_no_synonyms():
    assert run(nw.Synonym(aug_p=1.0), ["he will be on it at last, won't she"])[0][0].startswith("he will be on it at ")


def test_paraphrases_of_a_file(tmp_path):
    path = tmp_path / "ppdb"
    path.write_text("[NN] ||| cat ||| feline ||| x=1 ||| 0-0\n[VB] ||| eat ||| devour ||| x=1 ||| 0-0\n")
    made = nw.Synonym(aug_src="ppdb", model_path=str(path), aug_p=1.0, capitals=True)
    assert run(made, ["Cat, dog eat; big cat"])[0] == ["Feline, dog devour; big feline"]
    kept = nw.Synonym(aug_src="ppdb", model_path=str(path), aug_p=1.0)
    assert run(kept, ["Cat, dog eat; big cat"])[0] == ["Cat, dog devour; big feline"]
    with pytest.raises(ConfigError, match="Paraphrase Database"):
        nw.Synonym(aug_src="ppdb", model_path=str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="needs model_path"):
        nw.Synonym(aug_src="ppdb")


def test_near_words_are_those_of_the_cosine():
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    place = WORDS.index("quick")
    near = [WORDS[j] for j in np.argsort(-(unit @ unit[place])) if j != place][:3]
    made = nw.WordEmbs(model_path=str(FOLDER / "vectors.txt"), top_k=3, aug_max=1, stopwords=["fox"])
    out = run(made, ["quick fox"] * 60)[0]
    assert {new.removesuffix(" fox") for new in out} == set(near)


def test_models_do_not_share_files(tmp_path):
    fit_tfidf(["alpha beta", "alpha gamma"], tmp_path)
    other = nw.TfIdf(model_path=str(tmp_path), aug_p=1.0)
    assert run(nw.TfIdf(model_path=str(FOLDER / "tfidf")), [TEXTS[0]])[0] != [TEXTS[0]]
    assert set(run(other, ["alpha beta gamma"])[0][0].lower().split()) <= {"alpha", "beta", "gamma"}


@pytest.mark.parametrize("mode", ["left", "right", "neighbor", "random"])
def test_sentences_swap_and_take_their_spans_along(mode):
    text = "One is here.  Two is there!\nThree, of course? Four."
    marked = ["One", "Two", "Three", "Four"]
    spans = [Spans(np.asarray([(text.index(w), text.index(w) + len(w)) for w in marked]), labels=marked)] * 30
    out, _, after = run(RandomSent(mode=mode), [text] * 30, spans=spans)
    assert len(set(out)) > 2
    for new, found in zip(out, after, strict=True):
        assert [new[a:b] for a, b in found.data.tolist()] == list(found.labels) == marked
        assert sorted(new) == sorted(text)
    assert run(RandomSent(mode=mode, protect=["One"]), ["One. Two."])[0] == ["One. Two."]


def test_nlpaugs_own_classes_stay_as_they_are():
    nw.Synonym(), nw.TfIdf(model_path=str(FOLDER / "tfidf"))
    assert "augreg" not in engine.load("augmenter.word:SynonymAug").get_model.__func__.__module__
    assert engine.load("model.word_stats:TfIdf").__module__.startswith("nlpaug")
    assert not sys.modules["nlpaug.augmenter.word.tfidf"].TFIDF_MODEL


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


def test_synonyms_are_proper_and_leave_names_alone():
    text = "PM Bill met an idiot in LA at a lousy, rotten, flaming meal of fish."
    for made in (nw.Synonym(aug_p=1.0, aug_max=None), nw.Antonym(aug_p=1.0, aug_max=None)):
        for out in run(made, [text] * 60)[0]:
            words = re.findall(r"\w+", out)
            assert {"PM", "Bill", "LA"} <= set(words)
            assert not {"moron", "shitty", "fucking", "retard"} & {word.lower() for word in words}


def test_markup_and_protected_phrases_stay():
    text = "<image> The New York dogs liked it. <br />&amp; {name} said [id] was quick C++.<|im_end|>"
    kept = ["<image>", "<br />", "&amp;", "{name}", "<|im_end|>", "new york", "[id]", "c++"]
    for made in MADE:
        given = replace(made, protect=("new york", "[ID]", "c++"))
        for out in run(given, [text] * 10)[0]:
            assert all(part in out.lower() for part in kept), (made, out)
