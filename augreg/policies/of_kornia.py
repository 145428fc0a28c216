"""Reads kornia's AutoAugment and TrivialAugment as policies. kornia is not imported: what matters is how they look."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

from augreg.errors import ConfigError, listing, nearest
from augreg.policies.sub import Sub

STEPS: Final = 10
"""Into so many ranges AutoAugment's magnitudes divide what an operation may do."""
TURN: Final = 180.0
"""By this kornia multiplies shears of less than 1 to get degrees."""
READ: Final = ("AutoAugment", "TrivialAugment")

Range = tuple[float, float]
Choice = tuple[tuple[Any, float, None], float]
"""An entry of a sub-policy, and how often it is the one."""


class _Known(NamedTuple):
    """One of kornia's operations: its class, its whole range in AutoAugment, and what does the same here."""

    kind: str
    span: Range | None
    name: str
    parameter: str = ""
    params: Mapping[str, Any] = {}


_X, _Y = {"axis": "x"}, {"axis": "y"}
KNOWN: Final[Mapping[str, _Known]] = {
    "shear_x": _Known("ShearX", (-54.0, 54.0), "image.shear", "degrees", _X),
    "shear_y": _Known("ShearY", (-54.0, 54.0), "image.shear", "degrees", _Y),
    "translate_x": _Known("TranslateX", (-0.5, 0.5), "image.translate", "x", _X),
    "translate_y": _Known("TranslateY", (-0.5, 0.5), "image.translate", "y", _Y),
    "rotate": _Known("Rotate", (-30.0, 30.0), "image.rotate", "degrees"),
    "auto_contrast": _Known("AutoContrast", None, "image.autocontrast"),
    "equalize": _Known("Equalize", None, "image.equalize"),
    "invert": _Known("Invert", None, "image.invert"),
    "solarize": _Known("Solarize", (0.0, 1.0), "image.solarize", "threshold"),
    "posterize": _Known("Posterize", (4.0, 8.0), "image.posterize", "bits"),
    # kornia's contrast multiplies, its brightness adds, and its color multiplies the saturation of HSV.
    "contrast": _Known("Contrast", (0.1, 1.9), "image.brightness", "factor"),
    "brightness": _Known("Brightness", (0.1, 1.9), "image.solarize_add", "add", {"threshold": 1.01}),
    "color": _Known("Saturate", (0.1, 1.9), "image.hsv", "saturation", {"hue": (0.0, 0.0)}),
    "sharpness": _Known("Sharpness", (0.1, 1.9), "image.sharpen", "factor"),
}
"""kornia's name -> what it does, as kornia 0.9 carries it out."""


def from_kornia(policy: Any) -> Sub:
    """Return one of kornia's automatic augmentations as a policy: the same operations, as strong, as often.

    kornia draws one sub-policy for a whole batch; here every sample draws its own. Operations do what they do in kornia
    0.9: a magnitude of AutoAugment is a range on one side, TrivialAugment moves to either side, contrast multiplies,
    brightness adds, and bits are rounded.

    Args:
        policy: an AutoAugment or TrivialAugment of ``kornia.augmentation.auto``; or the list that AutoAugment takes,
            [[(name, probability, magnitude or None), ...], ...], with magnitudes from 0 to 9.

    Returns:
        A Policy; use it as a step: ``augreg.Pipeline({"image": [policy]})``.

    Raises:
        ConfigError: another object, or an operation, probability or magnitude that cannot be carried over.

    >>> import augreg
    >>> policy = augreg.policies.from_kornia([[("rotate", 0.6, 9), ("equalize", 0.4, None)]])
    >>> policy.policies[0][0]
    ({'image.rotate': {'degrees': (24.0, 30.0)}}, 0.6, None)

    """
    if isinstance(policy, (list, tuple)) and not policy:
        raise ConfigError(f"policy={policy!r} holds no sub-policies. Give lists of (name, probability, magnitude).")
    rows = _listed(policy) if isinstance(policy, (list, tuple)) else _of_object(policy)
    policies, weights = [], []
    for row in rows:
        for found in product(*row):
            policies.append(tuple(entry for entry, _ in found))
            weights.append(math.prod(share for _, share in found))
    return Sub(policies=tuple(policies), weights=None if len(set(weights)) == 1 else tuple(weights))


