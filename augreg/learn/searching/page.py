"""The page of a search: one HTML file, without scripts: trials, the best so far, and the comparison with trivial."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from augreg.jobs import html
from augreg.learn.effects import SHARES
from augreg.learn.page import STYLE, forest
from augreg.learn.plots import Points, curves
from augreg.learn.searching.found import Found
from augreg.learn.searching.work import Trial, gain, mean
from augreg.learn.telling import difference, number

FINALISTS: Final = ("candidate", "in trials", "metric", "trivial", "to trivial", "to none")
TRIALS: Final = ("trial", "metric", "to trivial", "seeds", "candidate")


def page(found: Found) -> str:
    """Return the page."""
    return "".join(_page(found))


def said(steps: Mapping[str, Any] | None, modality: str) -> str:
    """Return a policy in one line.

    >>> from augreg.learn.searching.page import said
    >>> said({"image": [{"policy.trivial": {"n": 2, "operations": ["image.hflip"]}}]}, "image")
    'n=2: image.hflip'

    """
    if steps is None:
        return "no augmentation"
    body = dict(next(iter(steps[modality][0].values())))
    operations = [next(iter(one)) if isinstance(one, dict) else one for one in body.pop("operations", ())]
    more = ", ".join(f"{name}={value}" for name, value in body.items())
    return f"{more}: {', '.join(operations)}"


def _page(found: Found) -> Iterator[str]:
    facts, modality = found.data, str(found.data["modality"])
    yield html.head("augreg search", STYLE)
    yield f"<h1>{html.text(str(facts['name']))}</h1>\n<p class=lead>{html.text(found.summary)}</p>\n"
    yield (
        f"<p>{facts['samples']} training samples of {facts['classes']} classes ({html.text(modality)}); "
        f"{facts['searched']} searched on, {facts['held']} held back; model {html.text(found.model)}; "
        f"{html.text(found.method)}, {len(found.trials)} trials. The test was not opened.</p>\n"
    )
    yield "".join(f"<p>Note: {html.text(note)}.</p>\n" for note in found.notes)
    yield from _comparison(found, modality)
    if found.unconfirmed is not None:
        steps = found.unconfirmed.candidate.steps
        yield f"<p>Best so far, not confirmed: {html.text(said(steps, modality))}</p>\n"
    yield from _trials(found, modality)
    yield f"<h2>What is written</h2>\n<pre>{html.text_lines(found.text)}</pre>\n"
    yield html.END


def _comparison(found: Found, modality: str) -> Iterator[str]:
    yield f"<h2>Against trivial, on {found.data['held']} samples held back: {html.text(found.metric)}</h2>\n"
    if not found.finalists:
        yield "<p>Not measured: nothing was compared.</p>\n"
        return
    yield (
        f"<p>{len(found.seeds)} fresh paired seeds. ± is half a 95 % interval over seeds and samples, of all "
        f"{len(found.finalists)} together; a policy is written only if its interval is above 0.</p>\n"
    )
    lines = {said(one.candidate.steps, modality): one for one in found.finalists}
    short = {name if len(name) <= 46 else f"{name[:45]}…": one.to_trivial for name, one in lines.items()}
    if len(short) < len(lines):  # those that begin alike are told apart by their place
        short = {f"{place}: {name[:40]}…": one.to_trivial for place, (name, one) in enumerate(lines.items(), 1)}
    yield forest(short, found.metric)
    yield from html.table(
        FINALISTS,
        (
            (
                name,
                _gain(one.trial, found.metric),
                number(one.number, found.metric),
                number(one.trivial, found.metric),
                difference(one.to_trivial, found.metric),
                difference(one.to_none, found.metric),
            )
            for name, one in lines.items()
        ),
    )


def _trials(found: Found, modality: str) -> Iterator[str]:
    yield "<h2>Trials</h2>\n"
    base = next((one for one in found.trials if one.candidate.steps == found.base), None)
    if not found.trials or base is None:
        yield "<p>Not measured: nothing was tried.</p>\n"
        return
    gains = [gain(one, base) for one in found.trials]
    yield (
        "<p>How much better each was than trivial, over the seeds that both have; of one that diverged there is no "
        "point. The first is trivial. The best of many was lucky, too: what counts is the comparison above.</p>\n"
    )
    yield curves(history(gains), "trial", loose=("each trial",))
    rows = [
        (
            str(place),
            _number(one, found.metric),
            _gain(better, found.metric),
            str(len(one.scores)),
            said(one.candidate.steps, modality) + _settings(one),
        )
        for place, (one, better) in enumerate(zip(found.trials, gains, strict=True), 1)
    ]
    yield from html.table(TRIALS, rows)


def history(gains: list[float]) -> dict[str, Points]:
    """Return the points of a plot: each trial, and the best until then; places count from 1.

    >>> from augreg.learn.searching.page import history
    >>> history([0.0, -0.5, float("-inf"), 0.25])["best so far"]
    [(1.0, 0.0, None), (2.0, 0.0, None), (3.0, 0.0, None), (4.0, 0.25, None)]

    """
    best, so_far = -math.inf, []
    for place, value in enumerate(gains, 1):
        best = max(best, value)
        so_far.append((float(place), best, None))
    each = [(float(place), value, None) for place, value in enumerate(gains, 1) if math.isfinite(value)]
    return {"best so far": [one for one in so_far if math.isfinite(one[1])], "each trial": each}


def _settings(one: Trial) -> str:
    return "".join(f"; {name}={value}" for name, value in one.candidate.settings.items())


def _number(one: Trial, metric: str) -> str:
    if not one.scores:
        return "diverged"
    return f"{100 * mean(one):.1f}" if metric in SHARES else f"{mean(one):.3g}"


def _gain(value: float, metric: str) -> str:
    if not math.isfinite(value):
        return ""
    return f"{100 * value:+.1f}" if metric in SHARES else f"{value:+.3g}"
