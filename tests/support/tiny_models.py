"""Tiny random models, and files of scores and vectors, made for tests."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

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


def make_bert(folder: Path, longest: int = 32) -> str:
    """Save a random BERT of two layers over a vocabulary of whole words and one ending; return its folder."""
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", "1"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=longest,
    )  # fmt: skip
    return _saved(transformers.BertForMaskedLM, config, folder)


def make_roberta(folder: Path) -> str:
    """Save a random RoBERTa over bytes and the words " café", " the" and " fox", as byte-level tokens spell them."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges, names = [], [*special, *letters]
    for word in ("\u0120the", "\u0120fox", "\u0120caf\u00c3\u00a9"):
        for i in range(1, len(word)):
            if word[: i + 1] not in names:
                names.append(word[: i + 1])
                merges.append((word[:i], word[i]))
    made = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, merges, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    config = transformers.RobertaConfig(
        vocab_size=len(names), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=80, bos_token_id=0, pad_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return _saved(transformers.RobertaForMaskedLM, config, folder)


def make_bart(folder: Path) -> str:
    """Save a random BART with the same words; return its folder."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(names)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    config = transformers.BartConfig(
        vocab_size=len(names), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
    )  # fmt: skip
    return _saved(transformers.BartForConditionalGeneration, config, folder)


def make_gpt(folder: Path) -> str:
    """Save a random GPT-2 with the words of BART; return its folder."""
    import transformers

    make_bart(folder)
    config = transformers.GPT2Config(
        vocab_size=4 + len(WORDS), n_embd=16, n_layer=1, n_head=2, n_positions=64, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    return _saved(transformers.GPT2LMHeadModel, config, folder)


def _saved(kind: Any, config: Any, folder: Path) -> str:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = kind(config)
    if hasattr(model, "final_logits_bias"):
        # A model that was never trained would say nothing but special tokens.
        model.final_logits_bias[:, :4] = -1e4
    elif model.can_generate():
        model.generation_config.suppress_tokens = [0, 1, 2, 3]
    model.save_pretrained(folder)
    return str(folder)


def make_vectors(path: Path, words: list[str]) -> str:
    """Write random vectors of five numbers for some words; return the file."""
    matrix = np.random.default_rng(0).normal(size=(len(words), 5)).round(4).tolist()
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in zip(words, matrix, strict=True)]
    path.write_text("\n".join(lines), "utf-8")
    return str(path)
