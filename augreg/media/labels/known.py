"""The forms of labels that are known, ours and those of plugins, by name."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Final

from augreg.errors import ConfigError, ContractError, listing, nearest
from augreg.media.labels.base import BesideForm, SetForm
from augreg.registry import Registry, default
from augreg.registry.loading import load_target
from augreg.registry.spec import LabelSpec

WAYS: Final = (BesideForm, SetForm)
"""A form is one of them."""


def reading(name: str, registry: Registry | None = None) -> type[BesideForm] | type[SetForm]:
    """Return the class that reads a form of labels.

    Raises:
        ConfigError: nobody reads it.
        PluginLoadError, ContractError: its plugin does not keep what it promises.

    >>> from augreg.media import labels
    >>> labels.reading("coco").name
    'coco'

    """
    return _class(_of(name, (registry or default()).label_readers(), "reads"))


def writing(name: str, registry: Registry | None = None) -> type[BesideForm] | type[SetForm]:
    """Return the class that writes a form of labels; errors as those of :func:`reading`.

    >>> from augreg.media import labels
    >>> labels.writing("yolo").extension
    'txt'

    """
    return _class(_of(name, (registry or default()).label_writers(), "writes"))


def forms(registry: Registry | None = None) -> list[LabelSpec]:
    """Return the forms of labels that are read, ours first.

    >>> from augreg.media import labels
    >>> "coco" in [spec.name for spec in labels.forms()]
    True

    """
    return list({spec.name: spec for spec in reversed((registry or default()).label_readers())}.values())[::-1]


def _of(name: str, specs: Sequence[LabelSpec], does: str) -> LabelSpec:
    # Ours come first: a plugin adds forms, it does not replace them.
    found = next((spec for spec in specs if spec.name == name), None)
    if found is None:
        names = sorted({spec.name for spec in specs})
        raise ConfigError(f"labels {name!r}: nobody {does} this form.{nearest(name, names)} Forms: {listing(names)}.")
    return found


def _class(spec: LabelSpec) -> type[BesideForm] | type[SetForm]:
    found = load_target(spec.target, f"labels {spec.name!r}", spec.plugin)
    if not (inspect.isclass(found) and issubclass(found, WAYS)) or inspect.isabstract(found):
        who = f"{spec.plugin}: {spec.target}"
        raise ContractError(f"{who} is no whole BesideForm or SetForm of augreg.media.labels. Derive from one of them.")
    return found
