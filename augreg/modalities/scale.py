"""Pictures whose black and white are not those of their dtype: 12 bits in uint16, Hounsfield units, reflectances.

Steps speak of shares of white. A picture that says its range is handed to them as such shares, and comes back in its
own units and dtype.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from augreg.errors import SampleError
from augreg.modalities.base import LEFT, Hints, Result, Wrapped

WHOLE: Final = frozenset((torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32, torch.int64))
FLOATS: Final = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.float64))
TAKEN: Final = WHOLE | FLOATS
"""The dtypes of pictures that say their range."""

EXACT: Final = 1 << 21
"""How far from black whole numbers may lie to come back to the bit: two roundings of float32 are then below a half."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The values of black and white."""

    low: float
    high: float

    def shares(self, row: torch.Tensor) -> torch.Tensor:
        """Return values as float32 shares of white: 0 at black, 1 at white, others beyond."""
        wide = row.to(torch.float32)
        if row.dtype.itemsize > 2 and row.dtype in WHOLE:
            # Only these can be so large; float32 has 24 bits.
            far = max(abs(float(row.max()) - self.low), abs(float(row.min()) - self.low))
            if far > EXACT:
                raise SampleError(
                    f"image has dtype {row.dtype} and values {far:g} away from black; steps compute in float32, which "
                    f"holds whole numbers up to {EXACT} from it. Give float32 with range=[low, high]."
                )
        return (wide - self.low) / (self.high - self.low)

    def values(self, shares: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Return shares of white as values of a dtype, rounded to whole numbers where that holds only these."""
        wide = shares.to(torch.float32) * (self.high - self.low) + self.low
        if dtype.is_floating_point:
            return wide.to(dtype)
        info = torch.iinfo(dtype)
        return wide.round_().clamp_(info.min, info.max).to(dtype)


def scale_of(options: tuple[tuple[str, Any], ...]) -> Scale | None:
    """Return the range that options state, None if they state none."""
    for name, value in options:
        if name == "range":
            return Scale(*value)
        if name == "white":
            return Scale(0.0, value)
    return None


def stays(row: torch.Tensor, hints: Hints) -> bool:
    """Whether all steps take a picture that says its range as it is: they only move pixels, and know its dtype."""
    return hints.any_values and row.dtype in (torch.uint8, torch.uint16, torch.float16, torch.float32)


def in_shares(wrapped: Wrapped, scale: Scale) -> Wrapped:
    """Return a picture whose row holds shares of white, and which comes back in its own units.

    What a step made that leaves the range (normalized values, a tensor for a model) comes back as it is.
    """
    row, restore = wrapped.row, wrapped.restore
    dtype = row.dtype

    def back(result: Result) -> Any:
        if result.extras.get(LEFT):
            return restore(result)
        own = scale.values(result.row, dtype)
        return restore(Result(own, result.targets, result.rate, result.extras))

    return replace(wrapped, row=scale.shares(row), restore=back, extras={**wrapped.extras, LEFT: False})
