"""Whether what goes together in a record still does: by what steps alter and captions say, and by a user's judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from augreg.contract.meanings import IN_CAPTIONS
from augreg.data.samples import Sample
from augreg.errors import AugregError, ConfigError
from augreg.modalities.known import modalities
from augreg.pipeline.alterations import SAID
from augreg.registry import Registry, default

PairJudge = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
"""Says of a candidate and its source whether what held between the fields of the source holds in the candidate."""

Traces = Mapping[str, Any]
"""Field -> what was done to it, as :func:`augreg.augment` returns it with ``return_trace=True``."""

UNSURE: Final = "{step} alters {meaning}: {why}"
LOST: Final = "{step} alters the meaning of {field!r}, and the rest of the record stays"


class Pairs:
    """Judges pairs.

    Args:
        sources: records.
        judge: a user's own; None for the rules alone.
        registry: whose plugins read captions.

    """

    def __init__(
        self, sources: Sequence[Mapping[str, Any]], judge: PairJudge | None = None, registry: Registry | None = None
    ) -> None:
        self._sources, self._judge = sources, judge
        self._registry = registry or default()
        self._known = modalities(self._registry)
        self._said: dict[int, Mapping[str, str]] = {}

    def fault(self, candidate: Mapping[str, Any], origin: int, traces: Traces | None) -> str:
        """Return why a pair does not hold any longer, "" if it does.

        Args:
            candidate: the record.
            origin: the place of its source.
            traces: what was done to the fields; None where nobody knows, and the judge alone is asked.

        Raises:
            ConfigError: the judge fails, or returns something else than True or False.

        """
        for said in () if traces is None else self._by_rules(origin, traces):
            return said
        return "" if self._judge is None else self._by_judge(candidate, self._sources[origin])

    def _by_rules(self, origin: int, traces: Traces) -> Iterator[str]:
        for field, trace in traces.items():
            describes = self._describes(self._sources[origin].get(field))
            for step in trace.steps:
                lost = self._lost(step["augmenter"])
                if describes and lost & SAID:
                    yield LOST.format(step=step["augmenter"], field=field)
                told = {} if describes or not lost & IN_CAPTIONS else self._spoken_of(origin)
                for meaning in sorted(lost & told.keys()):
                    yield UNSURE.format(step=step["augmenter"], meaning=meaning, why=told[meaning])

    def _lost(self, name: str) -> frozenset[str]:
        """Return what a step alters, and does not mend in the other fields."""
        try:
            declares = self._registry.load(name).declares
        except AugregError:
            return frozenset()  # a step of the user's own that nobody registered declares nothing that is known here
        return frozenset(declares.alters - declares.mends)

    def _spoken_of(self, origin: int) -> Mapping[str, str]:
        """Return of what the captions of a source speak."""
        if origin not in self._said:
            held = [value for value in self._sources[origin].values() if self._describes(value)]
            captions = [value.data for value in held if isinstance(value.data, str)]
            told = self._registry.hook.augreg_spoken_of(records=[captions]) if captions else [{}]
            if told is None:
                raise ConfigError(
                    "no installed plugin reads captions, so that nobody can tell whether they stay true. Run: pip "
                    "install augreg-joint. Or leave the gate 'pair' out."
                )
            self._said[origin] = told[0]
        return self._said[origin]

    def _describes(self, value: Any) -> bool:
        return isinstance(value, Sample) and self._known[value.modality].describes

    def _by_judge(self, candidate: Mapping[str, Any], source: Mapping[str, Any]) -> str:
        assert self._judge is not None
        try:
            found: Any = self._judge(candidate, source)
        except Exception as error:
            raise ConfigError(f"pair failed on a record: {type(error).__name__}: {error}") from error
        if type(found).__name__ not in ("bool", "bool_"):  # numpy's, too; 0.31 would be taken for True
            raise ConfigError(
                f"pair returned {found!r}. Return True or False, such as score(candidate) >= 0.9 * score(source)."
            )
        return "" if found else "what belongs together does not go together any more, says pair"
