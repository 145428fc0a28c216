"""Recognizes objects of libraries (PIL, torchvision's tv_tensors) without importing them."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any


def is_tv(obj: Any, *names: str) -> bool:
    """Whether the object is one of torchvision's tv_tensors of these names, without importing torchvision."""
    module = sys.modules.get("torchvision.tv_tensors")
    return module is not None and any(isinstance(obj, getattr(module, name, ())) for name in names)


@lru_cache(maxsize=256)
def is_pil_type(kind: Any) -> bool:
    """Whether a type is one of PIL's images; if nobody has imported PIL, none is. Asked for every picture."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(kind, type) and issubclass(kind, module.Image)


def is_pil(obj: Any) -> bool:
    """Whether the object is a PIL image."""
    kind: Any = type(obj)
    return is_pil_type(kind)
