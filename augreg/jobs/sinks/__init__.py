"""What a job writes to: folders, tars, tables, files of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.sinks.base import Beside, Checks, Laid, Made, Row, Sink
from augreg.jobs.sinks.folder import FolderSink
from augreg.jobs.sinks.lines import LinesSink
from augreg.jobs.sinks.rows import CsvSink, JsonLinesSink, TsvSink
from augreg.jobs.sinks.tables import ArrowSink, ParquetSink
from augreg.jobs.sinks.tars import TarSink
from augreg.jobs.sources import refuse_options

__all__ = ["SINKS", "Beside", "Checks", "FolderSink", "Laid", "Made", "Row", "Sink", "open_sink"]

SINKS: Final[Mapping[str, type[Sink]]] = {
    "folder": FolderSink,
    "webdataset": TarSink,
    "parquet": ParquetSink,
    "arrow": ArrowSink,
    "lines": LinesSink,
    "csv": CsvSink,
    "tsv": TsvSink,
    "jsonl": JsonLinesSink,
}
"""Form of output -> what writes it."""


def open_sink(form: str, **options: Any) -> Sink:
    """Return what writes a form of output.

    Raises:
        ConfigError: there is no such form.

    """
    if form not in SINKS:
        raise ConfigError(f"output form {form!r} is unknown.{nearest(form, SINKS)} Forms: {listing(SINKS)}.")
    refuse_options(SINKS[form], f"output form {form!r}", options)
    return SINKS[form](**options)


def reopen(described: Mapping[str, Any]) -> Sink:
    """Return the sink that :meth:`Sink.describe` described."""
    return open_sink(**{"form": described["kind"], **{k: v for k, v in described.items() if k != "kind"}})
