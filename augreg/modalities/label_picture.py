"""Masks that are PIL pictures: their pixels are labels, so a palette stays one, and no color is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augreg.errors import SampleError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


def label_picture(picture: Picture) -> tuple[np.ndarray, Callable[[torch.Tensor], Any]]:
    """Return the labels (H, W) of a picture whose pixels are such, and what makes a picture of labels again.

    Raises:
        SampleError: the picture holds colors or gray between black and white, of which nothing says the labels.

    """
    import PIL.Image

    mode = picture.mode
    if mode not in ("1", "L", "P", "I") and not mode.startswith("I;16"):
        raise SampleError(
            f"masks are a PIL image of mode {mode!r}, whose pixels are colors, and masks hold labels. Give a picture "
            "of mode 'P', 'L', '1' or 'I', or an array of labels."
        )
    info = dict(picture.info)

    def restore(masks: torch.Tensor) -> Any:
        labels = masks.detach().cpu().numpy()
        if mode == "P":
            found = picture.resize(labels.shape[::-1], PIL.Image.Resampling.NEAREST)  # of that size, with the palette
            found.frombytes(np.ascontiguousarray(labels).tobytes())
        else:
            found = PIL.Image.fromarray(labels)
        found.info = dict(info)
        return found

    return np.array(picture), restore
