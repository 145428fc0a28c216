"""`augreg.keras`: data by keys and epochs of a callback, and a layer; what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import augreg
from augreg.errors import ConfigError, SampleError

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore")

N, SEED = 12, 7
PIPE = augreg.Pipeline({"image": ["image.hflip", {"image.brightness": {"p": 1}}]})
X = np.random.default_rng(0).random((N, 6, 8, 3), dtype=np.float32)
Y = np.arange(N) % 2


def dataset(**options):
    return augreg.keras.Dataset(X, Y, PIPE, **{"batch_size": 5, "seed": SEED, **options})


def right(epoch, keys=range(N)):
    return PIPE(X, modality="image", seed=SEED, epoch=epoch, keys=keys)


class Net(keras.Model):
    """Keeps the batches that it gets."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.compile("sgd", "mse")

    def call(self, x):
        return keras.ops.mean(x, axis=(1, 2, 3))

    def train_step(self, data):
        self.seen.append([np.asarray(part) for part in data])
        return {}

    def fitted(self, data, **options):
        self.seen.clear()
        self.fit(data, verbose=0, **{"shuffle": False, "callbacks": [augreg.keras.Epochs(data)], **options})
        return np.concatenate([batch[0] for batch in self.seen])


def test_epochs_come_from_the_callback_also_in_a_later_fit():
    data, net = dataset(), Net()
    assert np.array_equal(net.fitted(data, epochs=2), np.concatenate([right(0), right(1)]))
    assert np.array_equal(net.fitted(data, initial_epoch=3, epochs=4), right(3))
    assert np.array_equal(net.fitted(data, initial_epoch=1, epochs=2), right(1))


def test_a_loader_of_ours_goes_with_the_same_callback():
    rows = [{"id": i, "image": X[i]} for i in range(N)]

    def stacked(items):
        return torch.stack([torch.as_tensor(item["image"]) for item in items]), torch.zeros(len(items))

    loader = augreg.loader(rows, PIPE, seed=SEED, batch_size=5, schema={"image": "image"}, then=stacked)
    assert np.array_equal(Net().fitted(loader, epochs=2), np.concatenate([right(0), right(1)]))


def test_rows_in_another_order_are_augmented_alike():
    data = dataset(shuffle=True)
    orders = []
    for epoch in range(2):
        data.set_epoch(epoch)
        batches = [data[i] for i in range(data.num_batches)]
        rows = np.concatenate([x for x, _ in batches])
        places = [int(np.argmin(np.abs(right(epoch) - row).sum(axis=(1, 2, 3)))) for row in rows]
        assert np.array_equal(rows, right(epoch)[places])
        assert np.array_equal(np.concatenate([y for _, y in batches]), Y[places])
        orders.append(places)
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(N))
    assert orders[0] != orders[1]


def test_keys_weights_and_labels_go_along():
    keys, weights = [f"k{i}" for i in range(N)], np.linspace(0, 1, N)
    data = dataset(keys=keys, sample_weight=weights)
    x, y, w = data[2]
    assert np.array_equal(x, right(0, keys)[10:])
    assert (y.tolist(), w.tolist()) == (Y[10:].tolist(), weights[10:].tolist())
    assert len(augreg.keras.Dataset(X, None, PIPE, seed=SEED)[0]) == 1


def test_mixed_labels_are_one_hot():
    x, y = augreg.keras.Dataset(X, keras.utils.to_categorical(Y), ["image.mixup"], seed=SEED)[0]
    assert x.shape == X.shape
    assert np.allclose(y.sum(axis=1), 1)
    assert ((y > 0) & (y < 1)).any()
    with pytest.raises(ConfigError, match=r"one-hot: keras.utils.to_categorical\(y\)"):
        augreg.keras.Dataset(X, Y, ["image.mixup"], seed=SEED)[0]


def test_a_forgotten_callback_is_noticed():
    with pytest.raises(ConfigError, match=r"no epoch was told.*callbacks=\[augreg.keras.Epochs\(data\)\]"):
        Net().fitted(dataset(), epochs=3, callbacks=[])
    alike = dataset()
    alike.set_epoch(0)
    assert np.array_equal(Net().fitted(alike, epochs=3, callbacks=[]), np.concatenate([right(0)] * 3))


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ConfigError, "no workers.*augreg.loader", {"workers": 2}),
        (ConfigError, "no option 'sample_rat'. Did you mean 'sample_rate'", {"sample_rat": 2}),
        (ConfigError, "batch_size=0", {"batch_size": 0}),
        (SampleError, "keys has 1 entries, and x has 12 rows", {"keys": [1]}),
    ],
)
def test_what_a_dataset_refuses(error, message, options):
    with pytest.raises(error, match=message):
        dataset(**options)


def test_epochs_are_told_to_what_has_them():
    with pytest.raises(ConfigError, match="an? ndarray has no set_epoch"):
        augreg.keras.Epochs(X)


def test_a_layer_augments_in_training_only():
    layer = augreg.keras.Layer(PIPE)
    given = torch.as_tensor(X)
    assert torch.equal(layer(given), given)
    keras.utils.set_random_seed(3)
    one = layer(given, training=True)
    assert one.shape == given.shape
    assert not torch.equal(one, given)
    assert not torch.equal(layer(given, training=True), one)
    keras.utils.set_random_seed(3)
    assert torch.equal(layer(given, training=True), one)


def test_a_layer_is_trained_saved_and_loaded(tmp_path):
    model = keras.Sequential([keras.Input((6, 8, 3)), augreg.keras.Layer(PIPE), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    model.fit(X, Y.astype(np.float32), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[0].pipeline == PIPE
    assert np.allclose(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    ("message", "steps", "options"),
    [
        ("has no seed.*augreg.keras.Dataset", PIPE, {"seed": 3}),
        ("'image.mixup' mixes", ["image.mixup"], {}),
        ("image, text.*one tensor", ["image.hflip", "text.word_swap"], {}),
    ],
)
def test_what_a_layer_refuses(message, steps, options):
    with pytest.raises(ConfigError, match=message):
        augreg.keras.Layer(steps, **options)


def test_a_layer_refuses_steps_that_change_size_or_type():
    for step in ({"image.resize": {"size": [4, 4]}}, {"image.crop": {"size": [4, 4]}}):
        with pytest.raises(ConfigError, match="inference leaves its steps out"):
            augreg.keras.Layer([step])(torch.as_tensor(X), training=True)
