"""The pipeline: which steps each modality gets, in what order; data that loads from and saves to YAML and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from augreg import late
from augreg.contract.augmenter import Augmenter
from augreg.contract.policy import Policy
from augreg.data.together import Together
from augreg.errors import ConfigError
from augreg.modalities.known import modalities
from augreg.pipeline import config, ties
from augreg.pipeline.facts import Passing, all_pass, classes_of, mirrored_by, mixes_labels
from augreg.pipeline.in_time import retiming_of, separate_of
from augreg.pipeline.labels import untrue_of
from augreg.pipeline.learned import Change, LearnedStep, changed, learned_steps, with_states
from augreg.pipeline.level_fields import LevelFields, check_untouched, level_fields
from augreg.pipeline.need import Need, need_of
from augreg.pipeline.parse import RECORD, Built, Parser
from augreg.pipeline.plain import plain
from augreg.pipeline.program import Execution, Leaf, Program
from augreg.pipeline.ranges import check_order
from augreg.pipeline.schema import Schema, parse_schema
from augreg.pipeline.sorting import as_list, as_mapping
from augreg.pipeline.steps import Group, Node, PolicyStep, Step
from augreg.pipeline.top import VERSION, fields_given, headed, no_branch
from augreg.registry import Registry, default

PARTS = (RECORD, "fields", "tie", "separate")
"""What a pipeline holds beside modalities."""

Steps = Mapping[str, Any] | Sequence[Any] | Augmenter | Step | Group | PolicyStep | Policy
"""What a pipeline is built from."""


class Pipeline:
    """Steps, each for samples of one modality.

    A step is a registered name, ``{name: {parameter: value, p: 0.5}}``, an augmenter, a :class:`Step`,
    :class:`OneOf`, :class:`SomeOf` or :class:`Sequential`, or a nested list (a sequence). Beside its parameters it may
    have options, such as ``p`` and ``"within": "boxes"``, which changes only what boxes mark: see :class:`Step`.
    Building a pipeline loads the augmenters it names and checks every parameter; nothing is left to fail later.

    Args:
        steps: a list of steps, or one step: each runs on the one modality that it declares, joint steps on records.
            Or modality -> list of steps, which says so for steps that declare none, or several, and for groups whose
            steps differ. Beside modalities: ``"record"`` -> joint steps, which see several
            fields of a record and come first; ``"fields"`` -> {field: steps}, which come last and need the
            schema; ``"tie"`` -> {field: other}: both fields of a record get the same random numbers, see below.
            ``"separate"`` -> [field, ...]: these need not run in time with the rest of their record, so that a step
            may move a film in time and not its music, which is refused otherwise. What a file begins with,
            ``"version"`` and ``"schema"``, may stand here, too.
        schema: for records: field -> what it is, a modality or what belongs to one. See :func:`augreg.augment`.
        registry: where names are looked up; the default one holds what is installed.

    Raises:
        UnknownAugmenterError, AmbiguousAugmenterError, PluginLoadError: a name cannot be resolved or loaded.
        ConfigError: a step or a parameter is wrong, a list does not say what a step is to run on, or steps would move
            a tied field otherwise than the one that it is tied to.
        UnsupportedError: an augmenter stands under a modality that it does not take.

    A field that is tied to another follows whatever moves the other:

    - Steps under the modality do the same to both. If the tied field is to be read at the nearest pixel
      (``interpolation: nearest``) and the other is not, it holds no colors, and only steps that move pixels are for it.
    - Joint steps that move pixels do so to both; those that change values only are for the other.
    - Under ``"fields"``, a tied field gets the other's steps that move pixels, and its own. If it lists steps that move
      pixels itself, they must be the other's, in the same order, and may differ in interpolation, border and fill.
    - Where the two differ in size, steps that would not show the same places are refused (a crop of 20 pixels).

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
        schema: Mapping[str, Any] | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.registry: Registry = registry or default()
        """Where the names were looked up."""
        self.known = modalities(self.registry)
        """The modalities of the registry, as they were when the pipeline was built."""
        steps, schema = headed(as_mapping(steps, self.registry), schema)
        known = self.known.names
        valid = (*known, *PARTS)
        for name in steps:
            if name not in valid:
                raise no_branch(name, valid)
            if name not in PARTS:
                self.known[name]  # one that two plugins offer, or that cannot be loaded, is refused here
        self.roles: Schema = parse_schema(schema, self.known)
        """What the fields of its records are: samples, what belongs to them, and what to none."""
        self.schema: dict[str, str] | None = self.roles.samples or None
        """Field -> modality, of the fields that hold samples."""
        self.tie: dict[str, str] = ties.declared(steps.get("tie"), self.schema, self.roles.tie)
        self.separate: frozenset[str] = separate_of(steps.get("separate"), self.schema)
        """The fields that need not run in time with others of their record."""
        self.branches: dict[str, tuple[Node, ...]] = {}
        self.programs: dict[str, Program] = {}
        self.modality_of: dict[str, str] = {}
        """The modality whose samples each branch (a modality, or ``fields/<name>``) works on."""
        for name, listed in steps.items():
            if name not in ("fields", "tie", "separate"):
                self._add(name, name, listed)
        for field, listed in fields_given(steps.get("fields"), self.schema).items():
            self._add(f"fields/{field}", (self.schema or {})[field], listed)
        self._tied: dict[frozenset[tuple[str, str]], Mapping[str, Program]] = {}
        ties.check_same_moves(self.programs, self.tie, self._free)
        joint = {role for e in self.joint for role in e[1]}
        stepped = [self.modality_of[name] for name, nodes in self.branches.items() if nodes and name != RECORD]
        self.modalities: tuple[str, ...] = tuple(name for name in known if name in joint or name in stepped)
        """The modalities that have steps."""
        steps_of = [e.augmenter.declares.targets for name in self.modalities for e in self.executions(name)]
        self.moving: frozenset[str] = frozenset(target for targets in steps_of for target in targets)
        """The targets that some step moves."""
        self.mirrored: dict[str, str] = mirrored_by(e for name in self.modalities for e in self.executions(name))
        """The targets of which some step makes the mirror image -> the name of the first such step."""
        self.retiming: dict[str, Built] = retiming_of(self.programs)
        """Branch -> the first of its steps that moves its samples in time, and nothing else of their record."""
        self.untrue: dict[str, Built] = untrue_of(self.programs)
        """Branch -> the first of its steps that cannot keep labels true."""
        self.mixing: frozenset[str] = frozenset(
            name for name in self.modalities for e in self.executions(name) if mixes_labels(e.augmenter)
        )
        """The modalities of which some step mixes samples with their labels."""
        self.classes: dict[str, int] = {
            name: found for name in self.mixing if (found := classes_of(name, self.executions(name))) is not None
        }
        """The number of classes of a modality, where a step that mixes labels says it."""
        self.allowed: dict[str, Passing] = self._allowed(known)
        """Per modality and ``fields/<name>``, whether all steps let NaN and infinity pass, take any values, and take
        float64 as it is; and the name of the first that would cut off values outside [0, 1]."""
        self.level_fields: LevelFields = level_fields(self.programs, self.modality_of)
        """Per modality, the fields of records that steps take strengths from, each with the step."""
        check_untouched(self.level_fields, self.roles)
        self._check_ranges()
        self._sealed = True

    def __setattr__(self, name: str, value: Any) -> None:
        if getattr(self, "_sealed", False):
            raise AttributeError(f"a pipeline is immutable; build another instead of setting {name!r}.")
        super().__setattr__(name, value)

    def _add(self, name: str, modality: str, listed: Any) -> None:
        parser = Parser(modality, self.registry)
        self.modality_of[name] = modality
        try:
            self.branches[name] = parser.nodes([] if listed is None else listed, name)
            self.programs[name] = self._program(name, parser, self.tie)
        except RecursionError:
            raise ConfigError(f"{name} is nested too deeply. A step is a name with its parameters.") from None

    def _program(self, name: str, parser: Parser, tie: Mapping[str, str]) -> Program:
        """Compile a branch; the steps of a field that is tied to another draw under the other's name."""
        if not name.startswith(ties.FIELDS):
            return Program(self.branches[name], parser, f"{RECORD}/" if name == RECORD else "")
        field = name.removeprefix(ties.FIELDS)
        return Program(self.branches[name], parser, f"{name}/", f"{ties.FIELDS}{tie.get(field, field)}/")

    @property
    def _free(self) -> dict[str, frozenset[str]]:
        """Per branch, the parameters in which a tied field may differ from the one that it follows."""
        return {name: frozenset(self.known[m].options) for name, m in self.modality_of.items() if m != RECORD}

    def tied(self, tie: Mapping[str, str]) -> Mapping[str, Program]:
        """Return the programs by branch, as they are with the ties of a call.

        Raises:
            ConfigError: a field would be moved otherwise than the one that it is tied to.

        """
        if tie == self.tie:
            return self.programs
        name = frozenset(tie.items())
        if name not in self._tied:
            made = {b: self._program(b, Parser(self.modality_of[b], self.registry), tie) for b in self.branches}
            ties.check_same_moves(made, tie, self._free)
            self._tied[name] = made
        return self._tied[name]

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

    def need(self, modality: str) -> Need:
        """Return how much memory the steps of a modality take: (factor, step), see :class:`Need`.

        >>> import augreg
        >>> augreg.Pipeline(["text.keyboard"]).need("audio")
        Need(factor=0.0, step='')

        """
        return need_of(self.executions(modality))

    def _allowed(self, known: Sequence[str]) -> dict[str, Passing]:
        joint = {name: [roles[name] for _, roles in self.joint if name in roles] for name in known}
        own = {branch: program.executions for branch, program in self.programs.items()}
        found = {name: all_pass([*joint[name], *own.get(name, ())]) for name in known}
        for branch, modality in self.modality_of.items():
            if branch != RECORD and branch != modality:
                found[branch] = all_pass([*joint[modality], *own.get(modality, ()), *own[branch]])
        return found | self._allowed_of_tied(self.tie, self.schema or {}, frozenset())

    def allowed_with(
        self, tie: Mapping[str, str], schema: Mapping[str, str], exact: frozenset[str]
    ) -> dict[str, Passing]:
        """Return :attr:`allowed` with the ties and the schema of a call.

        ``exact`` names fields that follow only what moves the other: so depths in metres may stand beside a photo whose
        colors are changed.
        """
        return self.allowed | self._allowed_of_tied(tie, schema, exact) if tie else self.allowed

    def _allowed_of_tied(
        self, tie: Mapping[str, str], schema: Mapping[str, str], exact: frozenset[str]
    ) -> dict[str, Passing]:
        found = {}
        for field, leader in tie.items():
            modality, only = schema.get(field, ""), field in exact
            steps = [roles[modality] for _, roles in self.joint if modality in roles]
            own = ties.route(self.tied(tie), modality, field, leader, exact=only)
            listed = [e for e in steps if ties.moves(e) or not only] + [e for p in own for e in p.executions]
            if modality:
                found[ties.FIELDS + field] = all_pass(listed)
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

    @property
    def learned(self) -> dict[str, LearnedStep]:
        """The steps whose policies learn, by name ("image/policy.cta")."""
        return learned_steps(self.programs, self.modality_of)

    def with_states(self, states: Mapping[str, Any]) -> Self:
        """Return the same pipeline, knowing something else: step -> state, as :class:`augreg.policies.Learner` says it.

        Raises:
            ConfigError: a name of no step that learns, or a state that is not one of its policy.

        """
        return self.with_policies(with_states(states, self.learned))

    def with_policies(self, change: Change) -> Self:
        """Return the same pipeline with other policies, see :func:`augreg.pipeline.learned.changed`."""
        branches = changed(self.branches, self.programs, change)
        rest = self.roles.plain(), self.tie, sorted(self.separate), self.registry
        found: Self = _rebuild(type(self), branches, *rest)
        return found

    def bind(self, **options: Any) -> Any:
        """Return a picklable function for data sets and loaders, with a seed and keys: see :class:`augreg.Bound`."""
        return late.call("bind", self, **options)

    def views(self, n: int, **options: Any) -> Any:
        """Return what makes n views of each sample and maps predictions back to it: see :class:`augreg.Views`."""
        return late.call("views", self, n, **options)

    def replay(self, samples: Any, traces: Any, **options: Any) -> Any:
        """Repeat recorded augmentations bit for bit: see :func:`augreg.replay`."""
        return late.call("replay", samples, self, traces, **options)

    def to_dict(self) -> dict[str, Any]:
        """Return the pipeline as plain data: ``Pipeline.from_dict(p.to_dict()) == p``."""
        found: dict[str, Any] = {"version": VERSION}
        if self.roles:
            found["schema"] = self.roles.plain()
        for name, nodes in self.branches.items():
            parser = Parser(self.modality_of[name], self.registry)
            listed = [plain(node, parser) for node in nodes]
            if name.startswith("fields/"):
                found.setdefault("fields", {})[name.removeprefix("fields/")] = listed
            else:
                found[name] = listed
        own = {field: other for field, other in self.tie.items() if self.roles.tie.get(field) != other}
        found |= {"tie": own} if own else {}
        return {**found, "separate": sorted(self.separate)} if self.separate else found

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
        """Read a pipeline file. Names are looked up in the registry only; nothing in the file can run code.

        Published policies are found by bare name where no such file lies in the working directory: trivialaugment.yaml,
        randaugment.yaml, autoaugment-imagenet.yaml (-cifar10, -svhn), specaugment.yaml, eda.yaml.

        """
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
        return _rebuild, (type(self), self.branches, self.roles.plain(), self.tie, sorted(self.separate))


def _rebuild(
    cls: type[Pipeline],
    branches: Mapping[str, Sequence[Node]],
    schema: Mapping[str, Any],
    tie: Mapping[str, str],
    separate: Sequence[str],
    registry: Registry | None = None,
) -> Any:
    fields = {k.removeprefix("fields/"): v for k, v in branches.items() if k.startswith("fields/")}
    steps = {k: v for k, v in branches.items() if not k.startswith("fields/")}
    return cls({**steps, "fields": fields, "tie": tie, "separate": separate}, schema=schema or None, registry=registry)
