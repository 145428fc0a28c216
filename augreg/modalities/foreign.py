"""Recognizes objects of libraries that augreg does not import: PIL's pictures, torchvision's tv_tensors."""

from __future__ import annotations

import sys
from typing import Any


def is_pil(obj: Any) -> bool:
    """Whether the object is a PIL image; if nobody has imported PIL, it is none."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(obj, module.Image)


def is_tv(obj: Any, *names: str) -> bool:
    """Whether the object is one of torchvision's tv_tensors of these names, without importing torchvision."""
    module = sys.modules.get("torchvision.tv_tensors")
    return module is not None and any(isinstance(obj, getattr(module, name, ())) for name in names)
