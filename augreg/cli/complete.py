"""What Tab offers for the arguments of the subcommands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from augreg.cli.aside import installed

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def augmenter_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the short names of augmenters, and full ids once a '/' is typed."""
    specs = installed().augmenters()
    return _fitting([spec.id if "/" in incomplete else spec.name for spec in specs], incomplete)


def show_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer augmenters, policies, sets of operations and generators."""
    more = [spec.name for spec in installed().policies()] + [s.name for s in installed().operation_sets()]
    more += generator_names(ctx, param, incomplete)
    return sorted({*augmenter_names(ctx, param, incomplete), *_fitting(more, incomplete)})


def generator_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the generators."""
    return _fitting([spec.name for spec in installed().generators()], incomplete)


def step_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer names for the last of several steps: "image.hflip,image.ro" goes on as "image.hflip,image.rotate"."""
    before, comma, last = incomplete.rpartition(",")
    if incomplete.count("(") > incomplete.count(")"):
        return []  # within the parameters of a step
    return _fitting([before + comma + spec.name for spec in installed().augmenters()], before + comma + last)


def modality_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the modalities."""
    return _fitting([spec.name for spec in installed().modalities()], incomplete)


def tag_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the tags that some augmenter has."""
    return _fitting([tag for spec in installed().augmenters() for tag in spec.tags], incomplete)


def plugin_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the installed plugins."""
    return _fitting([record.plugin for record in installed().records], incomplete)


def plugins_or_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the installed plugins, or files where no plugin has such a name."""
    from click.shell_completion import CompletionItem

    found = [CompletionItem(name) for name in plugin_names(ctx, param, incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def _fitting(words: Iterable[str], incomplete: str) -> list[str]:
    return sorted({word for word in words if word.startswith(incomplete)})
