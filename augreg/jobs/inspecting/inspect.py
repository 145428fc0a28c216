"""Looks at what a job made: reads a sample of its outputs, and their inputs, and compares them in numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from augreg.errors import ConfigError
from augreg.jobs.ended import Ended
from augreg.jobs.inspecting.chosen import Account, choose
from augreg.jobs.inspecting.found import Draw, Inspection
from augreg.jobs.inspecting.inputs import Inputs
from augreg.jobs.inspecting.looking import Look
from augreg.jobs.inspecting.outputs import Outputs
from augreg.jobs.names import read_secret
from augreg.media import DEFAULT, Limits

SAMPLE: Final = 256
"""Outputs of each modality that are read unless the user says otherwise: a mean is known to a sixteenth of a standard
deviation then, and a thousand pictures take seconds."""

BLOCK: Final = 64
"""Outputs whose bytes lie on the disk at once."""


def inspect(
    out: str | Path,
    source: str | Path | None = None,
    *,
    sample: int = SAMPLE,
    seed: int = 0,
    workers: int = 0,
    identities: Sequence[str] = (),
    names: Path | None = None,
    root: str | Path | None = None,
    limits: Limits = DEFAULT,
    draw: Draw | None = None,
    progress: Callable[[int, int], None] = lambda done, outputs: None,
) -> Inspection:
    """Look at a sample of what a job made; nothing is written.

    Args:
        out: the output folder of a job.
        source: the input, to compare with; without it outputs are measured alone.
        sample: how many outputs of each modality are read, drawn from all of them; 0 for all.
        seed: another one draws others.
        workers: how many threads; 0 for one on each core.
        identities: age identities (secret keys), for outputs that are encrypted.
        names: the file of names of a job whose names are aliases; ``source`` needs it then.
        root: where ``source`` is a list of paths, the folder from which they count; None for that of the list.
        limits: the largest samples that are decoded.
        draw: called in the threads with the first 24 outputs of each modality; what it returns is kept.
        progress: called with how many outputs were read, and how many there are to read.

    Returns:
        Counts of all lines, and how far the numbers of the sample are from those of its inputs.

    Raises:
        ConfigError: there is no job, it cannot be read, or an argument is wrong.

    >>> import augreg, torch
    >>> from pathlib import Path
    >>> from augreg.jobs import Settings, inspect, run
    >>> Path("in").mkdir()
    >>> for n in range(4):
    ...     gray = torch.full((3, 8, 8), 50 + n, dtype=torch.uint8)
    ...     _ = augreg.media.write(augreg.Image(gray), f"in/{n}.png")
    >>> pipe = augreg.Pipeline({"image": [{"image.invert": {"p": 1.0}}]})
    >>> _ = run(pipe, Settings(source="in", out=Path("out"), seed=7))
    >>> found = {one.name: one for one in inspect("out", "in").drift["image"]}
    >>> round(found["brightness"].before, 2), round(found["brightness"].after, 2), found["brightness"].large
    (0.2, 0.8, True)

    """
    if sample < 0 or workers < 0:
        name, value = ("sample", sample) if sample < 0 else ("workers", workers)
        raise ConfigError(f"{name} is {value}; it must be at least 1, or 0 for all.")
    job = Ended.at(Path(out))
    found = Inspection(Path(out), Account(), compared=source is not None)
    lines = choose(job.lines(), found.account, sample, seed)
    inputs = None
    if source is not None:
        inputs = Inputs(job, job.source(source, root), None if names is None else read_secret(names), lines)
    look = Look(found, Outputs(job, identities), inputs, limits, job.pipeline.registry, draw)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="augreg-inspect") as pool:
        for start in range(0, len(lines), BLOCK):
            look.block(lines[start : start + BLOCK], pool)
            progress(min(start + BLOCK, len(lines)), len(lines))
    look.end()
    return found
