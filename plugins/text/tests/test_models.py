"""Masked language model and sequence-to-sequence augmenters, with tiny models made here."""

from collections import Counter

import numpy as np
import pytest
import torch
from text_support import edited, run
from tiny_models import WORDS, make_bart, make_bert, make_gpt, make_roberta

from augreg.errors import ConfigError
from augreg.random.keys import hash_keys

pytest.importorskip("transformers")

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "A happy cat runs under https://a.b/c in the house.",
    "",
    "Tree",
]
quiet = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
pytestmark = quiet


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return make_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def bart(tmp_path_factory):
    return make_bart(tmp_path_factory.mktemp("bart"))


def test_substitutes_are_whole_words_of_the_model(bert):
    from augreg_text.masked_lm import MaskedLm

    out, edits, _ = run(MaskedLm(path=bert, rate=0.5, top_k=5), TEXTS * 5)
    for source, new, row in zip(TEXTS * 5, out, edits, strict=True):
        assert new == edited(source, row)
        for start, end, word in row:
            assert word.lower() in WORDS
            assert word.lower() != source[start:end].lower()
            assert word[0].isupper() == source[start].isupper()
    assert all("https://a.b/c" in new for new in out[1::4])
    assert len(set(out[::4])) > 1


def test_words_of_byte_level_models_are_spelled_out(tmp_path):
    from augreg_text.masked_lm import MaskedLm

    made = MaskedLm(path=make_roberta(tmp_path), rate=1.0, protect=["a"], temperature=100.0)
    out = run(made, ["a tree a tree a tree"] * 80)[0]
    found = {word for new in out for word in new.split()[1::2]}
    assert "café" in found
    assert all(word.isascii() or word == "café" for word in found)
    # RoBERTa's positions begin behind the padding token's number: two fewer than the configuration says.
    long = " ".join(["the fox"] * 200)
    assert run(made, [long])[0] != [long]


def test_insertions(bert):
    from augreg_text.masked_lm import MaskedLm

    out, edits, _ = run(MaskedLm(path=bert, rate=0.3, action="insert"), TEXTS)
    assert all(start == end and word[:-1] in WORDS and word[-1] == " " for row in edits for start, end, word in row)
    assert len(out[0].split()) > len(TEXTS[0].split())


def test_the_batch_does_not_show(bert):
    from augreg_text.masked_lm import MaskedLm

    keys = hash_keys(range(len(TEXTS)))
    together = run(MaskedLm(path=bert, rate=0.4), TEXTS, keys=keys)[0]
    assert run(MaskedLm(path=bert, rate=0.4, batch_size=1), TEXTS, keys=keys)[0] == together
    assert [
        run(MaskedLm(path=bert, rate=0.4), [t], keys=keys[i : i + 1])[0][0] for i, t in enumerate(TEXTS)
    ] == together


def test_texts_longer_than_the_model_takes(bert):
    from augreg_text.masked_lm import MaskedLm

    # One sentence of 120 words for a model of 32: its first 30 are what it sees.
    text = "the quick fox " * 40
    out, edits, _ = run(MaskedLm(path=bert, rate=1.0), [text])
    assert 0 < len(edits[0]) <= 30
    assert max(edit[1] for edit in edits[0]) < 200
    assert out[0].endswith(text[200:])


