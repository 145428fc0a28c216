"""Cells of any type as JSON has them, for outputs that keep what a record carries as JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any


def as_plain(value: Any) -> Any:
    """Return a Python value as JSON has it.

    Numbers, strings, truth values, lists and objects stay; times and decimals become strings as ISO 8601 and Python
    write them; NaN and infinities the strings "nan", "inf", "-inf"; bytes ``{"base64": ...}``.

    >>> from decimal import Decimal
    >>> as_plain({"a": [1, Decimal("0.10"), b"x"]})
    {'a': [1, '0.10', {'base64': 'eA=='}]}

    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(name): as_plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
