"""Fine-tune a small audio classifier with Hugging Face: DATA/train/<class>/*.wav, DATA/test/<class>/*.wav."""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from audiomentations import AddGaussianNoise, Compose, Gain, PolarityInversion, Shift
from datasets import Audio, Dataset, DatasetDict
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--epochs", type=int, default=2)
args = parser.parse_args()
set_seed(0)


def files(split):
    """Return paths and classes: files are decoded below, for `datasets` wants FFmpeg for it."""
    paths = sorted(str(path) for path in Path(args.data, split).glob("*/*.wav"))
    labels = [Path(path).parent.name for path in paths]
    return Dataset.from_dict({"audio": paths, "label": labels}).cast_column("audio", Audio(decode=False))


dataset = DatasetDict({split: files(split).class_encode_column("label") for split in ("train", "test")})
feature_extractor = ASTFeatureExtractor(sampling_rate=8000, num_mel_bins=32, max_length=64, mean=-4.0, std=4.0)

augment = Compose(
    [
        AddGaussianNoise(min_amplitude=0.001, max_amplitude=0.015, p=0.5),
        Gain(min_gain_db=-6.0, max_gain_db=6.0, p=0.5),
        Shift(min_shift=-0.2, max_shift=0.2, p=0.5),
        PolarityInversion(p=0.5),
    ]
)


def preprocess(batch, augmented=False):
    wavs = [soundfile.read(cell["path"], dtype="float32")[0] for cell in batch["audio"]]
    if augmented:
        wavs = [augment(samples=wav, sample_rate=8000) for wav in wavs]
    inputs = feature_extractor(wavs, sampling_rate=8000)
    return {"input_values": inputs["input_values"], "labels": batch["label"]}


def preprocess_train(batch):
    return preprocess(batch, augmented=True)


dataset["train"].set_transform(preprocess_train)
dataset["test"].set_transform(preprocess)

labels = dataset["train"].features["label"].names
config = ASTConfig(
    hidden_size=32,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=64,
    num_mel_bins=32,
    max_length=64,
    num_labels=len(labels),
)
model = ASTForAudioClassification(config)


def compute_metrics(prediction):
    return {"accuracy": float(np.mean(prediction.predictions.argmax(1) == prediction.label_ids))}


training_args = TrainingArguments(
    tempfile.mkdtemp(),
    num_train_epochs=args.epochs,
    per_device_train_batch_size=8,
    learning_rate=2e-3,
    remove_unused_columns=False,
    eval_strategy="epoch",
    logging_strategy="epoch",
    save_strategy="no",
    report_to="none",
    use_cpu=True,
)
trainer = Trainer(
    model=model,
    args=training_args,
    train_dataset=dataset["train"],
    eval_dataset=dataset["test"],
    processing_class=feature_extractor,
    compute_metrics=compute_metrics,
)
trainer.train()
