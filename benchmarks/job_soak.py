"""Kills a job again and again, at random moments and at random processes, and compares what it leaves at the end.

    python benchmarks/job_soak.py --kills 100 --to webdataset [--to parquet] [--seconds 600]

A job of 480 texts, or with --labels of 480 pictures with a COCO file, in 60 shards is done once without disturbance.
Then the same job is begun and resumed with 1 to 4 workers; each time its main process, its nursery or one of its
workers gets SIGKILL at some moment, until that many processes were killed (or the time is up), and at last it may end. One line for each form says how often a process was
killed, how many shards were done at a kill, and the SHA-256 of both output folders: of all names and all contents.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import PIL.Image

INPUTS = 480
SHARD = 8


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--to", action="append", choices=["folder", "webdataset", "parquet", "arrow"])
    asked.add_argument("--seconds", type=float, default=float("inf"), help="for all forms together")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--labels", action="store_true", help="pictures with boxes, and one file that is assembled")
    given = asked.parse_args()
    forms, start, same = given.to or ["webdataset"], time.monotonic(), True
    for number, to in enumerate(forms, start=1):
        with tempfile.TemporaryDirectory() as folder:
            until = start + given.seconds * number / len(forms)
            (pictures if given.labels else texts)(Path(folder))
            same &= soak(Path(folder), to, given.kills, until, random.Random(given.seed))
    return 0 if same else 1


def texts(root: Path) -> None:
    (root / "in").mkdir()
    for i in range(INPUTS):
        (root / "in" / f"{i:03}.txt").write_text(f"one of the texts of this job, number {i}\n")
    (root / "pipeline.yaml").write_text("text: [{text.keyboard: {rate: 0.2}}]\n")


def pictures(root: Path) -> None:
    """Write pictures and what is in them."""
    (root / "in").mkdir()
    images, annotations = [], []
    for i in range(INPUTS):
        name = f"{i:03}.png"
        PIL.Image.new("RGB", (48, 32), (i % 256, 90, 20)).save(root / "in" / name)
        images.append({"id": i, "file_name": name, "width": 48, "height": 32})
        outline = [8, 4, 28, 4, 28, 20, 8, 20]
        box = {"bbox": [8, 4, 20, 16], "segmentation": [outline], "area": 320, "iscrowd": 0}
        annotations.append({"id": i, "image_id": i, "category_id": 1, **box})
    whole = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "thing"}]}
    (root / "in" / "instances.json").write_text(json.dumps(whole))
    (root / "pipeline.yaml").write_text("image: [image.rotate, {image.center_crop: {size: [28, 40]}}]\n")


def soak(root: Path, to: str, kills: int, until: float, rng: random.Random) -> bool:
    assert start(root, to, "whole", 2).wait() == 0
    done, at, how = 0, [], "--resume"
    while True:
        job = start(root, to, "out", rng.randint(1, 4), how)
        if done < kills and time.monotonic() < until and (found := strike(job, root / "out", rng)) is not None:
            at.append(found)
            done += 1
        code = job.wait()
        assert code in (0, 3, -signal.SIGKILL), code  # 3: the nursery was killed
        if code == 0 and (done >= kills or time.monotonic() > until):
            break
        how = "--overwrite" if code == 0 else "--resume"  # one that ended too early begins anew
    before, after = digest(root / "whole"), digest(root / "out")
    print(
        f"{to}: {done} kills at {min(at)} to {max(at)} shards of {INPUTS // SHARD} done; {before} whole, {after} killed"
    )
    return before == after


def start(root: Path, to: str, out: str, workers: int, how: str = "--resume") -> subprocess.Popen[bytes]:
    places = [str(root / "pipeline.yaml"), str(root / "in"), str(root / out)]
    asked = ["--seed", "5", "--copies", "2", "--shard-size", str(SHARD), "--to", to, "--engine", "process"]
    command = [sys.executable, "-m", "augreg", "run", *places, *asked, "--workers", str(workers), "--quiet", how]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def strike(job: subprocess.Popen[bytes], out: Path, rng: random.Random) -> int | None:
    """Kill one of a job's processes; return how many shards were done then, None if the job had ended before."""
    parts = out / ".augreg" / "parts"
    while job.poll() is None and not parts.is_dir():  # before this it imports, and there is nothing to disturb
        time.sleep(0.005)
    # One in four before or while workers start, the others when some more shards are done, up to all of them.
    until = time.monotonic() + (rng.uniform(0.0, 4.0) if rng.random() < 0.25 else 60.0)
    enough = len(committed(parts)) + rng.randint(1, 12)
    while job.poll() is None and time.monotonic() < until and len(committed(parts)) < enough:
        time.sleep(0.005)
    time.sleep(rng.uniform(0.0, 0.02))
    family = [*children(job.pid), job.pid] if job.poll() is None else []
    if not family:
        return None
    count = len(committed(parts))
    try:
        os.kill(rng.choice(family), signal.SIGKILL)
    except ProcessLookupError:
        return None
    return count


def committed(parts: Path) -> list[str]:
    """Return the shards that are done."""
    try:
        return [path.name for path in parts.iterdir()]
    except OSError:  # the job ends
        return []


def children(pid: int) -> Iterator[int]:
    """Yield the processes that descend from one, the deepest first."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from children(int(child))
            yield int(child)


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return whole.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
