"""The samples of `host_samples` through hosts that go into no common environment: litdata, streaming, lhotse, dali.

Run: python tests/support/far_hosts.py HOST, in an environment that `.ci/full` makes for each. It ends with an error
where the hash is not that of one plain call; where the host has a state, it is also resumed within an epoch.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

import host_samples as held
import numpy as np
import torch

import augreg

SCHEMA = {"image": "image"}


def bound(**more: Any) -> Any:
    """Return the pipeline, bound as the page says."""
    return held.PIPE.bind(seed=held.SEED, schema=SCHEMA, **more)


def litdata(folder: str) -> Iterable[tuple[str, Any]]:
    """Optimize into chunks, and read them in shuffled order with `transform=`; the second half after a resumption."""
    import litdata as ld

    ld.optimize(fn=_row, inputs=list(range(held.N)), output_dir=folder, num_workers=1, chunk_size=16)

    def loader() -> Any:
        data = ld.StreamingDataset(folder, transform=bound(), shuffle=True, seed=3)
        return ld.StreamingDataLoader(data, batch_size=8, collate_fn=list, num_workers=0)

    first, second = loader(), loader()
    batches = iter(first)
    rows = [row for _ in range(3) for row in next(batches)]
    second.load_state_dict(first.state_dict())
    rows += [row for batch in second for row in batch]
    return [(row["id"], row["image"]) for row in rows]


def _row(i: int) -> dict[str, Any]:
    return held.rows()[i]


def streaming(folder: str) -> Iterable[tuple[str, Any]]:
    """Write MDS shards, and read them in shuffled order by a subclass; the second half after a resumption."""
    from streaming import MDSWriter, StreamingDataLoader, StreamingDataset

    columns = {"id": "str", "image": "ndarray", "label": "int"}
    with MDSWriter(out=folder, columns=columns, size_limit=20_000) as writer:
        for row in held.rows():
            writer.write(row)

    class Augmented(StreamingDataset):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.augment = bound()

        def __getitem__(self, i: int) -> Any:
            return self.augment(super().__getitem__(i))

    def loader() -> Any:
        data = Augmented(local=folder, shuffle=True, shuffle_seed=3, batch_size=8)
        return StreamingDataLoader(data, batch_size=8)

    first = loader()
    batches = iter(first)
    begun = [next(batches) for _ in range(3)]
    state = first.state_dict()
    second = loader()
    second.load_state_dict(state)
    return [pair for batch in (*begun, *second) for pair in zip(batch["id"], batch["image"], strict=True)]


def lhotse(folder: str) -> Iterable[tuple[str, Any]]:
    """Cuts of a manifest, with their ids as keys: sounds, which have a hash of their own."""
    import soundfile
    from lhotse import CutSet, Recording

    waves = np.random.default_rng(0).normal(0, 0.1, (held.N, 800)).astype(np.float32)
    pipe = augreg.Pipeline(["audio.gain", "audio.polarity", {"audio.shift": {"amount": 0.5, "p": 1}}])
    for key, wave in zip(held.KEYS, waves, strict=True):
        soundfile.write(f"{folder}/{key}.wav", wave, 8000, subtype="FLOAT")
    recordings = [Recording.from_file(f"{folder}/{key}.wav") for key in held.KEYS]
    augment, made = pipe.bind(seed=held.SEED), {}
    for cut in CutSet.from_manifests(recordings=recordings).shuffle():
        wave, rate = augment((torch.from_numpy(cut.load_audio()), cut.sampling_rate), key=cut.recording_id)
        made[cut.recording_id] = (wave.numpy(), rate)
    right = pipe([(torch.from_numpy(wave[None]), 8000) for wave in waves], seed=held.SEED, keys=held.KEYS)
    for key, (wave, rate) in zip(held.KEYS, right, strict=True):
        assert made[key][1] == rate
        assert np.array_equal(made[key][0], wave.numpy()), key
    return RIGHT


def dali(folder: str) -> Iterable[tuple[str, Any]]:
    """A DALI pipeline on the CPU, whose batches go on as tensors with their keys."""
    from nvidia.dali import fn, pipeline_def

    @pipeline_def(batch_size=16, num_threads=1, device_id=None)
    def pipeline() -> Any:
        return tuple(fn.external_source(source=_batches(), num_outputs=2))

    made, graph = [], pipeline()
    graph.build()
    augment = held.PIPE.bind(seed=held.SEED, modality="image", layout="NHWC")
    for _ in range(held.N // 16):
        images, numbers = (torch.from_dlpack(part.as_tensor()).clone() for part in graph.run())
        keys = [held.KEYS[int(number)] for number in numbers]
        made += zip(keys, augment(images, key=keys), strict=True)
    return made


def _batches() -> Iterable[tuple[list[np.ndarray], list[np.ndarray]]]:
    for start in range(0, held.N, 16):
        yield list(held.PICTURES[start : start + 16]), [np.array([i]) for i in range(start, start + 16)]


RIGHT = list(
    zip(held.KEYS, held.PIPE(list(held.PICTURES), modality="image", seed=held.SEED, keys=held.KEYS), strict=True)
)
HOSTS: dict[str, Callable[[str], Iterable[tuple[str, Any]]]] = {
    "litdata": litdata,
    "streaming": streaming,
    "lhotse": lhotse,
    "dali": dali,
}


def main() -> None:
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        assert held.digest(HOSTS[name](folder)) == held.digest(RIGHT), f"{name} gives other samples"
    print(f"{name}: the same samples")


if __name__ == "__main__":
    main()
