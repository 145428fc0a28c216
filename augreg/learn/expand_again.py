"""Makes again what a generator made, of the same samples and by the same call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from augreg import media
from augreg.errors import ConfigError
from augreg.jobs.chosen import GENERATOR
from augreg.jobs.ended import Ended
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import Item
from augreg.jobs.sources import Source
from augreg.learn.expand_generated import encode
from augreg.learn.generators import Call, Named
from augreg.media import Limits


def generated_again(job: Ended, line: Mapping[str, Any], source: Source, folder: Path) -> Path:
    """Return a file with a generator's sample, made again.

    Args:
        job: that wrote it.
        line: its line of the manifest.
        source: the input of the job.
        folder: where to.

    Raises:
        ConfigError: the generator cannot make a sample twice, is not there, or an input that it was given is another.

    """
    said, name = line[GENERATOR], line["expand"]["class"]
    if not said["keyed"]:
        raise ConfigError(
            f"{said['name']} is not keyed: it makes other samples each time, and what it made cannot be made again. "
            f"Keep the file, whose SHA-256 is {line['sha256']}."
        )
    given = [other for other in job.lines() if other.get("expand", {}).get("taught") == said["name"]]
    hashes = {other["key"]: other["source_sha256"] for other in given if other["expand"]["class"] == name}
    planned = job.inputs(source)
    items = [item for item in planned if item.key in hashes]
    if missing := hashes.keys() - {item.key for item in items}:
        raise ConfigError(f"the source has no input {min(missing)!r} any more, which {said['name']} was given.")
    call = Call(name, said["seed"], said["count"], said["at"])
    found = Named.of(said["name"], line["modality"])(_samples(job, items, source, hashes, folder), call)
    if len(found) <= call.at:
        raise ConfigError(f"{said['name']} made {len(found)} samples now, and this was number {call.at + 1}.")
    made = folder / "made"
    beside = next(item for item in planned if item.key == line["key"])
    encode(found[call.at], made, beside.suffix, said["name"])
    return made


def _samples(job: Ended, items: Sequence[Item], source: Source, hashes: Mapping[str, str], folder: Path) -> list[Any]:
    """Return the samples that the generator was given, in the same order."""
    files = Fetched.of(source, items, folder)
    for item in items:
        if files.sha256(item) != hashes[item.key]:
            raise ConfigError(f"{item.called} is not what was read then: its hash is another. Put it back.")
    limits, decode, registry = Limits(**job.facts["limits"]), job.facts["decode"], job.pipeline.registry
    loaded = (media.load(files[item], limits, registry, decode=decode) for item in items)
    return [one.sample.changed(key=None) for one in loaded]
