"""The pipeline: which steps each modality gets, in what order; data that loads from and saves to YAML and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from augreg import fields
from augreg.errors import ConfigError, listing, nearest
from augreg.modalities import modalities
from augreg.pipeline import config
from augreg.pipeline.parse import Built, Parser, lift_options
from augreg.pipeline.program import Program
from augreg.pipeline.steps import Node, OneOf, Sequential, SomeOf, Step
from augreg.registry import Registry, default

VERSION = 1


class Pipeline:
    """Steps per modality.

    A step is a registered name, ``{name: {parameter: value, p: 0.5}}``, an augmenter, a :class:`Step`,
    :class:`OneOf`, :class:`SomeOf` or :class:`Sequential`, or a nested list (a sequence). Building a pipeline
    loads the augmenters it names and checks every parameter; nothing is left to fail later.

    Args:
        steps: modality -> list of steps.
        schema: for records: field -> modality. See :func:`augreg.augment`.
        registry: where names are looked up; the default one holds what is installed.

    Raises:
        UnknownAugmenterError, AmbiguousAugmenterError, PluginLoadError: a name cannot be resolved or loaded.
        ConfigError: a step or a parameter is wrong.
        UnsupportedError: an augmenter stands under a modality that it does not take.

    A pipeline is immutable, may be used by several threads at once, and pickles.

    """

    def __init__(
        self,
        steps: Mapping[str, Any],
        *,
        schema: Mapping[str, str] | None = None,
        registry: Registry | None = None,
    ) -> None:
        if not isinstance(steps, Mapping):
            raise ConfigError(f"a pipeline maps modalities to steps, e.g. {{'image': [...]}}; got {steps!r}.")
        self._registry = registry
        known = modalities(self.registry)
        for name in [*steps, *(schema or {}).values()]:
            if name not in known.names:
                raise ConfigError(
                    f"a pipeline has no modality {name!r}.{nearest(str(name), known.names)} "
                    f"Valid: {listing(known.names)}."
                )
        self.schema: dict[str, str] | None = dict(schema) if schema else None
        self.branches: dict[str, tuple[Node, ...]] = {}
        self.programs: dict[str, Program] = {}
        for name, listed in steps.items():
            parser = Parser(name, self.registry)
            self.branches[name] = parser.nodes(listed or [], name)
            self.programs[name] = Program(self.branches[name], parser)
        self.modalities: tuple[str, ...] = tuple(name for name, nodes in self.branches.items() if nodes)
        """The modalities that have steps."""

    @property
    def registry(self) -> Registry:
        """Where the names were looked up."""
        return self._registry or default()

    def augmenters(self, modality: str) -> list[Built]:
        """Return the built steps of a modality, in order."""
        seen = {e.path: e.built for e in self.programs[modality].executions} if modality in self.programs else {}
        return list(seen.values())

    def __call__(self, samples: Any, **options: Any) -> Any:
        """Augment: see :func:`augreg.augment`."""
        from augreg.dispatcher import augment

        return augment(samples, self, **options)

    def replay(self, samples: Any, traces: Any, **options: Any) -> Any:
        """Repeat recorded augmentations bit for bit: see :func:`augreg.dispatcher.replay`."""
        from augreg.dispatcher import replay

        return replay(samples, self, traces, **options)

    def to_dict(self) -> dict[str, Any]:
        """Return the pipeline as plain data: ``Pipeline.from_dict(p.to_dict()) == p``."""
        plain: dict[str, Any] = {"version": VERSION}
        if self.schema:
            plain["schema"] = dict(self.schema)
        for name, nodes in self.branches.items():
            parser = Parser(name, self.registry)
            plain[name] = [_plain(node, parser) for node in nodes]
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, registry: Registry | None = None) -> Self:
        """Build a pipeline from plain data (what a YAML file holds)."""
        if not isinstance(data, Mapping):
            raise ConfigError(f"a pipeline maps modalities to steps, e.g. {{image: [...]}}; got {data!r}.")
        steps = {k: v for k, v in data.items() if k not in ("version", "schema")}
        version = data.get("version", VERSION)
        if version != VERSION:
            raise ConfigError(f"pipeline version {version!r} is unknown; this augreg reads version {VERSION}.")
        return cls(steps, schema=data.get("schema"), registry=registry)

    def to_yaml(self) -> str:
        """Return the pipeline as YAML."""
        return config.dump(self.to_dict())

    @classmethod
    def from_yaml(cls, text: str, *, registry: Registry | None = None) -> Self:
        """Build a pipeline from YAML or JSON text."""
        return cls.from_dict(config.parse(text, "the pipeline"), registry=registry)

    def save(self, path: str | Path) -> None:
        """Write the pipeline to a ``.yaml`` or ``.json`` file."""
        config.write(self.to_dict(), path)

    @classmethod
    def load(cls, path: str | Path, *, registry: Registry | None = None) -> Self:
        """Read a pipeline file. Names are looked up in the registry only; nothing in the file can run code."""
        return cls.from_dict(config.read(path), registry=registry)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        plain = {k: v for k, v in self.to_dict().items() if k != "version"}
        return f"Pipeline({plain})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The registry holds modules and does not pickle; workers look names up in their own.
        return _rebuild, (type(self), self.branches, self.schema)


def _rebuild(cls: type[Pipeline], branches: Mapping[str, Sequence[Node]], schema: Mapping[str, str] | None) -> Pipeline:
    return cls(branches, schema=schema)


def _plain(node: Node, parser: Parser) -> Any:
    if isinstance(node, Step):
        return _plain_step(node, parser)
    name = {OneOf: "one_of", SomeOf: "some_of", Sequential: "sequential"}[type(node)]
    body: dict[str, Any] = {}
    for option, declared in type(node).__dataclass_fields__.items():
        current = getattr(node, option)
        if option == "steps":
            body["steps"] = [_plain(child, parser) for child in current]
        elif current != declared.default:
            body[option] = list(current) if isinstance(current, (tuple, list)) else current
    return {name: body}


def _plain_step(step: Step, parser: Parser) -> Any:
    built = parser.build(step)
    if not isinstance(step.augmenter, str) and parser.registry.spec_of(type(step.augmenter)) is None:
        raise ConfigError(
            f"{type(step.augmenter).__name__} is not registered, so a file cannot name it. "
            "Register it: augreg.registry.register(cls, name='my.name')."
        )
    body = _config(built)
    body.update({k: getattr(step, k) for k in ("p", "level", "id") if getattr(step, k) is not None})
    return {built.name: body} if body else built.name


def _config(built: Built) -> dict[str, Any]:
    """Return the parameters that differ from the defaults; those of a lifted augmenter stand beside the lift's."""
    inner = getattr(built.augmenter, "augmenter", None)
    lifted = inner is not None and isinstance(built.step.augmenter, str)
    if not lifted:
        return fields.config(built.augmenter)
    options = lift_options(type(built.augmenter))
    own = {k: v for k, v in fields.config(built.augmenter).items() if k in options}
    return {**fields.config(inner), **own}
