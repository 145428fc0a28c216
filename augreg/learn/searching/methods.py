"""How candidates are chosen: at random, or by Optuna from what the trials before gave; and the table of methods."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from augreg.errors import ConfigError
from augreg.learn.searching.levels import cta
from augreg.learn.searching.space import Dimension
from augreg.learn.searching.weights import weights
from augreg.learn.searching.work import Method, Trial, Work, gain, mean

TRIALS: Final = 60
"""Trials at most: with a dozen dimensions, further ones find little that two seeds can tell apart."""

BATCH: Final = 4
"""Trials that are chosen at once. It does not hang on the number of workers, so neither do results."""

UNKNOWN: Final = 20
"""Random trials before Optuna learns from them."""


def random(work: Work) -> None:
    """Try trivial, then candidates drawn at random."""
    rng = np.random.Generator(np.random.PCG64([work.seed, 2]))
    chosen = [work.space.start]
    for _ in range(TRIALS // BATCH):
        while len(chosen) < BATCH:
            chosen.append({one.name: one.choices[int(rng.integers(len(one.choices)))] for one in work.space.dimensions})
        work.attempt([work.space.candidate(one) for one in chosen])
        chosen = []


def optuna(work: Work) -> None:
    """Try trivial, then candidates that Optuna's tree of Parzen estimators proposes."""
    if find_spec("optuna") is None:
        raise ConfigError(
            "method 'optuna' needs Optuna. Install it: pip install 'augreg[learn]', or search by method='random'."
        )
    import optuna as library

    distributions = {one.name: _distribution(one) for one in work.space.dimensions}
    with _quiet():
        study = _study(work)
        study.enqueue_trial({one.name: _number(one, one.default) for one in work.space.dimensions})
        for batch in range(TRIALS // BATCH):
            # A sampler of each batch's own: after a stop the same trials come, whose trainings are there already.
            study.sampler = library.samplers.TPESampler(
                n_startup_trials=UNKNOWN, multivariate=True, constant_liar=True, seed=work.seed * 1000 + batch
            )
            asked = [study.ask(distributions) for _ in range(BATCH)]
            trials = work.attempt([work.space.candidate(_chosen(work, trial.params)) for trial in asked])
            for trial, held in zip(asked, trials, strict=True):
                _told(study, trial, held, work)


def _chosen(work: Work, params: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: _value(one, params[one.name]) for one in work.space.dimensions}


def _told(study: Any, asked: Any, trial: Trial, work: Work) -> None:
    from optuna.trial import TrialState

    asked.set_user_attr("chosen", dict(trial.candidate.chosen))
    if not trial.scores:
        study.tell(asked, state=TrialState.FAIL)
        return
    # What is peculiar to the splits of these seeds is the same in all trials, trivial's among them.
    base = work.base_of(trial)
    same_settings = base.scores and not trial.candidate.settings
    study.tell(asked, gain(trial, base) if same_settings else mean(trial))


def _study(work: Work) -> Any:
    """Return a new study, whose file others can open. It is told all again after a stop, from the trainings' files."""
    from optuna import create_study
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    work.folder.mkdir(parents=True, exist_ok=True)
    path = work.folder / "study.log"
    path.unlink(missing_ok=True)
    storage = JournalStorage(JournalFileBackend(str(path)))
    return create_study(storage=storage, study_name="augreg search", direction="maximize")


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Optuna say nothing, and leave what it is to say as it was."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that parts of it are experimental
            yield
    finally:
        logging.set_verbosity(before)


def _distribution(one: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return CategoricalDistribution(one.choices) if _is_switch(one) else IntDistribution(0, len(one.choices) - 1)


def _is_switch(one: Dimension) -> bool:
    return one.choices == (True, False)


def _number(one: Dimension, value: Any) -> Any:
    """Return a value as Optuna sees it: those in order as places, of which neighbors are alike."""
    return value if _is_switch(one) else one.choices.index(value)


def _value(one: Dimension, number: Any) -> Any:
    return number if _is_switch(one) else one.choices[number]


METHODS: Final[Mapping[str, Method]] = {"random": random, "optuna": optuna, "cta": cta, "weights": weights}
"""Method -> the function that tries candidates, see :data:`augreg.learn.searching.work.Method`; others go here."""
