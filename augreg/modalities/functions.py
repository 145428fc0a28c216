"""An augmenter made of a function on one sample: `@augreg.augmenter`, the easiest way to write one."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
import torch

from augreg import param
from augreg.contract.augmenter import AugmenterBase
from augreg.contract.declaration import Declaration
from augreg.data.batch import Batch, BatchInfo, dtype_name
from augreg.data.params import Params
from augreg.errors import ContractError, SampleError, UnsupportedError, listing, nearest
from augreg.modalities.known import modalities
from augreg.param.spec import ParamSpec
from augreg.random.rng import Rng
from augreg.registry import default

RNG: Final = "rng"
"""The argument that gets a generator of the sample's own, and the column of the parameters that holds its key."""
RATE: Final = "rate"
"""The argument that gets the sample rate of a sound, or the frames per second of a clip."""
GIVEN: Final = ("tensor", "numpy")
NEEDS_CLASS: Final = ("targets", "reads", "joint", "joint_optional", "several", "mends", "confines")
"""Facts about what a function on one sample cannot do."""
FACTS: Final = tuple(f.name for f in dataclasses.fields(Declaration) if f.name not in NEEDS_CLASS)


class Asks(NamedTuple):
    """What a function takes beside the sample and its parameters."""

    rng: bool
    rate: bool


