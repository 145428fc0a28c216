"""What a search found: the policy that is written, why, and the file with its evidence."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.learn.effects import SHARES
from augreg.learn.searching.confirm import Finalist
from augreg.learn.searching.work import Trial, mean
from augreg.learn.telling import difference, number
from augreg.pipeline import Pipeline
from augreg.pipeline.config import dump
from augreg.registry import default

MARK: Final = "# augreg search: "
"""How files begin that a search wrote: others are not overwritten."""

VERSIONS: Final = ("augreg", "torch", "numpy", "scikit-learn", "optuna")


@dataclass(frozen=True)
class Found:
    """What :func:`augreg.learn.search` found.

    Args:
        data: name, modality, counts of samples, digest of the training samples.
        method: how candidates were chosen.
        model: what was trained.
        metric: what policies are compared by.
        trials: all that was tried.
        finalists: those that were compared with trivial on the part held back.
        base: ``policy.trivial``, as a pipeline.
        outcome: "better", "not better", "nothing better tried", "not confirmed" or "interrupted".
        seeds: of the confirmation.
        tests: paths of the samples that were held back for a test of the user's own.
        notes: what the user should know.
        learned: what a method learned beside its trials: the weights of ``weights``.

    >>> import augreg.learn
    >>> data = augreg.learn.digits(150)
    >>> found = augreg.learn.search(data, method="random", model="sklearn:GaussianNB", trainings=50, seeds=2)
    >>> found.outcome == "better" or found.pipeline == augreg.Pipeline({"image": ["policy.trivial"]})
    True

    """

    data: Mapping[str, Any]
    method: str
    model: str
    metric: str
    trials: Sequence[Trial]
    finalists: Sequence[Finalist]
    base: Mapping[str, Any]
    outcome: str
    seeds: Sequence[int]
    tests: Sequence[str] = ()
    notes: Sequence[str] = field(default=())
    learned: Mapping[str, Any] | None = None

    @property
    def best(self) -> Finalist | None:
        """The policy that beats trivial; None if none does."""
        better = [one for one in self.finalists if one.to_trivial.above]
        return max(better, key=lambda one: one.to_trivial.mean) if better and self.outcome == "better" else None

    @property
    def unconfirmed(self) -> Trial | None:
        """The best trial of a search that was stopped before it was confirmed; None of any other."""
        tried = [one for one in self.trials if one.candidate.steps not in (None, self.base)]
        if self.outcome not in ("interrupted", "not confirmed") or not tried:
            return None
        return max(tried, key=lambda one: (len(one.scores), mean(one)))

    @property
    def pipeline(self) -> Pipeline:
        """What is written: the policy that beats trivial, or trivial."""
        best = self.best
        return Pipeline.from_dict(self.base if best is None or best.candidate.steps is None else best.candidate.steps)

    @property
    def summary(self) -> str:
        """What was found, in plain words."""
        best, held = self.best, self.data["held"]
        if best is not None:
            tuned = ", ".join(f"{name}={value}" for name, value in best.candidate.settings.items())
            with_settings = f" Both were trained with {tuned}." if tuned else ""
            return (
                f"The policy beats trivial: {self._by(best)} ({len(self.seeds)} paired seeds, {held} samples held back "
                f"from the search).{with_settings}"
            )
        if self.outcome == "not better" and self.finalists:
            first = max(self.finalists, key=lambda one: one.to_trivial.mean)
            several = f"best of {len(self.finalists)}" if len(self.finalists) > 1 else "one candidate"
            return (
                f"Trivial: no candidate was shown to beat it ({several}: {self._by(first)}, {len(self.seeds)} paired "
                f"seeds, {held} samples held back from the search)."
            )
        if self.outcome == "nothing better tried":
            return f"Trivial: it was the best of {len(self.trials)} trials."
        why = "the search was interrupted" if self.outcome == "interrupted" else "the budget did not last"
        return f"Trivial: {why} before anything was confirmed; go on with the same --report, or a larger budget."

    def _by(self, one: Finalist) -> str:
        unit = f" points of {self.metric}" if self.metric in SHARES else f" in {self.metric}"
        return f"{difference(one.to_trivial, self.metric)}{unit}"

    @property
    def text(self) -> str:
        """The file: a pipeline as ``augreg run`` takes it, with the evidence as comments that are YAML themselves."""
        best = self.best
        one = best or max(self.finalists, key=lambda held: held.to_trivial.mean, default=None)
        said: dict[str, Any] = {
            "written": "policy" if best else "trivial",
            "data": self.data["name"],
            "digest of training samples": self.data["digest"],
            "model": self.model,
            "method": f"{self.method}, {len(self.trials)} trials",
            **({} if one is None else self._evidence(one)),
            "versions": versions(),
        }
        lines = [f"# {line}" for line in dump(said).splitlines()]
        first = f"{MARK}{' '.join(self.summary.split())}"
        return "\n".join([first, *lines, dump(self.pipeline.to_dict())])

    def _evidence(self, one: Finalist) -> dict[str, Any]:
        scale = 100 if self.metric in SHARES else 1
        half = one.to_trivial.half
        found = {
            "metric": self.metric,
            "effect against trivial": round(one.to_trivial.mean * scale, 3),
            "interval": None if half is None else [round((one.to_trivial.mean + s * half) * scale, 3) for s in (-1, 1)],
            "confidence": f"95 % for {len(self.finalists)} finalists together, over seeds and samples",
            "seeds": list(self.seeds),
            "samples held back": self.data["held"],
            "candidate": number(one.number, self.metric),
            "trivial": number(one.trivial, self.metric),
        }
        return {**found, **({"trained with": dict(one.candidate.settings)} if one.candidate.settings else {})}

    def save(self, path: str | Path) -> None:
        """Write the policy, or trivial, to a ``.yaml`` file.

        Raises:
            ConfigError: a file is there that no search wrote, or it cannot be written.

        """
        check_target(path)
        try:
            Path(path).write_text(self.text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"{str(path)!r} cannot be written: {error.strerror}. Give a folder that is there."
            ) from None

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "summary": self.summary,
            "outcome": self.outcome,
            "pipeline": self.pipeline.to_dict(),
            "data": dict(self.data),
            "method": self.method,
            "model": self.model,
            "metric": self.metric,
            "seeds": list(self.seeds),
            "finalists": [one.to_json() for one in self.finalists],
            "trials": [_trial(one) for one in self.trials],
            "unconfirmed": None if self.unconfirmed is None else _trial(self.unconfirmed),
            "tests": list(self.tests),
            "notes": list(self.notes),
            **({} if self.learned is None else {"learned": dict(self.learned)}),
            "versions": versions(),
        }


def _trial(one: Trial) -> dict[str, Any]:
    scores = {str(seed): score for seed, score in one.scores.items()}
    return {"chosen": dict(one.candidate.chosen), "steps": one.candidate.steps, "scores": scores}


def check_target(path: str | Path) -> None:
    """Refuse to overwrite what no search wrote.

    Raises:
        ConfigError: such a file is there, or the name is none of a YAML file.

    """
    place = Path(path)
    if place.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError(f"{str(path)!r} is no YAML file, which has room for evidence. Give a name as policy.yaml.")
    if place.is_dir() or (place.exists() and not place.read_bytes().startswith(MARK.encode())):
        raise ConfigError(f"{str(path)!r} is there, and no search wrote it. Move it, or give another name (--out).")


def versions() -> dict[str, str]:
    """Return the versions on which results hang."""
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    plugins = {str(one.plugin): str(one.version) for one in default().records if one.plugin != "augreg"}
    return {**found, **dict(sorted(plugins.items()))}
