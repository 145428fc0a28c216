"""Sample rates."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError


def rate_of(value: Any) -> int | float | None:
    """Return a rate as a plain number: an int, a float, one of numpy's, an array or a tensor without axes; else None.

    >>> import numpy as np, torch
    >>> from augreg.modalities.rates import rate_of
    >>> rate_of(np.int64(16000)), rate_of(torch.tensor(8000.0)), rate_of("16 kHz"), rate_of(True)
    (16000, 8000.0, None, None)

    """
    if type(value) in (int, float):
        found: int | float = value
        return found
    if isinstance(value, (np.generic, np.ndarray, torch.Tensor)):
        value = value.item() if value.ndim == 0 else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


HIGHEST_RATE: Final = 10_000_000
"""Hz. What is a filter of some milliseconds at 48 kHz is one of gigabytes at a rate that only a mistake writes."""


def check_rate(rate: Any) -> float:
    """Refuse sample rates that are not positive numbers of at most 10 MHz."""
    number = rate_of(rate)
    if number is None or not 0 < number < math.inf:
        raise SampleError(f"sample rate {rate!r} is not a positive number of Hz, e.g. 16000.")
    if number > HIGHEST_RATE:
        raise SampleError(
            f"sample rate {rate!r} is above 10 MHz, the highest that is taken. Give it in Hz, e.g. 16000."
        )
    return float(number)


def rate_like(given: Any, rate: float) -> Any:
    """Return a rate in the kind of number that came in; a fraction, where that was whole, in one that holds it.

    >>> import numpy as np, torch
    >>> from augreg.modalities.rates import rate_like
    >>> rate_like(16000, 8000.0), rate_like(torch.tensor(16000), 11025.5), rate_like(16000.0, 8000.0)
    (8000, tensor(11025.5000), 8000.0)

    """
    if rate_of(given) == rate:
        return given
    whole = float(rate).is_integer()
    if isinstance(given, torch.Tensor):
        kind = given.dtype if whole or given.is_floating_point() else torch.float64
        return torch.tensor(rate, dtype=kind, device=given.device)
    if isinstance(given, np.ndarray):
        return np.asarray(rate, dtype=given.dtype if whole or given.dtype.kind == "f" else np.float64)
    return float(rate) if not whole and isinstance(given, (int, np.integer)) else type(given)(rate)
