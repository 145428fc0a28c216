"""`augreg.keras.Dataset`: arrays as batches of augmented rows, for `fit`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from augreg.engine.augment import seed_of
from augreg.errors import ConfigError, SampleError
from augreg.intake.keys import plain_key
from augreg.loaders.whole_batch import WholeBatch
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps
from augreg.random.keys import stream_key


class Dataset(keras.utils.PyDataset):
    """Rows of arrays in batches that are augmented, as :func:`keras.Model.fit` takes them.

    Keras asks a ``PyDataset`` for batches of the next epoch before it says that one begins, so epochs are told by a
    callback: ``model.fit(data, epochs=5, callbacks=[augreg.keras.Epochs(data)])``.

    Args:
        x: rows: pictures (n, H, W, C), as Keras has them, sounds, texts, or whatever :func:`augreg.augment` takes.
        y: one label per row, or None. Steps that mix, such as ``image.mixup``, want them one-hot, (n, classes) float.
        pipeline: a :class:`Pipeline`, or what one is built from, with steps for one modality.
        batch_size: rows in a batch; the last one has what is left.
        seed: with equal seed, epoch and key a row gets the same augmentation for any batch size and order.
        keys: one per row; default: positions in ``x``.
        sample_weight: one per row, or None.
        shuffle: whether rows are in another order in each epoch, which hangs on seed and epoch only. ``fit`` itself
            shuffles whole batches, unless told ``shuffle=False``.
        options: further arguments of :func:`augreg.augment`: ``sample_rate``, ``layout``, ...

    Raises:
        ConfigError: a wrong option, such as ``workers``, with which Keras would fetch batches of another epoch; when
            used: batches of a second pass, and no epoch was told, so that they would be those of the first.
        SampleError: lengths differ.

    >>> import augreg, numpy as np
    >>> data = augreg.keras.Dataset(np.eye(2).reshape(1, 2, 2, 1), np.array([5]), [{"image.hflip": {"p": 1}}])
    >>> x, y = data[0]
    >>> x[0, ..., 0].tolist(), y.tolist()
    ([[0.0, 1.0], [1.0, 0.0]], [5])

    """

    def __init__(
        self,
        x: Any,
        y: Any,
        pipeline: Pipeline | Steps,
        *,
        batch_size: int = 32,
        seed: int | None = None,
        keys: Sequence[Any] | None = None,
        sample_weight: Any = None,
        shuffle: bool = False,
        **options: Any,
    ) -> None:
        _refuse(options, batch_size)
        super().__init__()
        self.batches = WholeBatch("augreg.keras.Dataset", pipeline, seed, None, None, options)
        self.x, self.y, self.sample_weight = x, y, sample_weight
        self.batch_size, self.shuffle = batch_size, shuffle
        count = len(x)
        self.keys = list(range(count)) if keys is None else [plain_key(key) for key in keys]
        for name, given in (("y", y), ("keys", self.keys), ("sample_weight", sample_weight)):
            if given is not None and len(given) != count:
                raise SampleError(f"{name} has {len(given)} entries, and x has {count} rows. Give one per row.")
        self._order_seed = seed_of(seed)
        self._asked: Counter[int] = Counter()

    @property
    def num_batches(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.x) // self.batch_size)

    @property
    def epoch(self) -> int:
        """The epoch that was told last."""
        return self.batches.bound.epoch

    def set_epoch(self, epoch: int) -> None:
        """Draw anew for another epoch; :class:`augreg.keras.Epochs` calls it."""
        self._asked.clear()
        self.batches.bound.set_epoch(epoch)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch: rows, their labels and weights if there are any."""
        if not 0 <= index < self.num_batches:
            raise IndexError(f"batch {index} of {self.num_batches}")
        self._notice(index)
        places = self._order()[index * self.batch_size : (index + 1) * self.batch_size]
        rows = [_taken(part, places) for part in (self.x, self.y) if part is not None]
        out = self.batches.augmented(rows, [self.keys[i] for i in places])
        if len(out) > 1 and isinstance(out[1], list) and not isinstance(self.y, (list, tuple)):
            raise ConfigError(
                "the pipeline mixes labels, and y holds whole numbers. Give them one-hot: "
                "keras.utils.to_categorical(y)."
            )
        return (*out, *([] if self.sample_weight is None else [_taken(self.sample_weight, places)]))

    def _order(self) -> Any:
        places = np.arange(len(self.x))
        if self.shuffle:
            key = stream_key(self._order_seed, self.epoch, 0, "keras", "order")
            np.random.default_rng(key).shuffle(places)
        return places

    def _notice(self, index: int) -> None:
        """Refuse a second pass where nobody told an epoch; Keras asks for one batch beforehand, to see its shape."""
        self._asked[index] += 1
        if self.batches.seed is not None and not self.batches.bound.times_told and self._asked[index] > 2:
            raise ConfigError(
                "this batch came before, and no epoch was told: it would be augmented as before. Add the callback, "
                "fit(data, callbacks=[augreg.keras.Epochs(data)]), or say once that all epochs are to be alike: "
                "data.set_epoch(0)."
            )


def _refuse(options: Mapping[str, Any], batch_size: Any) -> None:
    for name in ("workers", "use_multiprocessing", "max_queue_size"):
        if name in options:
            raise ConfigError(
                f"augreg.keras.Dataset has no {name}: Keras fetches batches ahead then, before it says which epoch "
                "they are for. Leave it out; or give fit() a loader, augreg.loader(..., num_workers=4), with the same "
                "callback."
            )
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ConfigError(f"batch_size={batch_size!r} is no number of rows. Give an integer from 1.")


def _taken(rows: Any, places: Any) -> Any:
    return [rows[i] for i in places] if isinstance(rows, (list, tuple)) else rows[places]
