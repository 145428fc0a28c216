"""Data and steps for a first look: handwritten digits that come with scikit-learn, and operations that spoil them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from augreg.errors import ConfigError
from augreg.learn.data import Data
from augreg.modalities.image import Image

SIDE: Final = 28
"""Pixels of a side; the digits have 8, in which half a pixel's shift would be much."""

TRAIN: Final = 100
"""Training samples of the demonstration: of few ones augmentation shows."""

MODEL: Final = "sklearn:SVC"
SEEDS: Final = 15
"""A model that trains in a tenth of a second, so that many seeds make narrow intervals."""

PIPELINE: Final[dict[str, list[Any]]] = {
    "image": [{"image.translate": {"x": 0.1, "y": 0.1, "p": 0.8}}, {"image.rotate": {"degrees": 12, "p": 0.8}}]
}
"""Digits stay the digits that they are."""

SPOILERS: Final[list[Any]] = [
    {"image.vflip": {"p": 0.5}},
    {"image.rotate": {"degrees": [180, 180], "p": 0.5}},
]
"""The negative control: turned upside down a 6 is a 9. An evaluation that does not flag these is of no use."""


def digits(count: int | None = None) -> Data:
    """Return scikit-learn's handwritten digits as pictures of 28 x 28 pixels.

    Args:
        count: how many of the 1,797; None for all.

    Raises:
        ConfigError: scikit-learn is not installed.

    >>> import augreg.learn
    >>> data = augreg.learn.digits(20)
    >>> tuple(data.examples.samples[0].data.shape), len(data.examples.classes)
    ((1, 28, 28), 10)

    """
    if find_spec("sklearn") is None:
        raise ConfigError(
            "the demonstration needs scikit-learn, whose digits it uses. Install it: pip install 'augreg[learn]', or "
            "give data of your own (--data)."
        )
    import torch
    import torch.nn.functional as F
    from sklearn.datasets import load_digits

    held = load_digits()
    gray = torch.from_numpy(held.images[:count].astype(np.float32))[:, None]
    large = F.interpolate(gray, (SIDE, SIDE), mode="bilinear", align_corners=False)
    pixels = (large * (255 / 16)).round().clamp(0, 255).to(torch.uint8)
    labels = [str(label) for label in held.target[:count]]
    return Data.of([Image(one) for one in pixels], labels, name="digits of scikit-learn")
