"""The hooks a plugin may implement, all of them optional, and the two markers.

An entry-point module lists facts and must stay light: no torch, no numpy, nothing that takes long to import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import pluggy

from augreg.registry.operations import OperationSet
from augreg.registry.spec import (
    AugmenterSpec,
    FormatSpec,
    GeneratorSpec,
    LabelSpec,
    LiftSpec,
    ModalitySpec,
    PolicySpec,
)

if TYPE_CHECKING:
    from augreg.data.batch import Batch

PROJECT: Final = "augreg"
hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook of the same name."""

# No hook has default arguments: pluggy 1.5 and 1.6 do not pass arguments that have a default.
# The bodies are empty because pluggy calls the plugins' functions, never these.
# mypy: disable-error-code="empty-body"


@hookspec
def augreg_augmenters() -> Iterable[AugmenterSpec]:
    """Return the augmenters that this plugin offers."""


@hookspec
def augreg_left_out() -> Mapping[str, str]:
    """Return what an adapter does not offer of its library, as "namespace.name" -> why; who asks for it is told."""


@hookspec
def augreg_modalities() -> Iterable[ModalitySpec]:
    """Return the kinds of sample that this plugin adds to image, audio, video and text."""


@hookspec
def augreg_lifts() -> Iterable[LiftSpec]:
    """Return what makes augmenters of one modality work on another."""


@hookspec
def augreg_policies() -> Iterable[PolicySpec | OperationSet]:
    """Return the policies that pipelines may name, and the sets of operations that policies draw from."""


@hookspec
def augreg_generators() -> Iterable[GeneratorSpec]:
    """Return what this plugin has that makes new samples out of those of a class, such as a GAN."""


@hookspec
def augreg_commands() -> Mapping[str, str]:
    """Return subcommands of `augreg`, as name -> "module:click_command". They never shadow a built-in one."""


@hookspec
def augreg_readers() -> Iterable[FormatSpec | LabelSpec]:
    """Return the file formats that this plugin reads, and the forms of labels."""


@hookspec
def augreg_writers() -> Iterable[FormatSpec | LabelSpec]:
    """Return the file formats that this plugin writes, and the forms of labels."""


@hookspec(firstresult=True)
def augreg_execute(step: str, batch: Batch, run: Callable[[Batch], Batch]) -> Batch | None:
    """Run one step on one batch, or return None to let `run(batch)` do it.

    Called once for every step and every group of samples that share a kernel call, never per sample. Wrap
    it with `@hookimpl(wrapper=True)` to trace or to time; return a Batch to answer from a cache. *step* is
    the path of the step in the pipeline.
    """


@hookspec(firstresult=True)
def augreg_spoken_of(records: Sequence[Sequence[str]]) -> Sequence[Mapping[str, str]] | None:
    """Return of what the captions of records speak, or None to let another plugin say it.

    Args:
        records: the captions of each record, at least one.

    For each record: a meaning (see `augreg.contract.meanings`) that an operation of a policy may not alter in what the
    captions are about -> why not, such as "'left' may not be true any longer". The operation is left out for that
    record, and its trace says why. What nobody understands should be said to speak of everything.

    """
