"""What the core needs to know about a modality: how users hold it, and what may share a kernel call."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, ClassVar, Final

import numpy as np
import torch

from augreg.contract.inverse import Inverse
from augreg.data.batch import BatchInfo, Row, stack_rows
from augreg.data.form import PLAIN, RowForm, length_bucket
from augreg.data.plain import check_plain
from augreg.data.samples import Sample
from augreg.errors import ContractError, SampleError, listing
from augreg.modalities.recognized import RecordLayout
from augreg.modalities.regions import RegionKind
from augreg.modalities.roles import RoleWord
from augreg.modalities.target_kinds import TargetKind

Targets = dict[str, Any]

ALPHA: Final = "alpha"
"""The name, among the extras of pictures, of whether the last channel is alpha: True where the picture says it."""

AS_TENSOR: Final = "as_tensor"
"""The name, among the extras of results, of whether a sample is to come back as a tensor: a step made it one."""

CHANNELS: Final = "channels"
"""The name, among the extras of pictures, of the names of their channels; None or absent where they were not said."""

LEFT: Final = "left_range"
"""The name, among the extras of results, of whether a step took a sample out of its range, as normalization does."""


@dataclass(slots=True)
class Result:
    """One augmented sample: data, targets and facts, in augreg's own form."""

    row: Row
    targets: Targets
    rate: float
    extras: Mapping[str, Any]


def bare(result: Result) -> Any:
    """Return the row itself.

    >>> from augreg.modalities import Result, bare
    >>> bare(Result("a text", {}, float("nan"), {}))
    'a text'

    """
    return result.row


@dataclass(slots=True)
class Wrapped:
    """A user's object in augreg's own form, and how to give the same kind back.

    ``row`` is a tensor (or str), ``rate`` NaN where there is none, ``restore`` turns a result into the kind of
    object that came in (:func:`bare` where rows are that kind already). Where results are of another kind than what
    came in (a decoder's sound, a palette picture as RGB), ``unchanged`` is the object that is given back if no step
    changes it: the kind of a result must not depend on whether a step fired. ``holds`` names the targets that
    ``restore`` can give the sample although it came without.
    """

    row: Row
    restore: Callable[[Result], Any]
    rate: float = float("nan")
    targets: Targets = field(default_factory=dict)
    key: str | int | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    unchanged: Any = None
    holds: tuple[str, ...] = ()


