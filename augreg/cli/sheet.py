"""The data sheet of one augmenter, as text and as JSON-able facts."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from augreg.cli import table
from augreg.cli.aside import installed
from augreg.cli.listing import as_dict
from augreg.cli.parameters import MAX_WIDTH, parameter_facts, parameter_lines, plain, wrapped
from augreg.contract.declaration import EVERY, Declaration, Level
from augreg.contract.meanings import MEANINGS
from augreg.param import ParamSpec, describe
from augreg.registry.spec import AugmenterSpec
from augreg.registry.summaries import summary_of

PIPE_WIDTH: Final = 80


class Sheet:
    """What `augreg show` says about the augmenter *spec*, whose class is *cls*."""

    def __init__(self, spec: AugmenterSpec, cls: type) -> None:
        self.spec: Final = spec
        self.cls: Final = cls
        self.declares: Final[Declaration] = cls.declares  # type: ignore[attr-defined]  # the registry has checked it
        self.parameters: Final = describe(cls)
        self.width: Final = min(table.width() or PIPE_WIDTH, MAX_WIDTH)

    def as_dict(self) -> dict[str, Any]:
        """Return everything in JSON-able form."""
        facts = self.declares.as_dict()
        if self.declares.level:
            facts["level"]["unit"] = self.declares.level.unit(self.parameters)
        return {
            **as_dict(self.spec),
            "doc": self._doc(),
            "parameters": [parameter_facts(spec) for spec in self.parameters],
            "declares": facts,
            "source": self._source(),
            "example": self._step(),
        }

    def lines(self) -> Iterator[str]:
        """Yield the lines of the sheet."""
        yield self.spec.name
        yield from self._wrapped(summary_of(self.spec))
        if self.spec.deprecated:
            yield from self._wrapped(f"Deprecated: {self.spec.deprecated}")
        if doc := self._doc():
            yield ""
            yield from self._paragraphs(doc)
        yield ""
        yield "Parameters"
        yield from parameter_lines(self.parameters, self.width)
        yield ""
        yield "Facts"
        facts = list(self._facts())
        size = max(len(name) for name, _ in facts)
        for name, value in facts:
            yield from self._wrapped(value, f"  {name.ljust(size)}  ")
        yield from self._examples()

    def _doc(self) -> str:
        """Return the docstring after its first line; "" when there is none or dataclass made one up."""
        own = self.cls.__doc__ or ""
        if own.startswith(f"{self.cls.__name__}("):
            return ""
        return inspect.cleandoc(own).partition("\n")[2].strip()

    def _source(self) -> str:
        """Return file and line of the class; the module where there is no source."""
        try:
            path = Path(inspect.getsourcefile(self.cls) or "")
            line = inspect.getsourcelines(self.cls)[1]
        except (OSError, TypeError):
            return self.spec.target
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        return f"{shown}:{line}"

    def _paragraphs(self, doc: str) -> Iterator[str]:
        """Yield *doc*, its paragraphs refilled where a line is too long; indented ones and code stay as they are."""
        for number, paragraph in enumerate(doc.split("\n\n")):
            lines = paragraph.splitlines()
            yield from [""] * (number > 0)
            filled = max(map(len, lines), default=0) > self.width and not any(
                line[:1].isspace() or line.startswith(">>>") for line in lines
            )
            yield from self._wrapped(" ".join(lines)) if filled else lines

    def _wrapped(self, text: str, head: str = "") -> list[str]:
        return wrapped(text, self.width, head)

    def _facts(self) -> Iterator[tuple[str, str]]:
        """Yield what the class declares, in words."""
        facts = self.declares
        lifted = [lift.modality for lift in installed().lifts() if lift.source in self.spec.modalities]
        more = [name for name in lifted if name not in self.spec.modalities and not self._joint]
        yield "modalities", ", ".join([*self.spec.modalities, *more])
        yield "tags", ", ".join(self.spec.tags) or "none"
        if self.spec.aliases:
            yield "known as", ", ".join(alias.replace("~", "like ") for alias in self.spec.aliases)
        yield from _of_records(facts) if self._joint else _of_samples(facts)
        yield "class label", facts.labels if self._joint or facts.supports("label") else "refused"
        yield from _alters(facts)
        yield "level", _level(facts.level, self.parameters)
        if not self._joint:
            yield "differentiable", "yes" if facts.differentiable else "no"
        yield "probability", f"{facts.p:g} unless the step says p"
        yield "plugin", f"{self.spec.plugin} {self.spec.version}".strip()
        yield "id", self.spec.id
        yield "source", self._source()

    def _step(self) -> dict[str, Any]:
        """Return an example of a step: what is required, what the level sets (else the first that is drawn), and p.

        A choice that need not be made is shown as its default: other values are there to be checked, not to be copied.
        """
        given: dict[str, Any] = dict(next(iter(getattr(self.cls, "examples", ())), {}))
        leading = self.declares.level.param if self.declares.level else ""
        if not leading and self.parameters:
            drawn = [spec for spec in self.parameters if spec.kind == "interval" and spec.default is not None]
            leading = (drawn or self.parameters)[0].name
        chosen = {
            spec.name: plain(given[spec.name]) if spec.name in given and not _optional_choice(spec) else _example(spec)
            for spec in self.parameters
            if spec.required or (spec.name == leading and spec.default is not None)
        }
        return {self.spec.name: {**chosen, "p": 0.5}}

    @property
    def _joint(self) -> bool:
        return bool(self.declares.joint or self.declares.joint_optional)

    def _examples(self) -> Iterator[str]:
        modality = "record" if self._joint else self.spec.modalities[0]
        (name, params), *_ = self._step().items()
        yield "\nIn Python"
        yield f"  step = {{{name!r}: {params!r}}}"
        yield f"  pipe = augreg.Pipeline({{{modality!r}: [step]}})"
        yield f"  out = augreg.augment({'records' if self._joint else 'samples'}, pipe, seed=7)"
        yield "\nIn a pipeline file"
        yield f"  {modality}:"
        yield f"    - {name}:"
        for param, value in params.items():
            yield f"        {param}: {json.dumps(value)}"


def _alters(facts: Declaration) -> Iterator[tuple[str, str]]:
    """Yield each meaning that it may alter, with what becomes wrong by it; only the first has a name in front."""
    for number, word in enumerate(sorted(facts.alters) or ["nothing"]):
        told = f": {MEANINGS[word]}" if word in MEANINGS else ""
        mended = " Captions follow." if word in facts.mends else ""
        yield "" if number else "may alter", f"{word}{told}{mended}"


def _of_samples(facts: Declaration) -> Iterator[tuple[str, str]]:
    """Yield what an augmenter of samples takes."""
    yield "targets", _targets(facts)
    yield "data", ", ".join(facts.dtypes) or "any dtype"
    if facts.dtypes != ("str",):
        yield "channels", ", ".join(map(str, facts.channels)) or "any number"
        yield "NaN, infinity", "an error" if facts.nonfinite == "error" else "passed through"
    yield "devices", ", ".join(facts.devices)
    yield "shape", "kept" if facts.keeps_shape else "may change"


def _of_records(facts: Declaration) -> Iterator[tuple[str, str]]:
    """Yield what a joint augmenter takes; what it does to data and targets is its members' affair."""
    yield "records with", " and ".join(facts.joint) or "any of these"
    if facts.joint_optional:
        yield "they may have", ", ".join(facts.joint_optional)


