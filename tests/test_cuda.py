"""Every kernel for CUDA of every plugin against the CPU, and for batches of 1, 3 and 64: see device_checks.py."""

import pytest
import torch
from device_checks import checked, with_kernels

import augreg

KERNELS, _ = with_kernels()


def test_there_are_kernels_of_several_plugins():
    assert {spec.plugin for spec, _ in KERNELS} >= {"augreg-image", "augreg-audio", "augreg-video"}


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("spec", "cls"), KERNELS, ids=[spec.name for spec, _ in KERNELS])
def test_a_kernel_gives_what_the_cpu_gives_in_batches_of_any_size(spec, cls):
    found = list(checked(spec, cls, "cuda"))
    assert found
    assert [each for each in found if not each.passes] == []


def test_the_check_sees_what_differs_between_batches():
    class Counted(augreg.AugmenterBase):
        """Add how many samples there are."""

        declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("uint8",), devices=("cpu", "cuda"))

        def apply(self, batch, params):
            return batch.replace([row + len(batch) for row in batch.data])

    name = augreg.register(Counted, "my.counted", modalities=("image",))
    try:
        (found,) = checked(augreg.registry.resolve(name), Counted, "cpu", (1, 3))
    finally:
        augreg.unregister(name)
    assert (found.passes, found.problem) == (False, "")
    assert found.between_batches > 0
