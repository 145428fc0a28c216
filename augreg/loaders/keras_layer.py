"""`augreg.keras.Layer`: augmentation as a layer of a model, on the backend of torch."""

from __future__ import annotations

from typing import Any

import keras
import torch

from augreg.engine.augment import augment
from augreg.errors import ConfigError
from augreg.loaders.mixing import refuse_mixing
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

AXES = {"channels_last": "NHWC", "channels_first": "NCHW"}
"""The axes of pictures, as Keras names them."""


@keras.saving.register_keras_serializable("augreg")
class Layer(keras.layers.Layer):
    """A layer that augments in training, on the device of the model, and passes everything on otherwise.

    A layer sees no keys, so torch's generator decides (``keras.utils.set_random_seed``): each batch draws anew, and
    what a picture gets hangs on its place. :class:`augreg.keras.Dataset` is keyed. Steps that change size or type are
    refused, as inference leaves them out; so are those that mix samples, whose labels a layer does not have.

    Args:
        pipeline: a :class:`Pipeline`, or what one is built from, with steps for one modality; saved with the model.
        layout: the axes of a batch. Default, for pictures: what Keras is set to, "NHWC" or "NCHW".
        options: further arguments of :func:`augreg.augment`: ``sample_rate``, ``options``, ...

    Raises:
        ConfigError: another backend than torch; a seed; a step that mixes samples, or several modalities; in training:
            a step that changes size or type.

    >>> import augreg, torch
    >>> layer = augreg.keras.Layer([{"image.hflip": {"p": 1}}])
    >>> layer(torch.eye(2).reshape(1, 2, 2, 1), training=True)[0, ..., 0].tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    >>> layer(torch.eye(2).reshape(1, 2, 2, 1))[0, ..., 0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    """

    def __init__(
        self, pipeline: Pipeline | Steps, *, layout: str | None = None, options: Any = None, **kwargs: Any
    ) -> None:
        if keras.config.backend() != "torch":
            raise ConfigError(
                f"augreg.keras.Layer computes with torch, and Keras runs on {keras.config.backend()}. Augment before: "
                "augreg.keras.Dataset; or set KERAS_BACKEND=torch."
            )
        if "seed" in kwargs:
            raise ConfigError(
                "augreg.keras.Layer has no seed: a layer sees no keys, and every batch would be augmented alike. Leave "
                "it out, and call keras.utils.set_random_seed; or use augreg.keras.Dataset(..., seed=7)."
            )
        self.options = dict(options or {})
        given: dict[str, Any] = {name: kwargs.pop(name) for name in ("sample_rate", "device") if name in kwargs}
        super().__init__(**kwargs)
        self.pipeline = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        refuse_mixing(
            self.pipeline, "labels do not reach a layer. Mix in the data: augreg.keras.Dataset, or augreg.loader."
        )
        if len(self.pipeline.modalities) != 1:
            raise ConfigError(
                f"the pipeline has steps for {', '.join(self.pipeline.modalities) or 'nothing'}, and a layer gets one "
                "tensor. Give a pipeline of one modality."
            )
        self.layout, self.given = layout, given

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Augment a batch, if the model is trained."""
        if not training or not isinstance(inputs, torch.Tensor) or inputs.device.type == "meta":
            return inputs
        modality = self.pipeline.modalities[0]
        layout = self.layout or (AXES[keras.config.image_data_format()] if modality == "image" else None)
        with torch.no_grad():
            made = augment(
                inputs, self.pipeline, modality=modality, layout=layout, options=self.options or None, **self.given
            )
        if not isinstance(made, torch.Tensor) or made.shape != inputs.shape or made.dtype != inputs.dtype:
            raise ConfigError(
                f"the pipeline of augreg.keras.Layer makes {_said(made)} of {_said(inputs)}, and inference leaves its "
                "steps out. Take out steps that change size or type, and do them before the model."
            )
        return made

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what makes the layer anew, as a saved model holds it."""
        said: dict[str, Any] = {
            "pipeline": self.pipeline.to_dict(),
            "layout": self.layout,
            "options": self.options,
            **self.given,
        }
        return {**super().get_config(), **said}


def _said(value: Any) -> str:
    return f"{tuple(value.shape)} {value.dtype}" if isinstance(value, torch.Tensor) else "a list of several sizes"
