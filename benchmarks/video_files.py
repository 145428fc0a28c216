"""What decoding on demand saves: a pipeline on video files, decoded whole first or only where it looks.

The file is made here: 10 s of 640 x 360 at 30 frames per second, H.264 with B-frames and a key frame every second.
Both give the same bits. Times are processor time, medians of interleaved runs; memory is what arrays take at most.

Run: uv run python benchmarks/video_files.py [--file clip.mp4] [--repeats N] [--cases NAME ...]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch

import augreg
from augreg import media

CASES = {
    "subsample 8": [{"video.subsample": {"frames": 8, "mode": "random"}}],
    "subsample 8, crop 224": [
        {"video.subsample": {"frames": 8, "mode": "random"}},
        {"video.resized_crop": {"size": 224}},
        "video.hflip",
    ],
    "crop 1 s": [{"video.temporal_crop": {"seconds": 1.0}}],
    "crop half": [{"video.temporal_crop": {"fraction": 0.5}}],
    "hflip": [{"video.hflip": {"p": 1.0}}],
    "color_jitter": ["video.color_jitter"],
    "crop to 224": [{"image.crop": {"size": 224}}],
    "crop to 320": [{"image.crop": {"size": 320}}],
    "resized_crop": [{"video.resized_crop": {"size": 224}}],
    "rotate, crop": [{"image.rotate": {"degrees": 10}}, {"image.center_crop": {"size": 224}}],
}


def film(path: Path, frames: int = 300, height: int = 360, width: int = 640) -> None:
    """Write moving shapes with grain."""
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.integers(0, 256, (9, 16, 3), dtype=np.uint8), (2 * width, 2 * height), interpolation=3)
    grain = rng.normal(0, 5, (height, width, 3))
    params = {"x264-params": "keyint=30:bframes=3:scenecut=0", "preset": "fast"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=params)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for t in range(frames):
            picture = np.clip(coarse[t : t + height, 2 * t : 2 * t + width] + np.roll(grain, 7 * t, 1), 0, 255)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")))
        container.mux(stream.encode())


def seconds(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def memory(run: Callable[[], Any]) -> float:
    """Return the most memory that arrays take during a run, in MB."""
    tracemalloc.start()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cases", nargs="*", default=list(CASES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "film.mp4"
        if options.file is None:
            film(path)
        print(f"{'':24}{'decoded first':>26}{'on demand':>26}{'gain':>8}{'frames converted':>18}")
        for name in options.cases:
            row(name, augreg.Pipeline({"video": CASES[name]}), path, options.repeats)


def row(name: str, pipe: augreg.Pipeline, path: Path, repeats: int) -> None:
    def whole() -> Any:
        return augreg.augment(media.read(path), pipe, seed=1)

    def on_demand() -> Any:
        return augreg.augment(augreg.Video.open(path), pipe, seed=1)

    assert torch.equal(whole().data, on_demand().data)
    clip = augreg.Video.open(path)
    augreg.augment(clip, pipe, seed=1)
    times = [(seconds(whole), seconds(on_demand)) for _ in range(repeats)]
    first, second = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    gain = statistics.median(a / b for a, b in times)
    shown = f"{clip.data.decoded} of {len(clip.data)}"
    before, after = (f"{t:.0f} ms, {memory(run):.0f} MB" for t, run in ((first, whole), (second, on_demand)))
    print(f"{name:24}{before:>26}{after:>26}{gain:8.1f}{shown:>18}", flush=True)


if __name__ == "__main__":
    main()
