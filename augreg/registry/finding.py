"""Looks for words in the names, tags, summaries and aliases of augmenters; imports none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from augreg.registry.aliases import aliases, folded
from augreg.registry.spec import AugmenterSpec, PolicySpec
from augreg.registry.summaries import summary_of

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""The words of "AddGaussianSNR" and of "gaussian_snr"."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A spec in which all words were found."""

    spec: AugmenterSpec | PolicySpec
    rank: tuple[int, ...]
    """Where each word was found, the best first: 0 in the name, 1 in the tags, 2 in aliases, 3 in the summary."""
    known_as: tuple[str, ...]
    """The aliases that have a word which stands nowhere else."""


def search(specs: Iterable[AugmenterSpec | PolicySpec], words: Sequence[str]) -> list[Hit]:
    """Return the specs in which every word is found, those with the words in their names first.

    A word is found where a word begins with it, in names of ours also within one: "flip" in "hflip". Upper and lower
    case, and an s at its end, count for nothing; "RandomCrop" and "random_crop" are one.
    """
    hits = [hit for spec in specs if (hit := _hit(spec, words)) is not None]
    return sorted(hits, key=lambda hit: (hit.rank, _adapted(hit.spec), hit.spec.name))


def _adapted(spec: AugmenterSpec | PolicySpec) -> bool:
    """Return whether a name is another library's, which comes after those of a modality."""
    return isinstance(spec, AugmenterSpec) and spec.namespace not in spec.modalities


def partly(specs: Sequence[AugmenterSpec | PolicySpec], words: Sequence[str]) -> list[str]:
    """Return the names of the specs that have at least one of several words, those with the most first."""
    if len(words) < 2:
        return []
    count = {spec.name: sum(bool(search([spec], [word])) for word in words) for spec in specs}
    return sorted((name for name, hits in count.items() if hits), key=lambda name: (-count[name], name))


def nearest_word(specs: Iterable[AugmenterSpec | PolicySpec], word: str) -> str:
    """Return the word in names, tags and aliases that is closest to *word*, "" if none is close."""
    known: dict[str, str] = {}
    for spec in specs:
        tags = spec.tags if isinstance(spec, AugmenterSpec) else ()
        known.update({part.lower(): part for text in (spec.name, *tags) for part in (text, *_PARTS.findall(text))})
    known = {**{folded(one.name): one.name for one in aliases(specs)}, **known}
    close = get_close_matches(folded(word), known, n=1, cutoff=0.7)
    return known[close[0]] if close else ""


def _hit(spec: AugmenterSpec | PolicySpec, words: Sequence[str]) -> Hit | None:
    ranks, known_as = [], []
    for word in words:
        rank, seen = _find(spec, _stem(folded(word)), folded(word))
        if rank is None:
            return None
        ranks.append(rank)
        known_as += seen
    return Hit(spec, tuple(sorted(ranks)), tuple(dict.fromkeys(known_as)))


def _find(spec: AugmenterSpec | PolicySpec, stem: str, word: str) -> tuple[int | None, list[str]]:
    """Return where a word is found, and the aliases if it is there only."""
    # Names such as ConstrainedCoarseDropout show where their words begin; in our own, as in hflip, one may lie within.
    if _in_name(spec, stem, word) if _adapted(spec) else word in folded(spec.name):
        return 0, []
    if isinstance(spec, AugmenterSpec) and any(tag.startswith(stem) for tag in (*spec.tags, *spec.modalities)):
        return 1, []
    if seen := [alias for alias in spec.aliases if _in_alias(alias, stem, word)]:
        return 2, seen
    summary = summary_of(spec) if isinstance(spec, AugmenterSpec) else spec.summary
    return (3, []) if any(part.startswith(stem) for part in re.findall(r"\w+", summary.lower())) else (None, [])


def _in_name(spec: AugmenterSpec | PolicySpec, stem: str, word: str) -> bool:
    """Return whether a name of a plugin has the word; "acme" is one of "acme_haze.fade"."""
    return _in_alias(spec.name, stem, word) or word in spec.name.partition(".")[0].casefold().split("_")


def _in_alias(alias: str, stem: str, word: str) -> bool:
    library, _, name = alias.removeprefix("~").partition(".")
    whole, group = folded(name), folded(library)  # "torch_audiomentations" is sought as "torchaudiomentations", too
    parts = [part.lower() for part in _PARTS.findall(name)]
    return word in (group, f"{group}.{whole}") or whole.startswith(word) or any(p.startswith(stem) for p in parts)


def _stem(word: str) -> str:
    """Return a word without the s of a plural."""
    return word.removesuffix("s") if len(word) > 3 else word
