"""Draws what steps do to one sample: the input, then variants of each step alone, then of the whole chain."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from augreg.dispatcher import augment
from augreg.errors import AugregError, ConfigError
from augreg.pipeline import Pipeline
from augreg.registry import default
from augreg.samples import Sample
from augreg.showcase.captions import caption, captions
from augreg.showcase.layout import Cell, Section

Step = str | dict[str, Any]
COLUMNS = 4
STACKED = ("video", "text")
"""Modalities whose samples are too wide to stand side by side."""

GROUPS = ("one_of", "some_of", "sequential")


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
    if not re.fullmatch(r"[\w.]+", written):
        raise ConfigError(f"{written!r} is no name of a step. Run `augreg list` to see the names.")
    return written


def with_options(step: Step, **options: Any) -> Step:
    """Return a step with options that it does not state itself."""
    name, params = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    return {name: {**options, **(params or {})}}


def preview(sample: Sample, steps: Sequence[Step], view: View) -> list[Section]:
    """Return sections for every step alone (applied always) and, if there are several, for the chain.

    Raises:
        AugregError: a step is unknown, does not take the sample's modality, or refuses the sample.

    """
    found = [_section(sample, [step], view, name_of(step), always=True) for step in steps]
    if len(steps) > 1:
        found.append(_section(sample, steps, view, "all of them, one after the other", always=False))
    return found


def name_of(step: Step) -> str:
    """Return a step as one would write it."""
    if isinstance(step, str):
        return step
    name, params = next(iter(step.items()))
    if name in GROUPS:
        return f"{name} of {', '.join(name_of(s) for s in params['steps'])}"
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in params.items())})" if params else name


def _section(sample: Sample, steps: Sequence[Step], view: View, title: str, *, always: bool) -> Section:
    if view.levels:
        cells = [
            _cell(sample, [_at_level(step, level, always) for step in steps], view.seed, 0, f"level {level:g}", always)
            for level in view.levels
        ]
    else:
        chosen = [with_options(step, p=1.0) for step in steps] if always else list(steps)
        cells = [_cell(sample, chosen, view.seed, copy, f"variant {copy}", always) for copy in range(view.variants)]
    shown = (Cell(sample, "input"), *cells)
    return Section(sample.modality, title, shown, stacked=sample.modality in STACKED, columns=COLUMNS)


def _at_level(step: Step, level: float, always: bool) -> Step:
    """Return a step at a strength; one without a strength stays as it is."""
    options: dict[str, Any] = {"p": 1.0} if always else {}
    name = step if isinstance(step, str) else next(iter(step))
    if name not in GROUPS and default().load(name).declares.level is not None:
        options["level"] = level
    return with_options(step, **options) if options else step


def _cell(sample: Sample, steps: Sequence[Step], seed: int, copy: int, title: str, single: bool) -> Cell:
    pipeline = Pipeline({sample.modality: list(steps)})
    key = [sample.key if sample.key is not None else "preview"]
    (result,), trace = augment([sample], pipeline, seed=seed, copy=copy, keys=key, return_trace=True)
    done = trace[0].to_dict()["steps"]
    if not single:
        return Cell(result, title, captions(done))
    said = [caption(step).partition("  ")[2] for step in done]
    return Cell(result, title, tuple(line for line in said if line))


def gallery(sample: Sample, seed: int = 0) -> tuple[Section, dict[str, str]]:
    """Return every installed augmenter's effect on a sample, and why some could not be shown (name -> reason)."""
    cells, failed = [Cell(sample, "input")], {}
    for spec in default().augmenters(modality=sample.modality):
        try:
            cells.append(_cell(sample, [{spec.name: {"p": 1.0}}], seed, 0, spec.name, True))
        except (AugregError, ValueError, RuntimeError) as error:
            failed[spec.name] = str(error)
    title = f"{len(cells) - 1} augmenters with their default parameters"
    stacked = sample.modality in STACKED
    return Section(sample.modality, title, tuple(cells), stacked=stacked, columns=COLUMNS), failed
