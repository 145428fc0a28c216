"""nlpaug's classes with what is broken in them replaced, as private subclasses: nlpaug itself stays as it is."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from augreg_nlpaug import dsp, lookups
from augreg_nlpaug.private import load


def mended(path: str, kind: type) -> type:
    """Return a class of nlpaug, or a subclass of the same name that works.

    nlpaug decides by the name of a class in some places, so the name stays.
    """
    mend = _MENDED.get(path)
    return kind if mend is None else type(kind.__name__, (kind,), mend(kind))


def _synonym(_kind: Any) -> dict[str, Any]:
    """Take WordNet from augreg-text: nltk's asks for a tagger under a name that nltk 3.9 no longer has."""

    def get_model(_cls: type, aug_src: str, _lang: str, dict_path: str, _force: bool) -> Any:
        return lookups.paraphrases(dict_path) if aug_src == "ppdb" else lookups.dictionary("synonym")

    return {"get_model": classmethod(get_model)}


def _antonym(_kind: Any) -> dict[str, Any]:
    """See :func:`_synonym`."""
    return {"get_model": classmethod(lambda *_: lookups.dictionary("antonym"))}


def _scores(_kind: Any) -> dict[str, Any]:
    """Keep the scores of each folder apart; nlpaug keeps the first that are loaded."""
    return {"get_model": lambda self, **_: lookups.scores(self.model_path)}


def _vectors(_kind: Any) -> dict[str, Any]:
    """Read vectors without gensim, and keep those of each file apart."""
    return {"get_model": classmethod(lambda _cls, model_path, top_k, **_: lookups.Vectors(model_path, top_k))}


def _librosa(name: str) -> Callable[[Any], dict[str, Any]]:
    """Let an augmenter's model have our transforms for librosa's."""

    def mend(kind: Any) -> dict[str, Any]:
        base: Any = load(f"model.audio:{name}")
        work = {key: rebound(value, librosa=dsp.LIBROSA) for key, value in vars(base).items() if _plain(value)}
        if "_manipulate" in work:
            work["_manipulate"] = _as_long(work["_manipulate"])
        model = type(name, (base,), work | {"__init__": lambda self: None})
        return {"__init__": rebound(kind.__init__, nma=types.SimpleNamespace(**{name: model}))}

    return mend


def _as_long(work: Any) -> Any:
    """Let what comes out be as long as what goes in; nlpaug's warp loses up to a window."""

    def manipulate(self: Any, audio: Any, **options: Any) -> Any:
        made = work(self, audio, **options)[: len(audio)]
        return np.pad(made, (0, len(audio) - len(made)))

    return manipulate


def _plain(member: Any) -> bool:
    return isinstance(member, types.FunctionType) and member.__name__ != "__init__"


def rebound(function: Any, **names: Any) -> Any:
    """Return a copy of a function that finds other things under some global names."""
    seen = {**function.__globals__, **names}
    made = types.FunctionType(function.__code__, seen, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _quiet(kind: Any) -> dict[str, Any]:
    """Multiply by the factor; nlpaug multiplies by a thousand times that."""

    def manipulate(data: Any, loudness_level: float, time_start: int, time_end: int) -> Any:
        made = data.copy()
        made[:, time_start:time_end] *= loudness_level
        return made

    def init(self: Any, **options: Any) -> None:
        kind.__init__(self, **options)
        self.model = types.SimpleNamespace(manipulate=manipulate)

    return {"__init__": init}


_MENDED: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "augmenter.word:SynonymAug": _synonym,
    "augmenter.word:AntonymAug": _antonym,
    "augmenter.word:TfIdfAug": _scores,
    "augmenter.word:WordEmbsAug": _vectors,
    "augmenter.audio:PitchAug": _librosa("Pitch"),
    "augmenter.audio:SpeedAug": _librosa("Speed"),
    "augmenter.audio:VtlpAug": _librosa("Vtlp"),
    "augmenter.spectrogram:LoudnessAug": _quiet,
}
