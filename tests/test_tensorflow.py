"""`augreg.tensorflow.map`, in an environment of its own, which `.ci/full` makes: its absence there fails."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from host_samples import EPOCH, KEYS, PICTURES, PIPE, SEED, digest

import augreg
from augreg.errors import ConfigError

# Keras on torch, imported beside TensorFlow, brings a second LLVM, and the interpreter crashes.
THERE = os.environ.get("KERAS_BACKEND") == "tensorflow"
pytestmark = [
    pytest.mark.skipif(not THERE, reason="needs TensorFlow and KERAS_BACKEND=tensorflow, as .ci/full has them"),
    pytest.mark.filterwarnings("ignore"),
]
SCHEMA = {"schema": {"image": "image"}}


def columns(**more):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices({"id": KEYS, "image": PICTURES, **more})


def test_the_one_hash_of_all_hosts():
    right = digest(zip(KEYS, PIPE(list(PICTURES), modality="image", seed=SEED, epoch=EPOCH, keys=KEYS), strict=True))
    data = augreg.tensorflow.map(columns(), PIPE, seed=SEED, num_parallel_calls=2, **SCHEMA)
    assert digest((row["id"].numpy().decode(), row["image"].numpy()) for row in data) == right


@pytest.mark.parametrize("epochs", [2, None])
def test_epochs_draw_anew_through_batches_and_what_is_fetched_ahead(epochs):
    data = augreg.tensorflow.map(columns(), PIPE, seed=SEED, epochs=epochs, **SCHEMA).batch(32).prefetch(3).take(4)
    made = np.concatenate([batch["image"].numpy() for batch in data])
    right = [PIPE(PICTURES, modality="image", seed=SEED, epoch=epoch, keys=KEYS) for epoch in range(2)]
    assert np.array_equal(made, np.concatenate(right))


def test_static_shapes_are_there_again():
    import tensorflow as tf

    data = columns(label=np.arange(len(KEYS)))
    spec = augreg.tensorflow.map(data, PIPE, seed=SEED, **SCHEMA).element_spec
    assert spec == data.element_spec
    small = augreg.tensorflow.map(data, [{"image.resize": {"size": [4, 5]}}], seed=SEED, **SCHEMA)
    assert small.element_spec["image"] == tf.TensorSpec((4, 5, 3), tf.uint8)
    kinds = {"id": tf.TensorSpec((), tf.string), "image": tf.TensorSpec((None, None, 3), tf.uint8)}
    rows = [{"id": KEYS[i], "image": PICTURES[i][: 6 + i]} for i in range(3)]
    loose = tf.data.Dataset.from_generator(lambda: iter(rows), output_signature=kinds)
    assert augreg.tensorflow.map(loose, PIPE, seed=SEED, **SCHEMA).element_spec["image"] == kinds["image"]
    fixed = augreg.tensorflow.map(loose, [{"image.resize": {"size": [4, 5]}}], seed=SEED, **SCHEMA)
    assert fixed.element_spec["image"].shape == (4, 5, 3)
    assert next(iter(fixed))["image"].shape == (4, 5, 3)


def test_a_shape_that_does_not_hold_is_refused_and_can_be_said():
    import tensorflow as tf

    steps = [{"image.crop": {"size": [4, 4], "p": 0.5}}]
    with pytest.raises(tf.errors.OpError, match="shapes={'image': .None, None, 3.}"):
        list(augreg.tensorflow.map(columns(), steps, seed=SEED, shapes={"image": (12, 16, 3)}, **SCHEMA))
    said = augreg.tensorflow.map(columns(), steps, seed=SEED, shapes={"image": (None, None, 3)}, **SCHEMA)
    assert {tuple(row["image"].shape) for row in said} == {(12, 16, 3), (4, 4, 3)}


def test_texts():
    import tensorflow as tf

    rows = [{"id": "a", "text": "one two three"}, {"id": "b", "text": "vier fünf sechs"}]
    data = tf.data.Dataset.from_tensor_slices({name: [row[name] for row in rows] for name in rows[0]})
    made = augreg.tensorflow.map(data, ["text.word_swap"], seed=SEED, schema={"text": "text"})
    right = augreg.augment(rows, ["text.word_swap"], seed=SEED, schema={"text": "text"})
    assert [row["text"].numpy().decode() for row in made] == [row["text"] for row in right]


def test_what_is_refused():
    import tensorflow as tf

    data = columns()

    def refused(message, dataset=data, steps=PIPE, **options):
        with pytest.raises(ConfigError, match=message):
            augreg.tensorflow.map(dataset, steps, seed=SEED, **{**SCHEMA, **options})

    refused("none is 'id' or 'key'.*enumerate", tf.data.Dataset.from_tensor_slices({"image": PICTURES}))
    refused("elements are no dictionaries", tf.data.Dataset.from_tensor_slices((PICTURES, KEYS)))
    refused("before batch", data.batch(3))
    refused("'image.mixup' mixes", steps=["image.mixup"])
    refused("Did you mean 'id'", key="idd")
    refused("shapes names 'img'", shapes={"img": (3,)})
    refused("epochs=0", epochs=0)
    kinds = {"id": tf.TensorSpec((), tf.string), "image": tf.TensorSpec(None, tf.uint8)}
    anything = tf.data.Dataset.from_generator(lambda: iter(()), output_signature=kinds)
    refused("any number of axes", anything)


def test_the_page_shows_what_works():
    import keras

    page = (Path(__file__).parent.parent / "docs" / "integrations.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(import tensorflow.*?)```", page, re.DOTALL)
    model = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    names = {"augreg": augreg, "pictures": PICTURES[:6], "labels": np.arange(6), "model": model}
    names["pipe"] = augreg.Pipeline(["image.hflip"], schema={"image": "image"})
    exec(shown, names)
    assert names["shape"] == (None, *PICTURES.shape[1:])


def test_a_dataset_of_keras_feeds_a_model_on_tensorflow():
    import keras

    data = augreg.keras.Dataset(PICTURES, np.arange(len(KEYS)) % 10, PIPE, batch_size=9, seed=SEED, keys=KEYS)
    model = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(data, epochs=2, callbacks=[augreg.keras.Epochs(data)], verbose=0)
    assert data.epoch == 1
