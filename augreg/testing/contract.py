"""Rules about the class: what it must define, declare and document."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any, Final, get_args, get_type_hints

from augreg import param
from augreg.contract.declaration import EVERY, Declaration, Level
from augreg.errors import AugregError, ConfigError, nearest
from augreg.registry.summaries import summary_of
from augreg.testing.check import ConformanceError, require
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

NUMBERS: Final = ("uint8", "uint16", "int16", "int32", "float16", "bfloat16", "float32", "float64")
DTYPES: Final = (*NUMBERS, "complex64", "complex128", "str", "bool")
ODD: Final[tuple[Any, ...]] = (
    *(None, True, "", "\0", -1, 2**63, 10**400, math.nan),
    *([], [None], [[1]], [{}], [2**63], {}, {"a": 1}, {"image": "x"}, {1: {}}),
)
"""Values of a pipeline file that few parameters take."""

METHODS: Final = {"draw": ("batch", "rng", "level"), "apply": ("batch", "params")}


def is_frozen_dataclass(subject: Subject) -> None:
    """The class is a frozen dataclass, so that nothing can be stored on it by accident."""
    found = getattr(subject.cls, "__dataclass_params__", None)
    own = "__dataclass_params__" in vars(subject.cls)
    frozen = found is not None and found.frozen and own
    require(frozen, f"{subject.cls.__qualname__} is no frozen dataclass; write @dataclass(frozen=True, kw_only=True).")


def has_signatures(subject: Subject) -> None:
    """draw(batch, rng, level=None) and apply(batch, params) take these arguments, in this order."""
    for method, wanted in METHODS.items():
        found = list(inspect.signature(getattr(subject.cls, method)).parameters.values())[1:]
        shown = f"{subject.cls.__qualname__}.{method}({', '.join(p.name for p in found)})"
        needed = [p for p in found if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        fits = len(found) >= len(wanted) and len(needed) <= len(wanted)
        require(fits, f"{shown} should be {method}({', '.join(wanted)}).")
    level = inspect.signature(subject.cls.draw).parameters.get("level")
    require(level is not None and level.default is None, f"{subject.cls.__qualname__}.draw needs level=None.")


def declares_facts(subject: Subject) -> None:
    """``declares`` is a Declaration whose words are known and do not contradict each other."""
    found = getattr(subject.cls, "declares", None)
    require(isinstance(found, Declaration), f"{subject.cls.__qualname__}.declares is {found!r}, not a Declaration.")
    for field in dataclasses.fields(Declaration):
        allowed = get_args(get_type_hints(Declaration, localns={"Level": Level})[field.name])
        current = getattr(subject.declares, field.name)
        if allowed and all(isinstance(a, str) for a in allowed):
            require(current in allowed, f"declares.{field.name}={current!r} is none of {', '.join(allowed)}.")
    _known("dtypes", subject.declares.dtypes, DTYPES)
    _known("devices", subject.declares.devices, ("cpu", "cuda", "mps", "xpu"))
    require(0 <= subject.declares.p <= 1, f"declares.p={subject.declares.p} is no probability.")
    _check_targets(subject)


def _check_targets(subject: Subject) -> None:
    declares = subject.declares
    kind = subject.modality.sample_type
    if kind is None or len(subject.spec.modalities) > 1:
        return
    _known("targets", declares.targets, kind.target_names)
    if declares.leaves != EVERY:
        _known("leaves", declares.leaves, kind.target_names)
        both = sorted(set(declares.targets) & set(declares.leaves))
        require(not both, f"declares {', '.join(both)} both as changed (targets) and as left alone (leaves).")


def _known(what: str, words: tuple[str, ...], valid: Any) -> None:
    for word in words:
        require(word in valid, f"declares.{what} holds {word!r}.{nearest(word, valid)} Known: {', '.join(valid)}.")


def is_documented(subject: Subject) -> None:
    """The class has a docstring, and every parameter says what it means."""
    require(bool(inspect.getdoc(subject.cls)) and "__doc__" in vars(subject.cls), f"{subject.label} has no docstring.")
    bare = [s.name for s in param.describe(subject.cls) if not s.doc]
    require(
        not bare,
        f"{subject.label}: {', '.join(bare)} without a description; declare it with augreg.param.number(1.0, '...').",
    )


def level_parameter_exists(subject: Subject) -> None:
    """The level names a parameter of the class, which accepts the values that the level gives."""
    level = subject.declares.level
    assert level is not None
    specs = {s.name: s for s in param.describe(subject.cls)}
    require(level.param in specs, f"its level sets {level.param!r}.{nearest(level.param, specs)} It has {list(specs)}.")
    if level.relative_to:
        return  # its ends are fractions, the parameter's bounds are not
    spec = specs[level.param]
    other = level.low**2 / level.high if level.scale == "log" else 2 * level.low - level.high
    ends = [level.low, level.high] + ([other] if level.signed else [])
    for value in ends:
        under = spec.low is not None and value < spec.low
        over = spec.high is not None and value > spec.high
        require(not (under or over), f"its level sets {level.param} to {value}, which it refuses ({spec.range}).")


def level_means_the_same_for_every_size(subject: Subject) -> None:
    """The level counts in a unit that no picture's size and no sound's rate decides about: never in pixels."""
    level = subject.declares.level
    assert level is not None
    unit = level.unit(param.describe(subject.cls))
    require(
        unit not in param.SIZE_DEPENDENT,
        f"{subject.label}: its level counts in {unit!r}, {param.UNITS.get(unit)}, which depends on the size of the "
        "sample; declare Level(..., relative_to='shorter side') and multiply by that in draw.",
    )


def constructs(subject: Subject) -> None:
    """It can be built by default or from its ``examples``, and every example is a valid configuration."""
    try:
        found = subject.configs
    except AugregError as error:
        require(False, f"an example of {subject.label} is refused: {error}")
        raise
    require(
        len({repr(a) for a in found}) == len(found), f"two configurations of {subject.label} are the same: {found}."
    )


def refuses_unknown_parameters(subject: Subject) -> None:
    """A parameter that it does not have is refused when it is built."""
    try:
        param.build(subject.cls, {"no_such_parameter": 1}, subject.spec.name)
    except ConfigError:
        return
    require(False, f"{subject.label} takes a parameter that it does not have.")


def refuses_odd_values(subject: Subject) -> None:
    """Whatever a pipeline file may hold is taken as a parameter, or refused by an error of augreg's own."""
    given = {name: getattr(subject.configs[0], name) for name in (s.name for s in param.describe(subject.cls))}
    for name, value in ((name, value) for name in given for value in ODD):
        try:
            param.build(subject.cls, {**given, name: value}, subject.spec.name)
        except AugregError:
            continue
        except Exception as error:
            shown = f"{name}={str(value)[:40]} raises {type(error).__name__}: {error}"
            advice = (
                "Declare it by a form that checks (augreg.param.texts, ...), or raise ConfigError in __post_init__."
            )
            raise ConformanceError(f"{subject.label}: {shown}. {advice}") from error


def summary_is_first_line(subject: Subject) -> None:
    """The summary that listings show is the first line of the class docstring."""
    first = (inspect.getdoc(subject.cls) or "").partition("\n")[0].strip()
    wanted = summary_of(subject.spec)
    require(
        first == wanted, f"{subject.label}: the docstring begins {first!r}, the summary is {wanted!r}; make them one."
    )


def _levelled(subject: Subject) -> bool:
    """Whether a level is declared; what is no Declaration, or a joint one, declares none."""
    return getattr(getattr(subject.cls, "declares", None), "level", None) is not None


RULES: Final = (
    Rule(is_frozen_dataclass),
    Rule(has_signatures),
    Rule(declares_facts),
    Rule(is_documented),
    Rule(level_parameter_exists, _levelled),
    Rule(level_means_the_same_for_every_size, _levelled),
    Rule(constructs),
    Rule(refuses_unknown_parameters),
    Rule(refuses_odd_values),
    Rule(summary_is_first_line),
)
