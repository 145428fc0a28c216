"""A job that has ended, read from its output folder: its record, its manifest, and its inputs where they still are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from augreg.errors import ConfigError
from augreg.jobs import sinks
from augreg.jobs.items import Item
from augreg.jobs.labelled.asked import NONE, Asked
from augreg.jobs.labelled.binding import MEMBERS, Binder
from augreg.jobs.labelled.columns import Columns
from augreg.jobs.manifest import NAME, VERSION
from augreg.jobs.names import Alias
from augreg.jobs.plan import make_plan
from augreg.jobs.records import Layout
from augreg.jobs.sinks import Laid, Sink
from augreg.jobs.sources import Source, Tabular, open_source
from augreg.jobs.state import JOB, RUN, state_of
from augreg.pipeline import Pipeline


@dataclass(frozen=True)
class Ended:
    """What a job left.

    Args:
        out: the output folder.
        facts: what run.json says.

    """

    out: Path
    facts: Mapping[str, Any]

    @classmethod
    def at(cls, out: Path) -> Self:
        """Read the record of the job in a folder.

        Raises:
            ConfigError: there is none, it has not ended, or it cannot be read.

        """
        if (state_of(out) / JOB).exists():
            raise ConfigError(f"the job in {str(out)!r} has not ended. Go on with it by --resume first.")
        try:
            facts = json.loads((out / RUN).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise ConfigError(f"{str(out)!r} holds no job: there is no {RUN}. Give the OUT of augreg run.") from None
        except (OSError, ValueError) as error:
            raise ConfigError(f"{str(out / RUN)!r} cannot be read: {error}. Run the job again.") from None
        if not isinstance(facts, dict) or facts.get("v") != VERSION:
            raise ConfigError(f"{str(out / RUN)!r} was written by an augreg that kept other records.")
        return cls(out, facts)

    @cached_property
    def sink(self) -> Sink:
        """What wrote the outputs."""
        sink = sinks.reopen(self.facts["sink"])
        if isinstance(sink, Laid):
            sink.recall(self.facts["layout"])
        return sink

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline, with the plugins that are installed here."""
        return Pipeline.from_dict(self.facts["pipeline"])

    @property
    def manifest(self) -> Path:
        """Where the manifest lies."""
        return self.out / NAME

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of the manifest.

        Raises:
            ConfigError: it is gone or torn.

        """
        for number, line in self.numbered():
            if line is None:
                raise ConfigError(f"{NAME} is torn at line {number}. Run the job again with --resume.")
            yield line

    def numbered(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Yield the lines of the manifest with their numbers from 1 on; None for what is no line of one."""
        try:
            with self.manifest.open("rb") as file:
                for number, raw in enumerate(file, start=1):
                    yield number, _line(raw)
        except OSError as error:
            raise ConfigError(f"{str(self.manifest)!r} cannot be read: {error.strerror}.") from None

    def binder(self, source: Source, labels: str | None = None) -> Binder:
        """Return what gives inputs their labels, as in the job; ``labels`` says where they lie now.

        Raises:
            ConfigError: they lay outside of the input, and where is not said.

        """
        said = self.facts.get("labels") or {"form": NONE, "to": "", "given": ""}
        given = said["given"] if said["given"] != MEMBERS else ""
        asked = Asked(said["form"], given) if labels is None else Asked.of(labels)
        return Binder(asked, said["to"], source, self.pipeline.registry, self.pipeline.schema or ())

    def inputs(self, source: Source, secret: bytes | None = None, binder: Binder | None = None) -> tuple[Item, ...]:
        """Plan the inputs again, as the job did; those of a job with aliases by its secret."""
        binder = binder or self.binder(source)
        layout = Layout.of(self.pipeline)
        stepped = {*self.pipeline.modalities, *layout.roles}
        alias = Alias.of(self.facts, secret)
        registry = self.pipeline.registry
        plan = make_plan(source, stepped, self.facts["copies"], registry, layout.join, alias, binder.take)
        binder.columns = Columns.of(source, plan.items, self.pipeline)
        return plan.items

    def source(self, given: str | Path, root: str | Path | None = None) -> Source:
        """Open the source of the job, wherever it lies now; of a list of paths with the folder from which they count.

        Raises:
            ConfigError: it is not there, or is none of this form.

        """
        said = self.facts["source"]
        form, options = (said, {}) if isinstance(said, str) else (said["kind"], dict(said))
        options.pop("kind", None)
        source = open_source(given, form, **options, **({} if root is None else {"root": root}))
        if isinstance(source, Tabular):
            source.heed(self.pipeline)
        return source


def _line(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    whole = isinstance(line, dict) and {"source", "key", "outcome", "output"} <= line.keys()
    return line if whole and raw.endswith(b"\n") else None
