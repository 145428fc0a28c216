"""Plans: every map's inverse, reach and kind, whatever stands beside it in the batch."""

import numpy as np
import pytest
from augreg_image import matrices
from augreg_image.kernels.reads import make_reads
from augreg_image.kernels.resampling import Resampling
from augreg_image.kernels.warp_plan import IDENTITY, RESIZE, WARP, WHOLE_PIXELS, plan_warp
from augreg_image.stages.geometry import Geometry
from hypothesis import assume, given, settings
from hypothesis import strategies as st

SIZE = (30, 40)


def turned(x, y):
    return matrices.about(matrices.rotation(np.array([x])), np.array([20.0]), np.array([y]))


def tilted(x, y):
    source = np.array([[[0.0, 0.0], [40.0, 0.0], [40.0, 30.0], [0.0, 30.0]]])
    return matrices.homography(source, source + np.array([[[x, 0], [-x / 2, y], [0, 0], [0, -y]]]) / 10)


def shifted(x, y):
    return matrices.translation(np.rint([x]), np.rint([y]))


def flipped(x, y):
    return matrices.hflip(np.array([40.0])) @ shifted(x, y)


def quarter(x, y):
    return matrices.rot90(np.array([1]), np.array([30.0]), np.array([40.0])) @ shifted(x, y)


def scaled(x, y):
    return matrices.scaling(np.array([1.5]), np.array([2.0])) @ matrices.translation(np.array([-4.0]), np.array([-6.0]))


KINDS = {
    "same": (lambda x, y: matrices.identity(1), SIZE, IDENTITY),
    "shifted": (shifted, (21, 33), WHOLE_PIXELS),
    "flipped": (flipped, SIZE, WHOLE_PIXELS),
    "quarter": (quarter, (40, 30), WHOLE_PIXELS),
    "scaled": (scaled, (48, 54), RESIZE),
    "turned": (turned, SIZE, WARP),
    "tilted": (tilted, (25, 25), WARP),
}
LINES = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.floats(1.0, 9.0), st.floats(1.0, 9.0)), min_size=1, max_size=6
)
HOWS = (Resampling(), Resampling("reflect", interpolation="bicubic"), Resampling("edge", interpolation="nearest"))


def plan_of(lines, how):
    built = [(KINDS[name][0](x, y), KINDS[name][1]) for name, x, y in lines]
    stage = Geometry(np.concatenate([m for m, _ in built]), np.array([canvas for _, canvas in built]), how)
    return stage, plan_warp(stage.matrix, stage.canvas, how, np.tile(np.array(SIZE), (len(lines), 1)))


@settings(max_examples=120, deadline=None)
@given(lines=LINES, how=st.sampled_from(HOWS))
def test_inverse_reach_and_kind(lines, how):
    stage, plan = plan_of(lines, how)
    for i, (name, _, _) in enumerate(lines):
        back = plan.inverse[i] @ stage.matrix[i]
        np.testing.assert_allclose(back / back[2, 2], np.eye(3), atol=1e-9)
        height, width = stage.canvas[i]
        corners = plan.inverse[i] @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1.0]])
        points = corners[:2] / corners[2]
        expected = [*points.min(axis=1)[::-1], *points.max(axis=1)[::-1]]
        np.testing.assert_allclose(plan.reach[i], expected, atol=1e-7)
        within = min(expected[:2]) >= -1e-6 and expected[2] <= SIZE[0] + 1e-6 and expected[3] <= SIZE[1] + 1e-6
        assert plan.inside[i] == within
        kind = WARP if how.mode == "nearest" and name == "scaled" else KINDS[name][2]
        assert plan.kind[i] == kind


