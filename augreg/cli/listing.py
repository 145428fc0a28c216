"""`augreg list`: what is installed, one augmenter per line, without importing any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from augreg.cli import table
from augreg.cli.aside import installed
from augreg.cli.complete import modality_names, plugin_names, tag_names
from augreg.errors import ConfigError, listing, nearest
from augreg.registry import Registry
from augreg.registry.aliases import SUGGESTED
from augreg.registry.discovery import meant, normalised
from augreg.registry.finding import nearest_word, partly, search
from augreg.registry.names import reason
from augreg.registry.spec import AugmenterSpec, LeftOut
from augreg.registry.summaries import summary_of


@click.command("list")
@click.argument("words", metavar="[MODALITY] [WORD]...", nargs=-1, shell_complete=modality_names)
@click.option("--modality", metavar="NAME", shell_complete=modality_names, help="Only those for this kind of sample.")
@click.option("--tag", metavar="WORD", shell_complete=tag_names, help="Only those with this tag.")
@click.option("--plugin", metavar="NAME", shell_complete=plugin_names, help="Only those of this distribution.")
@click.option("--policies", is_flag=True, help="The policies, and the sets of operations that they draw from.")
@click.option("--generators", is_flag=True, help="What makes new samples, for augreg expand --generator.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_command(
    words: tuple[str, ...],
    modality: str | None,
    tag: str | None,
    plugin: str | None,
    *,
    policies: bool,
    generators: bool,
    as_json: bool,
) -> None:
    """List the installed augmenters, all or those for one kind of sample; or the policies; or the generators.

    Words are looked for in names, tags, summaries, and in what other libraries call them: every one must be there.

    \b
    Examples:
      augreg list image --tag geometry
      augreg list blur                    also: augreg list "rain drops"
      augreg list RandomHorizontalFlip    what another library calls it
      augreg list --plugin augreg-audio --json | jq '.[].name'
      augreg list image --policies        what draws from them per sample, and from which

    Nothing is imported but the plugins' lists. Plugins that cannot be used are named on stderr.
    """
    known = installed()
    modality, sought = _sorted_out(known, [word for text in words for word in text.split()], modality)
    _check(known, tag, plugin)
    if policies and generators:
        raise ConfigError("--policies and --generators are two lists. Give one of them.")
    if generators:
        _list_generators(known, modality, tag, plugin, sought, as_json)
        return
    if policies:
        _list_policies(known, modality, tag, plugin, sought, as_json)
        return
    specs = known.augmenters(modality, tag, plugin)
    notes: dict[str, str] = {}
    if sought:
        specs, notes = _found(known, specs, sought)
    if as_json:
        import json

        click.echo(json.dumps([as_dict(spec) for spec in specs], indent=2))
    elif specs:
        click.echo("\n".join(_table(specs, notes)))
    elif not sought:
        click.echo(_nothing(known), err=True)
    for lift in known.lifts():
        if lift.modality == modality:
            click.echo(f"Those for {lift.source} work too. Run: augreg list --modality {lift.source}", err=True)
    failed = [record for record in known.records if record.status not in ("ok", "blocked")]
    for record in failed:
        click.echo(f"! {record.label} is {record.status}: {record.reason}", err=True)
    if failed:
        names = ",".join(record.plugin for record in failed)
        click.echo(f"To see where: augreg --debug plugins. To keep out: AUGREG_BLOCK={names}", err=True)


def _sorted_out(known: Registry, words: list[str], modality: str | None) -> tuple[str | None, list[str]]:
    """Return the modality, which may come first among the words, and the words to look for."""
    if not words or words[0] not in {spec.name for spec in known.modalities()}:
        return modality, words
    kind, *rest = words
    if modality not in (None, kind):
        raise ConfigError(f"list {kind} --modality {modality} names two modalities. Give one of them.")
    return kind, rest


def _found(
    known: Registry, specs: Sequence[AugmenterSpec], words: list[str]
) -> tuple[list[AugmenterSpec], dict[str, str]]:
    """Return the specs that have all words, and for those found by an alias only, which one that is.

    Raises:
        ConfigError: there are none; the message says what is near, and what else there is.

    """
    hits = search(specs, words)
    drawing = [hit.spec.name for hit in search(known.policies(), words)]
    if drawing:
        click.echo(f"Policies that fit: {listing(drawing)}. Run: augreg show {drawing[0]}", err=True)
    if not hits and not drawing:
        raise ConfigError(_not_found(known, specs, words))
    notes = {
        hit.spec.name: listing([one.replace("~", "like ") for one in hit.known_as], 3) for hit in hits if hit.known_as
    }
    return [hit.spec for hit in hits if isinstance(hit.spec, AugmenterSpec)], notes


def _not_found(known: Registry, specs: Sequence[AugmenterSpec], words: list[str]) -> str:
    """Say that nothing has all words, and what is near."""
    message = f"nothing has {' and '.join(map(repr, words))} in its name, summary, tags or aliases."
    modalities = [spec.name for spec in known.modalities()]
    if some := partly([*specs, *known.policies()], words):
        return f"{message} With some of them: {listing(some, 5)}. Leave out a word."
    if said := [reason(one) for one in known.left_out() if words[0].casefold() in _called(one)]:
        return f"{message} {' '.join(said[:SUGGESTED])}"
    hint = nearest(words[0], modalities) if len(words) == 1 else ""
    word = next((near for one in words if (near := nearest_word([*specs, *known.policies()], one))), "")
    tags = sorted({tag for spec in specs for tag in spec.tags})
    hint = hint or (f" Did you mean {word!r}?" if word else "")
    return f"{message}{hint} Modalities: {listing(modalities)}; tags: {listing(tags, 40)}."


def _called(one: LeftOut) -> tuple[str, str]:
    """Return how somebody may call what is left out, in small letters."""
    return one.name.casefold(), one.name.partition(".")[2].casefold()


def _list_policies(
    known: Registry, modality: str | None, tag: str | None, plugin: str | None, words: list[str], as_json: bool
) -> None:
    """Print the policies and the sets, as a table or as JSON."""
    from augreg.cli import policies as told

    if tag is not None:
        raise ConfigError(f"policies have no tags. Leave out --tag {tag}, or --policies.")
    if modality is not None:
        known.modality(modality)
    name = next((r.plugin for r in known.records if plugin and normalised(r.plugin) == normalised(plugin)), None)
    entries = told.listed(known, modality, name)
    if words:
        fit = {hit.spec.name for hit in search(known.policies(), words)}
        entries = [e for e in entries if e["name"] in fit or all(w.casefold() in str(e).casefold() for w in words)]
    if as_json:
        import json

        click.echo(json.dumps(entries, indent=2, default=str))
    elif entries:
        click.echo("\n".join(told.lines(entries)))
    else:
        click.echo("No policy or set fits. Leave out an option, or run: augreg list --policies", err=True)


def _list_generators(
    known: Registry, modality: str | None, tag: str | None, plugin: str | None, words: list[str], as_json: bool
) -> None:
    """Print the generators, as a table or as JSON."""
    from augreg.cli import policies as told

    if tag is not None:
        raise ConfigError(f"generators have no tags. Leave out --tag {tag}, or --generators.")
    if modality is not None:
        known.modality(modality)
    specs = [spec for spec in known.generators() if modality is None or modality in spec.modalities]
    specs = [spec for spec in specs if plugin is None or normalised(spec.plugin) == normalised(plugin)]
    entries = [told.generator_as_dict(spec) for spec in sorted(specs, key=lambda spec: (spec.name, spec.plugin))]
    entries = [entry for entry in entries if all(word.casefold() in str(entry).casefold() for word in words)]
    if as_json:
        import json

        click.echo(json.dumps(entries, indent=2))
    elif entries:
        click.echo("\n".join(told.lines(entries)))
    else:
        click.echo("No generator fits, or none is installed. A plugin offers them by augreg_generators.", err=True)


def as_dict(spec: AugmenterSpec) -> dict[str, Any]:
    """Return the facts of *spec* in JSON-able form."""
    return {"name": spec.name, "id": spec.id, **asdict(spec), "summary": summary_of(spec)}


def _check(known: Registry, tag: str | None, plugin: str | None) -> None:
    """Raise ConfigError for a tag or a plugin that does not exist."""
    tags = sorted({tag for spec in known.augmenters() for tag in spec.tags})
    if tag is not None and tag not in tags:
        raise ConfigError(f"no augmenter has the tag {tag!r}.{nearest(tag, tags)} Tags: {listing(tags, 40)}.")
    plugins = [record.plugin for record in known.records]
    if plugin is not None and normalised(plugin) not in map(normalised, plugins):
        raise ConfigError(f"no plugin {plugin!r} is installed.{meant(plugin, plugins)} Plugins: {listing(plugins)}.")


def _table(specs: Sequence[AugmenterSpec], notes: Mapping[str, str]) -> list[str]:
    """Return the lines of the table; a name that two plugins offer appears as its full id; *notes*: other names."""
    count = Counter(spec.name for spec in installed().augmenters())
    rows = [
        (
            spec.name if count[spec.name] == 1 else spec.id,
            ", ".join(spec.modalities),
            ", ".join(spec.tags),
            _summary(spec, notes.get(spec.name, "")),
            spec.plugin,
        )
        for spec in specs
    ]
    heads = ("NAME", "MODALITY", "TAGS", "SUMMARY", "PLUGIN")
    return table.columns(heads, rows, wrap="SUMMARY", shed=("PLUGIN", "TAGS"))


def _summary(spec: AugmenterSpec, note: str) -> str:
    """Return what an augmenter does, what is to be used instead, and what others call it."""
    gone = f"(deprecated: {spec.deprecated}) " if spec.deprecated else ""
    return f"{gone}{summary_of(spec)}{f' [{note}]' if note else ''}"


def _nothing(known: Registry) -> str:
    """Say why the list is empty and what to do."""
    if known.augmenters():
        return "No augmenter fits. Leave out an option, or run: augreg list"
    if any(record.status == "blocked" for record in known.records):
        return "No augmenter: every plugin is blocked. Run: augreg plugins"
    return "No augmenter is installed. Run: pip install augreg-image augreg-audio augreg-video augreg-text"
