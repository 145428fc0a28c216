"""Polygons: what a canvas leaves of them, against shapely and against membership of points; areas by formula."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.data.polygons import clip_polygon, polygon_area

HEIGHT, WIDTH = 20, 30
CANVAS = shapely.box(0, 0, WIDTH, HEIGHT)


def winding(points: np.ndarray, x: float, y: float) -> int:
    """Return how often a polygon runs around a point."""
    turns = 0
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        turns += int(y0 <= y < y1 and left > 0) - int(y1 <= y < y0 and left < 0)
    return turns


def star(seed: int, n: int, *, whole: bool) -> np.ndarray:
    """Return a polygon with deep notches, larger than the canvas: seen from its center, angles only grow.

    Whole numbers put corners and sides onto the border; rounding may make it cross itself.
    """
    rng = np.random.default_rng(seed)
    angle, radius = np.sort(rng.uniform(0, 2 * np.pi, n)), rng.uniform(2, 30, n)
    found = rng.uniform([0, 0], [WIDTH, HEIGHT]) + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(np.rint(found) if whole else found)


STARS = given(seed=st.integers(0, 10**6), n=st.integers(3, 40), whole=st.booleans())


@STARS
@settings(max_examples=200, deadline=None)
def test_parts_are_those_of_shapely(seed: int, n: int, whole: bool) -> None:
    polygon = star(seed, n, whole=whole)
    theirs = shapely.Polygon(polygon)
    parts = clip_polygon(polygon, HEIGHT, WIDTH)
    for part in parts:
        assert ((part >= 0) & (part <= [WIDTH, HEIGHT])).all()
        assert len(part) >= 3
    if not theirs.is_valid:
        return
    wanted = shapely.intersection(theirs, CANVAS)
    area = sum(map(polygon_area, parts))
    assert area == pytest.approx(wanted.area, abs=1e-6)
    ours = shapely.union_all([shapely.Polygon(part).buffer(0) for part in parts])
    assert ours.symmetric_difference(wanted).area == pytest.approx(0, abs=1e-6)
    if not whole:
        large = [each for each in shapely.get_parts(wanted) if each.area > 1e-9]
        assert len(parts) == len(large)
    if theirs.within(CANVAS):
        assert parts[0] is polygon


@STARS
@settings(max_examples=60, deadline=None)
def test_the_same_points_of_the_canvas_lie_inside(seed: int, n: int, whole: bool) -> None:
    polygon = star(seed, n, whole=whole)
    parts = clip_polygon(polygon, HEIGHT, WIDTH)
    for x, y in np.random.default_rng(seed + 1).uniform(0, [WIDTH, HEIGHT], (40, 2)).tolist():
        assert sum(winding(part, x, y) for part in parts) == winding(polygon, x, y)


COMB = [[-5, 0], [4, 0], [4, 2], [-3, 2], [-3, 4], [6, 4], [6, 6], [-3, 6], [-3, 8], [2, 8], [2, 10], [-5, 10]]


def test_a_comb_falls_apart_into_its_teeth_in_their_order() -> None:
    parts = clip_polygon(np.array(COMB, dtype=float), HEIGHT, WIDTH)
    assert [[*part.min(axis=0), *part.max(axis=0)] for part in parts] == [[0, 0, 4, 2], [0, 4, 6, 6], [0, 8, 2, 10]]
    assert [polygon_area(part) for part in parts] == [8, 12, 4]


@pytest.mark.parametrize("reverse", [False, True])
def test_inside_unchanged_outside_nothing(reverse: bool) -> None:
    inside = np.array([[0.0, 0.0], [WIDTH, 0.0], [WIDTH, HEIGHT]])[:: -1 if reverse else 1]
    (found,) = clip_polygon(inside, HEIGHT, WIDTH)
    assert found is inside
    assert clip_polygon(inside + np.array([WIDTH, 0]), HEIGHT, WIDTH) == []
    assert clip_polygon(inside - [WIDTH, HEIGHT], HEIGHT, WIDTH) == []
    around = np.array([[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]])[:: -1 if reverse else 1]
    (whole,) = clip_polygon(around, HEIGHT, WIDTH)
    assert polygon_area(whole) == HEIGHT * WIDTH
    assert clip_polygon(inside[:2], HEIGHT, WIDTH) == []


def test_areas_are_those_of_regular_polygons() -> None:
    rng = np.random.default_rng(0)
    for n in range(3, 12):
        turns = 2 * np.pi * np.arange(n) / n
        regular = rng.uniform(-1e6, 1e6, 2) + 7.0 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        assert polygon_area(regular) == pytest.approx(0.5 * n * 49 * np.sin(2 * np.pi / n), rel=1e-8)
        assert polygon_area(regular[::-1]) == pytest.approx(polygon_area(regular))


def test_an_object_that_a_crop_parts_has_several_polygons() -> None:
    """Teeth that stick into the crop, their spine outside: COCO writes such an object as several polygons."""
    comb = np.add(COMB, [20.0, 5.0]).reshape(-1).tolist()
    record = {
        "image": np.zeros((20, 60, 3), dtype=np.uint8),  # the crop begins at 20
        "boxes": [[15, 5, 11, 10]],
        "parts": [[comb]],
        "area": [float(polygon_area(np.reshape(comb, (-1, 2))))],
    }
    schema = {
        "image": "image",
        "boxes": "xywh boxes of image",
        "parts": "segmentation of boxes",
        "area": "area of boxes",
    }
    crop = augreg.Pipeline([{"image.center_crop": {"size": [20, 20]}}], schema=schema)
    found = crop(record)
    assert [polygon_area(np.reshape(each, (-1, 2))) for each in found["parts"][0]] == [8, 12, 4]
    assert found["area"] == [24.0]
