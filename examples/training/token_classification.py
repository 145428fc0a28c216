"""Named entities as Hugging Face's examples/pytorch/token-classification/run_ner.py finds them, with augreg.

The public script tokenizes once, by `train_dataset.map(tokenize_and_align_labels, batched=True)`. The lines marked
`# augreg` stand for that: words change anew each time a row is asked for, ahead of the tokenizer, and the labels stay
with their words, however many pieces a misspelt word has.
"""

import argparse
import tempfile

import datasets
import made_up
import tokenizers
import transformers

import augreg


def make_tokenizer():
    """Return a tokenizer of whole words, known ones, and letters."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["travels", "writes", "moves", "to", "new", "today", *map(str.lower, made_up.NAMES + made_up.PLACES)]
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{a}" for a in letters), *words]
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece({e: i for i, e in enumerate(entries)}, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.Lowercase()
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special)


def make_dataset(numbers):
    tokens, tags = zip(*map(made_up.sentence, numbers), strict=True)
    return datasets.Dataset.from_dict({"id": list(map(str, numbers)), "tokens": tokens, "ner_tags": tags})


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    datasets.disable_progress_bars()
    transformers.set_seed(args.seed)

    train_dataset, eval_dataset = make_dataset(range(64)), make_dataset(range(1000, 1016))
    tokenizer = make_tokenizer()
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=len(made_up.TAGS),
    )
    model = transformers.BertForTokenClassification(config)

    def tokenize_and_align_labels(examples):
        tokenized_inputs = tokenizer(examples["tokens"], truncation=True, is_split_into_words=True)
        labels = []
        for i, label in enumerate(examples["ner_tags"]):
            word_ids = tokenized_inputs.word_ids(batch_index=i)
            firsts = [word is not None and word not in word_ids[:k] for k, word in enumerate(word_ids)]
            labels.append([label[word] if first else -100 for word, first in zip(word_ids, firsts, strict=True)])
        tokenized_inputs["labels"] = labels
        return tokenized_inputs

    steps = [{"text.char_swap": {"rate": 0.2, "p": 0.5}}, {"text.word_swap": {"rate": 0.2, "p": 0.5}}]  # augreg
    pipe = augreg.Pipeline(steps, schema={"tokens": "text"})  # augreg
    bound = pipe.bind(seed=args.seed, then=tokenize_and_align_labels)  # augreg
    train_dataset.set_transform(bound)  # augreg
    eval_dataset = eval_dataset.map(tokenize_and_align_labels, batched=True)

    class TellEpoch(transformers.TrainerCallback):  # augreg
        def on_epoch_begin(self, args, state, control, **kwargs):  # augreg
            bound.set_epoch(round(state.epoch))  # augreg: without, all epochs would be alike

    with tempfile.TemporaryDirectory() as folder:
        training_args = transformers.TrainingArguments(
            folder,
            num_train_epochs=args.epochs,
            per_device_train_batch_size=8,
            learning_rate=5e-3,
            seed=args.seed,
            dataloader_num_workers=args.workers,
            remove_unused_columns=False,  # augreg
            logging_strategy="epoch",
            eval_strategy="epoch",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = transformers.Trainer(
            model,
            training_args,
            transformers.DataCollatorForTokenClassification(tokenizer),
            train_dataset,
            eval_dataset.remove_columns(["id", "tokens", "ner_tags"]),
            callbacks=[TellEpoch()],  # augreg
        )
        trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    print(losses)
    return losses


if __name__ == "__main__":
    main()
