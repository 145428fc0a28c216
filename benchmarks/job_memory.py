"""Memory of a job as it goes on, by samples done: of the main process, of the one that imports, and of each worker.

Run: uv run python benchmarks/job_memory.py [--samples 100000] [--workers 2] [--kind text]
What grows is what is kept per sample. The resident size, which `top` shows, counts in every process what all of them
share: the pages of libraries' files, and what workers were forked with. So what a process has for itself stands beside
it, and the sum of the shares (Pss), which is what the job takes. Sizes are those of /proc, so Linux only.
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


def sizes(pid: int) -> dict[str, float]:
    """Return the resident size of a process, what of it is its own, and its share of all, in MB."""
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    found = {words[0]: int(words[1]) * 1024 / 1e6 for words in lines}
    return {"rss": found["Rss:"], "own": found["Private_Clean:"] + found["Private_Dirty:"], "pss": found["Pss:"]}


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
            found = [sizes(pid) for pid in processes(os.getpid())]
            main, imports, *workers = [f"{one['rss']:.0f} ({one['own']:.0f} own)" for one in found]
            said = f"main {main}, imports {imports}, workers {', '.join(workers)} MB"
            print(f"{marks.pop(0):>9} samples: {said}; in all {sum(one['pss'] for one in found):.0f} MB", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "in", given.kind, given.samples)
        settings = Settings(source=Path(folder) / "in", out=Path(folder) / "out", seed=1, workers=given.workers)
        summary = run(augreg.Pipeline({given.kind: STEPS[given.kind]}), settings, show)
        print(f"{summary.written} written in {summary.seconds:.0f} s, {summary.rate:.0f}/s")


if __name__ == "__main__":
    main()
