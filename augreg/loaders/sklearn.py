"""`augreg.sklearn`: an estimator for scikit-learn, which is imported when `Augment` is first asked for."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from augreg.errors import ConfigError, nearest

if TYPE_CHECKING:
    from augreg.loaders.sklearn_estimator import Augment as Augment

__all__ = ["Augment"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'augreg.sklearn' has no attribute {name!r}.{nearest(name, __all__)}")
    if find_spec("sklearn") is None:
        raise ConfigError("augreg.sklearn needs scikit-learn. Install it: pip install 'augreg[learn]'.")
    from augreg.loaders import sklearn_estimator

    return sklearn_estimator.Augment


def __dir__() -> list[str]:
    return list(__all__)
