"""The modalities that a registry knows: those of our own, and those that plugins add."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from augreg import late
from augreg.errors import AugregError, ContractError, UnknownModalityError, listing, nearest
from augreg.modalities.base import Modality
from augreg.modalities.encoded import is_encoded
from augreg.registry import Registry
from augreg.registry.loading import load_target
from augreg.registry.spec import ModalitySpec


class Modalities:
    """The modalities that a registry knows, and which one owns an object."""

    def __init__(self, registry: Registry) -> None:
        self._all: dict[str, Modality] = {}
        self._broken: dict[str, AugregError] = {}
        for name in dict.fromkeys(spec.name for spec in registry.modalities()):
            try:
                self._all[name] = _made(registry.modality(name))
            except AugregError as error:
                self._broken[name] = error  # it concerns only who uses that modality
        self._by_content = [m for m in self._all.values() if m.by_content]
        self._by_type: dict[type, Modality | None] = {}
        self.records = tuple(layout for modality in self for layout in modality.records)
        """Layouts of records that are recognized as a whole."""
        self.target_fields = frozenset(name for m in self for kind in m.targets for name in kind.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, ours first; those too that two plugins offer or that cannot be loaded: using them is an error."""
        return (*self._all, *self._broken)

    @property
    def layouts(self) -> tuple[str, ...]:
        """The orders of axes that some modality knows."""
        return tuple(layout for modality in self for layout in modality.layouts)

    def __iter__(self) -> Iterator[Modality]:
        return iter(self._all.values())

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
            return (
                self._all.get(late.call("cell_modality", obj)) if issubclass(kind, dict) and is_encoded(obj) else None
            )
        found = self._by_type[kind] = next((m for m in self._all.values() if m.owns(obj)), None)
        return found


def _made(spec: ModalitySpec) -> Modality:
    cls = load_target(spec.target, f"modality {spec.name}", spec.plugin)
    if not (isinstance(cls, type) and issubclass(cls, Modality)):
        raise ContractError(f"modality {spec.name!r}: {spec.target} is not a subclass of augreg.Modality.")
    if cls.name != spec.name:
        raise ContractError(f"modality {spec.name!r}: {spec.target} calls itself {cls.name!r}. Give both one name.")
    return cls()


@lru_cache(maxsize=16)
def _known(registry: Registry, _specs: tuple[ModalitySpec, ...]) -> Modalities:
    return Modalities(registry)


def modalities(registry: Registry) -> Modalities:
    """Return the modalities of a registry, as it is now.

    >>> import augreg
    >>> augreg.modalities.modalities(augreg.registry.default()).names[:4]
    ('image', 'audio', 'video', 'text')

    """
    return _known(registry, tuple(registry.modalities()))
