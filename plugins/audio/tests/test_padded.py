"""Nothing is added to or measured on the padding of a padded batch: each sound is as if it stood there by itself."""

import numpy as np
import pytest
import torch

import augreg
from augreg.testing.subject import configurations

RATE, LENGTHS = 16000, [8000, 3210, 6400]


def cases() -> list[tuple[str, object]]:
    """Return every configuration of every augmenter of sounds that does not mix them."""
    registry, found = augreg.registry.default(), []
    for spec in augreg.list_augmenters():
        if spec.modalities != ("audio",) or not spec.name.startswith("audio."):
            continue
        cls = registry.load(spec.id)
        if cls.declares.labels != "mixes":
            found += [(f"{spec.name}-{i}", one) for i, one in enumerate(configurations(cls, spec.name))]
    return found


def padded() -> torch.Tensor:
    """Return sounds one below the other; what stands in the padding is loud, so that it is heard where it is read."""
    rng = np.random.default_rng(3)
    data = torch.full((3, max(LENGTHS)), 0.9)
    for row, length in enumerate(LENGTHS):
        wave = 0.1 * (row + 1) * np.sin(np.arange(length) / 7.0) + 0.01 * rng.normal(size=length)
        data[row, :length] = torch.from_numpy(wave.astype(np.float32))
    return data


@pytest.mark.parametrize(("name", "augmenter"), cases(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_padded_batch_is_each_of_its_sounds_by_itself(name, augmenter):
    pipe, keys = augreg.Pipeline({"audio": [augreg.Step(augmenter, p=1.0)]}), ["a", "b", "c"]
    options = {"modality": "audio", "sample_rate": RATE, "seed": 5}
    data = padded()
    try:
        alone = [
            augreg.augment(data[i : i + 1, :n], pipe, keys=k, **options)
            for i, (n, k) in enumerate(zip(LENGTHS, keys, strict=True))
        ]
    except augreg.UnsupportedError as error:  # stereo only
        pytest.skip(str(error))
    found, lengths = augreg.augment(data, pipe, keys=keys, layout="BT", lengths=LENGTHS, **options)
    found = found if found.ndim == 2 else found[:, 0]
    for row, length, own in zip(
        found, lengths.tolist() if isinstance(lengths, torch.Tensor) else lengths, alone, strict=True
    ):
        assert length == own.shape[-1]
        torch.testing.assert_close(row[:length], own[0], rtol=0, atol=1e-6)
        assert not row[length:].any()
