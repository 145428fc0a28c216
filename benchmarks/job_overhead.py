"""What a job costs beside the work on samples: planning, the plan's file, a shard, the manifest, syncing.

    python benchmarks/job_overhead.py [inputs]

Texts of 20 bytes through a step that never fires, in one process, so that next to nothing but the overhead is left.
docs/clusters.md works out a large job from these figures.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import augreg
from augreg.jobs import Settings, run
from augreg.jobs.end import _durable, _merge
from augreg.jobs.hashes import sha256
from augreg.jobs.manifest import as_json
from augreg.jobs.plan import make_plan
from augreg.jobs.planfile import PLAN, PlanFile
from augreg.jobs.shards import lines_of
from augreg.jobs.sources import open_source
from augreg.jobs.state import part_of
from augreg.registry import default

PIPELINE = augreg.Pipeline.from_dict({"text": [{"text.char_case": {"p": 0.0}}]})


@contextmanager
def timed(what: str, count: int, unit: str) -> Iterator[None]:
    start, worked = time.perf_counter(), time.process_time()
    yield
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    each = worked / count * 1e6
    print(f"{what:48} {seconds:7.2f} s, of which {worked:6.2f} s of CPU   {each:8.1f} us of CPU per {unit}")


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def make_inputs(folder: Path, count: int) -> None:
    for i in range(count):
        place = folder / f"{i // 1000:05}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i % 1000:03}.txt").write_text(f"a line of text {i:06}\n")


def planning(source: Path, out: Path, count: int) -> None:
    before = peak()
    with timed("plan: walk, look at every file, name outputs", count, "input"):
        plan = make_plan(open_source(source), {"text"}, 1, default())
    print(f"{'':48} {(peak() - before) / count:8.0f} bytes of memory per input")
    out.mkdir()
    with timed("plan: write the file", count, "input"):
        PlanFile.write(out, plan.items, shard_size=256, shard_bytes=64 * 1024**2)
    print(f"{'':48} {(out / PLAN).stat().st_size / count:8.0f} bytes of plan per input")


def shards(source: Path, root: Path) -> None:
    """A thousand inputs, in few shards and in many: the difference is what a shard costs."""
    run(PIPELINE, Settings(source=source / "00000", out=root / "warm", seed=7, engine="inline"))
    for size in (256, 1):
        settings = Settings(source=source / "00000", out=root / f"of{size}", seed=7, engine="inline", shard_size=size)
        with timed(f"1,000 inputs in {-(-1000 // size)} shards", 1000, "input"):
            run(PIPELINE, settings)


def ending(root: Path, count: int) -> None:
    out = root / "end"
    part_of(out, 0).parent.mkdir(parents=True)
    line = (root / "warm" / "manifest.jsonl").read_bytes().splitlines()[0] + b"\n"
    each = 256
    for shard in range(count // each):
        part_of(out, shard).write_bytes(line * each)
    lines = count // each * each
    print(f"{'':48} {len(line):8} bytes of manifest per line")
    with timed("end: read the lines of other machines", lines, "line"):
        for shard in range(count // each):
            lines_of(part_of(out, shard))
    with timed("end: merge the parts", lines, "line"):
        _merge(out, count // each)
    with timed("end: write lines as JSON", 10_000, "line"):
        for _ in range(10_000):
            as_json({"v": 2, "source": "a/b.txt", "steps": [{"step": "x", "params": {"a": 1.0}}] * 3})
    with timed("end: sync the file system", 1, "job"):
        _durable(out)
    size = (out / "manifest.jsonl").stat().st_size
    with timed("hash: SHA-256 of the manifest", size >> 20, "MiB"):
        sha256(out / "manifest.jsonl")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    root = Path(tempfile.mkdtemp(prefix="overhead-"))
    try:
        make_inputs(root / "in", count)
        planning(root / "in", root / "plan", count)
        shards(root / "in", root)
        ending(root, count)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
