"""What `augreg list` takes with every adapter installed, beside the interpreter itself.

Run: uv run python benchmarks/listing.py [--rounds 31] [--json]

Each round starts, in turn, an interpreter that does nothing (`python -c pass`), one that imports augreg, one that
builds the registry, and `augreg list` with its table written to nowhere. Processor time (user and system) is counted
by the kernel for each child, since wall time says little on a machine that others use, too. Both are shown, as
medians; "above" is the median difference to the empty interpreter of the same round. A first round, which writes
bytecode, is not counted. The goal is 0.15 s for `augreg list`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

GOAL = 0.15
ARMS = {
    "python -c pass": ["-c", "pass"],
    "import augreg": ["-c", "import augreg"],
    "registry": ["-c", "import augreg; augreg.list_augmenters()"],
    "augreg list": [str(Path(sys.executable).with_name("augreg")), "list"],
    "augreg list blur": [str(Path(sys.executable).with_name("augreg")), "list", "blur"],
}


def once(arguments: list[str]) -> tuple[float, float, float]:
    """Return user, system and wall seconds of one child."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, wall


def measured(rounds: int) -> dict[str, dict[str, float]]:
    """Return medians for each arm, in milliseconds."""
    times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ARMS}
    for turn in range(rounds + 1):
        for name, arguments in ARMS.items():
            found = once(arguments)
            if turn:
                times[name].append(found)
    empty = next(iter(times.values()))
    result = {}
    for name, rows in times.items():
        processor = [user + system for user, system, _ in rows]
        above = [mine - sum(other[:2]) for mine, other in zip(processor, empty, strict=True)]
        columns = {
            "user": [row[0] for row in rows],
            "processor": processor,
            "above": above,
            "wall": [r[2] for r in rows],
        }
        result[name] = {column: 1000 * statistics.median(values) for column, values in columns.items()}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measured(args.rounds)
    if args.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'milliseconds, medians':24}{'user':>8}{'processor':>11}{'above':>8}{'wall':>8}")
    for name, row in found.items():
        print(f"{name:24}{row['user']:8.0f}{row['processor']:11.0f}{row['above']:8.0f}{row['wall']:8.0f}")
    taken = found["augreg list"]["processor"] / 1000
    print(f"augreg list: {taken:.3f} s of processor, {'within' if taken <= GOAL else 'above'} the goal of {GOAL} s")


if __name__ == "__main__":
    main()
