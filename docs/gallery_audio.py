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

import augreg
from augreg.showcase import style
from augreg.showcase.sounds import Scale, draw_sound
from augreg.showcase.spectrogram import log_mel

RATE = 16000
SIZE = (460, 250)
SEED = 5
VARIANTS = 2
"""How many drawn variants of every augmenter are shown."""

STYLE = """body{font:15px system-ui;margin:2em auto;max-width:1460px;color:#1f2430;background:#faf9f6}
section{margin:2em 0;border-top:1px solid #dedcd5}figure{display:inline-block;margin:0 1em 0 0}
audio{width:460px;display:block}code{background:#eee;padding:0 .3em}figcaption{color:#707582}"""


def made_up(seconds: float = 2.0, pitch: float = 120.0, late: float = 0.0) -> augreg.Audio:
    """Return a voice-like sound in syllables, all ``late`` seconds later than usual, with one event per syllable."""
    time = np.arange(int(seconds * RATE)) / RATE
    phase = np.cumsum(pitch + 25 * np.sin(2 * np.pi * 0.8 * time)) / RATE * 2 * np.pi
    vowels = [(700, 1200, 2500), (300, 2200, 3000), (450, 800, 2600), (500, 1800, 2500)]
    wave, spans = np.zeros_like(time), []
    for k in range(int(seconds / 0.5)):
        onset, offset = (min(0.5 * k + edge + late, seconds) for edge in (0.08, 0.42))
        gate = np.clip(np.minimum(time - onset, offset - time) / 0.04, 0, 1)
        for n in range(1, 60):
            loud = sum(np.exp(-(((n * pitch - f) / 180) ** 2)) for f in vowels[k % 4]) + 0.01
            wave += gate * loud * np.sin(n * phase) * (n * pitch < 7000)
        spans.append((onset, offset))
    wave += 0.01 * np.random.default_rng(0).standard_normal(len(time))
    wave *= 0.5 / np.abs(wave).max()
    events = augreg.Events(spans, labels=["aiou"[k % 4] for k in range(len(spans))])
    return augreg.Audio(torch.from_numpy(wave.astype(np.float32))[None], RATE, events=events)


def from_file(path: Path) -> augreg.Audio:
    """Return a sound file as a sample with one event over all of it."""
    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    events = augreg.Events([[0.0, len(wave) / rate]], labels=["all"])
    return augreg.Audio(torch.from_numpy(np.ascontiguousarray(wave.T)), rate, events=events)


def step_of(spec: augreg.AugmenterSpec) -> dict:
    """Return the pipeline step of an augmenter: its defaults, or its first example; it always fires."""
    examples = augreg.registry.load(spec.name).examples
    return {spec.name: {**(examples[0] if examples else {}), "p": 1.0}}


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
        f'<figure><img src="{name}.png" width="{SIZE[0]}"><audio controls preload="none" src="{name}.wav"></audio>'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def waveform_section(folder: Path, spec: augreg.AugmenterSpec, sounds: list[augreg.Audio]) -> str:
    """Return the section of a waveform augmenter."""
    pipe = augreg.Pipeline({"audio": [step_of(spec)]})
    found = [augreg.augment(sounds, pipe, seed=SEED, epoch=e, return_trace=True) for e in range(VARIANTS)]
    scale = Scale.of([sounds[0], *(out[0] for out, _ in found)])
    slug = spec.name.replace(".", "_")
    figures = [figure(folder, f"{slug}_in", sounds[0], scale, "before")]
    for k, (out, trace) in enumerate(found):
        figures.append(figure(folder, f"{slug}_{k}", out[0], scale, caption_of(trace[0].steps[0]["params"])))
    return section(spec, figures)


def caption_of(params: dict) -> str:
    """Return drawn parameters in a line."""
    plain = {k: v for k, v in params.items() if k != "noise" and not isinstance(v, list)}
    shown = {k: round(v, 3) if isinstance(v, float) else Path(v).name if k == "file" else v for k, v in plain.items()}
    return ", ".join(f"{k} {v}" for k, v in shown.items())


def spectrogram_section(folder: Path, spec: augreg.AugmenterSpec, sounds: list[augreg.Audio]) -> str:
    """Return the section of a spectrogram augmenter."""
    levels = [log_mel(np.asarray(s.data).mean(axis=0), s.sample_rate) for s in sounds]
    samples = [Spectrogram(torch.from_numpy(x)[None].float(), x.shape[1] / 2.0) for x in levels]
    pipe = augreg.Pipeline({"spectrogram": [step_of(spec)]})
    slug, top = spec.name.replace(".", "_"), float(levels[0].max())
    figures = []
    for k in range(-1, VARIANTS):
        sample = samples[0] if k < 0 else augreg.augment(samples, pipe, seed=SEED, epoch=k)[0]
        values = (sample.data[0].numpy() - top) / 64 + 1
        image = Pillow.fromarray(np.ascontiguousarray(np.flipud(style.heat(values)))).resize(SIZE)
        image.save(folder / f"{slug}_{k + 1}.png")
        caption = "before" if k < 0 else "after"
        figures.append(
            f'<figure><img src="{slug}_{k + 1}.png" width="{SIZE[0]}"><figcaption>{caption}</figcaption></figure>'
        )
    return section(spec, figures)


def section(spec: augreg.AugmenterSpec, figures: list[str]) -> str:
    """Return the HTML of one augmenter."""
    return (
        f'<section id="{spec.name}"><h2><code>{spec.name}</code></h2><p>{html.escape(spec.summary)}</p>'
        f"{''.join(figures)}</section>"
    )


def main() -> None:
    """Write the gallery."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sound", type=Path)
    parser.add_argument("--only", nargs="*", help="names of augmenters")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    first = from_file(options.sound) if options.sound else made_up()
    other = made_up(first.data.shape[-1] / first.sample_rate, 190.0, 0.22)
    other = augreg.Audio(other.data.expand(first.data.shape[0], -1), first.sample_rate, events=other.events)
    sections = []
    for spec in augreg.list_augmenters(plugin="augreg-audio"):
        if options.only and spec.name not in options.only:
            continue
        make = waveform_section if spec.modalities == ("audio",) else spectrogram_section
        sections.append(make(options.folder, spec, [first, other]))
    page = f"<!doctype html><meta charset=utf-8><title>augreg audio</title><style>{STYLE}</style>"
    page += "<h1>Audio augmenters</h1>" + "".join(sections)
    (options.folder / "index.html").write_text(page, encoding="utf-8")
    sys.stdout.write(f"{len(sections)} augmenters: {options.folder / 'index.html'}\n")


if __name__ == "__main__":
    main()
