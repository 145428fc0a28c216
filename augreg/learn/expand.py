"""Grows a data set to a size: candidates in rounds, gates, and of what passes the most useful ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from augreg.engine.augment import seed_of
from augreg.errors import ConfigError
from augreg.learn.expand_draws import Draws
from augreg.learn.expand_rounds import SELECTS, Grown, Growth
from augreg.learn.gates import Gates
from augreg.learn.gates_copies import Copier
from augreg.learn.gates_pairs import PairJudge
from augreg.learn.gates_seen import sample_of
from augreg.learn.generators import Generator, Named
from augreg.learn.records import RECORD
from augreg.loaders.hard_labels import checked_keys


def grow(
    sources: Sequence[Any],
    classes: Sequence[str],
    pipeline: Any,
    *,
    size: int | None = None,
    per_class: int | None = None,
    seed: int | None = 0,
    keys: Sequence[Any] | None = None,
    groups: Sequence[Any] | None = None,
    held_out: Sequence[Any] = (),
    practice: Any = None,
    rounds: int = 20,
    gates: Sequence[str] | None = None,
    pair: PairJudge | None = None,
    select: str = SELECTS[0],
    generator: str | Generator | None = None,
) -> Grown:
    """Return augmented samples by which a data set grows to a size.

    Each round makes one more copy of every source of the classes that are short. Copies that pass
    :class:`augreg.learn.gates.Gates` are kept until there are twice as many as wanted; of those,
    :func:`augreg.learn.select.facility_location` chooses in each class, its sources being covered, and, with groups,
    as evenly from each as can be. Gates are never lowered: what is missing in the end is the shortage. A new sample is
    ``augreg.augment(source, pipeline, seed=seed, keys=key, copy=copy)`` again, bit for bit, and belongs where its
    source does: to its split and its group.

    Which operations a copy meets, and how strong, is known from its key and number before it is made. Of what passes
    less than half as often as the mean of the class the number is passed over, but for one in ten.

    Args:
        sources, classes, groups, held_out, practice, gates, pair: as in :class:`augreg.learn.gates.Gates`; sources are
            of the training split.
        pipeline: what :func:`augreg.augment` takes. Steps that mix samples or change labels are refused.
        size: how many samples there are to be, sources included: the smallest classes grow first.
        per_class: how many of each class there are to be, sources included; one of the two is given.
        seed: with equal seed and keys the result is the same.
        keys: of the sources; None: their places.
        rounds: most copies that are tried of each source.
        select: "facility-location", or "random": any of those that passed.
        generator: makes candidates, too, such as a GAN or a diffusion model of your own: a callable, or the name by
            which a plugin offers one (:class:`augreg.GeneratorSpec`). It is called in each round for each
            class that is short with its sources, their number, and a seed (an integer), it returns so many samples, or
            fewer. They pass the same gates, but for "changed", as they are made of no one source; the label is judged
            by the mean of all models. Where it is to be the only one, give ``pipeline=None``.

    Raises:
        ConfigError: the numbers or the pipeline are wrong; see also Gates.
        SampleError: a sample cannot be read.

    >>> from augreg.learn.expand import grow
    >>> texts = ["the cat sat on a red mat", "my dog ran after your car", "cats sleep all day", "dogs bark at night"]
    >>> found = grow(texts, ["cat", "dog"] * 2, ["text.word_swap"], per_class=3)
    >>> len(found.samples), found.shortage
    (2, {})

    """
    keyed = checked_keys(keys, len(sources))
    asked = Gates(sources, classes, groups=groups, held_out=held_out, practice=practice, gates=gates, pair=pair)
    if pipeline is None and generator is None:
        raise ConfigError(
            "there is neither a pipeline nor a generator, and so nothing that makes candidates. Give one."
        )
    growth = Growth(asked, keyed)
    if pipeline is not None:
        copier = Copier.of(pipeline, seed, asked.modality)
        growth.copying(_Copies(copier, sources, keyed), Draws(copier.pipe, asked.modality, copier.seed))
    if generator is not None:
        given = sources  # a plugin's is promised samples, one of the user's own gets back what was given
        if isinstance(generator, str):
            given = [sample_of(sample, f"source {place}") for place, sample in enumerate(sources)]
        growth.generating(Named.of(generator, asked.modality), given, seed_of(seed))
    wanted: dict[str, Any] = {"size": size, "per_class": per_class, "rounds": rounds, "select": select}
    return growth.run(**wanted, groups=groups, seed=seed_of(seed))


@dataclass(frozen=True, slots=True)
class _Copies:
    """Makes copies of samples in memory."""

    copier: Copier
    sources: Sequence[Any]
    keys: Sequence[Any]
    traces: dict[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)

    def copies(self, asked: Sequence[tuple[int, int]]) -> list[Any]:
        """See :class:`Maker`."""
        if self.copier.modality != RECORD:
            return [self.copier.copy(self.sources[origin], self.keys[origin], copy) for origin, copy in asked]
        made = []
        for origin, copy in asked:
            record, self.traces[origin, copy] = self.copier.traced(self.sources[origin], self.keys[origin], copy)
            made.append(record)
        return made
