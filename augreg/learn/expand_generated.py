"""What a generator made, on its way into the job that writes it: encoded beforehand, as it can run in no worker."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augreg import media
from augreg.errors import ConfigError, MediaError
from augreg.jobs import Settings
from augreg.jobs.again import replay
from augreg.jobs.chosen import GENERATOR
from augreg.jobs.hashes import sha256
from augreg.jobs.items import generated
from augreg.jobs.manifest import NAME
from augreg.jobs.state import GENERATED, JOB, state_of
from augreg.learn.expand_read import Inputs
from augreg.learn.expand_rounds import Grown
from augreg.learn.gates_seen import sample_of
from augreg.learn.generators import Call
from augreg.media.formats import WRITTEN_AS
from augreg.pipeline import Pipeline
from augreg.registry import default


def refuse_generator(pipeline: Pipeline | None, generator: str | None, *, originals: bool) -> None:
    """Refuse what cannot go with a generator, or without one.

    Raises:
        ConfigError: there is nothing that makes candidates; nobody offers the generator; the inputs are left out.

    """
    if pipeline is None and generator is None:
        raise ConfigError(
            "there is neither a pipeline nor a generator, and so nothing that makes candidates. Give one."
        )
    if generator is None:
        return
    default().load_generator(generator)
    if not originals:
        raise ConfigError(
            f"{generator} learns from all inputs, and lines of the manifest say from which, so that they can be "
            "forgotten. Leave --no-originals (originals=False) out."
        )


def anchor(inputs: Inputs, name: str, number: int) -> int:
    """Return the place of the input beside which a generator's sample is written: each of its class in turn."""
    own = [place for place in inputs.trains if inputs.classes[place] == name]
    return own[number % len(own)]


def told(generator: str, call: Call) -> dict[str, Any]:
    """Return what the manifest says of the call that made a sample."""
    spec = default().generator(generator)
    made = {"name": spec.name, "plugin": spec.plugin, "version": spec.version, "keyed": spec.keyed}
    return {GENERATOR: made | call.to_json()}


def stage(grown: Grown, inputs: Inputs, folder: Path, generator: str) -> None:
    """Write what was chosen of a generator's samples, each in the format of the input beside which it goes.

    Raises:
        ConfigError: one cannot be written in that format.

    """
    (folder / GENERATED).mkdir()
    for (origin, number), sample in zip(grown.chosen, grown.samples, strict=True):
        if origin < 0:
            item = inputs.items[anchor(inputs, grown.calls[number].name, number)]
            encode(sample, folder / GENERATED / str(number), item.suffix, generator)


def encode(given: Any, path: Path, suffix: str, generator: str) -> None:
    """Write a generator's sample in the format of a suffix.

    Raises:
        ConfigError: it cannot be written so.

    """
    extension = WRITTEN_AS.get(suffix.lower(), suffix.lower())
    try:
        media.write(sample_of(given, "what it made"), path, None, extension)
    except MediaError as error:
        raise ConfigError(f"{generator} made what cannot be written as {extension}: {error.reason}") from error


def stage_again(settings: Settings, folder: Path) -> None:
    """Bring back what a generator made for a job that had ended: as it was written, or made again.

    Raises:
        ConfigError: an output was changed or lost, and cannot be made again.

    """
    if (state_of(settings.out) / JOB).exists():
        return  # it lies in the job's state still
    (folder / GENERATED).mkdir()
    for raw in (settings.out / NAME).read_bytes().splitlines():
        line: Mapping[str, Any] = json.loads(raw)
        if line["outcome"] == "generated":
            there, kept = settings.out / line["output"], folder / GENERATED / str(generated(line["copy"]))
            alone = not {"row", "member"} & line.keys()
            if alone and there.is_file() and sha256(there) == line["sha256"]:
                shutil.copyfile(there, kept)
            else:
                replay(settings.out, line, settings.source, kept, root=settings.root)
