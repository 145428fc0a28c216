"""What Tab offers for the arguments of the subcommands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from augreg import registry

if TYPE_CHECKING:
    import click


def augmenter_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the short names of augmenters, and full ids once a '/' is typed."""
    specs = registry.augmenters()
    return _fitting([spec.id if "/" in incomplete else spec.name for spec in specs], incomplete)


def modality_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the modalities."""
    return _fitting([spec.name for spec in registry.default().modalities()], incomplete)


def tag_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the tags that some augmenter has."""
    return _fitting([tag for spec in registry.augmenters() for tag in spec.tags], incomplete)


def plugin_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the installed plugins."""
    return _fitting([record.plugin for record in registry.default().records], incomplete)


def _fitting(words: Iterable[str], incomplete: str) -> list[str]:
    return sorted({word for word in words if word.startswith(incomplete)})
