"""The contract of an augmenter, and a base class that covers what most of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np

from augreg import late, param
from augreg.contract.declaration import Declaration
from augreg.contract.operator import Op
from augreg.data.batch import Batch, BatchInfo
from augreg.data.params import Params
from augreg.errors import ContractError
from augreg.random.rng import Rng


@runtime_checkable
class Augmenter(Protocol):
    """A frozen configuration that can draw parameters for a batch and apply them.

    ``declares`` holds the facts (targets, dtypes, devices, ...). Nothing per call is kept on the instance: it
    may be used by many threads at once and may stand twice in a pipeline.
    """

    declares: ClassVar[Declaration]

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Draw parameters, one row per sample, on the CPU.

        Args:
            batch: shapes, rates and targets of n samples (and the data, if the augmenter declares that it
                reads it).
            rng: keyed random numbers for these samples; the only source of randomness.
            level: strengths in 0..1, shape (n,), or None to draw from the configuration.

        """
        ...

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Apply drawn parameters: no randomness, no state, input not modified."""
        ...


@dataclass(frozen=True)
class AugmenterBase:
    """Checks the configuration on construction, maps levels, and applies through an operator if there is one.

    Subclasses are ``@dataclass(frozen=True, kw_only=True)`` with fields from :mod:`augreg.param`, a class
    attribute ``declares``, a method ``draw`` and either ``apply`` or ``lower``. A subclass that checks more
    calls ``super().__post_init__()`` first and raises :class:`augreg.errors.ConfigError`. An instance may be called
    with samples, see :meth:`__call__`.

    ``examples`` holds configurations, as keyword arguments, that show or test the augmenter: the conformance kit
    runs them beside the default one. An augmenter that cannot be built without arguments must give at least one,
    which fits samples of about 40 pixels, 0.5 seconds, 8 frames, or a sentence.
    """

    declares: ClassVar[Declaration]
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    lists: ClassVar[bool] = False
    """Whether ``apply`` takes sounds on the CPU as a list of rows too, see :class:`augreg.data.batch.Batch`: that saves
    work row by row a copy of the batch."""

    by_name: ClassVar[bool] = False
    """Of what declares the channels that it takes: whether it finds red, green and blue by their names where pictures
    name their channels. Others are given such pictures only if these are RGB or RGBA in this order."""

    def __post_init__(self) -> None:
        param.check_all(self)

    def __call__(self, samples: Any, *targets: Any, **options: Any) -> Any:
        """Apply it to samples, always (``p`` is 1), and return the same kind of thing.

        For a joint augmenter these are records.

        Args:
            samples: one sample, a list of them, records, ... as :func:`augreg.augment` takes them.
            targets: what belongs to this one sample, as in ``augmenter(image, label)``.
            options: those of :func:`augreg.augment`: ``seed``, ``keys``, ``sample_rate``, ``modality``, ...

        Raises:
            UnsupportedError: the augmenter takes samples of another modality.
            ConfigError: its class is not registered, so that nothing says which modality it takes.

        >>> import augreg
        >>> augreg.make("text.word_swap", rate=1)("one two three", seed=7, keys=["a"])
        'two one three'

        """
        return late.call("call_augmenter", self, samples, *targets, **options)

    @property
    def label_classes(self) -> int | None:
        """The number of classes, if the augmenter mixes samples and turns their class numbers into class weights.

        The labels of a pipeline with such a step are class weights throughout, whether or not it fires on a sample.
        """
        return None

    @property
    def clips(self) -> bool:
        """Whether it cuts values of floating-point pictures outside [0, 1], or takes them for something else."""
        return self.declares.values == "unit" and self.declares.keeps_range and self.declares.clips

    @property
    def values_after(self) -> Literal["same", "unit", "any"]:
        """Whether floating-point pictures have the range of before behind it, [0, 1] ("unit"), or any other ("any")."""
        return "same" if self.declares.keeps_range else "any"

    @property
    def memory(self) -> float:
        """Bytes that it takes at its peak for each byte of a large sample, the result included.

        As declared, unless a subclass says what its configuration makes of it: what plays half as fast makes twice as
        much.
        """
        return self.declares.memory

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Draw nothing: right for augmenters without random parameters."""
        return Params(len(batch.keys))

    def lower(self, info: BatchInfo, params: Params) -> Op | None:
        """Return the operator that does the same as ``apply``, or None if the augmenter does not fuse."""
        return None

    @property
    def inverts(self) -> bool:
        """Whether predictions on its results can be mapped back to the samples, see :meth:`inverses`.

        By default where it moves no targets. One that hides some and moves none, and one with an inverse, say so.
        """
        return not self.declares.targets

    def inverses(self, info: BatchInfo, params: Params) -> Sequence[Any]:
        """Return for each sample an :class:`augreg.Inverse`, or None where nothing moved.

        Args:
            info: the facts before the step, without targets and data.
            params: what was drawn.

        """
        return [None] * params.n

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Apply drawn parameters by running the operator of ``lower``."""
        op = self.lower(batch.info, params)
        if op is None:
            raise ContractError(f"{type(self).__name__} defines neither apply nor lower; it must define one.")
        return op.run(batch)

    def sample(self, param: str, rng: Rng, level: np.ndarray | None = None) -> np.ndarray:
        """Return one value per sample for an interval parameter: uniform in it, or as the level declares.

        The draw is named after the parameter. float64, shape (n,).
        """
        declared = self.declares.level
        if level is not None and declared is not None and declared.param == param:
            return declared.values(level, rng)
        low, high = getattr(self, param)
        return rng.uniform(param, low, high)


def memory_of(augmenter: Augmenter) -> float:
    """Return how many bytes an augmenter takes at its peak for each byte of a large sample, the result included.

    >>> import augreg
    >>> from augreg.contract.augmenter import memory_of
    >>> memory_of(augreg.make("text.keyboard"))
    4.0

    """
    return float(getattr(augmenter, "memory", augmenter.declares.memory))


def fuses(augmenter: Augmenter) -> bool:
    """Whether an augmenter lowers to an operator.

    >>> import augreg
    >>> from augreg.kernel import fuses
    >>> fuses(augreg.make("image.hflip")), fuses(augreg.make("text.keyboard"))
    (True, False)

    """
    method = getattr(type(augmenter), "lower", None)
    return method is not None and method is not AugmenterBase.lower
