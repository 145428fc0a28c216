"""Checks and times augreg on one CUDA device, without network, in at most eight minutes. `gpu.sh` runs it.

Run: bash benchmarks/gpu.sh [--rehearse] [--minutes M] [FOLDER]

Writes into the folder (or $OUT): `summary.md`, `gpu.json` with all figures, and a profile of each pipeline. With
--rehearse the CPU stands in for the device and everything is small, which tests this script. Checked is every kernel
for devices of every plugin that is installed: against the CPU, and for batches of 1, 3 and 64 (`device_checks.py`
states the tolerances). Timed are the standard and the heavy pipeline on 256 x 3 x 224 x 224: with the pictures on the
device; with the way there and back; kornia, if it is installed; and one copy of the batch from device to device, less
than which nothing takes that reads all pictures and writes new ones. Medians; what a run returns is kept until it is
timed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from device_checks import BATCHES, SHARE, SIZES, checked, with_kernels

import augreg

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
STANDARD = [{"image.resized_crop": {"size": 224}}, "image.hflip", "image.color_jitter", "image.normalize"]
HEAVY = [
    "image.hflip",
    "image.affine",
    {"image.perspective": {"distortion": 0.4}},
    "image.color_jitter",
    {"image.gaussian_blur": {"sigma": [0.5, 2.0]}},
    {"image.gaussian_noise": {"std": [0.02, 0.1]}},
    "image.erasing",
]
PIPELINES: dict[str, tuple[list[Any], list[tuple[str, dict[str, Any]]]]] = {
    "standard": (
        STANDARD,
        [
            ("RandomResizedCrop", {"size": (224, 224)}),
            ("RandomHorizontalFlip", {}),
            ("ColorJitter", {**JITTER, "p": 1}),
            ("Normalize", {"mean": MEAN, "std": STD}),
        ],
    ),
    "heavy": (
        HEAVY,
        [
            ("RandomHorizontalFlip", {}),
            ("RandomAffine", {"degrees": 10.0, "scale": (0.8, 1.2), "shear": 5.0, "translate": (0.1, 0.1), "p": 1}),
            ("RandomPerspective", {"distortion_scale": 0.4, "p": 1}),
            ("ColorJitter", {**JITTER, "p": 1}),
            ("RandomGaussianBlur", {"kernel_size": (13, 13), "sigma": (0.5, 2.0), "p": 1}),
            ("RandomGaussianNoise", {"std": 0.06, "p": 1}),
            ("RandomErasing", {"p": 1}),
        ],
    ),
}
"""augreg's steps, and kornia's classes with their arguments."""


@dataclass
class Options:
    """What is run, and where."""

    device: str
    rehearse: bool
    folder: Path
    ends: float
    """When the checks must be done, so that the pipelines have their time, too."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The batch of the pipelines."""
        return (4, 3, 64, 64) if self.rehearse else (256, 3, 224, 224)

    @property
    def rounds(self) -> int:
        """Runs that are timed."""
        return 2 if self.rehearse else 15


