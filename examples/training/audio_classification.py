"""Sounds classified as Hugging Face's examples/pytorch/audio-classification/run_audio_classification.py does it.

The lines marked `# augreg` stand for `random_subsample` in `train_transforms`. Cells are not decoded by `datasets`,
which needs torchcodec for it, but read by augreg: `{"bytes", "path"}` comes back as `{"array", "sampling_rate"}`.
"""

import argparse
import tempfile

import datasets
import made_up
import numpy as np
import transformers

import augreg


def make_dataset(numbers):
    rows = [{"audio": {"bytes": made_up.wav(i % 2, i), "path": f"{i}.wav"}, "label": i % 2} for i in numbers]
    return datasets.Dataset.from_list(rows).cast_column("audio", datasets.Audio(decode=False))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    datasets.disable_progress_bars()
    transformers.set_seed(args.seed)

    raw_datasets = datasets.DatasetDict({"train": make_dataset(range(64)), "eval": make_dataset(range(1000, 1012))})
    feature_extractor = transformers.ASTFeatureExtractor(
        sampling_rate=8000, num_mel_bins=32, max_length=64, mean=-4.0, std=4.0
    )
    config = transformers.ASTConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_mel_bins=32,
        max_length=64,
        num_labels=2,
    )
    model = transformers.ASTForAudioClassification(config)
    model_input_name = feature_extractor.model_input_names[0]

    def extract(batch):
        wavs = [audio["array"] for audio in batch["audio"]]
        inputs = feature_extractor(wavs, sampling_rate=feature_extractor.sampling_rate)
        return {model_input_name: inputs[model_input_name], "labels": list(batch["label"])}

    train, schema = raw_datasets["train"], {"audio": "audio"}
    steps = [{"audio.to_rate": {"rate": 8000}}, {"audio.crop": {"seconds": 0.5}}, "audio.gain"]  # augreg
    bound = augreg.Pipeline(steps, schema=schema).bind(seed=args.seed, then=extract)  # augreg
    raw_datasets["train"] = train.add_column("id", range(len(train))).with_transform(bound)  # augreg
    whole = augreg.Pipeline(steps[:1], schema=schema).bind(form="columns", then=extract)  # augreg
    raw_datasets["eval"] = raw_datasets["eval"].with_transform(whole)  # augreg

    def compute_metrics(eval_pred):
        return {"accuracy": float(np.mean(eval_pred.predictions.argmax(1) == eval_pred.label_ids))}

    class TellEpoch(transformers.TrainerCallback):  # augreg
        def on_epoch_begin(self, args, state, control, **kwargs):  # augreg
            bound.set_epoch(round(state.epoch))  # augreg: without, all epochs would be alike

    with tempfile.TemporaryDirectory() as folder:
        training_args = transformers.TrainingArguments(
            folder,
            num_train_epochs=args.epochs,
            per_device_train_batch_size=8,
            learning_rate=2e-3,
            seed=args.seed,
            dataloader_num_workers=args.workers,
            remove_unused_columns=False,  # as the public script is told, too
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
            train_dataset=raw_datasets["train"],
            eval_dataset=raw_datasets["eval"],
            compute_metrics=compute_metrics,
            processing_class=feature_extractor,
            callbacks=[TellEpoch()],  # augreg
        )
        trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    print(losses)
    return losses


if __name__ == "__main__":
    main()
