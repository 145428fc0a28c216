"""The dispatcher: every sample of a mixed batch to the steps of its modality, and back in the order it came."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch

from augreg.compute.devices import resolve_device
from augreg.engine.alone import run_alone
from augreg.engine.call import Call, Stream, read
from augreg.engine.hinted import check_heeded, said
from augreg.engine.joint_runner import JointRunner
from augreg.engine.keyless import check_keys
from augreg.errors import ConfigError, listing, nearest
from augreg.modalities.base import Hints
from augreg.pipeline.parse import RECORD
from augreg.pipeline.pipeline import Pipeline, Steps
from augreg.random.rng import integer

P = ParamSpec("P")
T = TypeVar("T")


def options_of(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator for a public function, which people call *name*: an option that it lacks is refused by name.

    Python's TypeError names none that was meant.

    >>> import augreg
    >>> augreg.augment(["a cat"], {"text": ["text.char_swap"]}, seed=7, tarce=True)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    augreg.errors.ConfigError: augment has no option 'tarce'. ...

    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        valid = dict.fromkeys(one for one in inspect.signature(function).parameters if one != "self")

        @wraps(function)
        def checked(*given: P.args, **options: P.kwargs) -> T:
            if not options.keys() <= valid.keys():
                raise ConfigError(_said(name, next(one for one in options if one not in valid), list(valid)))
            if torch.compiler.is_compiling():
                # Dynamo would trace into numpy, and fail at views that it cannot hold. The model around is compiled.
                return torch.compiler.disable(function)(*given, **options)  # type: ignore[no-untyped-call,no-any-return]
            return function(*given, **options)

        return checked

    return decorate


def _said(name: str, option: str, valid: list[str]) -> str:
    if option == "key" and "keys" in valid:
        return (
            f"{name} has no option 'key'. Here it is keys=, a list with one for each sample, or the key itself for one "
            "sample. A function of one sample and its key is bound = pipe.bind(seed=7): bound(sample, key=3)."
        )
    return f"{name} has no option {option!r}.{nearest(option, valid)} Options: {listing(valid, 99)}."


@options_of("augment")
def augment(
    samples: Any,
    pipeline: Pipeline | Steps,
    *,
    seed: int | None = None,
    epoch: int = 0,
    copy: int = 0,
    keys: Sequence[str | int] | str | int | None = None,
    device: torch.device | str | None = None,
    modality: str | None = None,
    sample_rate: float | None = None,
    layout: str | None = None,
    lengths: Any = None,
    schema: Mapping[str, Any] | None = None,
    boxes: str | None = None,
    options: Mapping[str, Any] | None = None,
    fuse: bool = True,
    views: int | None = None,
    return_trace: bool = False,
) -> Any:
    """Augment samples of any modality and return the same kind of thing, in the same order.

    Args:
        samples: one sample; a list of samples, mixed as you like; a stack of tensors (with ``modality``);
            records: a dict of fields, a list of such dicts, or a dict of columns; (image, targets) pairs.
            Samples: str, PIL image, tv_tensors.Image / Video, ``(waveform, sample_rate)``,
            ``{"array", "sampling_rate"}``, augreg.Image / Audio / Video / Text, bare tensors (C, H, W) or arrays
            (H, W, C) with ``modality``.
        pipeline: a :class:`Pipeline`, or what one is built from.
        seed: with equal seed, epoch, copy and key a sample gets the same augmentation, whatever else is in the
            batch and wherever it runs. Without a seed, one is drawn from torch's global generator.
        epoch, copy: further parts of the random numbers' key: the training epoch, and which of several
            augmented versions of a sample.
        keys: one per sample; for one sample, the key itself will do. Default: a record's ``key``, ``__key__`` or
            ``id``, a sample's own key, else the position in a list. 3 and "3" are one key, "003" is another. A
            sample's numbers do not hang on what it lies in: bare, in a pair or as the only image of a record, it
            gets the same; of several images of a record, each adds the name of its field.
        device: where to compute: "cpu", "cuda", "auto" (CUDA if there is one), or None: where the data is. A
            step without a kernel for the device runs on the CPU. Results come back to where the samples were.
        modality, sample_rate: what bare tensors and arrays are; the rate in Hz.
        layout: the axes of bare tensors and arrays, one letter each, where they are not the usual ones or could be
            others: pictures "CHW", "HWC", "HW", sounds "CT", "TC", "T", clips "TCHW", "CTHW", "THWC". A leading N (for
            sounds B) says that it is a stack: "NHW", "NHWC", "BT". Results have the same axes.
        lengths: the true lengths of the samples of a padded stack (N, T), (N, C, T) or of clips: N integers, or
            floating-point shares of the padded length in (0, 1]. Steps see the true part only, the padding is zero in
            the result, which is ``(stack, lengths)``. In a dict of columns: the column "lengths", "length",
            "<field>_lengths" or "<field>_lens".
        schema: for records: field -> what it is, a modality or what belongs to one ("xywh boxes of photo"; see
            docs/annotations.md); "messages.content.text" is a field inside of lists and dictionaries.
            A field that holds a list has one sample per element; one of words with tags beside them ("tokens") is one
            text, and the tags follow. Without a schema, fields whose values say what they are (images,
            audio, augreg.Text) are augmented; everything else passes through untouched.
        boxes: for records and (image, targets) pairs whose boxes are plain numbers in pixels, in a field "boxes",
            "bboxes" or "bbox": their format, "xyxy", "xywh", "cxcywh", ... They come back in kind, as tensor, array
            or list, with the fields that hold one entry per box ("labels", "area", "iscrowd").
        options: what else is to be known of all samples, as a schema says it of a field and ``augreg.Image(options=)``
            of one picture: ``{"white": 4095}`` or ``{"range": [-1024, 3071]}``, the values of black and white;
            ``{"channels": ["red", "green", "blue", "nir"]}`` and ``{"alpha": False}``, what the channels are;
            ``"interpolation"``, ``"border"`` and ``"fill"``. What a sample says itself counts more.
        fuse: run steps that compose as one (one interpolation for rotate + crop + resize).
        views: return a tuple of so many independent augmentations, as contrastive training wants them.
        return_trace: also return a :class:`Trace` of what was done to each sample.

    Returns:
        The augmented samples, or ``(samples, trace)``. A sample that no step changed is the object that came in.

    Raises:
        UnknownModalityError, SampleError: a sample cannot be read; the message says which and what to do.
        UnsupportedError: a step does not take a sample's dtype, channels or targets.
        ConfigError: pipeline, device or schema is wrong; or a seed, but no key is given in a DataLoader's worker.
            (Elsewhere samples without keys go by their places, with a :class:`KeysWarning`.)

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"text.word_swap": {"rate": 1}}]})
    >>> out, trace = augreg.augment(["one two three"], pipe, seed=7, keys=["a"], return_trace=True)
    >>> out
    ['two one three']
    >>> trace[0].steps[0]["step"]
    'text.word_swap'

    """
    pipe = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
    if views is not None:
        where = {"device": device, "modality": modality, "sample_rate": sample_rate, "schema": schema, "fuse": fuse}
        where |= {"layout": layout, "lengths": lengths, "boxes": boxes}
        where |= {"options": options}
        given = {"seed": seed_of(seed), "epoch": epoch, "keys": keys, "return_trace": return_trace, **where}
        return _views(views, samples, pipe, copy, given)
    hints = Hints(
        modality,
        sample_rate,
        layout=layout,
        boxes=boxes,
        options=said(options, modality, pipe.known) if options is not None else (),
    )
    container = read(samples, pipe, keys, hints, schema, lengths)
    if options:
        check_heeded(container, hints.options)
    stream = Stream(seed_of(seed), integer("epoch", epoch), integer("copy", copy))
    if seed is not None and container.positional:
        check_keys(container)
    place = None if device is None else resolve_device(device)
    if container.alone and (place is None or place.type == "cpu") and fuse and not return_trace:
        results = run_alone(container, pipe, stream)
        if results is not None:
            return container.build(results)
    run = Call(
        container,
        pipe,
        place,
        stream,
        fuse=fuse,
        record=return_trace,
    )
    notes = run_steps(run)
    out = container.build(run.results())
    return (out, run.traced(notes)) if return_trace else out


def run_steps(run: Call) -> Mapping[int, Sequence[str]]:
    """Run all steps of a call's pipeline; return why joint steps left samples as they are: unit -> reasons."""
    notes: Mapping[int, Sequence[str]] = {}
    if RECORD in run.pipe.programs:
        joint = JointRunner(run.container, run.members, run.executors)
        joint.run(run.pipe, run.tie, run.stream)
        notes = joint.notes
    for branch, program in run.programs.items():
        run.branch(branch, program)
    return notes


def _views(views: int, samples: Any, pipe: Pipeline, copy: int, options: dict[str, Any]) -> Any:
    """Augment several times; view v of copy c is copy ``c * views + v``."""
    if isinstance(views, bool) or not isinstance(views, int) or views < 1:
        raise ConfigError(f"views={views!r} is not a number of views; give an integer >= 1.")
    found = tuple(augment(samples, pipe, copy=copy * views + v, **options) for v in range(views))
    return tuple(zip(*found, strict=True)) if options["return_trace"] else found


def seed_of(seed: int | None) -> int:
    """Return a seed, drawn from torch's global generator where none is given.

    Raises:
        ConfigError: it is no integer.

    """
    if seed is None:
        return int(torch.randint(0, 2**62, ()).item())
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ConfigError(f"seed={seed!r} is not an integer.")
    return int(seed)
