"""Rules: odd input gives a result or an error that says so, never another exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import torch

from augreg.data.targets import Boxes, Events, Keypoints, Spans
from augreg.errors import AugregError
from augreg.modalities.audio import Audio
from augreg.modalities.base import Modality
from augreg.modalities.image import Image
from augreg.modalities.text import Text
from augreg.modalities.video import Video
from augreg.random.rng import Rng
from augreg.testing import forms
from augreg.testing.check import Check, require
from augreg.testing.compare import explain
from augreg.testing.kept import shape
from augreg.testing.repeatable import alone
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject, examples

Case = Callable[[Subject], list[Any]]

STRANGE: Final[dict[str, Sequence[Any]]] = {
    "empty_string": ["", Text("", Spans(np.zeros((0, 2))))],
    "blank": ["   ", "\n", "\t x \u00a0\n\n", "\u200d", "\x00"],
    "one_character": ["a", ".", "ß", "中", "é", "e\u0301", "İ"],
    "emoji": ["👩‍👩‍👧‍👦", "🎉🎉 party 🇩🇪🇫🇷 👍🏽", Text("go 👩‍🚀 now", Spans([[3, 6]]))],
    "right_to_left": ["مرحبا بالعالم", "שלום עולם, hello!", Text("abc שלום def", Spans([[4, 8]]))],
    "other_scripts": ["敏捷的棕色狐狸", "สวัสดีชาวโลก", "नमस्ते दुनिया", "안녕하세요 세계", "Straße ŉ ﬁ"],
    "unusual_text": [
        "don't mail a.b@c.org $3.50 at https://x.y/z?q=1#f #tag @me",
        "word " * 400,
        "a" * 500,
        "\ud800 lone",
        "(((",
        "!!!",
        Text("one two three", Spans([[0, 0], [0, 13], [4, 7], [4, 4], [13, 13]], columns={"id": [1, 2, 3, 4, 5]})),
    ],
}


def _pictures(*shapes: tuple[int, ...]) -> Case:
    def make(subject: Subject) -> list[Any]:
        wrap = Image if subject.modality.name == "image" else Video
        frames = () if wrap is Image else (5,)
        rng = np.random.default_rng(0)
        data = [torch.from_numpy(rng.integers(0, 256, (*frames, *s), dtype=np.uint8)) for s in shapes]
        return [wrap(d, fps=10.0) if wrap is Video else wrap(d) for d in data]

    return make


def _with_hollow_targets(subject: Subject) -> list[Any]:
    """Return samples whose targets are there but empty, degenerate or outside."""
    data = forms.tensor_of(examples(subject.modality, 1)[0])
    assert data is not None
    height, width = data.shape[-2:]
    none = (Boxes(np.zeros((0, 4))), Keypoints(np.zeros((0, 2))), torch.zeros((0, height, width), dtype=torch.bool))
    flat = Boxes([[3, 3, 3, 9], [-5, -5, 4, 4], [0, 0, width, height], [1, 1, 2, 2]], labels=list("abcd"))
    away = Keypoints([[-3, 5], [0, 0], [width, height]], visible=[True, False, True])
    many = torch.ones((2, height, width), dtype=torch.int64)
    if subject.modality.name == "image":
        return [Image(data, *none[:1], none[2], none[1]), Image(data, flat, many, away)]
    frames = len(data)
    masks = many[:1].expand(frames, height, width)
    return [
        Video(data, 10.0, boxes=[none[0]] * frames, keypoints=[none[1]] * frames, events=Events(np.zeros((0, 2)))),
        Video(data, 10.0, boxes=[flat] * frames, keypoints=[away] * frames, masks=masks),
    ]


def _clips(subject: Subject) -> list[Any]:
    data = forms.tensor_of(examples(subject.modality, 1)[0])
    assert data is not None
    return [Video(data[:1], 10.0), Video(data[:2], None), Video(data[:3], 0.5, timestamps=[0.0, 0.1, 5.0])]


def _sounds(frames: int, channels: int = 1, rate: int = 16000, gain: float = 1.0) -> Case:
    def make(_subject: Subject) -> list[Any]:
        wave = torch.from_numpy(np.random.default_rng(0).uniform(-gain, gain, (channels, frames)).astype(np.float32))
        return [Audio(wave, rate), Audio(wave, rate, events=Events([[0.0, frames / rate]]))]

    return make


def _texts(name: str) -> Case:
    texts: Sequence[Any] = STRANGE[name]
    return lambda subject: list(texts)


CASES: Final[dict[str, dict[str, Case]]] = {
    "image": {
        "one_pixel": _pictures((3, 1, 1), (3, 1, 7), (3, 7, 1)),
        "tiny": _pictures((3, 2, 2), (3, 3, 5)),
        "one_channel": _pictures((1, 40, 52)),
        "other_channels": _pictures((2, 33, 40), (4, 33, 40), (6, 33, 40), (130, 9, 12)),
        "odd_size": _pictures((3, 101, 99), (3, 37, 61)),
        "hollow_targets": _with_hollow_targets,
    },
    "video": {
        "one_pixel": _pictures((3, 1, 1), (3, 1, 7)),
        "one_channel": _pictures((1, 20, 32)),
        "odd_size": _pictures((3, 31, 33)),
        "few_frames": _clips,
        "hollow_targets": _with_hollow_targets,
    },
    "audio": {
        "no_sound": _sounds(0),
        "one_frame": _sounds(1),
        "few_frames": _sounds(10),
        "odd_length": _sounds(5003),
        "silent": _sounds(8000, gain=0.0),
        "loud": _sounds(8000, gain=4.0),
        "stereo": _sounds(8000, channels=2),
        "many_channels": _sounds(6000, channels=6),
        "odd_rate": _sounds(3000, rate=11025),
        "high_rate": _sounds(9000, rate=96000),
    },
    "text": {name: _texts(name) for name in STRANGE},
}
"""Modalities of plugins have theirs in :meth:`augreg.Modality.odd_examples`."""


def _cases(modality: Modality) -> dict[str, Case]:
    """Return what makes the odd samples of a modality, by their name."""
    told = {name: partial(_told, samples) for name, samples in modality.odd_examples().items()}
    return {**CASES.get(modality.name, {}), **told}


def _told(samples: Sequence[Any], subject: Subject) -> list[Any]:
    """Return samples in a dtype and with channels that the augmenter takes."""
    return [forms.fitted(sample, subject.declares, subject.modality.channel_axis) for sample in samples]


def edge_rules(subject: Subject) -> Iterator[Check]:
    """Yield one check per odd input of the subject's modality."""
    for case, make in _cases(subject.modality).items():
        doc = f"Odd input ({case.replace('_', ' ')}) gives a sound result or an AugregError."
        yield Check(f"{subject.label}-takes_{case}", partial(_takes, subject, make), doc)


