"""From files to files, and from files to batches: augreg beside the scripts that people write, two workers each.

Run: uv run --with albumentations==2.0.8 --with nvidia-dali-cuda130 python benchmarks/jobs.py [--data FOLDER]

"float": JPEG files to normalized float batches (64, 3, 224, 224) in a DataLoader, cropped, resized and mirrored.
"jpeg": JPEG files to JPEG files (quality 95, 4:2:0), rotated, their colors jittered. "webdataset": the same into tars.

Without a folder of JPEG files, pictures are made: sums of smooth random fields with a little grain, 500 x 375 and
4000 x 3000. Every program runs in a process of its own, in interleaved rounds, on all pictures and on a few: times are
medians of the differences, so that imports and the start of workers, which are shown beside, are not counted. "ms" is
processor time per picture, of all processes together; "per second" is by the wall clock, and hangs on what else the
machine does. "outside" is the processor time that is left without decoding and encoding alone, which is measured
beside, by the library that the program uses. A peer that is not installed is left out.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jobs_arms import ARMS, WORKERS, codec_cv2, codec_pil
from PIL import Image

PR_SET_CHILD_SUBREAPER = 36
"""Linux: processes whose parent died become ours, so that their processor time is counted."""

FEW = 128
"""Pictures of the run that tells what starting takes: two batches and two shards, so that both workers start."""

SIZES = {"500x375": (500, 375, 1536), "4000x3000": (4000, 3000, 192)}
"""Name -> width, height, and how many."""

BASELINE = ("augreg", "augreg fast", "augreg, PIL images", "DALI")
"""What is no script that people write by hand."""


def pictures(folder: Path, width: int, height: int, count: int) -> None:
    """Write pictures of smooth random fields, coarse and fine, with a little grain."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        total = np.zeros((height, width, 3), np.float32)
        for cells in (4, 16, 64):
            coarse = rng.normal(size=(3, cells, cells * width // height)).astype(np.float32)
            fields = [Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC) for plane in coarse]
            total += np.stack([np.asarray(plane) for plane in fields], axis=2) * cells**-0.7
        total = (total - total.min()) / (total.max() - total.min()) + rng.normal(0, 0.012, (height, width, 1))
        shown = Image.fromarray((np.clip(total, 0, 1) * 255).astype(np.uint8))
        shown.save(folder / f"{number:05}.jpg", quality=90)


@dataclass
class Cost:
    """What a program took, in seconds."""

    wall: float
    cpu: float


@dataclass
class Record:
    """The runs of one program: on a few pictures, and what all the others took on top."""

    start: list[Cost] = field(default_factory=list)
    rest: list[Cost] = field(default_factory=list)


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(case: str, arm: str, folder: Path) -> Cost | None:
    """Run a program in a process of its own; None where it cannot run."""
    with tempfile.TemporaryDirectory() as out:
        before, start = spent(), time.perf_counter()
        command = [sys.executable, __file__, "--arm", case, arm, str(folder), str(Path(out) / "out")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
        with suppress(ChildProcessError):
            while True:  # orphans
                os.waitpid(-1, 0)
        if done.returncode:
            print(f"({case}, {arm}: {(done.stderr.strip().splitlines() or ['?'])[-1][:110]})", file=sys.stderr)
            return None
        return Cost(wall, spent() - before)


@contextmanager
def few(folder: Path) -> Iterator[Path]:
    """Give a folder with the first pictures of another."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        for path in sorted(folder.glob("*.jpg"))[:FEW]:
            os.link(path, Path(made) / path.name)
        yield Path(made)


def measure(case: str, folder: Path, rounds: int, wanted: list[str] | None) -> dict[str, Record]:
    """Run all programs of a case in turn, several times."""
    found = {arm: Record() for arm in ARMS[case] if not wanted or arm in wanted}
    with few(folder) as small:
        for arm in list(found):
            if run(case, arm, small) is None:  # imports come from the disk
                del found[arm]
        for _ in range(rounds):
            for arm, record in list(found.items()):
                short, whole = run(case, arm, small), run(case, arm, folder)
                if short is None or whole is None:
                    found.pop(arm)
                    continue
                record.start.append(short)
                record.rest.append(Cost(whole.wall - short.wall, whole.cpu - short.cpu))
    return found


def codecs(folder: Path, *, encodes: bool) -> dict[str, float]:
    """Milliseconds of decoding, and encoding, a picture."""
    paths = sorted(folder.glob("*.jpg"))[:64]
    made = {"PIL": codec_pil, "OpenCV": codec_cv2}
    times = {name: [work(paths, encodes=encodes) for _ in range(5)] for name, work in made.items()}
    return {name: statistics.median(values) / len(paths) * 1e3 for name, values in times.items()}


def table(case: str, name: str, folder: Path, rounds: int, wanted: list[str] | None) -> None:
    count = len(list(folder.glob("*.jpg"))) - FEW
    codec = codecs(folder, encodes=case != "float")
    records = measure(case, folder, rounds, wanted)
    said = ", ".join(f"{library} {ms:.2f} ms" for library, ms in codec.items())
    what = "decoding" if case == "float" else "decoding and encoding"
    print(f"\n{case}: {count + FEW} files, {name}; {what}: {said}\n")
    print("| program | per second | ms | outside | to start, s (processor s) |\n|---|---|---|---|---|")
    cpu: dict[str, float] = {}
    outside: dict[str, float] = {}
    for arm, record in records.items():
        wall, cpu[arm] = (statistics.median(getattr(c, n) for c in record.rest) / count for n in ("wall", "cpu"))
        outside[arm] = cpu[arm] * 1e3 - codec["OpenCV" if arm == "albumentations" else "PIL"]
        began, took = (statistics.median(getattr(c, n) for c in record.start) for n in ("wall", "cpu"))
        cells = [arm, f"{1 / wall:.0f}", f"{cpu[arm] * 1e3:.2f}", f"{outside[arm]:.2f}", f"{began:.1f} ({took:.1f})"]
        print(f"| {' | '.join(cells)} |", flush=True)
    scripts = [arm for arm in records if arm not in BASELINE]
    for arm in (arm for arm in records if arm.startswith("augreg") and scripts):
        speed = min(cpu[script] for script in scripts) / cpu[arm]
        less = min(outside[script] for script in scripts) / outside[arm]
        print(f"\n{arm}: {speed:.2f}x the best script by processor time, {less:.2f}x outside the codecs", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of JPEG files")
    parser.add_argument("--cases", nargs="*", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=["500x375"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", nargs="*", help="names of programs; all by default")
    parser.add_argument("--arm", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.arm:
        case, arm, folder, out = options.arm
        paths = sorted(Path(folder).glob("*.jpg"))
        ARMS[case][arm](paths, *([] if case == "float" else [Path(out)]))
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    print(f"{WORKERS} workers each, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as made:
        folders = {options.data.name: options.data} if options.data else {n: Path(made) / n for n in options.sizes}
        for name, folder in folders.items():
            if not options.data:
                pictures(folder, *SIZES[name])
            for case in options.cases:
                table(case, name, folder, options.rounds, options.programs)


if __name__ == "__main__":
    main()