def kernels(options: Options) -> dict[str, Any]:
    """Check every kernel, as long as there is time."""
    found, gone = with_kernels()
    if options.rehearse:
        found = found[:: max(1, len(found) // 4)]
    rows, left = [], []
    for spec, cls in found:
        if time.monotonic() > options.ends:
            left.append(spec.name)
            continue
        sizes = (1, 3) if options.rehearse else SIZES
        results = list(checked(spec, cls, options.device, sizes))
        rows += [{**asdict(each), "passes": each.passes} for each in results]
        for each in results:
            if not each.passes:
                print(f"FAILS {each}", flush=True)
    return {"kernels": rows, "left out for time": left, "not loaded": gone}


def wait(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize()


def timed(run: Callable[[int], Any], options: Options) -> float:
    """Return the milliseconds of one run."""
    times = []
    for number in range(options.rounds + 2):
        wait(options.device)
        begin = time.perf_counter()
        kept = run(number)
        wait(options.device)
        if number > 1:  # the first two load kernels and take memory
            times.append((time.perf_counter() - begin) * 1e3)
        del kept
    return statistics.median(times)


def runs_of(name: str, options: Options) -> dict[str, Callable[[int], Any]]:
    """Return what is timed, by a name."""
    ours, theirs = PIPELINES[name]
    pipe, device = augreg.Pipeline({"image": ours}), options.device
    generator = torch.Generator().manual_seed(0)
    here = torch.randint(0, 256, options.shape, dtype=torch.uint8, generator=generator)
    there = here.to(device)
    how = {"seed": 7, "modality": "image", "keys": range(len(here)), "device": device}
    found: dict[str, Callable[[int], Any]] = {
        "one copy, device to device": lambda _: there.clone(),
        "augreg, on the device": lambda epoch: augreg.augment(there, pipe, epoch=epoch, **how),
        "augreg, there and back": lambda epoch: augreg.augment(here, pipe, epoch=epoch, **how),
        "the way there and back": lambda _: here.to(device).cpu(),
    }
    try:
        library = importlib.import_module("kornia.augmentation")
    except ImportError:
        return found
    made = torch.nn.Sequential(*[getattr(library, kind)(**arguments) for kind, arguments in theirs])
    found["kornia, on the device"] = lambda _: made(there.float() / 255)
    return found


def pipelines(options: Options) -> dict[str, dict[str, float]]:
    """Time and profile every pipeline."""
    found: dict[str, dict[str, float]] = {}
    for name in PIPELINES:
        found[name] = {}
        runs = runs_of(name, options)
        for label, run in runs.items():
            try:
                found[name][label] = timed(run, options)
            except Exception as error:
                print(f"FAILS {name}, {label}: {type(error).__name__}: {str(error)[:200]}", flush=True)
                found[name][label] = float("nan")
                continue
            print(f"{name}: {label}: {found[name][label]:.3f} ms", flush=True)
        profile(runs["augreg, on the device"], options, options.folder / f"profile_{name}.txt")
    return found


def profile(run: Callable[[int], Any], options: Options, path: Path) -> None:
    """Write where the time of a run goes: by operation on the device, and by function of Python's on the host."""
    kinds = [torch.profiler.ProfilerActivity.CPU]
    order = "self_cpu_time_total"
    if options.device != "cpu":
        kinds.append(torch.profiler.ProfilerActivity.CUDA)
        order = "self_device_time_total"
    try:
        with torch.profiler.profile(activities=kinds) as seen:
            for number in range(3):
                run(100 + number)
            wait(options.device)
        text = seen.key_averages().table(sort_by=order, row_limit=25)
    except Exception as error:  # a machine may not let programs look
        text = f"no profile: {type(error).__name__}: {error}\n"
    path.write_text(text, encoding="utf-8")


def machine(options: Options) -> dict[str, str]:
    """Return what it ran on."""
    name = "the CPU, as a rehearsal" if options.device == "cpu" else torch.cuda.get_device_name()
    return {"device": name, "torch": torch.__version__, "python": sys.version.split()[0]}


def table(found: dict[str, Any]) -> str:
    """Return the summary as Markdown."""
    rows = found["kernels"]
    bad = [row for row in rows if not row["passes"]]
    even = [row for row in rows if row["between_batches"] == 0]
    lines = [f"# {', '.join(found['machine'].values())}", ""]
    lines.append(
        f"{len(rows)} configurations of kernels: {len(rows) - len(bad)} within the tolerances (CPU and device agree "
        f"at {SHARE:.1%} of the values; batches of different sizes within {BATCHES:g}), {len(even)} of them the same "
        f"to the last bit in batches of any size. Left out for time: {len(found['left out for time'])}; "
        f"not loaded: {', '.join(found['not loaded']) or 'none'}."
    )
    if bad:
        lines += ["", "| fails | agree | apart | between batches | problem |", "|---|---|---|---|---|"]
        shown = ("step", "within", "apart", "between_batches", "problem")
        lines += ["| " + " | ".join(str(row[column]) for column in shown) + " |" for row in bad]
    lines += ["", "| pipeline | run | ms | to one copy |", "|---|---|---|---|"]
    for name, times in found["pipelines"].items():
        copy = times["one copy, device to device"]
        lines += [f"| {name} | {label} | {value:.3f} | {value / copy:.1f} |" for label, value in times.items()]
    return "\n".join(lines) + "\n"


def parsed() -> Options:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("OUT", "gpu-results"))
    parser.add_argument("--rehearse", action="store_true", help="small, and on the CPU where there is no CUDA")
    parser.add_argument("--minutes", type=float, default=5.0, help="for the checks; the pipelines take about two more")
    options = parser.parse_args()
    there = torch.cuda.is_available()
    if not there and not options.rehearse:
        parser.error("no CUDA device is here. Add --rehearse to try the script on the CPU.")
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if there else "cpu"
    return Options(device, options.rehearse, folder, time.monotonic() + options.minutes * 60)


def main() -> int:
    options = parsed()
    found: dict[str, Any] = {"machine": machine(options), "pipelines": pipelines(options)}
    found |= kernels(options)
    (options.folder / "gpu.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    text = table(found)
    (options.folder / "summary.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(row["passes"] for row in found["kernels"]) else 1


if __name__ == "__main__":
    sys.exit(main())
