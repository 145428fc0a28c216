"""Recognizes torchvision's tv_tensors, without importing torchvision."""

from __future__ import annotations

import sys
from typing import Any


def is_tv(obj: Any, *names: str) -> bool:
    """Whether the object is one of torchvision's tv_tensors of these names, without importing torchvision."""
    module = sys.modules.get("torchvision.tv_tensors")
    return module is not None and any(isinstance(obj, getattr(module, name, ())) for name in names)
