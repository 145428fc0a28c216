"""Every kernel for devices on tensors of torch's fake CUDA, which know shapes, dtypes and devices but hold no values.

So what would fail or wait on a GPU shows without one: operands on two devices, and results that hang on values.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from augreg_audio import plugin
from torch._subclasses.fake_tensor import FakeTensorMode

import augreg
from augreg import Events
from augreg.data.batch import Batch
from augreg.kernel import make_batch
from augreg.testing.subject import configurations

NAMES = [spec.name for spec in plugin.augreg_augmenters() if "cuda" in augreg.registry.load(spec.name).declares.devices]
ON_THE_CPU = {"audio.tempo": "windows are looked for on the CPU", "audio.pitch_shift": "engine wsola does so, too"}
DTYPES = (torch.float32, torch.float16, torch.int16)


def batch_of(modality: str, dtype: torch.dtype) -> Batch:
    """Three rows of two lengths for waveforms, of one shape for spectrograms, with all targets."""
    generator = np.random.default_rng(0)
    lengths = (4000, 2500, 4000) if modality == "audio" else (60, 60, 60)
    shape = (2,) if modality == "audio" else (2, 40)
    rows = [torch.from_numpy(0.1 * generator.standard_normal((*shape, n))).float() for n in lengths]
    rows = [(row * 32767).to(dtype) if dtype == torch.int16 else row.to(dtype) for row in rows]
    rate = 16000.0 if modality == "audio" else 100.0
    targets = {
        "events": [Events([[0.01, 0.05]], labels=[k]) for k in range(3)],
        "frame_labels": [np.arange(20) for _ in rows],
        "label": [0, 1, 2],
    }
    return make_batch(modality, rows, rates=rate, targets=targets, keys=np.arange(3, dtype=np.uint64))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_stays_on_its_device_and_waits_for_nothing(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self, *_: self)
    modality = name.partition(".")[0]
    for augmenter in configurations(augreg.registry.load(name), name):
        if name in ON_THE_CPU and getattr(augmenter, "engine", "wsola") != "vocoder":
            continue
        for dtype in DTYPES if modality == "audio" else DTYPES[:2]:
            batch = batch_of(modality, dtype)
            info = batch.info.replace(data=batch.rows())
            params = augmenter.draw(info, augreg.Rng(7, batch.info.keys).at("step"))
            expected = augmenter.apply(batch, params)
            with FakeTensorMode(allow_non_fake_inputs=True):
                data = torch.empty(
                    torch.stack(batch.rows()).shape if modality != "audio" else batch.data.shape,
                    dtype=dtype,
                    device="cuda",
                )
                done = augmenter.apply(Batch(data, batch.info), params)
            assert np.array_equal(done.info.shapes, expected.info.shapes)
            for row, known in zip(done.rows(), expected.rows(), strict=True):
                assert row.device.type == "cuda"
                assert row.dtype == known.dtype
                assert row.shape == known.shape