@dataclass(slots=True)
class WrappedMany:
    """Many objects of one type in augreg's own form, and how to give them all back.

    Args:
        rows: one per object; or one tensor with one row per sample, where samples came stacked.
        rate: holds for all (NaN where there is none), or one number per row.
        targets: name -> one entry per row (None where an object lacks it).
        keys: the objects' own keys, if they have such.
        restore: takes the facts and the rows as they are after the run, and which of them a step changed (n,);
            returns the user's kind of each. What did not change is the object that came in. None: the rows are of
            that kind already.

    """

    rows: list[Row] | torch.Tensor
    rate: float | list[float] = float("nan")
    targets: dict[str, list[Any]] = field(default_factory=dict)
    keys: list[str | int | None] | None = None
    restore: Callable[[BatchInfo, list[Row], np.ndarray], list[Any]] | None = None

    def restored(self, info: BatchInfo, rows: list[Row], changed: np.ndarray) -> list[Any]:
        """Return the samples of the user's kind after the run."""
        return rows if self.restore is None else self.restore(info, rows, changed)


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller said about bare arrays, and what the steps behind take.

    Args:
        modality, sample_rate: of bare arrays.
        layout: the axes of one sample, as the caller said; None if nothing was said.
        float64: whether every step takes float64; otherwise such data is computed in float32.
        nonfinite: whether NaN and infinity may pass: every step lets them.
        any_values: whether floating-point pictures may hold values far from [0, 1]: every step takes them.
        boxes: the format of boxes that stand as plain numbers in a field named after them, in pixels.
        clips: the name of the first step that would cut off values outside [0, 1]; empty if none does.
        full_scale: the name of the first step for which a sound in [-1, 1] and one in the units of its file are not
            the same; empty if there is none.
        options: what was said of the samples of a field beyond their modality, (name, value) each; see
            :attr:`Modality.options`.

    """

    modality: str | None = None
    sample_rate: float | None = None
    nonfinite: bool = False
    any_values: bool = False
    layout: str | None = None
    float64: bool = False
    boxes: str | None = None
    options: tuple[tuple[str, Any], ...] = ()
    clips: str = ""
    full_scale: str = ""


class Modality:
    """A kind of sample. A plugin adds one by subclassing and naming the class in an ``augreg.ModalitySpec``."""

    name: ClassVar[str]
    sample_type: ClassVar[type[Sample] | None] = None
    targets: ClassVar[tuple[TargetKind, ...]] = ()
    """The targets that its samples carry, and how fields of records hold them."""
    regions: ClassVar[tuple[RegionKind, ...]] = ()
    """What its targets mark, so that a step may be aimed at it (``within``, ``outside``); by default no step can."""
    form: ClassVar[RowForm] = PLAIN
    """How its rows lie in memory: which axis is their length, and whether batches pad it."""
    channel_axis: ClassVar[int | None] = None
    by_content: ClassVar[bool] = False
    """Whether tuples and dictionaries may be samples; they are asked about one by one, not once per type."""
    uniform: ClassVar[bool] = False
    """Whether all samples may share a kernel call, whatever they are; ``key`` is not asked then."""
    like_shapes: ClassVar[bool] = False
    """Whether samples of equal shape, dtype and rate have one ``key``; it is asked of one of them then."""
    array_dims: ClassVar[tuple[int, ...]] = ()
    """Dimensions of one bare tensor or array of this modality; one more means a stack of samples."""
    bulk_from: ClassVar[int] = 4
    """So many samples of a type among samples of others are worth being read at once: finding them costs two passes
    over the list, and reading at once saves some three microseconds a sample."""
    array_name: ClassVar[str] = ""
    """What a bare array of it is called in messages, such as "a sound"; by default its name."""
    layouts: ClassVar[tuple[str, ...]] = ()
    """The orders of axes that ``layout=`` may name, one letter per axis; a leading N or B says that it is a stack."""
    axes: ClassVar[str] = ""
    """The axes of a row and of bare tensors, such as "CHW"; stacks are turned to this order with N in front."""
    array_axes: ClassVar[str] = ""
    """The axes of bare numpy arrays, where they are others: "HWC"."""
    rate_fields: ClassVar[tuple[str, ...]] = ()
    """Usual names of record fields that hold the rate of its samples."""
    describes: ClassVar[bool] = False
    """Whether samples say in words what others of their record show, which steps there may make false."""
    roles: ClassVar[tuple[RoleWord, ...]] = ()
    """The words that schemas have for what belongs to its samples; targets that these leave out go by their names."""
    records: ClassVar[tuple[RecordLayout, ...]] = ()
    """Layouts of whole records that libraries and data sets hand out, and that are recognized without a schema."""
    same_places: ClassVar[bool] = False
    """Whether tied samples are to show the same places. What moves them must then do the same to all, in shares of
    their sides; where it does not, because they differ in size, the call is refused."""
    timed: ClassVar[bool] = False
    """Whether its samples run in time, so that those of one record are of the same moments, as a film and its sound."""
    word_roles: ClassVar[tuple[str, ...]] = ()
    """The roles of words of one text and of their tags, ("tokens", "tags"), if such lists are one sample."""
    options: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """What a schema may say of its samples beyond the modality, ``{role: image, interpolation: nearest}``: the name and
    what checks the value, which returns it in a hashable form or raises SampleError. ``hints.options`` has them."""
    maps_back: ClassVar[tuple[str, ...]] = ()
    """What can be predicted for places of its samples and mapped back from their views: "boxes", "events", ..."""
    unsure: ClassVar[tuple[type, ...]] = ()
    """Types that it owns but that say little: in a record without a schema they may be anything (a str is a path)."""

    def owns(self, obj: Any) -> bool:
        """Whether an object of this type is a sample of this modality; asked once per type."""
        return self.sample_type is not None and isinstance(obj, self.sample_type)

    def unmoved(self, shape: Sequence[int]) -> Inverse | None:
        """Return the way back from a view of a row of this shape in which nothing moved; None: predictions stay."""
        return None

    def readings(self, array: torch.Tensor | np.ndarray) -> tuple[str, ...]:
        """Return the layouts that a bare array which stands alone may have; several: the caller must say which.

        By default nothing is doubtful. It is asked only about arrays with the axes of one sample, outside lists.
        """
        return ()

    def usual(self, data: Any) -> str:
        """Return the axes that bare data has where no layout is stated."""
        return self.array_axes or self.axes if isinstance(data, np.ndarray) else self.axes

    def resembles(self, value: Any, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """Return which target a value beside a sample looks like, and why; None for none.

        What looks so and has no role is refused where steps move that target. It is asked about arrays, tensors and
        lists; ``shape`` is that of the sample's row. By default nothing looks like a target.
        """
        return None

    def belongs_beside(self, value: Any, others: list[Any]) -> bool:
        """Whether a sample most likely follows one of others of its record: a depth map."""
        return False

    def role_word(self, target: str) -> str:
        """Return what a schema calls a target, with a format if it needs one."""
        word = next((w for w in self.roles if w.target == target and not w.per), None)
        if word is None:
            return target
        return f"{word.formats[0]} {word.word}" if word.formats and not word.usual else word.word

    def with_class(self, obj: Any, hints: Hints) -> bool:
        """Whether a tuple that it owns is, by what the caller said, a sample and its class; by default never."""
        return False

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """Turn the user's object into a row with targets.

        Raises:
            SampleError: the data cannot be a sample of this modality; the message says what is expected.

        """
        raise ContractError(f"{type(self).__name__} defines no wrap, so no sample of {self.name!r} can be read.")

    def exact(self, wrapped: Wrapped) -> bool:
        """Whether a sample holds values that are no colors, loudness or the like, such as depths and labels.

        Tied to one that is not so, it follows what moves the other, and nothing that changes values only.
        """
        return False

    def says_exact(self, options: Mapping[str, Any]) -> bool:
        """Whether :attr:`options` of a field say what :meth:`exact` finds on its samples."""
        return False

    def channel_fault(self, info: BatchInfo, i: int, taken: Sequence[int], *, by_name: bool) -> str | None:
        """Return what is wrong with the channels of sample i for a step that takes so many, and what to do; or None.

        ``by_name`` says that the step finds red, green and blue by their names where a sample says them.
        """
        count = int(info.shapes[i, self.channel_axis]) if self.channel_axis is not None else 0
        if self.channel_axis is None or count in taken:
            return None
        return f"{self.name} with {count} channels (sample {i} of the {self.name} samples). It takes {listing(taken)}."

    def wrap_words(self, words: Sequence[str], tags: Sequence[Sequence[Any]] = ()) -> Wrapped:
        """Wrap a list of words as one sample, if :attr:`word_roles` says that such are samples of this modality.

        ``tags`` are the lists of the record that have one entry for each word; they may say which words are to stay.
        What ``restore`` returns is :class:`augreg.modalities.Words`, so that the tags can follow.
        """
        raise ContractError(f"{type(self).__name__} defines no wrap_words, though it says that it takes words.")

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """Turn many objects of one type into rows at once, which saves the work per object.

        None: they have to be wrapped one by one, because they differ in what matters or because one of them is
        wrong (then :meth:`wrap` says which, and how).
        """
        return None

    def wrap_stack(self, stack: torch.Tensor | np.ndarray, hints: Hints) -> WrappedMany | None:
        """Turn a stack of samples into rows that stay one tensor (n, ...), without a look at every single one.

        Batches of this modality must be stacked on the device where the stack lies. None: its samples have to be read
        one by one, see :meth:`wrap_all`.
        """
        return None

    def key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """Return what sample i must share with others to stand in one kernel call on ``device``.

        By default the dtype, and if the modality is ragged what :meth:`mixing_key` says and a length within a factor
        of 1.25: little padding, and few groups.
        """
        if not self.form.ragged:
            return info.dtypes[i]
        return self.mixing_key(info, i, device), length_bucket(int(info.lengths[i]))

    def mixing_key(self, info: BatchInfo, i: int, device: torch.device) -> Hashable:
        """Return what sample i must share with others to be mixed with them; that may be less than ``key``.

        By default, if the modality is ragged, the dtype and the sides of its row apart from the length.
        """
        if not self.form.ragged:
            return self.key(info, i, device)
        sides = info.shapes[i].tolist()
        del sides[self.form.length_axis]
        return info.dtypes[i], *sides

    def collate(self, rows: Sequence[Row], device: torch.device) -> torch.Tensor | list[Row]:
        """Return the data of a batch from rows of one key that are on ``device``.

        By default one padded tensor if the modality is ragged, else a list.
        """
        return stack_rows(rows, self.form) if self.form.ragged else list(rows)

    def examples(self, n: int) -> list[Any]:
        """Return n small, different samples with every target, the same at each call; none if there are none.

        The conformance kit runs a plugin's augmenters on them. They should differ in size; kinds of sample
        derived from :class:`augreg.Sample` let the kit leave out the targets that an augmenter does not take.
        """
        return []

    def odd_examples(self) -> dict[str, list[Any]]:
        """Return samples at the edge of what there is (of one entry, of one channel), by a name for each kind.

        The conformance kit lets every augmenter have them: it gives a sound result, or an error of augreg's.
        """
        return {}

    def derive(self, sample: Sample) -> Sample | None:
        """Return a sample of this modality made of one of another, for previews (a sound's spectrogram); None: none."""
        return None

    def heat(self, sample: Sample) -> np.ndarray | None:
        """Return how a sample is drawn in previews: values (rows, columns), the first row at the bottom; None: not."""
        return None


def spelled(modality: Modality) -> str:
    """Return how users write the class of its samples, "augreg.Image" (a package offers its own at the top)."""
    kind = modality.sample_type or Sample
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def as_tensor(data: Any, what: str) -> torch.Tensor:
    """Return a plain tensor that shares the array's memory where that is possible.

    Raises:
        SampleError: not a tensor or an array of numbers, or one that says more than its numbers.

    >>> import numpy as np
    >>> from augreg.kernel import as_tensor
    >>> as_tensor(np.ones(2, dtype=np.float32), "the sound")
    tensor([1., 1.])

    """
    if type(data) is torch.Tensor and not data.is_nested:
        return data
    check_plain(data, what)
    if isinstance(data, torch.Tensor):
        return data.as_subclass(torch.Tensor)
    if isinstance(data, (str, PathLike)):
        raise SampleError(f"{what} is {data!r}, which looks like a path. Read the file first: augreg.media.read(path).")
    array = _as_array(data, what)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise SampleError(f"{what} holds {type(data).__name__} of dtype {array.dtype}; give a tensor or an array.")
    if not array.flags.writeable or min(array.strides, default=0) < 0:
        array = array.copy()
    return torch.from_numpy(array)


def _as_array(data: Any, what: str) -> np.ndarray:
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], (torch.Tensor, np.ndarray)):
        raise SampleError(f"{what} is a {type(data).__name__} of arrays; stack them first, e.g. torch.stack(data).")
    try:
        array = np.asarray(data)
    except ValueError:
        raise SampleError(f"{what} is a list of uneven lists; give a tensor or an array.") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def restore_like(original: Any, row: torch.Tensor) -> Any:
    """Return a row as the array kind that came in: numpy for numpy, a tensor for a tensor, a list for a list.

    >>> import numpy as np, torch
    >>> from augreg.kernel import restore_like
    >>> restore_like(np.zeros(1), torch.ones(2))
    array([1., 1.], dtype=float32)

    """
    if isinstance(original, torch.Tensor):
        # torch's own operations give a class that somebody derived from Tensor back, but of a Parameter a Tensor.
        plain = type(original) in (torch.Tensor, torch.nn.Parameter)
        return row if plain else row.as_subclass(type(original))
    array = row.numpy(force=True)
    if isinstance(original, np.ndarray) and original.dtype == array.dtype.newbyteorder():
        return array.astype(original.dtype)  # the other order of bytes
    return array.tolist() if isinstance(original, list) else array
