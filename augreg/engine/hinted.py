"""What a call says of all its samples with ``options=``: names and values checked before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from augreg.errors import ConfigError, SampleError, listing, nearest
from augreg.intake.container import Container
from augreg.modalities.base import Modality
from augreg.modalities.known import Modalities

Options = tuple[tuple[str, Any], ...]


def said(options: Mapping[str, Any] | None, modality: str | None, known: Modalities) -> Options:
    """Return the options of a call, checked.

    Raises:
        ConfigError: they are no mapping.
        SampleError: no modality, or not the one that was stated, has an option of this name; or its value is wrong.

    """
    if options is None:
        return ()
    if not isinstance(options, Mapping):
        raise ConfigError(f"options={options!r} is not valid: expected a mapping, e.g. {{'white': 4095}}.")
    asked = list(known) if modality is None else [known[modality]]
    return tuple((name, _checked(name, value, asked, modality)) for name, value in options.items())


def _checked(name: Any, value: Any, asked: Iterable[Modality], modality: str | None) -> Any:
    for one in asked:
        if name in one.options:
            return one.options[name](value)
    valid = [option for one in asked for option in one.options]
    whose = "" if modality is None else f" for {modality}"
    raise SampleError(
        f"options has no {name!r}{whose}.{nearest(str(name), valid)} Options: "
        f"{listing(dict.fromkeys(valid), 30) or 'none; leave it out'}."
    )


def check_heeded(container: Container, options: Options) -> None:
    """Refuse an option that no sample heeded, because it is one of another modality."""
    there = {bulk.modality.name: bulk.modality for bulk in container.bulks}
    there |= {unit.modality.name: unit.modality for unit in container.single}
    for name, _ in options:
        if there and not any(name in modality.options for modality in there.values()):
            raise SampleError(f"options has {name!r}, which is none of {' or '.join(there)}. Leave it out.")
