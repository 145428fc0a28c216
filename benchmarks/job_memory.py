"""Memory of a job as it goes on: the resident size of the main process and of each worker, by samples done.

Run: uv run python benchmarks/job_memory.py [--samples 100000] [--workers 2] [--kind text]
What grows is what is kept per sample. Sizes are those of /proc, so Linux only.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import augreg
from augreg.jobs import Settings, Summary, run

STEPS = {"text": ["text.char_case"], "image": ["image.hflip", "image.rotate"]}


def fill(folder: Path, kind: str, count: int) -> None:
    """Write small inputs, a thousand to a folder."""
    rng = np.random.default_rng(0)
    for i in range(count):
        if i % 1000 == 0:
            (folder / f"{i // 1000:04}").mkdir(parents=True)
        name = folder / f"{i // 1000:04}" / f"{i:07}"
        if kind == "text":
            name.with_suffix(".txt").write_text(f"The {i}th quick brown fox jumps over the lazy dog.\n")
        else:
            cv2.imwrite(str(name.with_suffix(".jpg")), rng.integers(0, 255, (32, 32, 3), dtype=np.uint8))


def processes(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from processes(int(child))


def resident(pid: int) -> float:
    """Return the resident size of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Run a job and print sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=sorted(STEPS), default="text")
    given = parser.parse_args()
    marks = [given.samples // 100, given.samples // 10, given.samples // 2, given.samples]

    def show(summary: Summary) -> None:
        while marks and summary.done >= marks[0]:
            sizes = [resident(pid) for pid in processes(os.getpid())]
            rest = ", ".join(f"{size:.0f}" for size in sizes[2:])
            print(f"{marks.pop(0):>9} samples: main {sizes[0]:.0f} MB, workers {rest} MB", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "in", given.kind, given.samples)
        settings = Settings(source=Path(folder) / "in", out=Path(folder) / "out", seed=1, workers=given.workers)
        summary = run(augreg.Pipeline({given.kind: STEPS[given.kind]}), settings, show)
        print(f"{summary.written} written in {summary.seconds:.0f} s, {summary.rate:.0f}/s")


if __name__ == "__main__":
    main()
