"""What a worker must know of a job, as plain data, so that it can be sent to any process on any machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from augreg.media import DEFAULT, Limits
from augreg.media.formats import Decode

OnError = Literal["skip", "raise", "copy"]
Check = Literal["hash", "size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A job without its plan, which lies in the output folder.

    Args:
        out: the output folder.
        source, sink: what :meth:`Source.describe` and :meth:`Sink.describe` returned.
        pipeline: what :meth:`augreg.Pipeline.to_dict` returned.
        seed, epoch, copies, device, batch_size, limits, on_error, decode: see :class:`augreg.jobs.Settings`.
        plan: name of the folder in the job's state where its plan lies.
        share: which of the machines that work on one job this is, as "1of4"; "" for the only one.
        run: names this start of the job; what is staged for another one cannot be committed by it, nor by what it
            left behind.

    """

    out: Path
    source: Mapping[str, Any]
    sink: Mapping[str, Any]
    pipeline: Mapping[str, Any]
    seed: int
    epoch: int = 0
    copies: int = 1
    device: str | None = "cpu"
    batch_size: int = 32
    limits: Limits = DEFAULT
    on_error: OnError = "skip"
    decode: Decode = "exact"
    plan: str = "plan"
    share: str = ""
    run: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further settings by name, which sources, sinks and the work on samples look up."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "out": str(self.out)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the job that :meth:`to_json` wrote."""
        return cls(**{**data, "out": Path(data["out"]), "limits": Limits(**data["limits"])})
