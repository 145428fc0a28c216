"""Kernels for devices on tensors of torch's fake CUDA, which know shapes, dtypes and devices but hold no values.

So what would fail or wait on a GPU shows without one: operands on two devices, and results that hang on values, such
as ``item()`` or boolean indexing.
"""

import numpy as np
import pytest
import torch
from image_testkit import batch_of, rng_for, smooth
from torch._subclasses.fake_tensor import FakeTensorMode

import augreg
from augreg.data.batch import Batch
from augreg.testing.subject import configurations

NAMES = [
    spec.name
    for spec in augreg.list_augmenters(plugin="augreg-image")
    if "cuda" in augreg.registry.load(spec.name).declares.devices
]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_stays_on_its_device_and_waits_for_nothing(name, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self, *_: self)
    for augmenter in configurations(augreg.registry.load(name), name):
        declares = augmenter.declares
        channels = 3 if 3 in (declares.channels or (3,)) else declares.channels[0]
        for dtype in (getattr(torch, d) for d in declares.dtypes if d != "float16"):
            batch = batch_of(*(smooth(24, 30, channels, seed=s, dtype=dtype) for s in range(3)))
            params = augmenter.draw(batch.info, rng_for(batch))
            expected = augmenter.apply(batch, params)
            with FakeTensorMode(allow_non_fake_inputs=True):
                images = torch.empty((3, channels, 24, 30), dtype=dtype, device="cuda")
                done = augmenter.apply(Batch(images, batch.info), params)
            for row, known in zip(done.data, expected.data, strict=True):
                assert row.device.type == "cuda"
                assert row.dtype == known.dtype
                assert row.shape == known.shape


def test_a_kernel_that_waits_is_found_out():
    with FakeTensorMode(), pytest.raises(Exception, match="_local_scalar_dense"):
        torch.empty(3, device="cuda").max().item()
    with FakeTensorMode(allow_non_fake_inputs=True), pytest.raises(Exception, match="device"):
        torch.empty(3, device="cuda") + torch.from_numpy(np.ones(3, np.float32))
