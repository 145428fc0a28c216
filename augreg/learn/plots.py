"""Curves as SVG, without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from augreg.jobs import html

WIDE, HIGH, EDGE, LEGEND = 860, 300, 60, 260
"""Pixels of a plot, of its margins, and of the names at its right."""

LONGEST: Final = 36
"""Letters of a name for which there is room."""

COLORS: Final = ("#1f5fa8", "#b3261e", "#1b6e3c", "#8a5a00", "#6a3d9a", "#555", "#00838f", "#ad1457", "#5d4037", "#000")

Points = Sequence[tuple[float, float, float | None]]
"""x, y, and half an interval of y, if there is one."""


def curves(found: Mapping[str, Points], axis: str, loose: Sequence[str] = ()) -> str:
    """Return a plot of curves.

    Args:
        found: name -> points in the order of x.
        axis: what x is.
        loose: names whose points are not joined.

    >>> from augreg.learn.plots import curves
    >>> curves({"none": [(0.0, 0.5, None), (1.0, 0.7, 0.1)]}, "dose").count("<circle")
    2

    """
    points = [point for held in found.values() for point in held]
    if not points:
        return ""
    ends = (min(x for x, _, _ in points), max(x for x, _, _ in points))
    lows, highs = ([y + sign * (half or 0.0) for _, y, half in points] for sign in (-1, 1))
    place = _Place(ends, (min(lows), max(highs)))
    drawn = "".join(_axes(place, axis)) + "".join(
        part
        for number, (name, held) in enumerate(found.items())
        for part in _curve(place, name, held, number, joined=name not in loose)
    )
    high = max(HIGH, EDGE + 18 * len(found))
    return f'<svg viewBox="0 0 {WIDE} {high}" width="{WIDE}" font-size="12">{drawn}</svg>\n'


def scatter(points: Sequence[Sequence[float]], classes: Sequence[str], plain: int) -> str:
    """Return a plot of points in the colors of their classes.

    Args:
        points: x and y of each.
        classes: of each.
        plain: so many of them are dots; the others are rings.

    >>> from augreg.learn.plots import scatter
    >>> scatter([(0.0, 1.0), (2.0, 3.0), (1.0, 1.0)], ["cat", "dog", "dog"], 2).count('fill="none"')
    1

    """
    if not points:
        return ""
    xs, ys = zip(*points, strict=True)
    place = _Place((min(xs), max(xs)), (min(ys), max(ys)))
    names = sorted({*classes})
    drawn = [*_axes(place, "first component")]
    for number, ((x, y), name) in enumerate(zip(points, classes, strict=True)):
        color, (across, up) = COLORS[names.index(name) % len(COLORS)], place(x, y)
        style = f'fill="{color}" opacity="0.7"' if number < plain else f'fill="none" stroke="{color}"'
        drawn.append(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" {style}/>')
    for number, name in enumerate(names):
        x, y = WIDE - LEGEND + 15, 20 + 18 * number
        drawn.append(f'<circle cx="{x + 9}" cy="{y - 4}" r="4" fill="{COLORS[number % len(COLORS)]}"/>')
        drawn.append(f'<text x="{x + 24}" y="{y}">{html.text(_short(name))}</text>')
    high = max(HIGH, EDGE + 18 * len(names))
    return f'<svg viewBox="0 0 {WIDE} {high}" width="{WIDE}" font-size="12">{"".join(drawn)}</svg>\n'


class _Place:
    """Where a point lies on the paper."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.x, self.y = x, y

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1.0)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1.0)
        return EDGE + across * (WIDE - EDGE - LEGEND), HIGH - EDGE - up * (HIGH - EDGE - 15)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _axes(place: _Place, axis: str) -> Iterator[str]:
    for value in (place.y[0], sum(place.y) / 2, place.y[1]):
        left, y = place(place.x[0], value)
        right, _ = place(place.x[1], value)
        yield f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:.2g}</text>'
    for value in place.x:
        x, y = place(value, place.y[0])
        yield f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{value:g}</text>'
    middle, bottom = place(sum(place.x) / 2, place.y[0])
    yield f'<text x="{middle:.1f}" y="{bottom + 34:.1f}" text-anchor="middle">{html.text(axis)}</text>'


def _curve(place: _Place, name: str, points: Points, number: int, *, joined: bool) -> Iterator[str]:
    color = COLORS[number % len(COLORS)]
    at = [place(x, y) for x, y, _ in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    if joined:
        yield f'<polyline points="{line}" fill="none" stroke="{color}"/>'
    for (x, y), (one, value, half) in zip(at, points, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{color}"/>'
        if half:
            (_, low), (_, high) = place(one, value - half), place(one, value + half)
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{color}"/>'
    x, y = WIDE - LEGEND + 15, 20 + 18 * number
    yield f'<line x1="{x}" x2="{x + 18}" y1="{y - 4}" y2="{y - 4}" stroke="{color}" stroke-width="2"/>'
    yield f'<text x="{x + 24}" y="{y}">{html.text(_short(name))}</text>'