def _optional_choice(spec: ParamSpec) -> bool:
    return not spec.required and spec.kind in ("choice", "flag")


def _example(spec: ParamSpec) -> Any:
    """Return a valid value: the default, else one that the range or the choices offer.

    A required parameter of a form of its own has neither: its class should give `examples`.
    """
    if not spec.required:
        return plain(spec.default)
    if spec.choices:
        return plain(spec.choices[0])
    low = spec.low if spec.low is not None else 0.0
    high = spec.high if spec.high is not None else low + 1.0
    if spec.kind == "interval":
        return [low, high]
    middle = (low + high) / 2
    known = {"number": middle, "integer": round(middle), "flag": True, "numbers": [middle], "texts": ["..."]}
    return known.get(spec.kind, "...")


def _targets(facts: Declaration) -> str:
    moved = f"moves {', '.join(facts.targets)}" if facts.targets else ""
    others = "all others" if facts.leaves == EVERY else ", ".join(facts.leaves)
    left = f"leaves {others}" if others else ""
    return "; ".join(filter(None, [moved, left])) or "none; samples with targets are refused"


def _level(level: Level | None, parameters: list[ParamSpec]) -> str:
    if level is None:
        return "none: policies cannot set its strength"
    sign = ", either sign" if level.signed else ""
    still = "" if level.identity_at_zero else ", no identity at 0"
    ends = " ".join(filter(None, [f"{level.low:g} to {level.high:g}", level.unit(parameters)]))
    return f"0..1 sets {level.param} from {ends} ({level.scale}{sign}{still})"
