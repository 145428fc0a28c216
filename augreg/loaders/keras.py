"""`augreg.keras`: for Keras 3: augmented rows as a `PyDataset`, a layer, and the callback that tells epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.loaders import lazy_host

if TYPE_CHECKING:
    from augreg.loaders.keras_dataset import Dataset as Dataset
    from augreg.loaders.keras_epochs import Epochs as Epochs
    from augreg.loaders.keras_layer import Layer as Layer

__all__ = ["Dataset", "Epochs", "Layer"]

WHERE = {
    "Dataset": "keras_dataset:Dataset",
    "Epochs": "keras_epochs:Epochs",
    "Layer": "keras_layer:Layer",
}

__getattr__, __dir__ = lazy_host.attach("augreg.keras", {"keras": "keras"}, WHERE)