@dataclasses.dataclass(frozen=True)
class FunctionAugmenter(AugmenterBase):
    """Base of the classes that :func:`augmenter` makes: draws for every sample, and calls the function for each."""

    takes_modalities: ClassVar[tuple[str, ...]] = ()
    """The modality of its samples."""
    function: ClassVar[Callable[..., Any]]
    """The function itself, to be called in tests."""
    given: ClassVar[Literal["tensor", "numpy"]] = "tensor"
    asks: ClassVar[Asks] = Asks(rng=False, rate=False)

    def draw(self, batch: BatchInfo, rng: Rng, level: np.ndarray | None = None) -> Params:
        """Draw a number from every interval, and the key of the generator if the function wants one."""
        drawn: dict[str, Any] = {}
        for spec in param.describe(type(self)):
            if spec.kind == "interval" and getattr(self, spec.name) is not None:
                drawn[spec.name] = self._number(spec, rng, level)
        if self.asks.rng:
            drawn[RNG] = rng.noise_key(RNG)
        return Params(len(batch), drawn)

    def _number(self, spec: ParamSpec, rng: Rng, level: np.ndarray | None) -> np.ndarray:
        declared = self.declares.level
        if spec.integral and (level is None or declared is None or declared.param != spec.name):
            low, high = getattr(self, spec.name)
            return rng.integers(spec.name, low, high + 1)  # both ends occur
        found = self.sample(spec.name, rng, level)
        return np.rint(found).astype(np.int64) if spec.integral else found

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Call the function for each sample."""
        rows = [self._called(batch, i, row, params) for i, row in enumerate(batch.rows())]
        if not rows:
            return batch
        whole = batch.stacked and not batch.info.form.ragged and len({tuple(row.shape) for row in rows}) == 1
        return batch.replace(torch.stack(rows) if whole else rows)

    def _called(self, batch: Batch, i: int, row: Any, params: Params) -> Any:
        settings = {spec.name: getattr(self, spec.name) for spec in param.describe(type(self))}
        settings |= {name: params.row(i)[name] for name in params}
        if self.asks.rng:
            settings[RNG] = np.random.Generator(np.random.Philox(key=settings[RNG]))
        if self.asks.rate:
            settings[RATE] = self._rate(batch, i)
        return self._back(row, type(self).function(self._handed(row, batch.modality), **settings), batch.modality)

    def _rate(self, batch: Batch, i: int) -> float:
        rate = float(batch.info.rates[i])
        if rate != rate:
            raise SampleError(
                f"{type(self).__name__} needs the rate of each sample, and sample {i} of the {batch.modality} samples "
                "has none. Pass sample_rate=..., or samples that say theirs."
            )
        return rate

    def _handed(self, row: Any, modality: str) -> Any:
        """Return what the function may write into: the row is the caller's, or another step's."""
        if not isinstance(row, torch.Tensor):
            return row
        if self.given == "tensor":
            return row.clone(memory_format=torch.contiguous_format)
        if row.dtype == torch.bfloat16:
            raise UnsupportedError(f"{type(self).__name__} works on numpy arrays, which have no bfloat16. Convert it.")
        turned = row.detach().permute(_order(modality, row.ndim))
        return turned.clone(memory_format=torch.contiguous_format).numpy()

    def _back(self, row: Any, made: Any, modality: str) -> Any:
        """Return what the function made as a row, or say what is wrong with it."""
        wanted = type(row) if not isinstance(row, torch.Tensor) else _kind(self.given)
        who = f"the function {type(self).__name__}"
        if not isinstance(made, wanted):
            raise ContractError(
                f"{who} returned {type(made).__name__}, not {_called(wanted)} as it was given. Return the new sample."
            )
        if not isinstance(row, torch.Tensor):
            return made
        if isinstance(made, np.ndarray):
            back = np.argsort(_order(modality, row.ndim)) if made.ndim == row.ndim else range(made.ndim)
            made = torch.from_numpy(np.ascontiguousarray(made)).permute(*(int(k) for k in back)).contiguous()
        if self.declares.keeps_dtype and made.dtype != row.dtype:
            cast = ".astype(sample.dtype)" if self.given == "numpy" else ".to(sample.dtype)"
            raise ContractError(
                f"{who} returned {dtype_name(made.dtype)} for {dtype_name(row.dtype)}. Return result{cast}, rounded "
                "where it is of integers, or declare keeps_dtype=False."
            )
        if self.declares.keeps_shape and made.shape != row.shape:
            raise ContractError(
                f"{who} returned shape {tuple(made.shape)} for {tuple(row.shape)}. Keep the shape, or declare "
                "keeps_shape=False."
            )
        return made


def augmenter(
    *, modality: str, given: Literal["tensor", "numpy"] = "tensor", **more: Any
) -> Callable[[Callable[..., Any]], type[FunctionAugmenter]]:
    """Make an augmenter of a function that takes one sample and returns one.

    What stands below it becomes a class of augmenters, with the function's name, docstring and module: build it, name
    it in a plugin's hook, register it, pickle its instances. The function is called with the sample, which it may write
    into, and by name with:

    - each parameter that the decorator declares. Of an ``interval`` it gets one number, drawn for this sample; traces
      show it and replays repeat it. Other parameters come as they are configured.
    - ``rng``, if it has such an argument: a ``numpy.random.Generator`` of this sample's own. Its key stands in the
      parameters, so that replays draw the same.
    - ``rate``, if it has such an argument: the sample rate in Hz, of clips the frames per second.

    Args:
        modality: of its samples, such as "image".
        given: what the function takes and returns: a "tensor" in augreg's order of axes (pictures (C, H, W), sounds
            (C, frames), clips (T, C, H, W)), or a "numpy" array in numpy's (pictures (H, W, C), clips (T, H, W, C)). A
            text is a str in both cases.
        more: parameters, made by :mod:`augreg.param`, and facts of :class:`augreg.Declaration`: ``leaves`` (what stays
            true: ``augreg.EVERY`` if nothing moves), ``dtypes``, ``alters``, ``level``, ``keeps_shape``, ...

    Raises:
        ContractError: the function and the parameters do not fit each other, or a fact is unknown.

    >>> import augreg
    >>> @augreg.augmenter(
    ...     modality="image",
    ...     strength=augreg.param.interval(0.2, 0.7, "share of the light that is lost", low=0, high=1),
    ...     leaves=augreg.EVERY,
    ... )
    ... def dim(image, strength):
    ...     '''Darken a picture.'''
    ...     return (image * (1 - strength)).to(image.dtype)
    >>> import torch
    >>> white = torch.full((3, 2, 2), 1.0)
    >>> pipe = augreg.Pipeline({"image": [dim(strength=(0.5, 0.5))]})
    >>> pipe([augreg.Image(white)], seed=7, keys=[0])[0].data.unique().item()
    0.5
    >>> dim.function(white, strength=0.25).unique().item()
    0.75

    """
    if given not in GIVEN:
        raise ContractError(f"given={given!r} is none of {listing(GIVEN)}.{nearest(str(given), GIVEN)}")
    fields = {name: value for name, value in more.items() if isinstance(value, dataclasses.Field)}
    facts = {name: value for name, value in more.items() if name not in fields}
    for name, value in facts.items():
        if name in NEEDS_CLASS or (name, value) == ("labels", "mixes"):
            raise ContractError(
                f"{name}={value!r} is beyond a function, which gets one sample without its targets. Write a class "
                "derived from augreg.AugmenterBase."
            )
        if name not in FACTS:
            raise ContractError(
                f"{name}={value!r} is neither a parameter, as augreg.param.interval(...) makes one, nor a fact of "
                f"augreg.Declaration.{nearest(name, FACTS)} Facts: {listing(FACTS)}."
            )
    declares = Declaration(**facts)
    if given == "numpy" and (set(declares.devices) != {"cpu"} or declares.differentiable):
        raise ContractError("given='numpy' works on the CPU, without gradients. Use given='tensor' for the rest.")

    def made(function: Callable[..., Any]) -> type[FunctionAugmenter]:
        _check_names(function, fields, declares)
        return _class(function, fields, {"takes_modalities": (modality,), "given": given, "declares": declares})

    return made


def _class(
    function: Callable[..., Any], fields: Mapping[str, dataclasses.Field[Any]], facts: Mapping[str, Any]
) -> type[FunctionAugmenter]:
    arguments = inspect.signature(function).parameters
    namespace = {
        **facts,
        "function": staticmethod(function),
        "asks": Asks(RNG in arguments, RATE in arguments),
        "__doc__": function.__doc__,
        "__module__": function.__module__,  # with the name that it is bound to, so that instances pickle
        "__qualname__": function.__qualname__,
    }
    parts = [(name, Any, field) for name, field in fields.items()]
    return dataclasses.make_dataclass(
        function.__name__, parts, bases=(FunctionAugmenter,), namespace=namespace, frozen=True, kw_only=True
    )


def _check_names(function: Callable[..., Any], fields: Mapping[str, Any], declares: Declaration) -> None:
    """Refuse parameters that the function does not take, and arguments that nobody would give."""
    who = f"the function {getattr(function, '__name__', function)!r}"
    if not inspect.isfunction(function):
        raise ContractError(f"augreg.augmenter makes augmenters of functions, not of {function!r}. Write def.")
    taken = list(inspect.signature(function).parameters.values())
    if not taken or taken[0].kind not in (taken[0].POSITIONAL_ONLY, taken[0].POSITIONAL_OR_KEYWORD):
        raise ContractError(f"{who} takes no sample. Let its first argument be the sample.")
    arguments = {a.name: a for a in taken[1:]}
    for name in fields:
        if name in (RNG, RATE) or hasattr(FunctionAugmenter, name):
            raise ContractError(f"{who}: a parameter cannot be called {name!r}, which means something else. Rename it.")
        if name not in arguments:
            raise ContractError(f"{who} does not take its parameter {name!r}.{nearest(name, arguments)} Add it.")
    for name, argument in arguments.items():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD, argument.POSITIONAL_ONLY):
            raise ContractError(f"{who} takes {argument}. Name each argument, so that it can be given by its name.")
        if name not in fields and name not in (RNG, RATE) and argument.default is argument.empty:
            raise ContractError(
                f"{who} needs {name!r}, which is no parameter.{nearest(name, [*fields, RNG, RATE])} Declare it in the "
                f"decorator: {name}=augreg.param.interval(0, 1, '...'), or name it rng or rate if it is that."
            )
    _check_level(who, fields, declares)


def _check_level(who: str, fields: Mapping[str, Any], declares: Declaration) -> None:
    if declares.level is None:
        return
    drawn = [name for name, field in fields.items() if field.metadata[param.declare.KEY].kind == "interval"]
    if declares.level.param not in drawn:
        raise ContractError(
            f"{who}: its level sets {declares.level.param!r}, which is no interval."
            f"{nearest(declares.level.param, drawn)} Intervals: {listing(drawn) or 'none'}."
        )


def _kind(given: str) -> type:
    return torch.Tensor if given == "tensor" else np.ndarray


def _called(kind: type) -> str:
    return {torch.Tensor: "a tensor", np.ndarray: "an array"}.get(kind, f"a {kind.__name__}")


def _order(modality: str, ndim: int) -> tuple[int, ...]:
    """Return the axes of a row in numpy's order for this modality: (1, 2, 0) turns (C, H, W) into (H, W, C)."""
    known = modalities(default())[modality]
    if not known.array_axes or len(known.axes) != ndim:
        return tuple(range(ndim))
    return tuple(known.axes.index(axis) for axis in known.array_axes)
