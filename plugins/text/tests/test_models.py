"""Masked language model and sequence-to-sequence augmenters, with tiny models made here."""

import pytest
import torch
from text_support import edited, run

from augreg.errors import ConfigError
from augreg.rng import hash_keys

transformers = pytest.importorskip("transformers")

WORDS = [
    "the",
    "a",
    "quick",
    "brown",
    "red",
    "fox",
    "dog",
    "cat",
    "jumps",
    "runs",
    "over",
    "under",
    "lazy",
    "happy",
    "in",
    "on",
    "house",
    "tree",
    ".",
]
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
    """A random BERT of two layers over a vocabulary of whole words and one ending."""
    folder = tmp_path_factory.mktemp("bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", "1"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def bart(tmp_path_factory):
    """A random BART with the same words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("bart")
    names = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(names)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BartConfig(
        vocab_size=len(names), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
    )  # fmt: skip
    model = transformers.BartForConditionalGeneration(config)
    # A model that was never trained would say nothing but special tokens.
    model.final_logits_bias[:, :4] = -1e4
    model.save_pretrained(folder)
    return str(folder)


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
