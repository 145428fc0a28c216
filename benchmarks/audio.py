"""Audio augmenters beside audiomentations, torch-audiomentations and torchaudio, with other parameters per clip.

Run: uv run --with audiomentations==0.43.1 --with torch-audiomentations==0.12.0 python benchmarks/audio.py
Peers that are not installed are left out. Milliseconds per batch, medians of interleaved rounds, in which every counted
run follows an uncounted one of the same library. "copy" copies every clip once into fresh memory, the least that any
step costs that returns new sounds; "to copy" is augreg divided by that. "ratio" is the fastest permissively licensed
peer divided by augreg, the median over the rounds. All results of a batch are kept until the batch is done.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

THREADS_FLAG = argparse.ArgumentParser(add_help=False)
THREADS_FLAG.add_argument("--threads", type=int, default=1)
os.environ["OMP_NUM_THREADS"] = str(THREADS_FLAG.parse_known_args()[0].threads)

import numpy as np  # noqa: E402 - after the number of threads is set
import soundfile  # noqa: E402
import torch  # noqa: E402

import augreg  # noqa: E402

RATE = 16000
Run = Callable[[int], object]

# augreg step, audiomentations class with arguments, torch-audiomentations class with arguments.
Case = tuple[str, dict, tuple[str, dict] | None, tuple[str, dict] | None]


def cases(folder: str, seconds: float) -> list[Case]:
    room = str(Path(folder) / "room")
    back = str(Path(folder) / "back")
    part = {"min_part_duration": 0.05 * seconds, "max_part_duration": 0.25 * seconds, "max_repeats": 2}
    return [
        ("gain", {}, ("Gain", {"min_gain_db": -12, "max_gain_db": 6}), ("Gain", {})),
        ("polarity", {}, ("PolarityInversion", {}), ("PolarityInversion", {})),
        ("gain_transition", {}, ("GainTransition", {}), None),
        ("gaussian_noise", {}, ("AddGaussianNoise", {}), None),
        ("gaussian_snr", {}, ("AddGaussianSNR", {}), None),
        ("colored_noise", {}, ("AddColorNoise", {}), ("AddColoredNoise", {})),
        (
            "background_mix",
            {"source": back},
            ("AddBackgroundNoise", {"sounds_path": back}),
            ("AddBackgroundNoise", {"background_paths": back}),
        ),
        ("short_noises", {"source": back}, ("AddShortNoises", {"sounds_path": back}), None),
        ("time_mask", {}, ("TimeMask", {}), None),
        ("shift", {}, ("Shift", {}), ("Shift", {})),
        ("reverse", {}, ("Reverse", {}), ("TimeInversion", {})),
        ("lowpass", {}, ("LowPassFilter", {}), ("LowPassFilter", {})),
        ("highpass", {}, ("HighPassFilter", {}), ("HighPassFilter", {})),
        ("bandpass", {}, ("BandPassFilter", {}), ("BandPassFilter", {})),
        ("bandstop", {}, ("BandStopFilter", {}), ("BandStopFilter", {})),
        ("low_shelf", {}, ("LowShelfFilter", {}), None),
        ("high_shelf", {}, ("HighShelfFilter", {}), None),
        ("peaking_eq", {}, ("PeakingFilter", {}), None),
        ("seven_band_eq", {}, ("SevenBandParametricEQ", {}), None),
        ("air_absorption", {}, ("AirAbsorption", {}), None),
        (
            "impulse_response",
            {"source": room},
            ("ApplyImpulseResponse", {"ir_path": room}),
            ("ApplyImpulseResponse", {"ir_paths": room}),
        ),
        ("time_stretch", {}, ("TimeStretch", {"leave_length_unchanged": False}), None),
        ("pitch_shift", {}, ("PitchShift", {}), ("PitchShift", {"sample_rate": RATE})),
        ("speed", {}, None, None),
        ("resample", {}, ("Resample", {"min_sample_rate": 4000, "max_sample_rate": 16000}), None),
        ("aliasing", {}, ("Aliasing", {"min_sample_rate": 4000, "max_sample_rate": 16000}), None),
        ("clip", {}, ("ClippingDistortion", {}), None),
        ("tanh", {}, ("TanhDistortion", {}), None),
        ("bit_crush", {}, ("BitCrush", {}), None),
        ("repeat_part", {}, ("RepeatPart", part), None),
        ("peak_normalize", {}, ("Normalize", {}), ("PeakNormalization", {})),
        ("loudness_normalize", {}, ("LoudnessNormalization", {}), None),
        ("limiter", {}, ("Limiter", {}), None),
        ("mp3", {}, ("Mp3Compression", {"backend": "fast-mp3-augment"}), None),
    ]


LGPL = {"mp3", "resample"}
"""Cases whose peer needs an LGPL library: shown, but not counted."""


def speech(count: int, seconds: float) -> torch.Tensor:
    """Speech-like sounds (count, 1, frames): a gliding buzz in syllables, and noise."""
    generator = np.random.default_rng(0)
    time_ = np.arange(int(seconds * RATE)) / RATE
    found = []
    for k in range(count):
        pitch = 110 + k + 20 * np.sin(2 * np.pi * 0.7 * time_ + k)
        buzz = sum(np.sin(n * 2 * np.pi * np.cumsum(pitch) / RATE) / n for n in range(1, 12))
        gate = np.clip(np.sin(2 * np.pi * 3.1 * time_ + k), 0, 1)
        found.append(0.15 * buzz * gate + 0.005 * generator.standard_normal(len(time_)))
    return torch.from_numpy(np.stack(found).astype(np.float32))[:, None]


def files(folder: str) -> None:
    generator = np.random.default_rng(1)
    for name, seconds, count in (("room", 0.5, 4), ("back", 10.0, 4)):
        (Path(folder) / name).mkdir()
        for k in range(count):
            wave = 0.1 * generator.standard_normal(int(seconds * RATE))
            decay = np.exp(-np.arange(len(wave)) / (0.1 * RATE)) if name == "room" else 1.0
            soundfile.write(Path(folder) / name / f"{k}.wav", wave * decay, RATE)


def ours(steps: list, clips: torch.Tensor, lists: bool) -> Run:
    pipe = augreg.Pipeline({"audio": steps})
    samples = list(clips) if lists else clips
    return lambda epoch: augreg.augment(samples, pipe, seed=1, epoch=epoch, modality="audio", sample_rate=RATE)


def copying(clips: torch.Tensor) -> Run:
    """Copy the clips one by one: what memory alone takes."""
    rows = [row[0].numpy() for row in clips]

    def run(_: int) -> list[np.ndarray]:
        made = [np.empty_like(row) for row in rows]
        for row, out in zip(rows, made, strict=True):
            np.copyto(out, row)
        return made

    return run


def audiomentations_run(steps: list[tuple[str, dict]], clips: torch.Tensor) -> Run:
    import audiomentations

    chain = audiomentations.Compose([getattr(audiomentations, name)(p=1.0, **how) for name, how in steps])
    rows = [row[0].numpy() for row in clips]
    return lambda _: [chain(row, sample_rate=RATE) for row in rows]


def torch_audiomentations_run(steps: list[tuple[str, dict]], clips: torch.Tensor) -> Run:
    import torch_audiomentations as peer

    made = [getattr(peer, name)(p=1.0, output_type="tensor", **how) for name, how in steps]

    def run(_: int) -> torch.Tensor:
        out = clips
        for one in made:
            out = one(out, sample_rate=RATE)
        return out

    return run


def torchaudio_run(name: str, clips: torch.Tensor) -> Run | None:
    """The same with torchaudio, which takes one parameter per call: a loop over clips."""
    import torchaudio.functional as peer
    import torchaudio.transforms as transforms

    if name == "lowpass":
        return lambda _: [peer.lowpass_biquad(row, RATE, random.uniform(150, 7500)) for row in clips]
    if name == "highpass":
        return lambda _: [peer.highpass_biquad(row, RATE, random.uniform(20, 2400)) for row in clips]
    if name == "speed":
        # Only ratios of small numbers: with others it needs minutes per clip.
        speeds = {f: transforms.Speed(RATE, f) for f in (0.9, 0.95, 1.05, 1.1)}
        return lambda _: [speeds[random.choice(list(speeds))](row) for row in clips]
    if name == "gain":
        return lambda _: [peer.gain(row, random.uniform(-12, 6)) for row in clips]
    return None


PIPELINE = (
    ["gain", "background_mix", "lowpass", "time_mask", "shift"],
    ["Gain", "AddBackgroundNoise", "LowPassFilter", "TimeMask", "Shift"],
    ["Gain", "AddBackgroundNoise", "LowPassFilter", "Shift"],
)


def pipeline_runs(folder: str, clips: torch.Tensor, lists: bool) -> dict[str, Run]:
    back = str(Path(folder) / "back")
    own = [{"audio.background_mix": {"source": back}} if n == "background_mix" else f"audio.{n}" for n in PIPELINE[0]]
    one = [(n, {"sounds_path": back} if n == "AddBackgroundNoise" else {}) for n in PIPELINE[1]]
    two = [(n, {"background_paths": back} if n == "AddBackgroundNoise" else {}) for n in PIPELINE[2]]
    runs = {"augreg": ours(own, clips, lists), "copy": copying(clips)}
    add(runs, "audiomentations", lambda: audiomentations_run(one, clips))
    add(runs, "torch-audiomentations", lambda: torch_audiomentations_run(two, clips))
    return runs


def add(runs: dict[str, Run], name: str, make: Callable[[], Run | None]) -> None:
    try:
        run = make()
        if run is not None:
            run(0)
            runs[name] = run
    except ImportError:
        return
    except Exception as error:
        print(f"    {name} fails: {type(error).__name__}: {str(error)[:80]}")


def measure(runs: dict[str, Run], budget: float, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of every run in interleaved rounds, within about ``budget`` seconds; infinity where one failed.

    Each counted run follows an uncounted one of the same library, so that nobody pays for the state in which its
    neighbour left caches and memory.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    begun, epoch = time.perf_counter(), 0
    while epoch < 6 or (time.perf_counter() - begun < budget and epoch < 202):
        for name, run in runs.items():
            try:
                run(epoch)
                start = clock()
                made = run(epoch + 1)
                times[name].append(clock() - start)
                del made
            except Exception as error:
                if name == "augreg":
                    raise
                times[name].append(float("inf"))
                FAILED.setdefault(name, f"{type(error).__name__}: {str(error)[:60]}")
        epoch += 2
    return times


FAILED: dict[str, str] = {}
"""What peers raised while they were timed; the rounds in question count as endless."""


def report(label: str, found: dict[str, list[float]], counted: bool = True) -> None:
    median = {name: 1e3 * statistics.median(times) for name, times in found.items()}
    peers = [name for name in found if name not in ("augreg", "copy")]
    ratio = "-"
    if peers and counted:
        fastest = min(peers, key=median.__getitem__)
        pairs = zip(found[fastest], found["augreg"], strict=True)
        ratio = f"{statistics.median(theirs / ours for theirs, ours in pairs):.2f}x"
    cells = "".join(f"{median[n]:14.2f}" if n in median else f"{'-':>14s}" for n in NAMES)
    copies = statistics.median(own / plain for own, plain in zip(found["augreg"], found["copy"], strict=True))
    print(f"{label:20s}{cells}{copies:9.1f}{ratio:>9s}", flush=True)
    for name, reason in FAILED.items():
        print(f"    {name} fails at times: {reason}")
    FAILED.clear()


NAMES = ("augreg", "copy", "audiomentations", "torch-audiomentations", "torchaudio")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, parents=[THREADS_FLAG])
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0, 5.0])
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--budget", type=float, default=4.0, help="seconds per case")
    parser.add_argument("--cpu-time", action="store_true", help="count CPU time, for machines that others use too")
    parser.add_argument("--lists", action="store_true", help="hand augreg a list of clips instead of a stack")
    parser.add_argument("--only", nargs="*", help="names of cases")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        files(folder)
        for seconds in options.seconds:
            compare(folder, speech(options.clips, seconds), options)


def compare(folder: str, clips: torch.Tensor, options: argparse.Namespace) -> None:
    """Measure and print every case on one batch."""
    clock = time.process_time if options.cpu_time else time.perf_counter
    seconds = clips.shape[-1] / RATE
    print(f"\n{len(clips)} clips of {seconds:g} s at {RATE} Hz, {options.threads} thread(s), ms per batch")
    print(f"{'':20s}" + "".join(f"{n[:13]:>14s}" for n in NAMES) + f"{'to copy':>9s}{'ratio':>9s}")
    for name, how, second, third in cases(folder, seconds):
        if options.only and name not in options.only:
            continue
        own = ours([{f"audio.{name}": {**how, "p": 1.0}}], clips, options.lists)
        runs: dict[str, Run] = {"augreg": own, "copy": copying(clips)}
        if second:
            add(runs, "audiomentations", partial(audiomentations_run, [second], clips))
        if third:
            add(runs, "torch-audiomentations", partial(torch_audiomentations_run, [third], clips))
        add(runs, "torchaudio", partial(torchaudio_run, name, clips))
        report(name, measure(runs, options.budget, clock), name not in LGPL)
    if not options.only or "pipeline" in options.only:
        report("pipeline of five", measure(pipeline_runs(folder, clips, options.lists), 3 * options.budget, clock))


if __name__ == "__main__":
    main()
