"""`augreg.convert`: another library's pipeline as one of augreg, and what became of each transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from augreg import param
from augreg import registry as registries
from augreg.contract.policy import Policy
from augreg.conversion import table_nlpaug
from augreg.conversion.equal import Given, NoEqualError, Same
from augreg.conversion.peers import TABLES, read
from augreg.conversion.report import Converted, Line
from augreg.conversion.tree import Group, Item, LeftOut, Ours, Read, Transform
from augreg.errors import ConfigError
from augreg.pipeline import Pipeline
from augreg.registry import Registry
from augreg.registry.aliases import aliases, known_as

ADAPTERS: Final = ("albumentations", "audiomentations", "nlpaug", "torch_audiomentations", "torchvision")
"""Libraries that a distribution augreg-<library> adapts, with hyphens for underscores."""


def convert(source: Any, *, registry: Registry | None = None) -> Converted:
    """Return another library's pipeline as a pipeline of augreg, and what became of each transform.

    A transform becomes an augmenter of augreg that does the same at the same parameters, where there is one; else it
    runs through the library's adapter (``albumentations.RandomFog``), where that plugin is installed. What is not quite
    the same, such as how a number is rounded or drawn, stands in the report. Random numbers are augreg's own.

    Args:
        source: a Compose of albumentations, or what its ``to_dict`` returns; a transform of torchvision, of
            audiomentations or of torch-audiomentations; an augmenter or a flow of nlpaug; the settings of ultralytics
            (``hsv_h``, ``fliplr``, ...) as a mapping; a ``train_pipeline`` of MMDetection as a list; or a string of
            timm, such as ``rand-m9``.
        registry: where augmenters are looked up; that of this process if none is given.

    Returns:
        A Converted: ``.pipeline``, ``.lines`` (one for each transform) and ``.to_yaml()``.

    Raises:
        ConfigError: nothing that can be read, or transforms that neither an augmenter nor an installed adapter does:
            all of them are named, with why and what to do.

    >>> import augreg
    >>> flip = {"__class_fullname__": "HorizontalFlip", "p": 0.5}
    >>> found = augreg.convert({"__version__": "2.0.8", "transform": flip})
    >>> print(found)
    albumentations.HorizontalFlip -> image.hflip
    >>> found.pipeline.to_dict()["image"]
    [{'image.hflip': {'p': 0.5}}]

    """
    found = read(source)
    walk = _Walk(found, registry or registries.default())
    steps = [step for item in found.steps for step in walk.steps(item)]
    if walk.refused:
        raise ConfigError("\n".join(walk.refused))
    try:
        pipeline = Pipeline({found.modality: steps}, registry=registry)
    except ConfigError as error:
        raise ConfigError(f"{found.library}: {error}") from None
    return Converted(found.library, pipeline, tuple(walk.lines), found.notes)


@dataclass(slots=True)
class _Walk:
    """Turns items into steps, and notes what became of them."""

    found: Read
    registry: Registry
    lines: list[Line] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def steps(self, item: Item) -> list[Any]:
        """Return the steps of an item; none where it is left out or refused."""
        if isinstance(item, Group):
            return self._group(item)
        if isinstance(item, LeftOut):
            self.lines.append(Line(f"{self.found.library}.{item.name}", "left out", "", (item.why,)))
            return []
        if isinstance(item, Ours):
            policy = isinstance(item.step, Policy)
            ours = f"policy.{type(item.step).__name__.lower()}" if policy else next(iter(item.step))
            self.lines.append(Line(f"{self.found.library}.{item.name}", "native", ours, item.differs))
            return [item.step]
        if self.found.library == "nlpaug":
            return self._nlpaug(item)
        return self._transform(item)

    def _group(self, group: Group) -> list[Any]:
        made = [self.steps(one) for one in group.steps]
        if group.kind != "sequential" and not all(made) and not self.refused:
            # What does nothing is still one of those that may be chosen.
            raise ConfigError(
                f"{self.found.library}: a group of which one or some are chosen holds what augreg leaves out, such as "
                "a step that does nothing. Take it out, and lower p of the group."
            )
        if group.kind == "sequential":
            steps = [step for one in made for step in one]
            if not steps or (group.p == 1.0 and len(steps) == 1):
                return steps
            return [{"sequential": {"steps": steps, "p": group.p}}]
        steps = [one[0] if len(one) == 1 else {"sequential": {"steps": one}} for one in made if one]
        return [{group.kind: {"steps": steps, **group.options, "p": group.p}}] if steps else []

    def _transform(self, item: Transform) -> list[Any]:
        rule = TABLES.get(self.found.library, {}).get(item.name)
        read_only = self.found.library not in TABLES
        reason = "its parameters are kept as they are" if read_only else "nothing does the same"
        if rule is not None:
            given = Given(item.params)
            try:
                same = rule(given)
                given.end()
                return self._native(item, same)
            except NoEqualError as error:
                reason = str(error)
        return self._adapted(item, reason)

    def _native(self, item: Transform, same: Same) -> list[Any]:
        names = " + ".join(name for name, _ in same.steps)
        self.lines.append(Line(f"{self.found.library}.{item.name}", "native", names, same.differs))
        if len(same.steps) == 1:
            ((name, params),) = same.steps
            return [{name: {**params, **self._defaults(name, params), "p": item.p}}]
        inner = [{name: {**params, **self._defaults(name, params), "p": 1.0}} for name, params in same.steps]
        return [{"sequential": {"steps": inner, "p": item.p}}]

    def _defaults(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was said for all steps, as far as this one takes it."""
        if not self.found.defaults:
            return {}
        takes = {spec.name for spec in param.describe(self.registry.load(name))} - set(params)
        return {key: value for key, value in self.found.defaults.items() if key in takes}

    def _adapted(self, item: Transform, reason: str) -> list[Any]:
        name = f"{self.found.library}.{item.name}"
        if name in {spec.name for spec in self.registry.augmenters()}:
            self.lines.append(Line(name, "adapter", name, (reason,)))
            return [{name: {**item.params, "p": item.p}}]
        self.refused.append(f"{name} has no equal in augreg: {reason}. {self._advice(name)}")
        return []

    def _nlpaug(self, item: Transform) -> list[Any]:
        name = f"nlpaug.{item.name}"
        spec = table_nlpaug.adapter(item, self.registry)
        if spec is None:
            self.refused.append(f"{name} has no equal in augreg: {self._advice(name)}")
            return []
        params, unread = table_nlpaug.params_of(item, self.registry.load(spec.name))
        self.lines.append(Line(name, "adapter", spec.name, unread))
        return [{spec.name: {**params, "p": item.p}}]

    def _advice(self, name: str) -> str:
        """Return what to do about a transform that is refused."""
        near = known_as(name, aliases([*self.registry.augmenters(), *self.registry.policies()]))
        hint = f", or write {near[0].ours} in its place" if near else ""
        plugin = f"augreg-{self.found.library}".replace("_", "-")
        there = next((one for one in self.registry.records if one.plugin == plugin), None)
        if there is None and self.found.library in ADAPTERS:
            return f"Run: pip install {plugin}{hint}"
        if there is not None and there.status != "ok":
            return f"{plugin} would bring it, and is {there.status}: {there.reason}. Mend that{hint}"
        return f"Take it out{hint}"