@settings(max_examples=60, deadline=None)
@given(lines=LINES, how=st.sampled_from(HOWS))
def test_a_row_does_not_depend_on_its_neighbors(lines, how):
    _, plan = plan_of(lines, how)
    for i, line in enumerate(lines):
        _, alone = plan_of([line], how)
        for name in ("kind", "inverse", "reach", "inside", "blocks"):
            np.testing.assert_array_equal(getattr(plan, name)[i], getattr(alone, name)[0], err_msg=name)
        if plan.kind[i] == RESIZE:
            np.testing.assert_array_equal(plan.read[i], alone.read[0])
            np.testing.assert_array_equal(plan.filled[i], alone.filled[0])
            assert plan.resizes[i] == alone.resizes[0]
        for name in ("kinds", "canvases", "inverse_rows"):  # of one picture these are worked out in another way
            assert getattr(plan, name)[i] == getattr(alone, name)[0], name


MAPS = st.lists(st.lists(st.floats(-3, 3), min_size=9, max_size=9), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(
    lines=MAPS,
    perspective=st.sampled_from([0.0, 1e-13, 1e-4]),
    straight=st.booleans(),
    zoom=st.sampled_from([0.2, 1.0, 3.0]),
    how=st.sampled_from(HOWS),
)
def test_reads_of_one_picture_are_those_it_has_among_others(lines, perspective, straight, zoom, how):
    matrix = np.array(lines).reshape(-1, 3, 3) * [[zoom, zoom, 20], [zoom, zoom, 20], [perspective, perspective, 0]]
    matrix[:, 2, 2] = 1.0
    if straight:
        matrix[:, 0, 1] = matrix[:, 1, 0] = 0.0
    matrix[:, (0, 1), (0, 1)] += 0.1  # an inverse there is, hardly ever none
    assume((np.abs(np.linalg.det(matrix)) > 1e-6).all())
    canvas, border = np.tile(np.array([21, 33]), (len(lines) + 1, 1)), how.border or "edge"
    among = np.concatenate([matrix, np.eye(3)[None]])
    plan = plan_warp(among, canvas, how, np.tile(np.array(SIZE), (len(among), 1)))
    reads = make_reads(plan, border, nearest=how.mode == "nearest")
    for i in range(len(lines)):
        alone = plan_warp(matrix[i : i + 1], canvas[:1], how, np.array([SIZE]))
        own = make_reads(alone, border, nearest=how.mode == "nearest")
        assert (plan.kinds[i], plan.inverse_rows[i]) == (alone.kinds[0], alone.inverse_rows[0])
        if alone.kinds[0] == RESIZE:
            assert plan.resizes[i] == alone.resizes[0]
        if alone.kinds[0] == WARP:
            assert (reads.boxes[i], reads.blocks[i], reads.borders[i]) == (own.boxes[0], own.blocks[0], own.borders[0])
            assert reads.affine[i] == own.affine[0]
            np.testing.assert_array_equal(reads.matrix[i], own.matrix[0])


def test_a_resize_reads_and_fills_whole_rectangles():
    _, plan = plan_of([("scaled", 0, 0)], Resampling())
    assert plan.read[0].tolist() == [6, 4, 30, 40]
    assert plan.filled[0].tolist() == [0, 0, 48, 54]


@pytest.mark.parametrize("entry", [0.0, 1e-320, np.inf, np.nan])
def test_a_map_without_inverse_is_planned_alone_as_among_others(entry):
    matrix = np.array([[[entry, 0, 3], [0, 1.5, 4], [0, 0, 1.0]], [[1.2, 0, 3], [0.3, 1.5, 4], [0, 0, 1.0]]])
    canvas, how = np.array([[21, 33]] * 2), Resampling("constant", interpolation="bilinear")
    with np.errstate(all="ignore"):
        plan = plan_warp(matrix, canvas, how, np.array([SIZE] * 2))
        alone = plan_warp(matrix[:1], canvas[:1], how, np.array([SIZE]))
        np.testing.assert_array_equal(alone.inverse[0], plan.inverse[0])
        assert alone.kinds[0] == plan.kinds[0]
        assert make_reads(alone, "edge", nearest=False).boxes[0] == make_reads(plan, "edge", nearest=False).boxes[0]
