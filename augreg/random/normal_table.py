"""What noise on the CPU and on devices share: how many numbers a word gives, and the table of normal quantiles."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from augreg.random.exact import normal_quantile

Floats = NDArray[np.float32]

TABLE_SIZE: Final = 1 << 16
PER_WORD: Final = {"uniform": 2, "normal": 4}
"""How many numbers one 64-bit word gives."""


@cache
def normal_table() -> Floats:
    """Quantiles of the standard normal at the middles of 65,536 equal parts: float32, read-only, symmetric."""
    table = normal_quantile((np.arange(TABLE_SIZE) + 0.5) / TABLE_SIZE).astype(np.float32)
    table.setflags(write=False)
    return table
