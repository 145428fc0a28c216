"""Rules: what happens in a sound and the event that marks it end at the same time."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import torch

from augreg.data.targets import Events
from augreg.modalities.audio import HOP, Audio
from augreg.modalities.made_up import speech
from augreg.testing.check import require
from augreg.testing.once import made_once
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

N: Final = 8
RATE: Final = 16000
SECONDS: Final = 1.2
BURST: Final = 0.1
WINDOW: Final = 0.01
EARLY, LATE = 0.035, 0.09
"""Seconds that a burst may begin before its event and go on after it: filters smear, rooms ring."""
AGREE: Final = 0.8


@made_once
def _pair(number: int) -> tuple[Audio, Audio]:
    """Return a sound without and with a burst of noise, both with its event."""
    rng = np.random.default_rng(900 + number)
    plain = 0.05 * speech(rng, SECONDS, RATE)
    start = float(rng.uniform(0.25, 0.85))
    at, length = round(start * RATE), round(BURST * RATE)
    painted = plain.copy()
    painted[at : at + length] += rng.uniform(-0.5, 0.5, length) * np.sin(np.linspace(0, np.pi, length)) ** 0.25
    hops = np.arange(int(np.ceil(SECONDS / HOP))) * HOP
    labels = ((hops + HOP / 2 >= start) & (hops + HOP / 2 < start + BURST)).astype(np.int64)
    first, second = (
        Audio(torch.from_numpy(w.astype(np.float32))[None], RATE, Events([[start, start + BURST]]), frame_labels=labels)
        for w in (plain, painted)
    )
    return first, second


def _loud(plain: Any, painted: Any) -> np.ndarray | None:
    """Return the times in seconds at which the burst is heard, every 10 ms, or None when it is gone."""
    if plain.data.shape != painted.data.shape:
        return None
    full = 32767.0 if "int" in str(painted.data.dtype) else 1.0
    first, second = (sound.data.double().mean(0).numpy() / full for sound in (plain, painted))
    step = max(1, round(WINDOW * painted.sample_rate))
    quiet, loud = _envelope(first, step), _envelope(second, step)
    # What makes everything louder or softer because of the burst (normalising, limiting) is not the burst.
    ratio = np.median(loud[quiet > 1e-6] / quiet[quiet > 1e-6]) if (quiet > 1e-6).any() else 1.0
    frames = _envelope(second - ratio * first, step)
    if not len(frames) or frames.max() < 0.02:
        return None
    times: np.ndarray = (np.flatnonzero(frames > 0.6 * frames.max()) + 0.5) * step / painted.sample_rate
    return times


def _envelope(wave: np.ndarray, step: int) -> np.ndarray:
    found: np.ndarray = np.sqrt((wave[: len(wave) // step * step].reshape(-1, step) ** 2).mean(axis=1))
    return found


def _results(subject: Subject, augmenter: Any) -> list[tuple[Any, np.ndarray]]:
    pairs = [[subject.fit(sound) for sound in _pair(i)] for i in range(N)]
    pipe = subject.pipeline(augmenter)
    painted, trace = subject.run(pipe, [p[1] for p in pairs], trace=True)
    stored = json.loads(json.dumps(trace.to_dicts()))
    plain = pipe.replay([p[0] for p in pairs], stored, device=subject.device)
    found = [(b, _loud(a, b)) for a, b in zip(plain, painted, strict=True)]
    return [(b, times) for b, times in found if times is not None]


def events_follow(subject: Subject) -> None:
    """A burst of noise and its event end at the same time, within 35 ms before and 90 ms after."""
    for name, augmenter in subject.each():
        outside = []
        for result, times in _results(subject, augmenter):
            events = result.events
            if events is None or not len(events):
                continue
            within = np.zeros(len(times), dtype=bool)
            for onset, offset in events.data:
                within |= (times >= onset - EARLY) & (times <= offset + LATE)
            covered = [((times >= a - EARLY) & (times <= b + LATE)).any() for a, b in events.data if b - a > 0.02]
            outside.append(not within.all() or not all(covered))
        _judge(subject, name, "events", outside)


def frame_labels_follow(subject: Subject) -> None:
    """The hops labelled as a burst of noise are those in which it is heard."""
    for name, augmenter in subject.each():
        outside = []
        for result, times in _results(subject, augmenter):
            labels = np.asarray(result.frame_labels)
            hop = result.data.shape[-1] / result.sample_rate / max(1, len(labels))
            marked = (np.flatnonzero(labels == 1) + 0.5) * hop
            if len(marked):
                gaps = np.abs(times[:, None] - marked[None]).min(axis=1)
                outside.append(bool(gaps.max() > LATE + hop or gaps.min() > EARLY + hop))
        _judge(subject, name, "frame_labels", outside)


def _judge(subject: Subject, name: str, target: str, outside: list[bool]) -> None:
    moved = target in subject.declares.targets
    require(bool(outside) or not moved, f"{name}: in none of {N} sounds could the burst and its {target} be found.")
    if outside and np.mean(outside) > 1 - AGREE:
        said = "moves" if moved else "leaves"
        count = int(np.sum(outside))
        require(False, f"{name}: declares that it {said} {target}, but {count} of {len(outside)} bursts are elsewhere.")


def _handles(target: str) -> Any:
    return lambda s: s.modality.name == "audio" and s.declares.supports(target) and s.declares.labels != "mixes"


RULES: Final = (Rule(events_follow, _handles("events")), Rule(frame_labels_follow, _handles("frame_labels")))
