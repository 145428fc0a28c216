"""Hashes of what every installed augmenter makes of 64 samples: two versions of augreg that agree print the same.

    $ uv run python tests/support/bits.py > before.txt     # in the one version
    $ uv run python tests/support/bits.py > after.txt      # in the other
    $ diff before.txt after.txt

A line per augmenter in each of its example configurations, one for all of them in one pipeline, one over everything.
Only public names are used, so that it runs in older and newer versions alike.
"""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

import augreg

SEED: Final = 20_261_129
PER_MODALITY: Final = 16
"""Samples of each of the four modalities: 64 in a mixed batch."""
SPARSE: Final = 0.04
"""How often each augmenter fires in the pipeline of all: about three of a modality's ninety per sample."""


def feed(digest: Any, thing: Any) -> None:
    """Add a value to a hash: numbers by their bits, everything else by its structure."""
    digest.update(type(thing).__name__.encode())
    if isinstance(thing, torch.Tensor):
        feed(digest, thing.detach().cpu().contiguous().numpy())
    elif isinstance(thing, np.ndarray):
        digest.update(f"{thing.dtype}{thing.shape}".encode())
        digest.update(np.ascontiguousarray(thing).tobytes() if thing.dtype != object else repr(thing.tolist()).encode())
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            if field.name != "options" or getattr(thing, field.name) is not None:  # older versions have no such field
                feed(digest, getattr(thing, field.name))
    elif isinstance(thing, Mapping):
        for key in sorted(thing, key=str):
            feed(digest, (key, thing[key]))
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            feed(digest, part)
    elif isinstance(thing, str) and thing.startswith("/") and Path(thing).exists():
        digest.update(Path(thing).name.encode())  # where a checkout lies is no part of what it does
    else:
        digest.update(repr(thing).encode())


def digest_of(thing: Any) -> str:
    digest = hashlib.blake2b(digest_size=12)
    feed(digest, thing)
    return digest.hexdigest()


def examples(modality: str) -> list[Any]:
    from augreg.modalities import modalities

    known = modalities(augreg.registry.default())[modality]
    return [dataclasses.replace(s, key=f"{modality}-{i}") for i, s in enumerate(known.examples(PER_MODALITY))]


def fitting(samples: list[Any], declares: augreg.Declaration) -> list[Any]:
    """The samples without the targets that an augmenter does not take."""
    found = []
    for sample in samples:
        unknown = {name: None for name in sample.targets if not declares.supports(name)}
        found.append(dataclasses.replace(sample, **unknown))
    return found


def made(samples: Any, pipeline: Any) -> Any:
    """What comes out with its trace, or the kind of error."""
    try:
        out, trace = augreg.augment(samples, pipeline, seed=SEED, return_trace=True)
        return [out, [step.to_dict() if hasattr(step, "to_dict") else digest_of(step) for step in trace]]
    except Exception as error:
        return f"{type(error).__name__}"


def each() -> Iterator[tuple[str, str]]:
    samples = {name: examples(name) for name in ("image", "audio", "video", "text")}
    steps: dict[str, list[Any]] = {}
    for spec in augreg.list_augmenters():
        cls = augreg.registry.load(spec.id)
        declares = cls.declares
        configurations = [{}, *map(dict, getattr(cls, "examples", ()))]
        if declares.joint or declares.joint_optional:
            roles = [role for role in (*declares.joint, *declares.joint_optional) if role in samples]
            records = [{role: samples[role][i] for role in roles} for i in range(PER_MODALITY)]
            for i, params in enumerate(configurations):
                yield f"{spec.name}[{i}]", digest_of(made(records, {"record": [{spec.name: {**params, "p": 1.0}}]}))
            continue
        for modality in spec.modalities:
            own = fitting(samples[modality], declares) if modality in samples else examples(modality)
            for i, params in enumerate(configurations):
                result = made(own, {modality: [{spec.name: {**params, "p": 1.0}}]})
                yield f"{spec.name}[{i}]@{modality}", digest_of(result)
                if result not in ("ConfigError", "TypeError") and modality in samples and len(configurations) == i + 1:
                    step = {spec.name: {**params, "p": SPARSE}}
                    if not isinstance(made([augreg.Text("x")], {modality: [step]}), str):
                        steps.setdefault(modality, []).append(step)
    bare = [dataclasses.replace(s, **dict.fromkeys(s.targets)) for found in samples.values() for s in found]
    takers = {
        modality: [step for step in listed if not isinstance(made(bare, {modality: [{**step_always(step)}]}), str)]
        for modality, listed in steps.items()
    }
    for listed in takers.values():
        # What leaves the range of pictures stands last: a pipeline in which others would clip it is refused.
        listed.sort(key=lambda step: not augreg.registry.load(next(iter(step))).declares.keeps_range)
    yield f"all of {sum(map(len, takers.values()))} in one pipeline", digest_of(made(bare, takers))


def step_always(step: dict[str, Any]) -> dict[str, Any]:
    return {name: {**params, "p": 1.0} for name, params in step.items()}


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    total = hashlib.blake2b(digest_size=12)
    for name, digest in each():
        total.update(f"{name}{digest}".encode())
        print(name, digest, flush=True)
    print("everything", total.hexdigest())


if __name__ == "__main__":
    main()
