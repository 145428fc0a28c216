"""Tars, pictures and jobs for tests of what jobs read and write."""

from __future__ import annotations

import gc
import io
import json
import tarfile
import warnings
from pathlib import Path

import numpy as np
import webdataset
from PIL import Image as Pillow
from toys import pipeline

from augreg.jobs import Settings, run
from augreg.jobs.summary import Summary


def picture(seed: int, height: int = 6, width: int = 8) -> bytes:
    """Return a PNG of random pixels."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Pillow.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Pillow.open(io.BytesIO(content)))


def pack(path: Path, *members: tuple[str, bytes] | tarfile.TarInfo) -> Path:
    """Write a tar of names and contents, or of headers without content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member, io.BytesIO(bytes(member.size)))
                continue
            info = tarfile.TarInfo(member[0])
            info.size, info.mtime = len(member[1]), 1_700_000_000
            tar.addfile(info, io.BytesIO(member[1]))
    return path


def members(path: Path) -> dict[str, bytes]:
    """Return what a tar holds, in its order."""
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar if info.isreg()}


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but the job's own records."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: found[name] for name in sorted(found) if name not in ("manifest.jsonl", "run.json")}


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def samples(tars: str) -> list[dict]:
    """Return what webdataset reads, which leaves closing its files to the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        found = list(webdataset.WebDataset(tars, shardshuffle=False))
        gc.collect()
    return found


BRIGHT = {"image": ["toy.brightness"]}


def job(source: object, out: Path, steps: object = BRIGHT, **settings: object) -> Summary:
    """Run a job in this process."""
    pipe = pipeline(steps) if isinstance(steps, dict) else steps
    return run(pipe, Settings(source=source, out=out, **{"seed": 3, "engine": "inline", **settings}))
