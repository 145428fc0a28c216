"""Draws what steps do to a sample or a record: the input, variants of each step alone, then of the whole chain."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from augreg import param
from augreg.data.samples import Sample
from augreg.errors import AugregError, ConfigError
from augreg.registry import default
from augreg.showcase.captions import captions, named
from augreg.showcase.layout import Cell, Section
from augreg.showcase.subject import GROUPS, Done, Step, Subject

COLUMNS = 4
STACKED = ("video", "text")
"""Modalities whose samples are too wide to stand side by side."""


@dataclass(frozen=True, slots=True)
class View:
    """How a preview varies: ``variants`` different draws, or one draw for each strength in ``levels``."""

    seed: int = 0
    variants: int = 3
    levels: tuple[float, ...] = ()


def parse_steps(text: str) -> list[Step]:
    """Read "image.rotate(degrees=20), image.hflip" into steps. Values are Python literals; nothing is evaluated.

    Raises:
        ConfigError: the text is not of this form.

    """
    try:
        tree = ast.parse(f"({text.strip().rstrip(',')},)", mode="eval").body
    except SyntaxError:
        raise ConfigError(
            f"steps {text!r} cannot be read. Write them as: image.rotate(degrees=20),image.hflip"
        ) from None
    return [_step(node) for node in getattr(tree, "elts", [])]


def _step(node: ast.expr) -> Step:
    written = ast.unparse(node)
    if not isinstance(node, ast.Call):
        return _name(written)
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        raise ConfigError(
            f"step {written!r} has a value without a name. Write name=value, as in image.rotate(degrees=20)."
        )
    try:
        params = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
    except ValueError:
        raise ConfigError(f"step {written!r} has a value that is no number, text, list or True/False.") from None
    return {_name(ast.unparse(node.func)): params}


def _name(written: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9_ /]* / [0-9]+", written):
        name = written.replace(" ", "")
        raise ConfigError(f"{name!r} is a set of operations. Let a policy draw: policy.trivial(operations={name!r}).")
    if not re.fullmatch(r"[\w.]+", written):
        raise ConfigError(f"{written!r} is no name of a step. Run `augreg list` to see the names.")
    return written


def with_options(step: Step, **options: Any) -> Step:
    """Return a step with options that it does not state itself."""
    name, params = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    return {name: {**options, **(params or {})}}


def preview(subject: Subject | Sample, steps: Sequence[Step], view: View) -> list[Section]:
    """Return sections for every step alone (applied always) and, if there are several, for the chain.

    A step that changes several fields of a record has a section for each of them.

    Raises:
        AugregError: a step is unknown, does not take what is there, or refuses the sample.

    """
    about = subject if isinstance(subject, Subject) else Subject.of(subject)
    found = [part for step in steps for part in _sections(about, [step], view, name_of(step), always=True)]
    if len(steps) > 1:
        found += _sections(about, steps, view, "all of them, one after the other", always=False)
    return found


def name_of(step: Step) -> str:
    """Return a step as one would write it."""
    if isinstance(step, str):
        return step
    name, params = next(iter(step.items()))
    if name in GROUPS:
        each = [s if isinstance(s, list) else [s] for s in params["steps"]]
        return f"{name} of {', '.join(' then '.join(map(name_of, s)) for s in each)}"
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in params.items())})" if params else name


def _sections(subject: Subject, steps: Sequence[Step], view: View, title: str, *, always: bool) -> list[Section]:
    if view.levels:
        runs = [(f"level {level:g}", [_at_level(step, level, always) for step in steps], 0) for level in view.levels]
    else:
        chosen = [step if _draws(step) else with_options(step, p=1.0) for step in steps] if always else list(steps)
        runs = [(f"variant {copy}", chosen, copy) for copy in range(view.variants)]
    done = [(name, subject.run(chosen, view.seed, copy)) for name, chosen, copy in runs]
    found = []
    for number, modality in enumerate(subject.touched(steps)):
        single = always and not any(map(_draws, steps))
        cells = [_cell(parts[modality], name, single) for name, parts in done]
        said = title if number == 0 else "of the same record"
        found.append(_section(said, Cell(subject.part(modality), "input"), cells))
    return found


def _section(title: str, first: Cell, cells: Sequence[Cell]) -> Section:
    modality = first.sample.modality
    return Section(modality, title, (first, *cells), stacked=modality in STACKED, columns=COLUMNS)


def _draws(step: Step) -> bool:
    """Whether a step is a policy, whose operations go by other names and which has a ``p`` of its own."""
    return default().is_policy(step if isinstance(step, str) else next(iter(step)))


def _at_level(step: Step, level: float, always: bool) -> Step:
    """Return a step at a strength; one without a strength stays as it is."""
    if _draws(step):
        return step
    options: dict[str, Any] = {"p": 1.0} if always else {}
    name = step if isinstance(step, str) else next(iter(step))
    if name not in GROUPS and default().load(name).declares.level is not None:
        options["level"] = level
    return with_options(step, **options) if options else step


def _cell(done: Done, title: str, single: bool) -> Cell:
    """Return a part after its steps, and what they did; the name of a single step stands above already."""
    if not single:
        return Cell(done.sample, title, captions(done.steps))
    said = [line for step in done.steps for line in named(step)] if done.steps else ["left as it is"]
    return Cell(done.sample, title, tuple(said))


def gallery(subject: Subject | Sample, seed: int = 0) -> tuple[list[Section], dict[str, str]]:
    """Return every installed augmenter's effect on each part, and why some could not be shown (name -> reason)."""
    about = subject if isinstance(subject, Subject) else Subject.of(subject)
    sections, failed = [], {}
    for modality in [*about.parts, *about.derived()]:
        cells = []
        for spec in default().augmenters(modality=modality):
            try:
                done = about.run([{spec.name: {**_needed(spec.name), "p": 1.0}}], seed, 0)[modality]
                cells.append(_cell(done, spec.name, True))
            except (AugregError, ValueError, RuntimeError) as error:
                failed[spec.name] = str(error)
        if cells:
            title = f"{len(cells)} augmenters with their default parameters"
            sections.append(_section(title, Cell(about.part(modality), "input"), cells))
    return sections, failed


def _needed(name: str) -> dict[str, Any]:
    """Return the parameters of an augmenter's first example if it cannot be without any, such as a folder of noises."""
    augmenter = default().load(name)
    if not any(one.required for one in param.describe(augmenter)):
        return {}
    examples = getattr(augmenter, "examples", ())
    return dict(examples[0]) if examples else {}
