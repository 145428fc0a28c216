"""What an augmenter declares about itself, as data that policies, docs, the command line and the tests read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from augreg.contract.meanings import check_meanings
from augreg.errors import ConfigError, ContractError, listing

if TYPE_CHECKING:
    import numpy as np

    from augreg.param import ParamSpec
    from augreg.random.rng import Rng

MEMORY: Final = 4.0
"""What is assumed of augmenters that do not declare their memory: room for the result and a few copies on the way."""

EVERY: Final = ("*",)
"""Stands for every target in ``Declaration.leaves``: an operation that moves nothing leaves all of them true."""


@dataclass(frozen=True, slots=True)
class Level:
    """The one parameter that a strength in 0..1 sets.

    ``low`` and ``high`` are its values at strength 0 and 1; ``scale`` says how it runs between them. With
    ``signed`` its distance from ``low`` gets a random sign per sample: with ``low=0, high=30`` strength 1 gives
    30 or -30, with ``low=1, high=1.5`` it gives 1.5 or 0.5 (on a log scale 1 / 1.5). ``identity_at_zero`` states
    that strength 0 changes nothing.

    The unit is that of the parameter, see :meth:`unit`. It has to mean the same for every size and sample
    rate. Where a parameter counts in pixels, as its users expect, ``relative_to`` says what ``low`` and ``high`` are
    fractions of instead: with "shorter side" strength 1 sets 0.02 of it, and ``draw`` multiplies.
    """

    param: str
    low: float
    high: float
    scale: Literal["linear", "log", "integer"] = "linear"
    signed: bool = False
    identity_at_zero: bool = True
    relative_to: str = ""

    def __post_init__(self) -> None:
        if self.scale == "log" and (self.low <= 0 or self.high <= 0):
            raise ConfigError(f"a log scale runs between positive values, not {self.low} and {self.high}.")

    def unit(self, parameters: Iterable[ParamSpec]) -> str:
        """Return in what it counts, one of :data:`augreg.param.UNITS` or a fraction of something that is named.

        Args:
            parameters: those of the class that declares it, ``augreg.param.describe(cls)``; they state the unit.

        """
        if self.relative_to:
            return f"fraction of the {self.relative_to}"
        return next((spec.unit for spec in parameters if spec.name == self.param), "")

    def values(self, level: np.ndarray, rng: Rng) -> np.ndarray:
        """Map strengths in 0..1, shape (n,), to values of the parameter; the sign is drawn under ``<param>.sign``."""
        if len(level) == 1:  # numpy takes longer to look at one number than all of this does
            import numpy as np

            strength: Any = min(max(float(level[0]), 0.0), 1.0)
            if self.signed:
                strength *= rng.sign(f"{self.param}.sign").item()
            if self.scale == "log":
                from augreg.random.exact import exp_one
                from augreg.random.rng import log_of

                return np.array([self.low * exp_one(strength * log_of(self.high / self.low))])
            return self._scaled(np.array([strength])) if self.scale != "linear" else np.array([self._linear(strength)])
        return self._scaled(self._signed(level, rng))

    def at(self, strength: float) -> float:
        """Return what a strength sets, without a sign.

        >>> import augreg
        >>> augreg.Level("degrees", 0.0, 30.0, signed=True).at(0.5)
        15.0

        """
        import numpy as np

        return float(self._scaled(np.array([strength]))[0])

    def _signed(self, level: np.ndarray, rng: Rng) -> np.ndarray:
        import numpy as np

        strength = np.minimum(np.maximum(np.asarray(level, dtype=np.float64), 0.0), 1.0)
        return strength * rng.sign(f"{self.param}.sign") if self.signed else strength

    def _linear(self, strength: Any) -> Any:
        return self.low + (self.high - self.low) * strength

    def _scaled(self, strength: np.ndarray) -> np.ndarray:
        import numpy as np

        if self.scale == "log":
            from augreg.random.exact import exp, exp_one
            from augreg.random.rng import log_of

            powers = strength * log_of(self.high / self.low)
            few = len(powers) <= 8  # so many in Python take half the time that numpy takes to begin
            return self.low * (np.array([exp_one(x) for x in powers.tolist()]) if few else exp(powers))
        found = np.asarray(self._linear(strength))
        return np.rint(found) if self.scale == "integer" else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The facts about an augmenter class.

    Args:
        targets: targets that it transforms along with the data (boxes, masks, keypoints, events, spans, ...).
        leaves: targets that stay true although it does not touch them; ``EVERY`` for operations that move
            nothing. A sample with a target in neither list is an error, never a silent pass-through.
        dtypes: names of the data's dtypes that it takes ("uint8", "float32", ...; "str" for text).
        channels: channel counts that it takes; empty means any.
        devices: device types on which it has a kernel.
        keeps_shape: whether the output has the input's shape.
        labels: what happens to a class label: it keeps it, changes it, or mixes several samples' labels.
        alters: meanings that it may change, words of :data:`augreg.contract.meanings.MEANINGS` (chirality, hue,
            time_order, ...), or a plugin's own as "namespace:word".
        mends: for joint augmenters: which of these the other fields follow, so that captions stay true.
        level: the parameter that a strength sets, if it has one.
        reads: what ``draw`` needs beyond shapes, rates and targets at hand: "data", or names of targets that
            must be up to date (steps before it are carried out first).
        confines: targets to which it can keep what it draws, where a step says ``within`` or ``outside`` of them: it
            changes a sample only where :attr:`augreg.BatchInfo.allowed` says. Others are run on whole samples, and what
            lies outside is put back; that does for data of a fixed shape, not for texts.
        differentiable: whether gradients flow from output to input.
        p: the probability with which a step applies it when the pipeline does not say.
        joint, joint_optional: for joint augmenters: the modalities that a record must have, and may have.
        several: for joint augmenters: whether they take several fields of a modality, all pictures of a record and all
            its texts, see :meth:`augreg.JointInfo.owner`. Where not, such a record is refused until a step says which.
        nonfinite: what NaN and infinity in the data do: "error" (refused) or "passes".
        values: which values of floating-point pictures and clips it takes: those in [0, 1] ("unit"), or "any", as
            depths and other measured fields.
        keeps_dtype: whether the output has the input's dtype.
        keeps_range: whether pictures stay within their dtype's range ([0, 1] for floating point).
        clips: of what takes values in [0, 1], whether it cuts others off, or reads them as something else; if not, it
            may stand behind a step that leaves this range.
        full_scale: of sounds, whether it hangs on where full scale is: it rounds in steps of it, or adds noise of a
            level below it. Floats that are meant otherwise, as int16 that was only converted, are refused.
        gives_tensor: whether samples come back as tensors, contiguous, whatever they were held in (a PIL image, an
            array).
        memory: how many bytes it takes at its peak for each byte of a large sample that it is given, on the CPU: the
            result counts, the sample itself does not. Data-set jobs refuse samples for which that is too much. Where it
            hangs on the configuration, see :attr:`augreg.AugmenterBase.memory`.

    """

    targets: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    channels: tuple[int, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    keeps_shape: bool = True
    labels: Literal["keeps", "changes", "mixes"] = "keeps"
    alters: frozenset[str] = frozenset()
    mends: frozenset[str] = frozenset()
    level: Level | None = None
    reads: tuple[str, ...] = ()
    confines: tuple[str, ...] = ()
    differentiable: bool = False
    p: float = 1.0
    nonfinite: Literal["error", "passes"] = "error"
    values: Literal["unit", "any"] = "unit"
    joint: tuple[str, ...] = ()
    joint_optional: tuple[str, ...] = ()
    several: bool = False
    keeps_dtype: bool = True
    keeps_range: bool = True
    clips: bool = True
    full_scale: bool = False
    gives_tensor: bool = False
    memory: float = MEMORY

    def __post_init__(self) -> None:
        if not 0 < self.memory < math.inf:
            raise ContractError(
                f"Declaration.memory is {self.memory}; it must be a number above 0: bytes at the peak of apply for "
                f"each byte of the sample. Leave it out if you do not know ({MEMORY:g} is assumed)."
            )
        for name in ("alters", "mends"):
            object.__setattr__(self, name, check_meanings(f"Declaration.{name}", getattr(self, name)))
        if not self.mends <= self.alters:
            raise ContractError(
                f"Declaration.mends holds {listing(sorted(self.mends - self.alters))}, which is not in alters: "
                "nothing to mend. Declare both."
            )
        if "polarity" in self.alters and (self.leaves == EVERY or "label" in self.leaves):
            raise ContractError(
                "a Declaration alters polarity and leaves the label true: what says the opposite has another label. "
                "Take 'label' out of leaves; users who know that theirs holds write labels: keep at the step."
            )

    def supports(self, target: str) -> bool:
        """Whether a sample with this target may be given to the augmenter."""
        return target in self.targets or self.leaves == EVERY or target in self.leaves

    def as_dict(self) -> dict[str, Any]:
        """Return the facts in JSON-able form."""
        level = None
        if self.level is not None:
            level = {name: getattr(self.level, name) for name in Level.__dataclass_fields__}
        plain = {name: getattr(self, name) for name in Declaration.__dataclass_fields__}
        plain.update(level=level, alters=sorted(self.alters), mends=sorted(self.mends))
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}
