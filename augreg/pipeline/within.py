"""``within`` and ``outside`` of a step: which part of a sample it is for, as people write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from augreg.contract.augmenter import Augmenter
from augreg.errors import ConfigError, listing, nearest
from augreg.modalities.base import Modality
from augreg.modalities.regions import LABEL, Region, RegionKind
from augreg.pipeline.targeted import Targeted

AIMS: Final = ("within", "outside")
"""The options of a step that aim it at a part of a sample."""

PARTS: Final = ("target", "soft", "radius", "where")
"""What may be said of that part."""


def plain_aim(said: Any) -> Any:
    """Return what stands behind ``within`` as files have it: the target alone where nothing else is said."""
    if not isinstance(said, Mapping):
        return said
    found = dict(said)
    if isinstance(found.get("where"), Mapping):
        found["where"] = {name: _values(values) for name, values in found["where"].items()}
    return found["target"] if list(found) == ["target"] else found


def aimed(augmenter: Augmenter, name: str, said: Mapping[str, Any], modality: Modality) -> Targeted:
    """Return an augmenter that changes only the parts that are said.

    Args:
        augmenter, name: of the step.
        said: option -> what stands behind it, of :data:`AIMS`.
        modality: of the samples.

    Raises:
        ConfigError: what is said is no part of such samples, or the step is none that can be kept to a part.

    """
    parts = []
    for option, value in said.items():
        kind, region = _part(value, f"{name}: {option}", modality)
        _check_step(augmenter, f"{name}: {option}={plain_aim(value)!r}", kind)
        parts.append((kind, replace(region, outside=option == "outside")))
    targets = [region.target for _, region in parts]
    if len(set(targets)) < len(targets):
        raise ConfigError(f"{name}: within and outside both name {targets[0]!r}. Keep one of them.")
    return Targeted(augmenter, tuple(parts))


def _part(value: Any, where: str, modality: Modality) -> tuple[RegionKind, Region]:
    said = value if isinstance(value, Mapping) else {"target": value}
    for key in said:
        if key not in PARTS:
            raise ConfigError(f"{where} has {key!r}.{nearest(str(key), PARTS)} It may have: {listing(PARTS)}.")
    if "target" not in said:
        raise ConfigError(f"{where}={value!r} names no target; write {{target: ...}} or the target alone.")
    kind = _kind(said["target"], where, modality)
    soft, radius = _number(said, "soft", where, kind.softest), _number(said, "radius", where, 1.0)
    if "soft" in said and not kind.soft:
        raise ConfigError(f"{where}: soft={said['soft']!r} does not fit: {kind.target} have hard edges. Leave it out.")
    if ("radius" in said) != kind.points:
        more = f"{kind.target} are points; say how large: radius: 0.05 (a fraction of the shorter side)"
        less = f"radius={said.get('radius')!r} would do nothing: {kind.target} are no points. Leave it out"
        raise ConfigError(f"{where}: {more if kind.points else less}.")
    return kind, Region(kind.target, False, soft, radius, _where(said.get("where"), where, kind))


def _kind(target: Any, where: str, modality: Modality) -> RegionKind:
    kinds = modality.regions
    if not kinds:
        raise ConfigError(
            f"{where}: {modality.name} does not say of any target which part of a sample it marks "
            f"(`Modality.regions`), so no step can be kept to one. Leave it out."
        )
    for kind in kinds:
        if isinstance(target, str) and target in (kind.target, kind.word):
            return kind
    known = [word for kind in kinds for word in (kind.target, kind.word) if word]
    raise ConfigError(
        f"{where}: {target!r} is no target of {modality.name} that marks a part of it."
        f"{nearest(str(target), known)} Targets: {listing(kind.target for kind in kinds)}."
    )


def _number(said: Mapping[str, Any], key: str, where: str, most: float) -> float:
    given = said.get(key, 0.0)
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not number or not 0 <= given <= most or given == float("inf") or (key == "radius" and key in said and not given):
        limits = "above 0" if key == "radius" else "from 0"
        limits += f" to {most:g}" if most < float("inf") else " on"
        raise ConfigError(f"{where}: {key}={given!r} is not valid; give a number {limits}.")
    return float(given)


def _where(said: Any, where: str, kind: RegionKind) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    if said is None:
        return ()
    if not kind.where:
        raise ConfigError(f"{where}: where={said!r} would do nothing: {kind.target} cannot be chosen. Leave it out.")
    if not isinstance(said, Mapping) or not said or not all(isinstance(name, str) for name in said):
        raise ConfigError(f"{where}: where={said!r} is not valid; write column and values: {{label: [1, 2]}}.")
    found = tuple((name, tuple(_values(values))) for name, values in said.items())
    for name, values in found:
        numbers = all(isinstance(value, int) for value in values)
        if kind.where == "numbers" and (name != LABEL or not numbers):
            raise ConfigError(
                f"{where}: where={{{name!r}: {list(values)}}} is not valid: of {kind.target}, label chooses whole "
                "numbers, the values of its pixels. Write {label: [1, 2]}."
            )
        if not values or not all(isinstance(value, (str, int, float)) for value in values):
            raise ConfigError(f"{where}: where has {name!r}: {list(values)}; give words or numbers, at least one.")
    return found


def _values(values: Any) -> list[Any]:
    return list(values) if isinstance(values, Sequence) and not isinstance(values, str) else [values]


def _check_step(augmenter: Augmenter, where: str, kind: RegionKind) -> None:
    """Refuse steps of which no part can be kept."""
    declares = augmenter.declares
    if kind.target in declares.confines:
        return
    fault = None
    if declares.labels == "mixes":
        fault = "a step that mixes samples"
    elif not kind.blends:
        fault = "a step that cannot keep to a part: it would have to declare it (`Declaration.confines`)"
    elif declares.targets:
        fault = f"a step that changes more than the data: it moves or hides {listing(declares.targets)}"
    elif not declares.keeps_shape:
        fault = "a step that changes the shape"
    elif declares.gives_tensor or not (declares.keeps_dtype and declares.keeps_range):
        fault = "a step that changes dtype or range, which would then differ within one sample"
    elif not declares.supports(kind.target):
        fault = f"a step that does not leave {kind.target} true"
    if fault:
        raise ConfigError(f"{where} does not fit {fault}. Leave it out, or choose a step that changes values only.")
