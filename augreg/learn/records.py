"""Records as samples: dictionaries whose fields are samples, such as a picture with its caption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.data.samples import Sample
from augreg.errors import ConfigError, UnsupportedError, listing
from augreg.pipeline import Pipeline

RECORD: Final = "record"
"""What stands in place of a modality."""


def modality_of(sample: Any) -> str:
    """Return the modality of a sample; of a dictionary that it is a record.

    Raises:
        ConfigError: it is neither, or a record without samples.

    """
    if isinstance(sample, Mapping):
        modalities(sample)
        return RECORD
    found = getattr(sample, "modality", None)
    if not isinstance(found, str):
        raise ConfigError(
            f"a sample is {type(sample).__name__}, and samples are augreg's, as augreg.Image is, or dictionaries of "
            "such. Wrap it."
        )
    return found


def modalities(record: Mapping[str, Any]) -> list[str]:
    """Return the modalities of the fields that are samples, in their order."""
    found = [value.modality for value in record.values() if isinstance(value, Sample)]
    if not found:
        raise ConfigError(
            f"a record has the fields {listing(record)}, and none is a sample. Wrap them, as in "
            "{'image': augreg.Image(...), 'caption': augreg.Text(...)}."
        )
    return found


def steps_of(steps: list[Any], example: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline of steps for records: policies for the first modality, others for what they declare."""
    name = steps[0] if isinstance(steps[0], str) else next(iter(steps[0]))
    policy = str(name).startswith("policy.")
    return Pipeline({modalities(example)[0]: steps} if policy else steps).to_dict()


def refuse_mixing(pipeline: Pipeline) -> None:
    """Refuse steps that mix samples: the class of a record is no field of it, and would not be mixed.

    Raises:
        UnsupportedError: there is one.

    """
    held = [execution for program in pipeline.programs.values() for execution in program.executions]
    for execution in (*held, *(one for one, _ in pipeline.joint)):
        if execution.augmenter.declares.labels == "mixes":
            raise UnsupportedError(
                f"{execution.label} mixes records, whose class is not mixed with them. Leave it out, or augment within "
                "your own task."
            )


def records_pipeline(given: Any) -> Pipeline:
    """Return a pipeline for records, whose class stays as it is.

    Raises:
        ConfigError: a step changes labels, or there is none.
        UnsupportedError: a step mixes records.

    """
    pipe = given if isinstance(given, Pipeline) else Pipeline(given)
    refuse_mixing(pipe)
    held = [execution for program in pipe.programs.values() for execution in program.executions]
    for execution in (*held, *(one for one, _ in pipe.joint)):
        if (does := execution.augmenter.declares.labels) != "keeps":
            raise ConfigError(
                f"step {execution.label!r} {does} labels, and each record has one class that stays as it is. Leave it "
                "out."
            )
    if not held and not pipe.joint:
        raise ConfigError("pipeline has no steps. Give at least one.")
    return pipe