@pytest.mark.parametrize("action", ["substitute", "insert"])
def test_long_texts_are_read_in_pieces_of_whole_sentences(bert, action):
    from augreg_text.masked_lm import MaskedLm

    sentence = "The quick brown fox jumps over the lazy dog. "
    made = MaskedLm(path=bert, rate=1.0, action=action, top_k=3)
    (long,) = run(made, [sentence * 20])[1]
    assert len(long) >= 9 * 20 * 0.9
    assert {start // len(sentence) for start, *_ in long} == set(range(20))
    # The seventh sentence is masked beside others or alone, and nothing of it is lost.
    if action == "insert":
        assert all(start == end and word.endswith(" ") for start, end, word in long)
    else:
        assert all((sentence * 20)[start:end].isalpha() for start, end, _ in long)


def test_what_follows_a_sentence_that_is_too_long_is_not_mixed_up(bert):
    from augreg_text.masked_lm import MaskedLm

    short = "A happy cat runs. "
    made = MaskedLm(path=bert, rate=1.0, top_k=1)
    (together,) = run(made, [short + "the quick fox " * 40 + ". " + short])[1]
    (alone,) = run(made, [short])[1]
    behind = len(short) + 40 * len("the quick fox ") + 2
    assert [edit for edit in together if edit[0] < len(short)] == alone
    assert [[a - behind, b - behind, new] for a, b, new in together if a >= behind] == alone


def test_words_come_as_often_as_the_model_expects_them(bert):
    from augreg_text import masked_lm, models

    text, n = "The quick fox jumps.", 1500
    (logits,) = models.mask_logits(["The [MASK] fox jumps."], bert, "cpu")
    ids, names = masked_lm._vocabulary(bert, "cpu")
    scores = {name: float(logits[0][i]) for i, name in zip(ids.tolist(), names, strict=True) if name != "quick"}
    best = sorted(scores, key=scores.get, reverse=True)[:4]
    for temperature in (0.1, 100.0):
        weights = np.exp(np.asarray([scores[name] for name in best]) / temperature)
        made = masked_lm.MaskedLm(
            path=bert, rate=0.25, max_edits=1, top_k=4, temperature=temperature, protect=["the", "fox", "jumps"]
        )
        counts = Counter(new.split()[1] for new in run(made, [text] * n)[0])
        for name, expected in zip(best, weights / weights.sum(), strict=True):
            assert counts[name] / n == pytest.approx(expected, abs=4 * 0.5 / n**0.5)


def test_rewriting(bart):
    from augreg_text.rewriting import BackTranslation, Paraphrase, Summary

    texts = ["The quick fox jumps. The dog runs!  A cat.", "", "the tree"]
    for made in (
        Paraphrase(path=bart, max_tokens=6), BackTranslation(there=bart, back=bart, max_tokens=6),
        Summary(path=bart, max_tokens=6),
    ):  # fmt: skip
        out, edits, _ = run(made, texts)
        assert out[1] is texts[1]
        assert all(new == edited(old, row) for old, new, row in zip(texts, out, edits, strict=True))
        assert out[0] != texts[0]
        keys = hash_keys(range(3))
        assert [run(made, [t], keys=keys[i : i + 1])[0][0] for i, t in enumerate(texts)] == run(made, texts, keys=keys)[
            0
        ]
    assert len(run(Paraphrase(path=bart, max_tokens=6), texts)[1][0]) == 3
    assert len(run(Summary(path=bart, max_tokens=6), texts)[1][0]) == 1


def test_models_of_many_languages_are_told_which(bart):
    from augreg_text.models import Generation, generate
    from augreg_text.rewriting import BackTranslation

    made = generate(["the fox", "a dog runs"], bart, "cpu", Generation(2, 5, "tree", "house"))
    assert all(text.startswith("house") for texts in made for text in texts)
    there_and_back = BackTranslation(there=bart, back=bart, max_tokens=5, beams=1, languages=["tree", "house"])
    assert all(new.startswith("tree") for new in run(there_and_back, ["the fox", "a dog runs"])[0])
    with pytest.raises(ConfigError, match="language 'xx': the model has no such token"):
        run(BackTranslation(there=bart, back=bart, languages=["tree", "xx"]), ["the fox"])
    for wrong in ({"languages": ["house"]}, {"prefixes": "house"}):
        with pytest.raises(ConfigError, match="expected two strings"):
            BackTranslation(there=bart, back=bart, **wrong)


def test_prefixes_are_given_to_the_model(bart, monkeypatch):
    from augreg_text import models
    from augreg_text.rewriting import BackTranslation

    seen = []
    real = models.generate
    monkeypatch.setattr(models, "generate", lambda texts, *rest: seen.extend(texts) or real(texts, *rest))
    run(BackTranslation(there=bart, back=bart, max_tokens=5, beams=1, prefixes=["to red: ", "to brown: "]), ["the fox"])
    assert seen[0] == "to red: the fox"
    assert seen[1].startswith("to brown: ")


def test_a_text_is_continued_and_nothing_in_it_changes(tmp_path):
    from augreg_text.rewriting import Continuation

    made = Continuation(path=make_gpt(tmp_path), max_tokens=6, beams=3, sentences=9, protect=["fox"])
    texts = ["The quick fox jumps over the dog.", "A cat ", "", "the fox " * 60]
    keys = hash_keys(range(len(texts)))
    out, edits, _ = run(made, texts, keys=keys)
    assert out[2] is texts[2]
    for i in (0, 1, 3):
        ((start, end, said),) = edits[i]
        assert start == end == len(texts[i].rstrip())
        assert said[0] == " "
        assert set(said.split()) <= set(WORDS)
        assert 1 <= len(said.split()) <= 6
        assert run(made, [texts[i]], keys=keys[i : i + 1])[0] == [out[i]]
    assert len(set(run(made, [texts[0]] * 30)[0])) > 1


def test_protected_sentences_stay(bart):
    from augreg_text.rewriting import Paraphrase

    out = run(Paraphrase(path=bart, max_tokens=6, protect=["fox"]), ["The quick fox jumps. The dog runs!"])[0][0]
    assert out.startswith("The quick fox jumps. ")


def test_a_missing_model_is_named(tmp_path):
    from augreg_text.masked_lm import MaskedLm

    with pytest.raises(ConfigError, match="no config.json"):
        MaskedLm(path=str(tmp_path))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_the_device_does_not_show(bert, bart):
    from augreg_text.masked_lm import MaskedLm
    from augreg_text.rewriting import Paraphrase

    made = {d: run(MaskedLm(path=bert, rate=0.4, device=d), TEXTS * 8)[0] for d in ("cpu", "cuda", "auto")}
    assert made["cpu"] == made["cuda"] == made["auto"]
    made = {d: run(Paraphrase(path=bart, max_tokens=6, device=d), TEXTS)[0] for d in ("cpu", "cuda")}
    assert made["cpu"] == made["cuda"]
