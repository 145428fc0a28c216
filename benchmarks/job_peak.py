"""The most memory that `augreg run` takes for one long input: an hour of sound, ten minutes of film.

Run: uv run python benchmarks/job_peak.py [--kind sound] [--steps audio.gain audio.pitch_shift]

"own" are the pages that only this process has, the most of them at any moment (RssAnon of /proc, so Linux only);
"libraries" are pages of files, of which all workers share one copy, and which the system can drop at any time.
The sound is noise, 16 kHz, mono; the film is 1280 x 720 with 30 frames a second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATE = 16_000
STEPS = {
    "sound": ["audio.gain", "audio.lowpass", "audio.pitch_shift", "audio.time_stretch"],
    "film": ["video.hflip", "video.color_jitter"],
}


def write_sound(folder: Path, minutes: float) -> None:
    """Write noise."""
    import soundfile

    noise = np.random.default_rng(0).standard_normal(int(RATE * 60 * minutes), dtype=np.float32)
    soundfile.write(folder / "hour.wav", noise * 0.1, RATE)


def write_film(folder: Path, minutes: float) -> None:
    """Write a gradient that moves."""
    import av

    ramp = np.add.outer(np.arange(720), np.arange(1280)).astype(np.uint8)
    with av.open(str(folder / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for k in range(int(30 * 60 * minutes)):
            picture = np.repeat((ramp + np.uint8(k % 256))[:, :, None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def sizes(pid: int) -> tuple[float, float]:
    """Return the process's own pages and those of files, in MB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    own, files = (int(fields[name].split()[0]) * 1024 / 1e6 for name in ("RssAnon", "RssFile"))
    return own, files


def peak(command: list[str]) -> tuple[float, float, int, float]:
    """Run a command; return the peaks of both sizes, the exit status and the seconds."""
    began, most = time.monotonic(), (0.0, 0.0)
    with subprocess.Popen(command) as job:
        while job.poll() is None:
            try:
                now = sizes(job.pid)
            except (OSError, KeyError):  # it is ending
                continue
            most = max(most[0], now[0]), max(most[1], now[1])
            time.sleep(0.01)
    return *most, job.returncode, time.monotonic() - began


def main() -> None:
    """Run a job for each step and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=sorted(STEPS), default="sound")
    parser.add_argument("--minutes", type=float, help="60 of sound, 10 of film unless said")
    parser.add_argument("--steps", nargs="+")
    given = parser.parse_args()
    modality = "audio" if given.kind == "sound" else "video"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "in").mkdir()
        write = write_sound if given.kind == "sound" else write_film
        write(folder / "in", given.minutes or (60 if given.kind == "sound" else 10))
        print("| step | own, MB | libraries, MB | exit | seconds |\n|---|---|---|---|---|")
        for k, step in enumerate(given.steps or STEPS[given.kind]):
            pipeline = folder / f"{k}.json"
            pipeline.write_text(json.dumps({modality: [step]}))
            run = ["run", str(pipeline), str(folder / "in"), str(folder / f"out{k}"), "--engine", "inline", "--quiet"]
            own, files, status, seconds = peak([sys.executable, "-m", "augreg", *run])
            print(f"| {step} | {own:.0f} | {files:.0f} | {status} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
