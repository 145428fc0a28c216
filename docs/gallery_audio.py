"""The audio gallery: every augmenter's wave, mel spectrogram and events before and after, with players.

Run: uv run python docs/gallery_audio.py out/ [--sound speech.wav]
Then open out/index.html. Without a sound of yours, one is made up.
"""

from __future__ import annotations

import argparse
import html
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch
from augreg_audio.spectra.modality import Spectrogram
from PIL import Image as Pillow
from PIL import ImageDraw

import augreg
from augreg import param
from augreg.media.spectrogram import log_mel
from augreg.showcase import style
from augreg.showcase.sounds import DARK, FLOOR, Scale, draw_events, draw_sound, hertz_axis, lane_height, seconds_axis

RATE = 16000
SIZE = (460, 250)
SEED = 5
VARIANTS = 2
"""How many drawn variants of every augmenter are shown."""

STYLE = """body{font:15px system-ui;margin:2em auto;max-width:1460px;padding:0 1em;color:#1f2430;background:#faf9f6}
nav{columns:5 14em;line-height:1.7}a{color:#8a4508;text-decoration:none}a:hover{text-decoration:underline}
section{margin:2em 0;border-top:1px solid #dedcd5}.row{display:flex;flex-wrap:wrap;gap:1em}
figure{margin:0;width:min(460px,100%)}img,audio{width:100%;display:block}audio{margin-top:4px}
code{background:#eee;padding:0 .3em}figcaption,.set{color:#5c6270}table{border-spacing:1.2em 0;margin-left:-1.2em}
td{vertical-align:top}"""

LEGEND = """Above: the wave of every channel. Middle: the mel spectrogram, 64 dB from black to white, on one scale in
every row. Below: the events that the sound carries, as they come out. What lasts longer is drawn wider."""


def made_up(seconds: float = 2.0, pitch: float = 120.0, late: float = 0.0, rate: int = RATE) -> augreg.Audio:
    """Return a voice-like sound in syllables, all ``late`` seconds later than usual, with one event per syllable."""
    time = np.arange(round(seconds * rate)) / rate
    phase = np.cumsum(pitch + 25 * np.sin(2 * np.pi * 0.8 * time)) / rate * 2 * np.pi
    vowels = [(700, 1200, 2500), (300, 2200, 3000), (450, 800, 2600), (500, 1800, 2500)]
    wave, spans = np.zeros_like(time), []
    for k in range(int(seconds / 0.5)):
        onset, offset = (min(0.5 * k + edge + late, seconds) for edge in (0.08, 0.42))
        gate = np.clip(np.minimum(time - onset, offset - time) / 0.04, 0, 1)
        for n in range(1, 60):
            loud = sum(np.exp(-(((n * pitch - f) / 180) ** 2)) for f in vowels[k % 4]) + 0.01
            wave += gate * loud * np.sin(n * phase) * (n * pitch < min(7000, 0.45 * rate))
        spans.append((onset, offset))
    wave += 0.01 * np.random.default_rng(0).standard_normal(len(time))
    wave *= 0.5 / np.abs(wave).max()
    events = augreg.Events(spans, labels=["aiou"[k % 4] for k in range(len(spans))])
    return augreg.Audio(torch.from_numpy(wave.astype(np.float32))[None], rate, events=events)


def from_file(path: Path) -> augreg.Audio:
    """Return a sound file as a sample with one event over all of it."""
    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    events = augreg.Events([[0.0, len(wave) / rate]], labels=["all"])
    return augreg.Audio(torch.from_numpy(np.ascontiguousarray(wave.T)), rate, events=events)


def step_of(spec: augreg.AugmenterSpec) -> dict:
    """Return the pipeline step of an augmenter: its defaults, or an example where it has none; it always fires."""
    cls = augreg.registry.load(spec.name)
    needed = any(one.required for one in param.describe(cls))
    return {spec.name: {**(cls.examples[0] if needed else {}), "p": 1.0}}


def picture(sound: augreg.Audio, scale: Scale, path: Path) -> None:
    """Draw one sound into a PNG file."""
    canvas = Pillow.new("RGB", SIZE, style.PAPER)
    draw_sound(canvas, sound, (0, 0, *SIZE), scale)
    canvas.save(path)


