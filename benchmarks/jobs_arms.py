"""The programs that jobs.py compares, each in a process of its own: ours, and what people write by hand.

Each takes a folder of JPEG files. Those of "float" make normalized batches (64, 3, 224, 224) in a DataLoader, those of
"jpeg" another folder of JPEG files, those of "webdataset" tars; two workers each.
"""

from __future__ import annotations

import importlib
import io
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

WORKERS = 2
BATCH = 64
SIZE = 224
QUALITY = 95
SHARD = 256
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CROP = [{"image.resized_crop": {"size": SIZE}}, "image.hflip", "image.to_tensor"]
FLOAT_STEPS = [*CROP, {"image.normalize": {"mean": list(MEAN), "std": list(STD)}}]
JPEG_STEPS = [{"image.rotate": {"degrees": 10, "p": 1.0}}, {"image.color_jitter": {"p": 1.0}}]


class Pictures:
    """A data set of files; what is made of one is the function's."""

    def __init__(self, paths: list[Path], read: Callable[[int, Path], Any]) -> None:
        self.paths, self.read = paths, read

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Any:
        return self.read(i, self.paths[i])


def _epoch(paths: list[Path], read: Callable[[int, Path], Any], collate: Any) -> None:
    """Go through a DataLoader once, as training does."""
    import torch

    torch.set_num_threads(1)
    data: Any = Pictures(paths, read)
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH, num_workers=WORKERS, collate_fn=collate)
    count = 0
    for batch in loader:
        assert batch.dtype == torch.float32, batch.dtype
        assert batch.shape[1:] == (3, SIZE, SIZE), batch.shape
        count += len(batch)
    assert count == len(paths)


def float_augreg(paths: list[Path], decode: str = "exact") -> None:
    import augreg

    def read(i: int, path: Path) -> Any:
        return augreg.Image.open(path, decode=decode, key=i)

    _epoch(paths, read, augreg.collate({"image": FLOAT_STEPS}, seed=7, stack=True))


def float_augreg_fast(paths: list[Path]) -> None:
    float_augreg(paths, "fast")


def float_augreg_pil(paths: list[Path]) -> None:
    """As people have it who open pictures with PIL."""
    import augreg

    bound = augreg.Pipeline({"image": FLOAT_STEPS}).bind(seed=7)
    _epoch(paths, lambda i, path: bound(_pil(path), key=i), None)


def _pil(path: Path) -> Any:
    from PIL import Image

    return Image.open(path).convert("RGB")


def float_torchvision(paths: list[Path]) -> None:
    import torch
    from torchvision.transforms import v2

    steps = [
        v2.PILToTensor(),
        v2.RandomResizedCrop(SIZE, antialias=True),
        v2.RandomHorizontalFlip(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(MEAN, STD),
    ]
    pipe = v2.Compose(steps)
    _epoch(paths, lambda i, path: pipe(_pil(path)), None)


def float_torchvision_pil(paths: list[Path]) -> None:
    """With the steps on PIL images, as the references of torchvision have them."""
    from torchvision import transforms as v1

    pipe = v1.Compose([v1.RandomResizedCrop(SIZE), v1.RandomHorizontalFlip(), v1.ToTensor(), v1.Normalize(MEAN, STD)])
    _epoch(paths, lambda i, path: pipe(_pil(path)), None)


def float_albumentations(paths: list[Path]) -> None:
    import cv2

    a, to_tensor = importlib.import_module("albumentations"), importlib.import_module("albumentations.pytorch")
    cv2.setNumThreads(0)
    steps = [a.RandomResizedCrop(size=(SIZE, SIZE)), a.HorizontalFlip(), a.Normalize(MEAN, STD), to_tensor.ToTensorV2()]
    pipe = a.Compose(steps)

    def read(_: int, path: Path) -> Any:
        return pipe(image=cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))["image"]

    _epoch(paths, read, None)


