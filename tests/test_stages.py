"""Fused operators as lists of stages: what a batch gives is what each row gives alone, stage after stage."""

from __future__ import annotations

import doctest
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augreg import BatchInfo, Boxes, Params
from augreg.contract import stages as module
from augreg.kernel import DrawnStage, append_stages, gather_targets, routes

ROWS = 5


@dataclass(frozen=True)
class Noted:
    """A stage that writes its letter behind each row on which it is not idle; those of one kind join."""

    kind: str
    texts: tuple[str, ...]

    def take(self, rows):
        return Noted(self.kind, tuple(self.texts[i] for i in rows.tolist()))

    @property
    def idle(self):
        return np.array([not text for text in self.texts])

    def run(self, rows):
        """Brackets tell how often a row was worked on."""
        return [f"({row}{text})" if text else row for row, text in zip(rows, self.texts, strict=True)]


def join(first: Noted, second: Noted) -> Noted | None:
    if first.kind != second.kind or first.kind == "lonely":
        return None
    return Noted(first.kind, tuple(a + b for a, b in zip(first.texts, second.texts, strict=True)))


def alone(stages, i):
    """What row i gives when nothing stands beside it: only the stages that do something to it."""
    kept = ()
    for stage in stages:
        one = stage.take(np.array([i]))
        if not one.idle[0]:
            kept = append_stages(kept, (one,), join)
    row = [""]
    for stage in kept:
        row = stage.run(row)
    return row[0]


@st.composite
def operators(draw):
    """Stages none of which join where they meet, as an operator holds them."""
    kinds = draw(st.lists(st.sampled_from(["color", "space", "lonely"]), max_size=7))
    kinds = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before or kind == "lonely"]
    on = draw(st.lists(st.lists(st.booleans(), min_size=ROWS, max_size=ROWS), min_size=len(kinds), max_size=len(kinds)))
    return [
        Noted(kind, tuple(chr(97 + j) if fires else "" for fires in row))
        for j, (kind, row) in enumerate(zip(kinds, on, strict=True))
    ]


def idle_of(stages):
    return np.array([stage.idle for stage in stages]).reshape(len(stages), ROWS)


@given(operators())
def test_every_row_gets_what_it_gets_alone(stages):
    found = [""] * ROWS
    for rows, kept in routes(stages, idle_of(stages), join):
        made = [""] * len(rows)
        for stage in kept:
            made = stage.run(made)
        for i, text in zip(rows.tolist(), made, strict=True):
            found[i] = text
    assert found == [alone(stages, i) for i in range(ROWS)]


@given(operators())
def test_every_row_is_on_one_route_and_rows_part_only_where_stages_are_left_out(stages):
    found = routes(stages, idle_of(stages), join)
    assert sorted(i for rows, _ in found for i in rows.tolist()) == list(range(ROWS))
    assert all((np.diff(rows) > 0).all() for rows, _ in found)
    assert sum(len(kept) == len(stages) for _, kept in found) <= 1
    assert all(join(a, b) is None for _, kept in found for a, b in pairwise(kept))


def test_rows_stay_together_unless_two_of_their_stages_become_one():
    space, color, more = Noted("space", ("a", "a")), Noted("color", ("b", "")), Noted("space", ("c", "c"))
    whole, short = routes([space, color, more], idle_of_two := np.array([[0, 0], [0, 1], [0, 0]], bool), join)
    assert (whole.rows.tolist(), len(whole.stages)) == ([0], 3)
    assert (short.rows.tolist(), short.stages) == ([1], (Noted("space", ("ac",)),))
    lonely = Noted("lonely", ("c", "c"))
    (route,) = routes([space, color, lonely], idle_of_two, join)
    assert route.rows.tolist() == [0, 1]
    assert route.stages == (space, color, lonely)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_one_route_for_no_rows_no_stages_and_idle_rows(n):
    for count in (0, 1, 3):
        stages = [Noted("space", ("",) * n)] * count
        (route,) = routes(stages, np.ones((count, n), bool), join)
        assert route.rows.tolist() == list(range(n))
        assert route.stages == tuple(stages)


def test_only_the_two_that_meet_become_one():
    a, b, c = (Noted(kind, ("x",)) for kind in ("space", "color", "space"))
    assert append_stages((a, b), (b, c), join) == (a, Noted("color", ("xx",)), c)
    assert append_stages((a, b), (c, b), join) == (a, b, c, b)
    assert append_stages((), (a,), join) == append_stages((a,), (), join) == (a,)


@given(st.lists(st.integers(0, 6), unique=True), st.data())
def test_drawn_stages_follow_their_rows(rows, data):
    rows = np.array(rows, dtype=np.int64)
    stage = DrawnStage.of("loud", Params(len(rows), value=10 * np.arange(len(rows))))
    assert not stage.idle.any()
    assert stage.drawn(np.arange(len(rows))) is stage.params
    spread = stage.expand(rows, range(7))
    wanted = {int(i): 10 * k for k, i in enumerate(rows)}
    taken = np.array(data.draw(st.lists(st.integers(0, 6))), dtype=np.int64)
    some = spread.take(taken)
    assert len(some) == len(taken)
    assert some.idle.tolist() == [i not in wanted for i in taken.tolist()]
    fires = np.flatnonzero(~some.idle)
    assert some.drawn(fires).array("value").tolist() == [wanted[i] for i in taken[fires].tolist()]


def test_targets_of_parts_come_back_in_the_order_of_the_batch():
    boxes = [Boxes([[0, 0, k, k]]) for k in range(1, 4)]
    labels = [None, 1, 2]
    nothing = np.zeros((3, 3), dtype=np.int64)
    info = BatchInfo(
        "image", np.arange(3, dtype=np.uint64), nothing, np.zeros(3), ("uint8",) * 3, {"boxes": boxes, "label": labels}
    )
    rows = np.array([2, 0])
    moved = info.take(rows).replace(targets={"boxes": [boxes[1], None], "label": [7, None]})
    assert gather_targets(info, [(rows, moved)]) == {"boxes": [None, boxes[1], boxes[1]], "label": [None, 1, 7]}
    assert info.targets["label"] == [None, 1, 2]


def test_the_example_runs():
    assert doctest.testmod(module).failed == 0
