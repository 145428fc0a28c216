"""Masked language model and sequence-to-sequence augmenters, with tiny models made here."""

import pytest
import torch
from text_support import edited, run
from tiny_models import WORDS, make_bart, make_bert

from augreg.errors import ConfigError
from augreg.rng import hash_keys

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

    text = "the quick fox " * 40
    out, edits, _ = run(MaskedLm(path=bert, rate=1.0), [text])
    assert 0 < len(edits[0]) <= 30
    assert max(edit[1] for edit in edits[0]) < 200
    assert out[0].endswith(text[200:])


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


def test_protected_sentences_stay(bart):
    from augreg_text.rewriting import Paraphrase

    out = run(Paraphrase(path=bart, max_tokens=6, protect=["fox"]), ["The quick fox jumps. The dog runs!"])[0][0]
    assert out.startswith("The quick fox jumps. ")


def test_global_random_state_is_left_alone(bert, bart):
    from augreg_text.masked_lm import MaskedLm
    from augreg_text.rewriting import Paraphrase

    MaskedLm(path=bert), run(Paraphrase(path=bart, max_tokens=4), TEXTS)
    before = torch.random.get_rng_state()
    run(MaskedLm(path=bert), TEXTS)
    run(Paraphrase(path=bart, max_tokens=4), TEXTS)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_missing_model_is_named(tmp_path):
    from augreg_text.masked_lm import MaskedLm

    with pytest.raises(ConfigError, match="no config.json"):
        MaskedLm(path=str(tmp_path))
