"""Random models of one layer, made for tests."""

from pathlib import Path
from typing import Any

import torch

WORDS = ["the", "a", "quick", "brown", "red", "fox", "dog", "cat", "jumps", "runs", "over", "lazy", "in", "tree", "."]


def bert(folder: Path, longest: int = 64) -> str:
    """Save a BERT over a few whole words; return its folder."""
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=longest,
    )  # fmt: skip
    return _saved(transformers.BertForMaskedLM, config, folder)


def bart(folder: Path) -> str:
    """Save a BART with the same words; return its folder."""
    import transformers

    config = transformers.BartConfig(
        vocab_size=4 + len(WORDS), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
    )  # fmt: skip
    return _saved(transformers.BartForConditionalGeneration, config, _with_tokenizer(folder))


def gpt(folder: Path) -> str:
    """Save a GPT-2 with the same words; return its folder."""
    import transformers

    config = transformers.GPT2Config(
        vocab_size=4 + len(WORDS), n_embd=16, n_layer=1, n_head=2, n_positions=64, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    return _saved(transformers.GPT2LMHeadModel, config, _with_tokenizer(folder))


def _with_tokenizer(folder: Path) -> Path:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(names)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    return folder


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
