"""What holds for every waveform augmenter: rows are independent, padding is nothing, dtypes stay."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import plugin

import augreg
from augreg.data.params import Params
from augreg.kernel import make_batch

ALL = [spec.name for spec in plugin.augreg_augmenters() if spec.modalities == ("audio",)]
NAMES = [name for name in ALL if augreg.registry.load(name).declares.labels != "mixes"]
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int16]


@pytest.fixture(params=NAMES)
def augmenter(request: pytest.FixtureRequest) -> Any:
    return built(request.param)


def built(name: str) -> Any:
    """The augmenter with its defaults, or with its first example where it needs arguments."""
    examples = augreg.registry.load(name).examples
    return augreg.make(name, **(examples[0] if examples else {}))


def speech(frames: int, channels: int, seed: int) -> torch.Tensor:
    """A tone with an envelope and some noise, float32 (channels, frames), below 0.5."""
    generator = np.random.default_rng(seed)
    time = np.arange(frames) / 16000
    tone = 0.3 * np.sin(2 * np.pi * (200 + 40 * seed) * time) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * time))
    return torch.from_numpy((tone + 0.02 * generator.standard_normal((channels, frames))).astype(np.float32))


def rows_of(lengths: tuple[int, ...], channels: int = 1, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    made = [speech(n, channels, seed) for seed, n in enumerate(lengths)]
    return [(m * 32768).to(torch.int16) if dtype == torch.int16 else m.to(dtype) for m in made]


def apply(augmenter: Any, batch: augreg.Batch, seed: int = 5) -> augreg.Batch:
    return augmenter.apply(batch, drawn(augmenter, batch, seed))


def drawn(augmenter: Any, batch: augreg.Batch, seed: int = 5) -> Params:
    info = batch.info.replace(data=batch.rows())
    return augmenter.draw(info, augreg.Rng(seed, info.keys).at("s"))


FORMS = [(2, torch.float32), (2, torch.int16)]
MORE = [(1, torch.float32), (5, torch.float32), *((2, d) for d in DTYPES if (2, d) not in FORMS)]


@pytest.mark.parametrize(
    ("channels", "dtype"), [*FORMS, *(pytest.param(*form, marks=pytest.mark.slow) for form in MORE)], ids=str
)
def test_a_row_is_independent_of_its_neighbors(augmenter: Any, channels: int, dtype: torch.dtype):
    rows = rows_of((4000, 1, 9000, 10, 700), channels, dtype)
    keys = np.array([11, 22, 33, 44, 55], dtype=np.uint64)
    together = apply(augmenter, make_batch("audio", rows, rates=16000, keys=keys))
    for i, row in enumerate(rows):
        alone = apply(augmenter, make_batch("audio", [row], rates=16000, keys=keys[i : i + 1]))
        assert torch.equal(alone.row(0), together.row(i)), i
        assert together.data.dtype == dtype
        assert alone.info.rates[0] == together.info.rates[i]


def test_padding_is_silent_and_has_no_influence(augmenter: Any):
    rows = rows_of((3000, 500, 2000))
    batch = make_batch("audio", rows, rates=16000)
    spoilt = batch.data.clone()
    for i, row in enumerate(rows):
        spoilt[i, :, row.shape[-1] :] = 7.0
    wide = torch.nn.functional.pad(spoilt, (0, 333), value=-3.0)
    wanted = apply(augmenter, batch)
    got = apply(augmenter, dataclasses.replace(batch, data=wide))
    for i in range(len(rows)):
        assert torch.equal(got.row(i), wanted.row(i))
        assert not got.data[i, :, int(got.lengths[i]) :].any()


def test_thread_count_does_not_matter(augmenter: Any, monkeypatch: pytest.MonkeyPatch):
    batch = make_batch("audio", rows_of((3000, 40000, 2500, 800)), rates=16000)
    wanted = apply(augmenter, batch)
    monkeypatch.setenv("AUGREG_THREADS", "3")
    assert torch.equal(apply(augmenter, batch).data, wanted.data)


def test_the_readme_lists_everything():
    from pathlib import Path

    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for spec in plugin.augreg_augmenters():
        assert f"| `{spec.name}` | {augreg.registry.summary_of(spec)} | {', '.join(spec.tags)} |" in text
