"""The registry of this process, made on first use, and the short forms that use it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from augreg.registry.registry import Registry
from augreg.registry.spec import AugmenterSpec

if TYPE_CHECKING:
    from augreg.contract.augmenter import Augmenter

_default: Registry | None = None
_default_lock: Final = threading.RLock()


def default() -> Registry:
    """Return the registry of this process, discovering the installed plugins on the first call."""
    global _default
    if _default is None:
        with _default_lock:
            if _default is None:
                _default = Registry()
    return _default


def list_augmenters(
    modality: str | None = None, tag: str | None = None, plugin: str | None = None
) -> list[AugmenterSpec]:
    """Return the installed augmenters that take *modality*, carry *tag* and come from *plugin*, sorted by name.

    >>> import augreg
    >>> "audio.lowpass" in [spec.name for spec in augreg.list_augmenters("audio", tag="filter")]
    True

    """
    return default().augmenters(modality, tag, plugin)


def resolve(name: str) -> AugmenterSpec:
    """Return the spec of *name* in the default registry; see `Registry.resolve`."""
    return default().resolve(name)


def load(name: str) -> type[Augmenter]:
    """Return the class of *name* in the default registry; see `Registry.load`."""
    return default().load(name)


def make(name: str, **params: Any) -> Augmenter:
    """Return the augmenter *name* of the default registry with *params*; see `Registry.make`.

    >>> import augreg
    >>> augreg.make("audio.gain", decibels=3).decibels
    (-3.0, 3.0)

    """
    return default().make(name, **params)


def register(
    obj: object,
    name: str | None = None,
    *,
    modalities: Iterable[str] | None = None,
    tags: Iterable[str] = (),
    summary: str = "",
) -> str:
    """Add an augmenter class or a plugin object to the default registry; see `Registry.register`.

    >>> import augreg
    >>> class Upper(augreg.AugmenterBase):
    ...     "Write in capitals."
    ...     declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))
    ...     def apply(self, batch, params):
    ...         return batch.replace([text.upper() for text in batch.data])
    >>> augreg.register(Upper, "my.upper", modalities=["text"])
    'my.upper'
    >>> augreg.augment("loud", {"text": ["my.upper"]}, seed=1, keys=["a"])
    'LOUD'
    >>> augreg.unregister("my.upper")

    """
    return default().register(obj, name, modalities=modalities, tags=tags, summary=summary)


def unregister(name: str) -> None:
    """Take *name* out of the default registry; see `Registry.unregister`.

    >>> import augreg
    >>> class Same(augreg.AugmenterBase):
    ...     "Change nothing."
    ...     declares = augreg.Declaration(leaves=augreg.EVERY)
    ...     def apply(self, batch, params):
    ...         return batch
    >>> name = augreg.register(Same, "my.same", modalities=["text"])
    >>> augreg.unregister("my.same")
    >>> [spec.name for spec in augreg.list_augmenters() if spec.name == "my.same"]
    []

    """
    default().unregister(name)
