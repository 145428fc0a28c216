"""`augreg.tensorflow.map`: augmentation in `tf.data`, by a function that TensorFlow calls with arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import tensorflow as tf

from augreg.errors import ConfigError, SampleError, listing, nearest
from augreg.intake.keys import KEY_FIELDS
from augreg.loaders.bind import Bound
from augreg.loaders.items import KeyOf
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.mixing import refuse_mixing
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

Shapes = Mapping[str, Any]

SIZES: Final = (256, 320)
"""Lengths of axes that are not known, in two trials: what differs in the results is not known either."""


def mapped(
    dataset: Any,
    pipeline: Pipeline | Steps,
    *,
    seed: int,
    key: KeyOf = None,
    epochs: int | None = 1,
    shapes: Shapes | None = None,
    num_parallel_calls: int | None = None,
    **options: Any,
) -> Any:
    """Return a ``tf.data.Dataset`` whose elements, dictionaries of fields, are augmented.

    Args:
        dataset: a ``tf.data.Dataset`` of dictionaries, not batched. Pictures are (H, W, C).
        pipeline: a :class:`Pipeline`, or what one is built from. Steps may not mix samples: elements come one by one.
        seed: with equal seed, epoch and key a sample gets the same augmentation.
        key: the field that holds the key, strings or integers. Default: ``key``, ``__key__`` or ``id``.
        epochs: how often the data set comes round, each time with other augmentations; None: without end. Nothing has
            to be told, and what is fetched ahead is right. It stands in place of ``repeat``.
        shapes: field -> static shape of what the pipeline makes, ``{"image": (224, 224, 3)}``, None for what is not
            known. Default: what two trials with zeros have in common. What does not fit is refused when it comes up.
        num_parallel_calls: as in ``tf.data.Dataset.map``; the order stays.
        options: further arguments of :func:`augreg.augment`, such as ``schema={"image": "image"}``.

    Raises:
        ConfigError: a step mixes samples; elements are no dictionaries, have no key, or fields of another name.
        tf.errors.InvalidArgumentError, UnknownError: when read, with the text of what went wrong.

    """
    made = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
    refuse_mixing(made, "tf.data hands out elements one by one. Mix in the training loop: augreg.augment.")
    spec = dataset.element_spec
    if not isinstance(spec, Mapping) or not all(isinstance(part, tf.TensorSpec) for part in spec.values()):
        raise ConfigError(
            "elements are no dictionaries of tensors. Name their parts before: dataset.map(lambda image, label: "
            "{'image': image, 'label': label}), and give each a key: dataset.enumerate()."
        )
    caller = _Caller(Bound(made, seed=seed, key=key, **options), spec, shapes or {})
    if epochs is not None and epochs < 1:
        raise ConfigError(f"epochs={epochs!r} is no number of passes. Give an integer from 1, or None.")
    numbers = tf.data.Dataset.counter() if epochs is None else tf.data.Dataset.range(epochs)
    ordered = {"deterministic": True} if num_parallel_calls else {}
    return numbers.flat_map(
        lambda epoch: dataset.map(lambda row: caller.graph(row, epoch), num_parallel_calls, **ordered)
    )


class _Caller:
    """Augments elements of one kind: which fields come back, of which type, of which static shape."""

    def __init__(self, bound: Bound, spec: Mapping[str, Any], shapes: Shapes) -> None:
        self.bound, self.spec, self.names = bound, spec, list(spec)
        for name in shapes:
            if name not in spec:
                raise ConfigError(f"shapes names {name!r}, and the fields are {', '.join(map(repr, spec))}.")
        _check_keys(spec, bound.key)
        trials = [
            self._row([_zeros(name, part, size) for name, part in spec.items()], i) for i, size in enumerate(SIZES)
        ]
        self.dtypes, self.shapes = {}, {}
        for name in spec:
            one, other = (np.asarray(trial[name]) for trial in trials)
            self.dtypes[name] = tf.string if one.dtype.kind in "OUS" else tf.as_dtype(one.dtype)
            seen = [a if a == b else None for a, b in zip(one.shape, other.shape, strict=True)]
            self.shapes[name] = tf.TensorShape(shapes.get(name, seen))

    def graph(self, row: Any, epoch: Any) -> Any:
        """Return the tensors of an augmented element, with their static shapes."""
        out = tf.numpy_function(
            self._call, [epoch, *(row[n] for n in self.names)], [self.dtypes[n] for n in self.names]
        )
        named = dict(zip(self.names, out, strict=True))
        for name, tensor in named.items():
            tensor.set_shape(self.shapes[name])
        return named

    def _call(self, epoch: Any, *values: Any) -> list[Any]:
        row = self._row(values, int(epoch))
        return [self._checked(name, row[name]) for name in self.names]

    def _row(self, values: Any, epoch: int) -> Any:
        fields = {name: _plain(value) for name, value in zip(self.names, values, strict=True)}
        return self.bound(KeyedItem(0, fields, 0, epoch))

    def _checked(self, name: str, value: Any) -> Any:
        made = np.asarray(value.encode() if isinstance(value, str) else value)
        dtype, shape = self.dtypes[name], self.shapes[name]
        fits = dtype == tf.string or made.dtype == dtype.as_numpy_dtype
        if fits and shape.is_compatible_with(made.shape):
            return made if dtype == tf.string else made.astype(dtype.as_numpy_dtype, copy=False)
        loose = (*[None] * (made.ndim - 1), *made.shape[-1:])
        raise SampleError(
            f"field {name!r} became {made.shape} {made.dtype}, and {shape} {dtype.name} was expected. Say what the "
            f"pipeline makes: augreg.tensorflow.map(..., shapes={{{name!r}: {loose}}})."
        )


def _check_keys(spec: Mapping[str, Any], key: KeyOf) -> None:
    """Refuse elements without a key, and batches, which have many."""
    named = [key] if isinstance(key, str) else [name for name in KEY_FIELDS if name in spec]
    if not named and key is None:
        raise ConfigError(
            f"elements have no key; of their fields ({', '.join(map(repr, spec))}) none is 'id' or 'key'. Give each "
            "its number: dataset.enumerate().map(lambda i, row: {**row, 'id': i}), or say where it is, key='path'."
        )
    for name in named:
        if name not in spec:
            raise ConfigError(
                f"key={name!r}: elements have no such field.{nearest(name, spec)} Fields: {listing(spec)}."
            )
        if spec[name].shape.rank != 0:
            raise ConfigError(
                f"field {name!r} has the shape {spec[name].shape}, and a key is one string or integer. Put "
                "augreg.tensorflow.map before batch."
            )


def _zeros(name: str, part: Any, size: int) -> Any:
    """Return a value as a field might hold it, to see what the pipeline makes of such."""
    if part.shape.rank is None:
        raise ConfigError(
            f"field {name!r} may have any number of axes. Say how many before: image.set_shape([None, None, 3])."
        )
    if part.dtype == tf.string:
        return np.full([known or 1 for known in part.shape], b"", object)
    return np.zeros([size if known is None else known for known in part.shape], _numpy(part))


def _numpy(part: Any) -> Any:
    return np.dtype(object) if part.dtype == tf.string else np.dtype(part.dtype.as_numpy_dtype)


def _plain(value: Any) -> Any:
    """Return what TensorFlow hands out as steps read it: texts as str, numbers as numbers, arrays."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and not value.ndim:
        return _plain(value.item())
    return value.item() if isinstance(value, np.generic) else value
