"""Events and frame labels under piecewise affine maps, against a simulation on single frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from augreg_audio import timemap
from hypothesis import given
from hypothesis import strategies as st

from augreg import Events


def test_stretch_scales_events():
    events = Events([[0.5, 1.0], [0.0, 2.0]], labels=["a", "b"])
    moved = timemap.scaled(2.0, 4.0).events(events)
    assert moved.data.tolist() == [[1.0, 2.0], [0.0, 4.0]]
    assert moved.labels == ["a", "b"]


def test_roll_splits_an_event_at_the_edge():
    moved = timemap.rolled(2.0, 0.5).events(Events([[1.0, 2.0], [0.25, 0.5]], labels=[3, 4]))
    assert moved.data.tolist() == [[0.0, 0.5], [1.5, 2.0], [0.75, 1.0]]
    assert moved.labels == [3, 3, 4]


def test_roll_keeps_an_event_in_one_piece_when_its_ends_meet():
    # Both halves of the source stand next to each other again, but in the wrong order: two events.
    moved = timemap.rolled(2.0, 1.0).events(Events([[0.0, 2.0]]))
    assert moved.data.tolist() == [[0.0, 1.0], [1.0, 2.0]]


def test_reverse_mirrors():
    moved = timemap.reversed_(2.0).events(Events([[0.25, 0.5], [1.0, 1.0]]))
    assert moved.data.tolist() == [[1.5, 1.75], [1.0, 1.0]]


def test_splice_joins_what_it_leaves_of_an_event():
    spliced = timemap.assembled(3.0, [(0.0, 1.0, 0.0), (2.0, 3.0, 1.0)], 2.0)
    assert spliced.events(Events([[0.5, 2.5], [1.2, 1.8]], labels=["kept", "lost"])).data.tolist() == [[0.5, 1.5]]


def test_loop_repeats_events_one_by_one():
    looped = timemap.assembled(1.0, [(0.0, 1.0, 0.0), (0.0, 1.0, 1.0)], 2.0)
    assert looped.events(Events([[0.0, 1.0]])).data.tolist() == [[0.0, 1.0], [1.0, 2.0]]


def test_insertion_divides_an_event():
    divided = timemap.assembled(2.0, [(0.0, 1.0, 0.0), (1.0, 2.0, 1.5)], 2.5)
    assert divided.events(Events([[0.5, 1.5]])).data.tolist() == [[0.5, 1.0], [1.5, 2.0]]


def test_crop_drops_clips_and_moves():
    cropped = timemap.placed(4.0, 2.0, -1.0)
    moved = cropped.events(Events([[0.0, 0.5], [0.5, 1.5], [2.0, 2.5], [3.5, 4.0]], labels=[0, 1, 2, 3]))
    assert moved.data.tolist() == [[0.0, 0.5], [1.0, 1.5]]
    assert moved.labels == [1, 2]


@pytest.mark.parametrize("kind", ["tensor", "array", "list"])
def test_frame_labels_of_padding_are_zero(kind: str):
    labels = np.array([1, 2, 3, 4])
    given_labels = {"tensor": torch.from_numpy(labels), "array": labels, "list": labels.tolist()}[kind]
    moved = timemap.placed(4.0, 6.0, 1.0).labels(given_labels)
    assert type(moved) is type(given_labels)
    assert list(moved) == [0, 1, 2, 3, 4, 0]


def test_frame_labels_may_have_classes():
    labels = torch.eye(4)
    assert torch.equal(timemap.reversed_(4.0).labels(labels), labels.flip(0))


MAPS = st.sampled_from(
    [
        timemap.rolled(1.0, 0.3),
        timemap.reversed_(1.0),
        timemap.scaled(1.0, 1.7),
        timemap.placed(1.0, 0.6, -0.2),
        timemap.placed(1.0, 1.0, 0.25),
        timemap.assembled(1.0, [(0.0, 0.4, 0.0), (0.7, 1.0, 0.4)], 0.7),
        timemap.assembled(1.0, [(0.0, 0.5, 0.0), (0.0, 0.5, 0.5), (0.5, 1.0, 1.0)], 1.5),
    ]
)


@given(mapping=MAPS, onset=st.floats(0, 0.9), span=st.floats(0.01, 1.0))
def test_an_event_covers_what_sounds_of_it(mapping: timemap.TimeMap, onset: float, span: float):
    event = Events([[onset, min(onset + span, 1.0)]])
    times = (np.arange(1000) + 0.5) * (mapping.after / 1000)
    source = mapping.source(times)
    with np.errstate(invalid="ignore"):
        sounding = (source >= event.data[0, 0]) & (source < event.data[0, 1])
    moved = mapping.events(event).data
    covered = np.zeros(1000, dtype=bool)
    for first, last in moved:
        assert 0.0 <= first <= last <= mapping.after + 1e-9
        covered |= (times >= first) & (times < last)
    assert (sounding != covered).mean() < 0.005


def test_ten_samples_looped_over_seconds():
    """As many pieces as a quadratic search would take minutes for; the click in each is where its piece puts it."""
    count, span = 40_000, 10 / 16000
    looped = timemap.assembled(span, [(0.0, span, k * span) for k in range(count)], count * span)
    moved = looped.events(Events([[0.2 * span, 0.6 * span]], labels=["click"]))
    assert moved.labels == ["click"] * count
    np.testing.assert_allclose(moved.data[:, 0], (np.arange(count) + 0.2) * span)
    np.testing.assert_allclose(moved.data[:, 1], (np.arange(count) + 0.6) * span)
    labels = looped.labels(np.arange(5))
    assert np.array_equal(labels, np.tile(np.arange(5), count))


def test_instants_at_both_ends_and_on_cuts():
    """The end of a sound is a moment of it; an instant on a cut goes with what follows, and is not doubled."""
    marks = Events([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], labels=["start", "cut", "end"])

    def moved(mapping: timemap.TimeMap) -> list[tuple[float, str]]:
        found = mapping.events(marks)
        return [(float(onset), label) for (onset, _), label in zip(found.data, found.labels, strict=True)]

    assert moved(timemap.scaled(2.0, 3.0)) == [(0.0, "start"), (1.5, "cut"), (3.0, "end")]
    assert moved(timemap.reversed_(2.0)) == [(2.0, "start"), (1.0, "cut"), (0.0, "end")]
    assert moved(timemap.placed(2.0, 2.5, 0.5)) == [(0.5, "start"), (1.5, "cut"), (2.5, "end")]
    assert moved(timemap.placed(2.0, 1.0, 0.0)) == [(0.0, "start")]
    assert moved(timemap.placed(2.0, 1.0, -1.0)) == [(0.0, "cut"), (1.0, "end")]
    spliced = timemap.assembled(2.0, [(0.0, 1.0, 0.0), (1.0, 2.0, 1.5)], 2.5)
    assert moved(spliced) == [(0.0, "start"), (1.5, "cut"), (2.5, "end")]
