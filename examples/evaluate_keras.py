"""A Keras 3 model as a task of augreg: does turning digits help it? Keras runs on torch here; other backends do, too.

uv run python examples/evaluate_keras.py
"""

import argparse
import math
import os

os.environ.setdefault("KERAS_BACKEND", "torch")  # before Keras is imported

import keras
import numpy as np

import augreg.learn

PIPELINE = {"image": [{"image.rotate": {"degrees": 12, "p": 0.8}}]}
BATCH = 32


def arrays(examples: augreg.learn.Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures (n, height, width, channels) from 0 to 1, and how much of each class there is."""
    x = np.stack([np.moveaxis(np.asarray(sample.data), 0, -1) for sample in examples.samples])
    hot = np.eye(len(examples.classes))[examples.labels]
    return x.astype(np.float32) / 255, hot if examples.shares is None else examples.shares


class KerasTask:
    """What augreg asks of a model: fit and score."""

    repeats = False  # the same number of steps, augmented or not, so "none" is its own control

    def __init__(self, steps: int = 150) -> None:
        self.steps = steps

    def fit(self, train, augment, seed):
        keras.utils.set_random_seed(seed)
        x, _ = arrays(train)
        layers = [
            keras.Input(x.shape[1:]),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(len(train.classes), activation="softmax"),
        ]
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.Adam(5e-3), "categorical_crossentropy")
        order = np.random.default_rng(seed)
        each = math.ceil(len(train) / BATCH)
        for step in range(self.steps):
            if step % each == 0:  # an epoch begins, for which samples are drawn anew
                x, y = arrays(train if augment is None else augment(train, step // each))
                shuffled = order.permutation(len(x))
            places = shuffled[step % each * BATCH :][:BATCH]
            model.train_on_batch(x[places], y[places])
        return model

    def score(self, fitted, test):
        return {"probabilities": fitted.predict(arrays(test)[0], verbose=0)}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--samples", type=int, default=None, help="of the 1,797 digits")
    chosen = parser.parse_args(argv)
    data = augreg.learn.digits(chosen.samples)
    found = augreg.learn.evaluate(data, PIPELINE, model=KerasTask(chosen.steps), train_size=100, seeds=chosen.seeds)
    print(found.summary)
    return found


if __name__ == "__main__":
    main()
