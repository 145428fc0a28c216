"""Sample rates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from augreg.errors import SampleError


def check_rate(rate: Any) -> float:
    """Refuse sample rates that are not positive numbers."""
    if isinstance(rate, bool) or not isinstance(rate, (int, float, np.integer, np.floating)) or not 0 < rate < math.inf:
        raise SampleError(f"sample rate {rate!r} is not a positive number of Hz, e.g. 16000.")
    return float(rate)
