"""nlpaug's augmenters that run language models, carried out by augreg-text's."""

import pytest
import tiny_models as models

import augreg
from augreg.errors import ConfigError
from augreg.kernel import make_batch
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

pytest.importorskip("transformers")

TEXT = "The quick  brown FOX jumps over 中 the lazy dog, https://a.b/dog café."


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    return {
        "bert": models.make_bert(place / "bert", 64),
        "bart": models.make_bart(place / "bart"),
        "gpt": models.make_gpt(place / "gpt"),
    }


def augmented(name, options, samples, seed=1):
    return augreg.augment(samples, augreg.Pipeline({"text": [{f"nlpaug.{name}": options}]}), seed=seed)


@pytest.mark.parametrize("action", ["substitute", "insert"])
def test_contextual_word_embs_are_those_of_masked_lm(folders, action):
    texts = [TEXT] * 6
    mine = augreg.make(
        "nlpaug.contextual_word_embs", model_path=folders["bert"], aug_p=0.5, action=action, aug_max=3, top_k=5
    )
    theirs = augreg.make("text.masked_lm", path=folders["bert"], rate=0.5, action=action, max_edits=3, top_k=5)
    batch = make_batch("text", texts, keys=hash_keys(range(6)))
    rng = Rng(1, batch.info.keys).at("step")
    info = batch.info.replace(data=texts)
    out, expected = (made.apply(batch, made.draw(info, rng)).data for made in (mine, theirs))
    assert out == expected
    assert len(set(out)) > 1
    assert all(", https://a.b/dog " in text and "  " in text for text in out)


def test_stop_words_and_protected_words_stay(folders):
    options = {"model_path": folders["bert"], "aug_p": 1, "aug_max": None}
    # Every word gives way to another.
    free = [augmented("contextual_word_embs", options, ["the fox over the dog"], seed)[0].split() for seed in range(5)]
    assert all(words[1] != "fox" and words[-1] != "dog" for words in free)
    kept = {**options, "stopwords": ["fox"], "protect": ["dog"]}
    for seed in range(5):
        words = augmented("contextual_word_embs", kept, ["the fox over the dog"], seed)[0].split()
        assert (words[1], words[-1]) == ("fox", "dog")
        assert words[0] != "the"


def test_back_translation_and_summary(folders):
    bart = folders["bart"]
    texts = ["The quick fox runs. The lazy dog jumps over a tree.", "", "The cat."]
    there = {"from_model_name": bart, "to_model_name": bart, "max_length": 6, "beams": 2}
    for name, options in (("back_translation", there), ("abst_summ", {"model_path": bart, "max_length": 6})):
        out = augmented(name, options, texts)
        assert out[1] == ""
        assert out[0] != texts[0]
        assert augmented(name, options, texts[2:], 1) == augmented(name, options, ["The cat."], 1)


def test_continuation(folders):
    options = {"model_path": folders["gpt"], "max_length": 8, "beams": 2}
    texts = ["The quick fox runs.", "The dog"]
    out = augmented("contextual_word_embs_for_sentence", options, texts)
    assert all(new.startswith(old) and len(new) > len(old) for new, old in zip(out, texts, strict=True))


@pytest.mark.parametrize("name", ["contextual_word_embs", "abst_summ", "contextual_word_embs_for_sentence"])
def test_models_come_from_folders(name):
    with pytest.raises(ConfigError, match="bert-base-uncased"):
        augreg.make(f"nlpaug.{name}", model_path="bert-base-uncased")