def _listed(policy: Sequence[Any]) -> Iterator[list[list[Choice]]]:
    for i, sub in enumerate(policy):
        if not isinstance(sub, (list, tuple)) or not sub or isinstance(sub[0], str):
            raise ConfigError(f"policy[{i}] is {sub!r}, no list of (name, probability, magnitude).")
        yield [_entry(entry, f"policy[{i}][{j}]") for j, entry in enumerate(sub)]


def _entry(entry: Any, where: str) -> list[Choice]:
    if not isinstance(entry, (list, tuple)) or len(entry) != 3 or not isinstance(entry[0], str):
        raise ConfigError(f"{where} is {entry!r}; an entry is (name, probability, magnitude or None).")
    name, p, magnitude = entry
    if name not in KNOWN:
        raise ConfigError(f"{where}: {name!r} cannot be read.{nearest(name, KNOWN)} Read are: {listing(KNOWN, 20)}.")
    known, hint = KNOWN[name], "RandAugment and TrivialAugment list (name, low, high); give a TrivialAugment itself."
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ConfigError(f"{where}: {name} has the probability {p!r}; give one from 0 to 1. {hint}")
    if known.span is None:
        return _choices(known, float(p), None)
    if isinstance(magnitude, bool) or not isinstance(magnitude, int) or not 0 <= magnitude < STEPS:
        raise ConfigError(f"{where}: {name} has the magnitude {magnitude!r}; give a whole number from 0 to 9. {hint}")
    low, width = known.span[0], (known.span[1] - known.span[0]) / STEPS
    # Sums of tenths, such as 0.30000000000000004, are written into pipeline files.
    return _choices(known, float(p), (round(low + width * magnitude, 9), round(low + width * (magnitude + 1), 9)))


def _of_object(policy: Any) -> Iterator[list[list[Choice]]]:
    kind, module = type(policy).__name__, type(policy).__module__
    if kind == "RandAugment" and module.startswith("kornia."):
        raise ConfigError(
            "kornia's RandAugment cannot be carried over: it shears by up to 54 degrees to either side, and no "
            "strength here goes as far. Use policy.rand, or read an AutoAugment or TrivialAugment."
        )
    if kind not in READ or not module.startswith("kornia."):
        raise ConfigError(f"{module}.{kind} is no policy that can be read from kornia. Read are: {listing(READ)}.")
    for sub in policy.children():
        yield [_operation(operation) for operation in sub.children()]


def _operation(operation: Any) -> list[Choice]:
    kind, kinds = type(operation).__name__, {known.kind: known for known in KNOWN.values()}
    if kind not in kinds:
        raise ConfigError(f"kornia's operation {kind} cannot be read. Read are: {listing(kinds, 20)}.")
    known, ends, p = kinds[kind], operation.magnitude_range, float(operation.op.p)
    if ends is None or known.span is None:
        return _choices(known, p, None)
    low, high = (round(float(end), 6) for end in ends)
    if kind.startswith("Shear") and max(abs(low), abs(high)) < 1:
        low, high = low * TURN, high * TURN
    if not operation.symmetric_megnitude:
        return _choices(known, p, (low, high))
    return [
        (entry, share / 2) for side in ((low, high), (-high, 0.0 - low)) for entry, share in _choices(known, p, side)
    ]


def _choices(known: _Known, p: float, span: Range | None) -> list[Choice]:
    """Return what an operation with a range may be: one entry, or one for each number of bits."""
    if span is None:
        return [(({known.name: {}}, p, None), 1.0)]
    if known.kind == "Posterize":
        return [((_bits(bits), p, None), share) for bits, share in _rounded(*span)]
    low, high = (end - 1.0 for end in span) if known.kind == "Brightness" else span
    step = {known.name: {**known.params, known.parameter: (round(low, 9), round(high, 9))}}
    return [((step, p, None), 1.0)]


def _bits(bits: int) -> dict[str, Any]:
    # Without bits all is black, for which there is no posterize.
    return {"image.posterize": {"bits": (bits, bits)}} if bits else {"image.brightness": {"factor": (0.0, 0.0)}}


def _rounded(low: float, high: float) -> Iterator[tuple[int, float]]:
    """Yield the whole numbers to which those of a range are rounded, and how often."""
    for whole in range(round(low), round(high) + 1):
        share = (min(high, whole + 0.5) - max(low, whole - 0.5)) / (high - low) if high > low else 1.0
        if share > 0:
            yield whole, share
