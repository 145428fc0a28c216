"""The pipeline: which steps each modality gets, in what order; data that loads from and saves to YAML and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from augreg import late, param
from augreg.contract.augmenter import Augmenter
from augreg.data.together import Together
from augreg.errors import ConfigError, listing, nearest
from augreg.modalities.known import modalities
from augreg.pipeline import config
from augreg.pipeline.in_time import retiming_of, separate_of
from augreg.pipeline.labels import untrue_of
from augreg.pipeline.parse import GROUPS, RECORD, Built, Parser, lift_options
from augreg.pipeline.program import Execution, Leaf, Program
from augreg.pipeline.ranges import check_order
from augreg.pipeline.sorting import as_list, as_mapping
from augreg.pipeline.steps import OPTIONS, Group, Node, OneOf, Sequential, SomeOf, Step
from augreg.registry import Registry, default

VERSION = 1

PARTS = (RECORD, "fields", "tie", "separate")
"""What a pipeline holds beside modalities."""

Steps = Mapping[str, Any] | Sequence[Any] | Augmenter | Step | Group
"""What a pipeline is built from."""


class Pipeline:
    """Steps, each for samples of one modality.

    A step is a registered name, ``{name: {parameter: value, p: 0.5}}``, an augmenter, a :class:`Step`,
    :class:`OneOf`, :class:`SomeOf` or :class:`Sequential`, or a nested list (a sequence). Building a pipeline
    loads the augmenters it names and checks every parameter; nothing is left to fail later.

    Args:
        steps: a list of steps, or one step: each runs on the one modality that it declares, joint steps on records.
            Or modality -> list of steps, which says so for steps that declare none, or several, and for groups whose
            steps differ. Beside modalities: ``"record"`` -> joint steps, which see several
            fields of a record and come first; ``"fields"`` -> {field: steps}, which come last and need the
            schema; ``"tie"`` -> {field: other}: both fields of a record get the same random numbers;
            ``"separate"`` -> [field, ...]: these need not run in time with the rest of their record, so that a step
            may move a film in time and not its music, which is refused otherwise. What a file begins with,
            ``"version"`` and ``"schema"``, may stand here, too.
        schema: for records: field -> modality. See :func:`augreg.augment`.
        registry: where names are looked up; the default one holds what is installed.

    Raises:
        UnknownAugmenterError, AmbiguousAugmenterError, PluginLoadError: a name cannot be resolved or loaded.
        ConfigError: a step or a parameter is wrong, or a list does not say what a step is to run on.
        UnsupportedError: an augmenter stands under a modality that it does not take.

    A pipeline is immutable, may be used by several threads at once, and pickles.

    >>> import augreg
    >>> pipe = augreg.Pipeline(["image.hflip", {"text.keyboard": {"digits": True}}])
    >>> pipe
    Pipeline({'image': ['image.hflip'], 'text': [{'text.keyboard': {'digits': True}}]})

    """

    def __init__(
        self,
        steps: Steps,
        *,
        schema: Mapping[str, str] | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.registry: Registry = registry or default()
        """Where the names were looked up."""
        self.known = modalities(self.registry)
        """The modalities of the registry, as they were when the pipeline was built."""
        steps, schema = _headed(as_mapping(steps, self.registry), schema)
        known = self.known.names
        valid = (*known, *PARTS)
        for name in steps:
            if name not in valid:
                raise _no_branch(name, valid)
            if name not in PARTS:
                self.known[name]  # one that two plugins offer, or that cannot be loaded, is refused here
        self.schema: dict[str, str] | None = _schema(schema, known)
        self.tie: dict[str, str] = _tie(steps.get("tie"), self.schema)
        self.separate: frozenset[str] = separate_of(steps.get("separate"), self.schema)
        """The fields that need not run in time with others of their record."""
        self.branches: dict[str, tuple[Node, ...]] = {}
        self.programs: dict[str, Program] = {}
        self.modality_of: dict[str, str] = {}
        """The modality whose samples each branch (a modality, or ``fields/<name>``) works on."""
        for name, listed in steps.items():
            if name not in ("fields", "tie", "separate"):
                self._add(name, name, listed, f"{RECORD}/" if name == RECORD else "")
        for field, listed in _fields(steps.get("fields"), self.schema).items():
            self._add(f"fields/{field}", (self.schema or {})[field], listed, f"fields/{field}/")
        joint = {role for e in self.joint for role in e[1]}
        stepped = [self.modality_of[name] for name, nodes in self.branches.items() if nodes and name != RECORD]
        self.modalities: tuple[str, ...] = tuple(name for name in known if name in joint or name in stepped)
        """The modalities that have steps."""
        steps_of = [e.augmenter.declares.targets for name in self.modalities for e in self.executions(name)]
        self.moving: frozenset[str] = frozenset(target for targets in steps_of for target in targets)
        """The targets that some step moves."""
        self.retiming: dict[str, Built] = retiming_of(self.programs)
        """Branch -> the first of its steps that moves its samples in time, and nothing else of their record."""
        self.untrue: dict[str, Built] = untrue_of(self.programs)
        """Branch -> the first of its steps that cannot keep labels true."""
        self.mixing: frozenset[str] = frozenset(
            name for name in self.modalities for e in self.executions(name) if _mixes_labels(e.augmenter)
        )
        """The modalities of which some step mixes samples with their labels."""
        self.classes: dict[str, int] = {
            name: found for name in self.mixing if (found := _classes(name, self.executions(name))) is not None
        }
        """The number of classes of a modality, where a step that mixes labels says it."""
        self.allowed: dict[str, tuple[bool, bool, bool]] = self._allowed(known)
        """Per modality and ``fields/<name>``, whether all steps let NaN and infinity pass, take any values, and take
        float64 as it is."""
        self._check_ranges()
        self._sealed = True

    def __setattr__(self, name: str, value: Any) -> None:
        if getattr(self, "_sealed", False):
            raise AttributeError(f"a pipeline is immutable; build another instead of setting {name!r}.")
        super().__setattr__(name, value)

    def _add(self, name: str, modality: str, listed: Any, prefix: str) -> None:
        parser = Parser(modality, self.registry)
        self.modality_of[name] = modality
        try:
            self.branches[name] = parser.nodes([] if listed is None else listed, name)
            self.programs[name] = Program(self.branches[name], parser, prefix)
        except RecursionError:
            raise ConfigError(f"{name} is nested too deeply. A step is a name with its parameters.") from None

    @property
    def joint(self) -> list[tuple[Execution, dict[str, Execution]]]:
        """The joint steps: the execution of each, and those of its members by role."""
        return self.programs[RECORD].expanded() if RECORD in self.programs else []

    def executions(self, modality: str) -> list[Execution]:
        """Return everything that may run on samples of a modality, in order."""
        found = [roles[modality] for _, roles in self.joint if modality in roles]
        for branch, program in self.programs.items():
            if branch != RECORD and self.modality_of[branch] == modality:
                found += program.executions
        return found

    def _allowed(self, known: Sequence[str]) -> dict[str, tuple[bool, bool, bool]]:
        joint = {name: [roles[name] for _, roles in self.joint if name in roles] for name in known}
        own = {branch: program.executions for branch, program in self.programs.items()}
        found = {name: _all_pass([*joint[name], *own.get(name, ())]) for name in known}
        for branch, modality in self.modality_of.items():
            if branch != RECORD and branch != modality:
                found[branch] = _all_pass([*joint[modality], *own.get(modality, ()), *own[branch]])
        return found

    def _check_ranges(self) -> None:
        """Refuse steps that clip what others before them made; joint steps come first, those of fields last."""
        trees = {name: program.tree for name, program in self.programs.items()}
        left: dict[str, str | None] = {}
        for name in {*self.modality_of.values()} - {RECORD}:
            # Whether a joint step runs hangs on more than its own probability; that it may run is what counts.
            joint = [Leaf(e.path, 0.5, roles[name].built) for e, roles in self.joint if name in roles]
            left[name] = check_order([*joint, *trees.get(name, ())])
        for branch, modality in self.modality_of.items():
            if branch not in (RECORD, modality):
                check_order(trees[branch], left[modality])

    def augmenters(self, modality: str) -> list[Built]:
        """Return the built steps of a modality, in order."""
        seen = {e.path: e.built for e in self.programs[modality].executions} if modality in self.programs else {}
        return list(seen.values())

    def __call__(self, samples: Any, *targets: Any, **options: Any) -> Any:
        """Augment, and return the same kind of thing: see :func:`augreg.augment`.

        Args:
            samples: one sample, a list of them, records, ...
            targets: what belongs to this one sample, as torchvision's ``transforms=`` passes it: a class, a dict with
                boxes and masks, tv_tensors. The result is then a tuple of as many. A list of (sample, target) pairs is
                passed as it is, by itself.
            options: those of :func:`augreg.augment`.

        >>> import augreg, torch
        >>> pipe = augreg.Pipeline([{"image.hflip": {"p": 1}}])
        >>> image, label = pipe(augreg.Image(torch.arange(4, dtype=torch.uint8).view(1, 1, 4)), 3, seed=7, keys=["a"])
        >>> image.data.tolist(), label
        ([[[3, 2, 1, 0]]], 3)

        """
        return late.call("augment", Together((samples, *targets)) if targets else samples, self, **options)

    def bind(self, **options: Any) -> Any:
        """Return a picklable function for data sets and loaders, with a seed and keys: see :class:`augreg.Bound`."""
        return late.call("bind", self, **options)

    def replay(self, samples: Any, traces: Any, **options: Any) -> Any:
        """Repeat recorded augmentations bit for bit: see :func:`augreg.replay`."""
        return late.call("replay", samples, self, traces, **options)

    def to_dict(self) -> dict[str, Any]:
        """Return the pipeline as plain data: ``Pipeline.from_dict(p.to_dict()) == p``."""
        plain: dict[str, Any] = {"version": VERSION}
        if self.schema:
            plain["schema"] = dict(self.schema)
        for name, nodes in self.branches.items():
            parser = Parser(self.modality_of[name], self.registry)
            listed = [_plain(node, parser) for node in nodes]
            if name.startswith("fields/"):
                plain.setdefault("fields", {})[name.removeprefix("fields/")] = listed
            else:
                plain[name] = listed
        plain |= {"tie": dict(self.tie)} if self.tie else {}
        return {**plain, "separate": sorted(self.separate)} if self.separate else plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | Sequence[Any], *, registry: Registry | None = None) -> Self:
        """Build a pipeline from plain data (what a YAML file holds): a mapping, or a list of steps."""
        if isinstance(data, str) or (not isinstance(data, Mapping) and as_list(data) is None):
            raise ConfigError(
                f"a pipeline maps modalities to steps, e.g. {{image: [...]}}, or is a list of steps; got {data!r}."
            )
        return cls(data, registry=registry)

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
        return _rebuild, (type(self), self.branches, self.schema, self.tie, sorted(self.separate))


def _rebuild(
    cls: type[Pipeline],
    branches: Mapping[str, Sequence[Node]],
    schema: Mapping[str, str] | None,
    tie: Mapping[str, str],
    separate: Sequence[str],
) -> Pipeline:
    fields = {k.removeprefix("fields/"): v for k, v in branches.items() if k.startswith("fields/")}
    steps = {k: v for k, v in branches.items() if not k.startswith("fields/")}
    return cls({**steps, "fields": fields, "tie": tie, "separate": separate}, schema=schema)


def _no_branch(name: Any, valid: Sequence[str]) -> ConfigError:
    """Return the error for what stands where modalities stand."""
    if isinstance(name, str) and ("." in name or name in GROUPS):
        return ConfigError(
            f"{name!r} stands where a modality belongs. If it is a step, put it in a list: [{{{name!r}: ...}}]."
        )
    return ConfigError(f"a pipeline has no modality {name!r}.{nearest(str(name), valid)} Valid: {listing(valid)}.")


def _headed(steps: Mapping[str, Any], schema: Any) -> tuple[dict[str, Any], Any]:
    """Return the steps and the schema of a mapping that may begin as pipeline files do: with version and schema."""
    rest = dict(steps)
    version = rest.pop("version", VERSION)
    if version is True or version != VERSION:
        raise ConfigError(f"pipeline version {version!r} is unknown; this augreg reads version {VERSION}.")
    written = rest.pop("schema", None)
    if written is not None and schema is not None:
        raise ConfigError("the pipeline says its schema twice, among the steps and as schema=. Keep one of them.")
    return rest, written if schema is None else schema


def _schema(schema: Any, known: Sequence[str]) -> dict[str, str] | None:
    if schema is None:
        return None
    if not isinstance(schema, Mapping):
        raise ConfigError(f"schema={schema!r} is not valid: expected field: modality, e.g. {{caption: text}}.")
    for field, modality in schema.items():
        if modality not in known:
            hint = nearest(str(modality), known)
            raise ConfigError(f"schema: {field!r} is {modality!r}, no modality.{hint} Valid: {listing(known)}.")
    return dict(schema) or None


def _fields(fields: Any, schema: Mapping[str, str] | None) -> Mapping[str, Any]:
    if fields is None:
        return {}
    if not isinstance(fields, Mapping):
        raise ConfigError(f"fields={fields!r} is not valid: expected field: [steps].")
    for field in fields:
        if field not in (schema or {}):
            raise ConfigError(
                f"fields: the schema does not say what {field!r} is.{nearest(str(field), schema or {})} "
                f"Add it, e.g. schema: {{{field}: text}}."
            )
    return fields


def _tie(tie: Any, schema: Mapping[str, str] | None) -> dict[str, str]:
    if tie is None:
        return {}
    if not isinstance(tie, Mapping) or not all(isinstance(x, str) for pair in tie.items() for x in pair):
        raise ConfigError(f"tie={tie!r} is not valid: expected field: other field, e.g. {{depth: image}}.")
    for field, other in tie.items():
        if other in tie:
            raise ConfigError(f"tie: {field!r} is tied to {other!r}, which is tied itself; tie both to {tie[other]!r}.")
        for name in (field, other):
            if schema and name not in schema:
                hint = nearest(name, schema)
                raise ConfigError(
                    f"tie: the schema has no field {name!r}.{hint} Add it to the schema, or mend the tie."
                )
    return dict(tie)


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
    body.update({k: getattr(step, k) for k in OPTIONS if getattr(step, k) is not None})
    return {built.name: body} if body else built.name


def _config(built: Built) -> dict[str, Any]:
    """Return the parameters that differ from the defaults; those of a lifted augmenter stand beside the lift's."""
    inner = getattr(built.augmenter, "augmenter", None)
    lifted = inner is not None and isinstance(built.step.augmenter, str)
    if not lifted:
        return param.config(built.augmenter)
    options = lift_options(type(built.augmenter))
    own = {k: v for k, v in param.config(built.augmenter).items() if k in options}
    return {**param.config(inner), **own}


def _all_pass(executions: Sequence[Execution]) -> tuple[bool, bool, bool]:
    """Return whether all steps let NaN and infinity pass, take any values, and take float64."""
    declared = [execution.augmenter.declares for execution in executions]
    finite, values = all(d.nonfinite == "passes" for d in declared), all(d.values == "any" for d in declared)
    return finite, values, all(not d.dtypes or "float64" in d.dtypes for d in declared)


def _classes(modality: str, executions: Sequence[Execution]) -> int | None:
    """Return the number of classes that steps say which mix labels, and may fire."""
    known: dict[int, str] = {}
    for execution in executions:
        count = getattr(execution.augmenter, "label_classes", None)
        if count is not None and _mixes_labels(execution.augmenter) and execution.built.step.p != 0:
            known.setdefault(count, execution.built.name)
    if len(known) > 1:
        (one, first), (other, second) = list(known.items())[:2]
        raise ConfigError(
            f"{modality}: {first} says classes={one} and {second} says classes={other}, but the samples have one set "
            "of classes. Give both the same."
        )
    return next(iter(known), None)


def _mixes_labels(augmenter: Augmenter) -> bool:
    return augmenter.declares.labels == "mixes" and "label" in augmenter.declares.targets
