"""Arrays and tensors whose numbers are not all there is to them: what they say beside would be lost in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError


def check_plain(data: Any, what: str) -> None:
    """Refuse arrays with a mask of invalid entries, which steps would take for values, and nested tensors.

    Raises:
        SampleError: it is one of these.

    >>> import numpy as np
    >>> from augreg.data.plain import check_plain
    >>> check_plain(np.ma.masked_equal([0, 3], 0), "image")
    Traceback (most recent call last):
        ...
    augreg.errors.SampleError: image is a masked array, and a step would take what is masked for values. ...

    """
    if isinstance(data, np.ma.MaskedArray):
        raise SampleError(
            f"{what} is a masked array, and a step would take what is masked for values. Fill it, data.filled(0), and "
            "give what is masked, np.ma.getmaskarray(data), as a target or a field of its own."
        )
    if isinstance(data, torch.Tensor) and data.is_nested:
        raise SampleError(f"{what} is a nested tensor. Give its parts as a list: list(data.unbind()).")