def figure(folder: Path, name: str, sound: augreg.Audio, scale: Scale, caption: str) -> str:
    """Write picture and player of one sound, and return their HTML."""
    picture(sound, scale, folder / f"{name}.png")
    soundfile.write(folder / f"{name}.wav", np.clip(np.asarray(sound.data).T, -1, 1), int(sound.sample_rate))
    return (
        f"<figure>{shown(name, caption)}"
        f'<audio controls preload="none" src="{name}.wav"></audio>'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def shown(name: str, caption: str) -> str:
    """Return the HTML of a picture."""
    return f'<img src="{name}.png" width="{SIZE[0]}" height="{SIZE[1]}" loading="lazy" alt="{html.escape(caption)}">'


def waveform_section(folder: Path, spec: augreg.AugmenterSpec, sounds: list[augreg.Audio]) -> str:
    """Return the section of a waveform augmenter."""
    pipe = augreg.Pipeline({"audio": [step_of(spec)]})
    found = [augreg.augment(sounds, pipe, seed=SEED, epoch=e, return_trace=True) for e in range(VARIANTS)]
    scale = Scale.of([sounds[0], *(out[0] for out, _ in found)])
    slug = spec.name.replace(".", "_")
    figures = [figure(folder, f"{slug}_in", sounds[0], scale, "before")]
    for k, (out, trace) in enumerate(found):
        figures.append(figure(folder, f"{slug}_{k}", out[0], scale, caption_of(spec, trace[0].steps[0]["params"])))
    return section(spec, figures)


def caption_of(spec: augreg.AugmenterSpec, params: dict) -> str:
    """Return drawn parameters with their units in a line."""
    units = {about.name: about.unit for about in param.describe(augreg.registry.load(spec.name))}
    said = []
    for name, value in params.items():
        if name == "file" and isinstance(value, str):
            said.append(f"{name} {Path(value).name}")
        elif name not in ("noise", "partner") and isinstance(value, (int, float, str)):
            number = f"{value:.4g}" if isinstance(value, float) else str(value)
            said.append(" ".join(part for part in (name, number, units.get(name, "")) if part))
    return "after: " + ", ".join(said) if said else "after"


def spectrogram_section(folder: Path, spec: augreg.AugmenterSpec, sounds: list[augreg.Audio]) -> str:
    """Return the section of a spectrogram augmenter."""
    levels = [log_mel(np.asarray(s.data).mean(axis=0), s.sample_rate) for s in sounds]
    rates = [x.shape[1] * s.sample_rate / s.data.shape[-1] for x, s in zip(levels, sounds, strict=True)]
    samples = [
        Spectrogram(torch.from_numpy(x)[None].float(), rate, events=s.events)
        for x, rate, s in zip(levels, rates, sounds, strict=True)
    ]
    pipe = augreg.Pipeline({"spectrogram": [step_of(spec)]})
    slug, top = spec.name.replace(".", "_"), float(levels[0].max())
    figures = []
    for k in range(-1, VARIANTS):
        caption, sample = "before", samples[0]
        if k >= 0:
            out, trace = augreg.augment(samples, pipe, seed=SEED, epoch=k, return_trace=True)
            caption, sample = caption_of(spec, trace[0].steps[0]["params"]), out[0]
        spectrum(sample, sounds[0].sample_rate, top, folder / f"{slug}_{k + 1}.png")
        figures.append(
            f"<figure>{shown(f'{slug}_{k + 1}', caption)}<figcaption>{html.escape(caption)}</figcaption></figure>"
        )
    return section(spec, figures)


def spectrum(sample: Spectrogram, rate: float, top: float, path: Path) -> None:
    """Draw a log-mel spectrogram with its events into a PNG file; ``top`` decibels are white."""
    canvas = Pillow.new("RGB", SIZE, style.PAPER)
    lane = lane_height(sample.events)
    values, area = sample.data[0].numpy(), (0, 0, SIZE[0], SIZE[1] - lane)
    colours = np.ascontiguousarray(np.flipud(style.heat((values - top) / FLOOR + 1)))
    canvas.paste(Pillow.fromarray(colours).resize(area[2:], Pillow.Resampling.NEAREST))
    draw, pixels = ImageDraw.Draw(canvas), SIZE[0] * sample.frame_rate / values.shape[1]
    hertz_axis(draw, area, rate)
    seconds_axis(draw, area, pixels)
    draw.rectangle([0, area[3], *SIZE], fill=DARK)
    draw_events(draw, sample.events, (0, area[3], SIZE[0], lane), pixels)
    canvas.save(path)


def section(spec: augreg.AugmenterSpec, figures: list[str]) -> str:
    """Return the HTML of one augmenter: what it does, its parameters, its figures."""
    about = param.describe(augreg.registry.load(spec.name))
    rows = "".join(
        f"<tr><td><code>{one.name}</code></td><td>{html.escape(str(_default(one)))} {html.escape(one.unit)}</td>"
        f"<td>{html.escape(one.doc)}</td></tr>"
        for one in about
    )
    table = f'<table class="set">{rows}</table>' if rows else ""
    summary = html.escape(augreg.registry.summary_of(spec))
    return (
        f'<section id="{spec.name}"><h2><code>{spec.name}</code></h2><p>{summary}</p>{table}'
        f'<div class="row">{"".join(figures)}</div></section>'
    )


def _default(one: param.ParamSpec) -> str:
    if one.required:
        return "required"
    if isinstance(one.default, tuple):
        return " to ".join(f"{bound:g}" for bound in one.default)
    return "not set" if one.default is None else f"{one.default}"


def main() -> None:
    """Write the gallery."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sound", type=Path)
    parser.add_argument("--only", nargs="*", help="names of augmenters")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    first = from_file(options.sound) if options.sound else made_up()
    other = made_up(first.data.shape[-1] / first.sample_rate, 190.0, 0.22, int(first.sample_rate))
    other = augreg.Audio(other.data.expand(first.data.shape[0], -1), first.sample_rate, events=other.events)
    offered = augreg.list_augmenters(plugin="augreg-audio")
    chosen = [spec for spec in offered if not options.only or spec.name in options.only]
    sections = []
    for spec in chosen:
        make = waveform_section if spec.modalities == ("audio",) else spectrogram_section
        sections.append(make(options.folder, spec, [first, other]))
    names = [spec.name for spec in chosen]
    links = "<br>".join(f'<a href="#{name}">{name}</a>' for name in names)
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>augreg audio</title><style>{STYLE}</style>'
    page += '<meta name="viewport" content="width=device-width">'
    page += f"<h1>Audio augmenters</h1><p>{LEGEND}</p><nav>{links}</nav>" + "".join(sections)
    (options.folder / "index.html").write_text(page, encoding="utf-8")
    sys.stdout.write(f"{len(sections)} augmenters: {options.folder / 'index.html'}\n")


if __name__ == "__main__":
    main()