def _takes(subject: Subject, make: Case) -> None:
    for sample in make(subject):
        fit = subject.strip(sample)
        for name, augmenter in subject.each():
            try:
                result = subject.run(augmenter, [fit])[0]
            except AugregError:
                continue
            except Exception as error:
                shown = shape(subject.data(fit)) or repr(subject.data(fit))[:60]
                require(False, f"{name}: {shown} raises {type(error).__name__}: {error}")
                raise
            _check_result(subject, name, fit, result)


def _check_result(subject: Subject, name: str, sample: Any, result: Any) -> None:
    came, found = subject.data(sample), subject.data(result)
    require(type(found) is type(came), f"{name}: {type(came).__name__} comes back as {type(found).__name__}.")
    if not isinstance(came, torch.Tensor):
        return
    where = f"{name}: a sample of shape {shape(came)}"
    kept = shape(found) == shape(came) or not subject.declares.keeps_shape
    require(kept, f"{where} comes back as {shape(found)}, though it declares keeps_shape.")
    require(found.ndim == came.ndim, f"{where} comes back with {found.ndim} dimensions.")
    sound = not found.is_floating_point() or bool(torch.isfinite(found).all())
    require(sound, f"{where} comes back with NaN or infinity.")


def non_contiguous(subject: Subject) -> None:
    """A tensor with odd strides gives the same result as a contiguous one."""
    sample = subject.samples(1)[0]
    for name, augmenter in subject.each():
        first, second = subject.run(augmenter, [sample])[0], subject.run(augmenter, [forms.strided(sample)])[0]
        found = explain(first, second, rounding=True)
        require(not found, f"{name}: a tensor that is not contiguous gives another result: {found}.")


def nonfinite(subject: Subject) -> None:
    """NaN and infinity are refused, or pass without reaching other samples: as declared."""
    dtype = next(d for d in ("float32", *subject.declares.dtypes) if "float" in d)
    samples = [forms.in_dtype(s, dtype) for s in subject.samples(1) * 3]
    for value in (float("nan"), float("inf")):
        bad = forms.tensor_of(samples[1])
        assert bad is not None
        bad = bad.clone()
        bad[..., -1] = value
        spoiled = [samples[0], forms.with_data(samples[1], bad), samples[2]]
        for name, augmenter in subject.each():
            if subject.declares.nonfinite == "passes":
                _passes(subject, name, augmenter, samples, spoiled)
                continue
            try:
                subject.run(augmenter, spoiled)
            except AugregError:
                continue
            require(False, f"{name}: {value} in the data passes without an error; it declares nonfinite='error'.")


def _passes(subject: Subject, name: str, augmenter: Any, clean: list[Any], spoiled: list[Any]) -> None:
    """The kernel takes such data, which the modality may have refused before, and keeps it in its row."""
    first, batch = subject.batch(clean), subject.batch(clean)
    data = forms.tensor_of(spoiled[1])
    rows: list[Any] = [data if i == 1 else batch.row(i) for i in range(3)]
    second = type(batch)(torch.stack(rows) if batch.stacked else rows, batch.info)
    rng = Rng(SEED, batch.info.keys).at("step0")
    results = [augmenter.apply(b, augmenter.draw(b.info, rng)) for b in (first, second)]
    for i in (0, 2):
        found = explain(results[0].row(i), results[1].row(i), rounding=True)
        require(not found, f"{name}: NaN or infinity in one sample reaches another: {found}.")


def _floating(subject: Subject) -> bool:
    takes = any("float" in d for d in subject.declares.dtypes)
    return takes and forms.tensor_of(examples(subject.modality, 1)[0]) is not None


RULES: Final = (
    Rule(non_contiguous, lambda s: forms.tensor_of(s.modality.examples(1)[0]) is not None),
    Rule(nonfinite, lambda s: _floating(s) and alone(s)),
)
