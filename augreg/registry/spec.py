"""Facts about plugins that are known without importing what they offer (standard library only)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from augreg.errors import ContractError, listing

API_VERSION: Final = 1
"""The plugin interface that this augreg speaks. A plugin module states its own as `AUGREG_API = 1`."""

API_OLDEST: Final = 1
"""The oldest plugin interface that this augreg still accepts."""

LOCAL: Final = "local"
"""The plugin of an augmenter class that was registered in this process, not installed."""

Status = Literal["ok", "blocked", "broken", "incompatible", "invalid"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*")
_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")
_POLICY: Final = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?")
_TARGET: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\s:]+")
_ALIAS: Final = re.compile(r"~?[a-z][a-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*")
_EXTENSION: Final = re.compile(r"\.[a-z0-9][a-z0-9.]*")


@dataclass(frozen=True, slots=True)
class AugmenterSpec:
    """What a plugin says about one augmenter: enough to list it, nothing that its class states too.

    Raises ContractError for a name that is not `namespace.name` (lower-case namespace), a target that is
    not `module:Class`, no modality, or text where a tuple of texts belongs.
    """

    name: str
    """`namespace.name`: the modality for native augmenters, the library for adapted ones."""
    target: str
    """`module:Class`, imported when the augmenter is first used."""
    modalities: tuple[str, ...]
    """The modalities it takes, for instance `("image", "video")`."""
    tags: tuple[str, ...] = ()
    """Free words to search by, for instance `("geometry",)`."""
    summary: str = ""
    """One sentence, where the class has no source to read; else the first line of its docstring is it."""
    deprecated: str = ""
    """What to use instead, when this augmenter is going away."""
    aliases: tuple[str, ...] = ()
    """What other libraries call it, to search by: "torchvision.RandomCrop"; "~kornia.RandomFisheye" is only like it."""
    plugin: str = ""
    """The distribution that offers it; filled in by the registry."""
    version: str = ""
    """The version of that distribution; filled in by the registry."""

    def __post_init__(self) -> None:
        _require(_NAME, "name", self.name, "'namespace.name' in letters, digits and _, such as 'audio.gain'")
        _require(_TARGET, f"target of {self.name!r}", self.target, "'module:Class', such as 'my_package.gain:Gain'")
        object.__setattr__(self, "modalities", _words(f"modalities of {self.name!r}", self.modalities))
        object.__setattr__(self, "tags", _words(f"tags of {self.name!r}", self.tags))
        object.__setattr__(self, "aliases", _aliases(self.name, self.aliases))
        if not self.modalities:
            raise ContractError(f"{self.name!r} states no modality. Give at least one, such as modalities=('image',).")

    @property
    def namespace(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def id(self) -> str:
        """The full id, such as "augreg-audio/audio.gain": unique where the name may not be."""
        return f"{self.plugin}/{self.name}" if self.plugin else self.name


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What another library offers and an adapter does not. Raises ContractError for a malformed name, or no reason."""

    name: str
    """`namespace.name`, as the augmenter would be called."""
    why: str
    """The end of the sentence "it is left out: ...", best with what does the like."""
    plugin: str = ""

    def __post_init__(self) -> None:
        _require(_NAME, "left-out name", self.name, "'namespace.name' in letters, digits and _, such as 'acme.Fog'")
        if not isinstance(self.why, str) or not self.why.strip():
            raise ContractError(f"{self.name!r} is left out for {self.why!r}. Say why, in words.")


