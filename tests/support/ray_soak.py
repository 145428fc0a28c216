"""Jobs on a local Ray whose workers are killed, in a process of its own: prints what came of them as JSON.

Arguments: the input, a folder for outputs, the steps as JSON, how many workers to kill.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import augreg
from augreg.jobs import Settings, run
from augreg.jobs.engines.ray_cluster import Cluster


def workers() -> list[int]:
    """The processes of this process's own Ray that do a shard now."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                if (entry / "cmdline").read_bytes().startswith(b"ray::task") and os.getpid() in _ancestors(entry):
                    found.append(int(entry.name))
    return found


def _ancestors(entry: Path) -> list[int]:
    found, pid = [], int(entry.name)
    while pid > 1:
        pid = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


def digest_of(out: Path) -> str:
    """One hash of all names and bytes of a folder."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    named = [f"{path.relative_to(out)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


def begun(out: Path) -> bool:
    """Return whether a job has finished a shard; folders may go while they are looked at."""
    try:
        return any(out.glob("**/parts/*"))
    except OSError:
        return False


class Killer(threading.Thread):
    """Kills a worker at random moments while ``active``, ``most`` times in all, once a job has finished a shard.

    Before, workers import torch, for longer on a busy machine than one of them would live.
    """

    def __init__(self, most: int) -> None:
        super().__init__(daemon=True)
        self.most, self.killed = most, 0
        self.active: Path | None = None

    def run(self) -> None:
        choose = random.Random(0)
        while self.killed < self.most:
            time.sleep(choose.uniform(0.02, 0.6))
            alive = workers() if self.active and begun(self.active) else []
            if alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(choose.choice(alive), signal.SIGKILL)
                    self.killed += 1


def main() -> None:
    source, outputs, steps, kills = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
    cluster = Cluster(2, None)
    killer, found = Killer(kills), []
    killer.start()
    while not found or killer.killed < kills:
        out = outputs / f"ray{len(found)}"
        killer.active = out
        settings = Settings(source=source, out=out, seed=7, engine="ray", shard_size=4, batch_size=2)
        summary = run(augreg.Pipeline.from_dict(steps), settings)
        killer.active = None
        found.append({"digest": digest_of(out), "refused": summary.refused, "finished": summary.finished})
    cluster.close()
    print(json.dumps({"killed": killer.killed, "jobs": found}))


if __name__ == "__main__":
    main()
