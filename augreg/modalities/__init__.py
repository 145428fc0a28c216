"""The modalities: four of our own, and those that plugins add."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from augreg.errors import AugregError, ContractError, UnknownModalityError, listing, nearest
from augreg.modalities.audio import AudioModality
from augreg.modalities.base import Hints, Modality, Result, Wrapped, WrappedMany
from augreg.modalities.image import ImageModality
from augreg.modalities.text import TextModality
from augreg.modalities.video import VideoModality
from augreg.registry import Registry
from augreg.registry.loading import load_target
from augreg.registry.spec import ModalitySpec

__all__ = ["Hints", "Modality", "Result", "Wrapped", "WrappedMany", "modalities"]

OWN: tuple[Modality, ...] = (ImageModality(), AudioModality(), VideoModality(), TextModality())


class Modalities:
    """The modalities that a registry knows, and which one owns an object."""

    def __init__(self, registry: Registry) -> None:
        self._all = {m.name: m for m in OWN}
        self._broken: dict[str, AugregError] = {}
        for spec in registry.modalities():
            if spec.name in self._all:
                continue
            try:
                self._all[spec.name] = _made(spec)
            except AugregError as error:
                self._broken[spec.name] = error  # it concerns only who uses that modality
        self._by_content = [m for m in self._all.values() if m.by_content]
        self._by_type: dict[type, Modality | None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, ours first."""
        return tuple(self._all)

    def __getitem__(self, name: str) -> Modality:
        try:
            return self._all[name]
        except (KeyError, TypeError):
            if isinstance(name, str) and name in self._broken:
                raise self._broken[name] from None
            raise UnknownModalityError(
                f"no modality named {name!r}.{nearest(str(name), self._all)} Known: {listing(self._all)}."
            ) from None

    def owner(self, obj: Any) -> Modality | None:
        """Return the modality that an object belongs to by its type, None for bare arrays and foreign types."""
        kind = type(obj)
        if kind in self._by_type:
            return self._by_type[kind]
        if issubclass(kind, (tuple, dict)):
            for modality in self._by_content:
                if modality.owns(obj):
                    return modality
            return None
        found = self._by_type[kind] = next((m for m in self._all.values() if m.owns(obj)), None)
        return found


def _made(spec: ModalitySpec) -> Modality:
    cls = load_target(spec.target, f"modality {spec.name}", spec.plugin)
    if not (isinstance(cls, type) and issubclass(cls, Modality)):
        raise ContractError(f"modality {spec.name!r}: {spec.target} is not a subclass of augreg.Modality.")
    return cls()


@lru_cache(maxsize=16)
def _known(registry: Registry, _names: tuple[str, ...]) -> Modalities:
    return Modalities(registry)


def modalities(registry: Registry) -> Modalities:
    """Return the modalities of a registry, as it is now.

    >>> import augreg
    >>> augreg.modalities.modalities(augreg.registry.default()).names[:4]
    ('image', 'audio', 'video', 'text')

    """
    return _known(registry, tuple(spec.name for spec in registry.modalities()))