def float_dali(paths: list[Path]) -> None:
    """DALI's CPU operators, two threads."""
    dali, fn, types = (importlib.import_module(f"nvidia.dali{n}") for n in ("", ".fn", ".types"))
    pipe = dali.Pipeline(batch_size=BATCH, num_threads=WORKERS, device_id=None, seed=1)
    with pipe:
        files, _ = fn.readers.file(files=[str(path) for path in paths])
        picture = fn.decoders.image_random_crop(files, device="cpu", random_area=[0.08, 1.0])
        picture = fn.resize(picture, size=[SIZE, SIZE])
        mean, std = [255 * m for m in MEAN], [255 * s for s in STD]
        mirror = fn.random.coin_flip()
        picture = fn.crop_mirror_normalize(picture, mean=mean, std=std, mirror=mirror, dtype=types.FLOAT)
        pipe.set_outputs(picture)
    pipe.build()
    for _ in range(-(-len(paths) // BATCH)):
        pipe.run()


_WORK: list[Callable[[Path], Any]] = []
"""What the workers of a pool, which are forked, do."""


def _work(path: Path) -> Any:
    return _WORK[0](path)


def _each(work: Callable[[Path], Any], paths: list[Path]) -> Iterator[Any]:
    _WORK[:] = [work]
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        yield from pool.imap_unordered(_work, paths, chunksize=8)
        pool.close()
        pool.join()


def _augreg_run(paths: list[Path], out: Path, *more: str) -> None:
    pipeline = out.with_name(out.name + ".json")
    pipeline.write_text(json.dumps({"image": JPEG_STEPS}), encoding="utf-8")
    command = [sys.executable, "-m", "augreg", "run", pipeline, paths[0].parent, out, "--seed", "7", "--quiet"]
    # Shards so small that few pictures start as many processes as all do.
    how = ["--device", "cpu", "--workers", str(WORKERS), "--engine", "process", "--shard-size", str(BATCH)]
    subprocess.run([*map(str, command), *how, *more], check=True)


def jpeg_augreg(paths: list[Path], out: Path) -> None:
    _augreg_run(paths, out)


def jpeg_torchvision(paths: list[Path], out: Path) -> None:
    pipe = _torchvision()
    out.mkdir()

    def work(path: Path) -> None:
        pipe(_pil(path)).save(out / path.name, quality=QUALITY)

    list(_each(work, paths))


def _torchvision() -> Any:
    import torch
    from torchvision.transforms import InterpolationMode, v2

    torch.set_num_threads(1)
    turn = v2.RandomRotation(10, interpolation=InterpolationMode.BILINEAR)
    return v2.Compose([turn, v2.ColorJitter(0.4, 0.4, 0.4, 0.1)])


def _albumentations() -> Any:
    import cv2

    a = importlib.import_module("albumentations")
    cv2.setNumThreads(0)
    jitter = a.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.1, 0.1), p=1)
    return a.Compose([a.Rotate(10, p=1), jitter])


def jpeg_albumentations(paths: list[Path], out: Path) -> None:
    import cv2

    pipe = _albumentations()
    out.mkdir()

    def work(path: Path) -> None:
        picture = pipe(image=cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))["image"]
        quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        assert cv2.imwrite(str(out / path.name), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)

    list(_each(work, paths))


def jpeg_datasets(paths: list[Path], out: Path) -> None:
    """`Dataset.map` with torchvision's steps, which saves the files."""
    datasets = importlib.import_module("datasets")
    datasets.disable_progress_bars()
    datasets.disable_caching()
    pipe = _torchvision()
    out.mkdir()
    names = [str(path) for path in paths]
    held = datasets.Dataset.from_dict({"image": names, "name": [path.name for path in paths]})

    def save(row: dict[str, Any]) -> dict[str, Any]:
        pipe(row["image"].convert("RGB")).save(out / row["name"], quality=QUALITY)
        return {"name": row["name"]}

    held.cast_column("image", datasets.Image()).map(save, num_proc=WORKERS, remove_columns=["image"])


def webdataset_augreg(paths: list[Path], out: Path) -> None:
    _augreg_run(paths, out, "--to", "webdataset")


def webdataset_torchvision(paths: list[Path], out: Path) -> None:
    """Encoded by the workers, put into tars of 256 by the main process."""
    pipe = _torchvision()
    out.mkdir()

    def work(path: Path) -> tuple[str, bytes]:
        memory = io.BytesIO()
        pipe(_pil(path)).save(memory, "JPEG", quality=QUALITY)
        return path.stem, memory.getvalue()

    found = _each(work, paths)
    for number in range(-(-len(paths) // SHARD)):
        with tarfile.open(out / f"{number:06}.tar", "w") as tar:
            for key, data in itertools.islice(found, SHARD):
                member = tarfile.TarInfo(f"{key}.jpg")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


def codec_pil(paths: list[Path], *, encodes: bool) -> float:
    """Processor seconds of decoding, and encoding, by PIL."""
    from PIL import Image

    start = time.process_time()
    for path in paths:
        picture = Image.open(path)
        picture.load()
        if encodes:
            picture.save(io.BytesIO(), "JPEG", quality=QUALITY)
    return time.process_time() - start


def codec_cv2(paths: list[Path], *, encodes: bool) -> float:
    """Processor seconds of decoding, and encoding, by OpenCV."""
    import cv2
    import numpy as np

    cv2.setNumThreads(0)
    start = time.process_time()
    for path in paths:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if encodes:
            cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return time.process_time() - start


ARMS: dict[str, dict[str, Callable[..., None]]] = {
    "float": {
        "augreg": float_augreg,
        "augreg fast": float_augreg_fast,
        "augreg, PIL images": float_augreg_pil,
        "torchvision": float_torchvision,
        "torchvision, PIL images": float_torchvision_pil,
        "albumentations": float_albumentations,
        "DALI": float_dali,
    },
    "jpeg": {
        "augreg": jpeg_augreg,
        "torchvision": jpeg_torchvision,
        "albumentations": jpeg_albumentations,
        "datasets.map": jpeg_datasets,
    },
    "webdataset": {"augreg": webdataset_augreg, "torchvision": webdataset_torchvision},
}