@dataclass(frozen=True, slots=True)
class ModalitySpec:
    """A kind of sample, such as "image". Raises ContractError for a malformed name or target."""

    name: str
    target: str
    """`module:Class`, a subclass of `augreg.Modality`, imported when samples are first read."""
    summary: str = ""
    plugin: str = ""

    def __post_init__(self) -> None:
        _require(_WORD, "modality name", self.name, "one lower-case word, such as 'image'")
        _require(_TARGET, f"target of modality {self.name!r}", self.target, "'module:Class'")


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A policy that pipelines may name. Raises ContractError for a malformed name or target."""

    name: str
    target: str
    """`module:object`, imported when the policy is first used."""
    summary: str = ""
    plugin: str = ""
    aliases: tuple[str, ...] = ()
    """What other libraries call it, in the form that AugmenterSpec has."""

    def __post_init__(self) -> None:
        _require(_POLICY, "policy name", self.name, "'name' or 'namespace.name', such as 'image.trivial'")
        _require(_TARGET, f"target of policy {self.name!r}", self.target, "'module:object'")
        object.__setattr__(self, "aliases", _aliases(self.name, self.aliases))


@dataclass(frozen=True, slots=True)
class GeneratorSpec:
    """Something learned that makes new samples, such as a GAN. Raises ContractError for a malformed name or target.

    The target is a callable, called with the samples of a class, how many samples are wanted, and a seed, an integer:
    `generate(samples, count, seed)` returns so many samples of the same modality, or fewer. Samples are those of
    augreg, such as :class:`augreg.Image`. An attribute ``examples`` of it, called without arguments, returns samples
    that the conformance kit gives it in place of the modality's own.
    """

    name: str
    """`namespace.name`, for instance "acme.gan"."""
    target: str
    """`module:object`, imported when the generator is first used."""
    modalities: tuple[str, ...]
    """The modalities that it makes samples of."""
    keyed: bool = False
    """Whether equal samples, count and seed give equal samples, so that each can be made again; the kit checks it."""
    summary: str = ""
    plugin: str = ""
    version: str = ""
    """The version of that distribution; filled in by the registry."""

    def __post_init__(self) -> None:
        _require(_NAME, "name of a generator", self.name, "'namespace.name', such as 'acme.gan'")
        _require(_TARGET, f"target of generator {self.name!r}", self.target, "'module:object'")
        object.__setattr__(self, "modalities", _words(f"modalities of {self.name!r}", self.modalities))
        if not self.modalities:
            raise ContractError(f"{self.name!r} states no modality. Give at least one, such as modalities=('image',).")


@dataclass(frozen=True, slots=True)
class LiftSpec:
    """Makes every augmenter of one modality work on another, such as image augmenters on the frames of a video.

    Raises ContractError for a malformed name or target.
    """

    source: str
    """The modality of the augmenters that are lifted."""
    modality: str
    """The modality that they then work on."""
    target: str
    """`module:Class`, an augmenter dataclass whose field `augmenter` takes the one to lift."""
    plugin: str = ""

    def __post_init__(self) -> None:
        for word in (self.source, self.modality):
            _require(_WORD, "modality of a lift", word, "one lower-case word, such as 'image'")
        _require(_TARGET, f"target of the lift to {self.modality}", self.target, "'module:Class'")


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A subcommand of `augreg`. Raises ContractError for a malformed name or target."""

    name: str
    target: str
    """`module:command`, a click command imported when it is called."""
    plugin: str = ""

    def __post_init__(self) -> None:
        _require(re.compile(r"[a-z][a-z0-9-]*"), "command name", self.name, "lower-case words joined by '-'")
        _require(_TARGET, f"target of command {self.name!r}", self.target, "'module:click_command'")


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """A reader or a writer of media files. Raises ContractError for a malformed extension or target.

    The functions that the targets name are called as follows, and raise `augreg.MediaError`; see `augreg.media`.

        read(path: Path, extension: str, limits: Limits) -> Loaded
        read_on_demand(path: Path, extension: str, limits: Limits) -> Loaded
        write(sample: Sample, path: Path, extension: str, like: Origin | None) -> tuple[str, ...]    # notes
        write(sample, path, extension, like, sound: Audio) -> tuple[str, ...]    # where takes_sound, and there is one
        modality_of(path: Path, extension: str) -> str
        check(path: Path, extension: str, limits: Limits) -> None
    """

    extensions: tuple[str, ...]
    """Lower case with the leading dot, such as `(".jpg", ".jpeg")`; the first is the one that functions are told."""
    modality: str
    target: str
    """`module:function`, imported when the first file of this kind is met."""
    plugin: str = ""
    by_content: bool = False
    """Whether files of this format are told by their first bytes (augreg knows them); others go by their name."""
    on_demand: str = ""
    """A reader that decodes only what a pipeline keeps, as `module:function`; "" if there is none."""
    opened: str = ""
    """A reader that reads the header alone, for `Image.open`, as `module:function`; "" if there is none."""
    fast: str = ""
    """The same for `decode="fast"`: steps may get the picture smaller than it is stored."""
    also: tuple[str, ...] = ()
    """Other modalities that such a file may hold instead, as video containers hold sound."""
    modality_of: str = ""
    """What says which of them a file holds, as `module:function`; needed where `also` names any."""
    check: str = ""
    """What refuses a file whose header claims more than the limits, without decoding it, as `module:function`."""
    takes_sound: bool = False
    """Whether a writer takes a sound track, as a fifth argument."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extensions", _words(f"extensions of {self.target!r}", self.extensions))
        for extension in self.extensions:
            _require(_EXTENSION, "extension", extension, "lower case with the leading dot, such as '.png'")
        _require(_WORD, f"modality of {listing(self.extensions)}", self.modality, "one lower-case word")
        for target in filter(None, (self.target, self.on_demand, self.modality_of, self.check)):
            _require(_TARGET, f"target of {listing(self.extensions)}", target, "'module:function'")
        object.__setattr__(self, "also", _words(f"also of {self.target!r}", self.also))


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """A form in which labels lie on disk, such as COCO. Raises ContractError for a malformed name or target.

    The target is a class of `augreg.media.labels`: a `BesideForm`, with a file for each sample, or a `SetForm`, with
    one for all. A plugin that reads the form gives it to `augreg_readers`, one that writes it to `augreg_writers`.
    """

    name: str
    """What users call it: `augreg run --labels NAME`."""
    target: str
    """`module:Class`, imported when the form is first used."""
    modalities: tuple[str, ...]
    """The modalities of whose samples it speaks."""
    summary: str = ""
    """One sentence: what it holds, and where it lies."""
    plugin: str = ""

    def __post_init__(self) -> None:
        _require(_WORD, "name of a form of labels", self.name, "one lower-case word, such as 'coco'")
        _require(_TARGET, f"target of {self.name!r}", self.target, "'module:Class'")
        object.__setattr__(self, "modalities", _words(f"modalities of {self.name!r}", self.modalities))


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """What became of one plugin.

    `blocked`: kept out by `AUGREG_PLUGINS`, `AUGREG_BLOCK` or the registry's arguments, so never imported.
    `broken`: it raised when imported or asked. `incompatible`: it speaks another plugin interface.
    `invalid`: it breaks a rule. `augmenters` then holds what its other entry points offer.
    """

    plugin: str
    version: str
    status: Status
    reason: str = ""
    entry_points: tuple[str, ...] = ()
    augmenters: tuple[AugmenterSpec, ...] = ()
    import_ms: float = 0.0
    """Milliseconds that importing its entry points took."""

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ContractError(f"plugin status {self.status!r} is not one of {listing(get_args(Status))}.")

    @property
    def label(self) -> str:
        """Distribution and version, as messages name the plugin."""
        return f"{self.plugin} {self.version}".strip()


def check_api(api: object) -> str:
    """Return why a plugin that states `AUGREG_API = api` cannot be used, or "" when it can."""
    window = str(API_VERSION) if API_OLDEST == API_VERSION else f"{API_OLDEST} to {API_VERSION}"
    if isinstance(api, bool) or not isinstance(api, int):
        return (
            f"AUGREG_API is {api!r}, not a whole number; this augreg supports {window}. Set AUGREG_API = {API_VERSION}."
        )
    if api > API_VERSION:
        return f"it asks for plugin API {api}; this augreg supports {window}. Upgrade augreg."
    if api < API_OLDEST:
        return f"it was written for plugin API {api}; this augreg supports {window}. Upgrade the plugin."
    return ""


def _require(pattern: re.Pattern[str], what: str, value: object, form: str) -> None:
    """Raise ContractError unless *value* is text of this form."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ContractError(f"{what} {value!r} is not of the form {form}.")


def _aliases(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return *values* as a tuple. Raises ContractError for one that is no alias."""
    aliases = _words(f"aliases of {name!r}", values)
    for alias in aliases:
        if not _ALIAS.fullmatch(alias):  # there are a thousand of them, so messages are made for the wrong ones only
            raise ContractError(
                f"alias of {name!r} {alias!r} is not of the form 'library.Name', or '~library.Name' for what is only "
                "like it."
            )
    return aliases


def _words(what: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return *values* as a tuple of texts."""
    if isinstance(values, str):
        raise ContractError(f"{what} is the text {values!r}. Write ({values!r},).")
    words = tuple(values)
    for word in words:
        if not isinstance(word, str):
            raise ContractError(f"{what} holds {word!r}, which is not text.")
    return words
