"""`augreg demo` without the command line: makes a mixed batch, augments it, writes everything to a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from augreg import media
from augreg.data.params import plain
from augreg.data.samples import Sample
from augreg.data.targets import Spans
from augreg.engine.augment import augment
from augreg.errors import AugregError
from augreg.jobs.manifest import as_json, facts
from augreg.modalities.text import Text
from augreg.pipeline import Pipeline
from augreg.pipeline.config import parse
from augreg.registry import default
from augreg.showcase.captions import captions
from augreg.showcase.layout import Cell, Section
from augreg.showcase.scene import DUSK, flight, scene
from augreg.showcase.sheet import contact_sheet
from augreg.showcase.voice import speak

SENTENCES = (
    ("Meet Ada Lovelace at the old mill by Lake Geneva before the balloon leaves.", ("Ada Lovelace", "Lake Geneva")),
    ("The forecast (https://example.org/wind?day=2) promises a calm, clear evening.", ("evening",)),
)
SUFFIX = {"image": ".png", "audio": ".wav", "video": ".mp4", "text": ".txt"}
HEADINGS = {
    "image": "boxes and keypoints move along with the pixels",
    "audio": "waveform, log-mel spectrogram, and the events that follow the sound",
    "video": "one set of parameters per clip; boxes of every frame follow",
    "text": "everything outside an edit stays as it is; marked spans still cover their words",
}


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo made: where, with which pipeline, how many files, and which steps are not installed."""

    out: Path
    pipeline: Pipeline
    samples: int
    outputs: int
    sheet: Path
    missing: tuple[str, ...]


def mixed_batch() -> dict[str, Sample]:
    """Return the samples of the demo by key: pictures, a voice, a clip and sentences, all made by formula."""
    batch: dict[str, Sample] = {
        "landscape": scene(seed=4),
        "dusk": scene(480, 360, DUSK, seed=5),
        "voice": speak(),
        "flight": flight(),
    }
    for number, (sentence, names) in enumerate(SENTENCES, 1):
        spans = [(start := sentence.index(name), start + len(name)) for name in names]
        batch[f"sentence{number}"] = Text(sentence, spans=Spans(np.asarray(spans), list(names)))
    return batch


def demo_pipeline() -> tuple[Pipeline, tuple[str, ...]]:
    """Return the demo's pipeline of what is installed, and the names of the steps that are not."""
    plan = parse((files("augreg.showcase") / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")
    missing: list[str] = []
    kept = {modality: list(_installed(steps, missing)) for modality, steps in plan.items()}
    return Pipeline.from_dict(kept), tuple(missing)


def _installed(steps: Sequence[Any], missing: list[str]) -> Iterator[Any]:
    """Yield the steps that the registry can resolve."""
    for step in steps:
        name = step if isinstance(step, str) else next(iter(step))
        if name == "one_of":
            inner = list(_installed(step[name]["steps"], missing))
            if inner:
                yield {name: {**step[name], "steps": inner}}
            continue
        try:
            default().resolve(name)
        except AugregError:
            missing.append(name)
        else:
            yield step


def make_demo(out: Path, seed: int, copies: int) -> Demo:
    """Make the batch, augment it ``copies`` times in one call each, and write inputs, outputs, sheet and manifest."""
    batch = mixed_batch()
    pipeline, missing = demo_pipeline()
    for folder in (out / "inputs", out / "outputs"):
        folder.mkdir(parents=True, exist_ok=True)
    cells = {key: [Cell(sample, "input")] for key, sample in batch.items()}
    for key, sample in batch.items():
        media.write(sample, out / "inputs" / f"{key}{SUFFIX[sample.modality]}")
    with (out / "manifest.jsonl").open("wb") as manifest:
        for copy in range(copies):
            samples, keys = list(batch.values()), list(batch)
            results, trace = augment(samples, pipeline, seed=seed, copy=copy, keys=keys, return_trace=True)
            for key, result, steps in zip(
                keys, results, (trace[i].to_dict()["steps"] for i in range(len(keys))), strict=True
            ):
                manifest.write(as_json(_write(out, key, batch[key], result, copy, seed, steps)))
                cells[key].append(Cell(result, f"copy {copy}", captions(steps, 4)))
    pipeline.save(out / "pipeline.yaml")
    subtitle = f"one mixed batch of {len(batch)} samples, augmented in one call per copy, seed {seed}"
    contact_sheet(sections(cells), "augreg demo", subtitle).save(out / "contact_sheet.png")
    return Demo(out, pipeline, len(batch), len(batch) * copies, out / "contact_sheet.png", missing)


def sections(cells: Mapping[str, Sequence[Cell]]) -> list[Section]:
    """Return the sections of the sheet: one per sample, film strips and texts stacked, two of those at most."""
    found = []
    for key, row in cells.items():
        modality = row[0].sample.modality
        stacked = modality in ("video", "text")
        shown = tuple(row[:3]) if stacked else tuple(row[:4])
        found.append(Section(modality, HEADINGS[modality] if _first(key, cells) else "", shown, stacked))
    return found


def _first(key: str, cells: Mapping[str, Sequence[Cell]]) -> bool:
    modality = cells[key][0].sample.modality
    return key == next(k for k, row in cells.items() if row[0].sample.modality == modality)


def _write(
    out: Path, key: str, before: Any, after: Any, copy: int, seed: int, steps: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Write one output and return its line of the manifest, with the targets that moved along."""
    suffix = SUFFIX[after.modality]
    output = f"outputs/{key}__a{copy}{suffix}"
    notes = media.write(after, out / output)
    line = {"v": 1, "source": f"inputs/{key}{suffix}", "key": key, "modality": after.modality, "copy": copy}
    line |= {"seed": seed, "outcome": "ok", "steps": list(steps), "in": facts(before), "out": facts(after)}
    return {**line, "notes": list(notes), "targets": _targets(after), "output": output}


def _targets(sample: Sample) -> dict[str, Any]:
    """Return a sample's targets as lists of numbers."""
    found: dict[str, Any] = {}
    for name, target in sample.targets.items():
        listed = target if isinstance(target, list) else [target]
        rows = [plain(entry.data) if hasattr(entry, "data") else plain(entry) for entry in listed]
        found[name] = rows if isinstance(target, list) else rows[0]
    return found
