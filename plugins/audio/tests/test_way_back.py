"""Events on views of sounds, back in the time of the sound."""

import numpy as np
import pytest
import torch
from augreg_audio import timemap
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg import Events

RATE = 8000


def sound(seconds=2.0):
    events = Events([[0.25, 0.5], [0.75, 1.25], [1.5, 1.5]], labels=["a", "b", "c"], columns={"scores": [1, 2, 3]})
    return augreg.Audio(
        torch.randn(1, int(seconds * RATE), generator=torch.Generator().manual_seed(0)), RATE, events=events
    )


def views(steps, n=3, **options):
    return augreg.Pipeline(steps).views(n, seed=4, **options)


@pytest.mark.parametrize("step", ["audio.speed", "audio.reverse", "audio.time_stretch", "audio.tempo", "audio.delay"])
def test_events_come_back_to_where_they_were(step):
    made = views([{step: {"p": 1}}, "audio.gain"])(sound(), keys=1)
    moved = [view.events for view in made.samples]
    assert not np.allclose(moved[1].data, moved[0].data)
    for found in made.back(events=moved):
        order = np.argsort(found.data[:, 0])
        # Sounds last a whole number of samples, so that a stretched one is off by up to one.
        assert np.allclose(found.data[order], sound().events.data, atol=1 / RATE)
        assert [found.labels[i] for i in order] == ["a", "b", "c"]
        assert [found.columns["scores"][i] for i in order] == [1, 2, 3]


MOVERS = [
    pytest.param(augmenter, id=f"{spec.name}-{i}")
    for spec in augreg.list_augmenters(modality="audio")
    if spec.target.startswith("augreg_audio")
    for i, augmenter in enumerate(
        augreg.make(spec.name, **options) for options in augreg.registry.load(spec.name).examples or ({},)
    )
    if augmenter.declares.targets and augmenter.declares.labels == "keeps"
]


@pytest.mark.parametrize("augmenter", MOVERS)
def test_events_come_back_within_themselves(augmenter):
    assert augmenter.inverts
    sounds = [sound(2.0), sound(2.5)]
    made = augreg.Pipeline([augreg.Step(augmenter, p=1.0)]).views(3, seed=1, original=False)(sounds, keys=[0, 1])
    truth = dict(zip("abc", sounds[0].events.data, strict=True))
    for found in made.back(events=[view.events for view in made.samples]):
        assert len(found)
        for (onset, offset), label in zip(found.data, found.labels, strict=True):
            assert truth[label][0] - 1 / RATE <= onset <= offset <= truth[label][1] + 1 / RATE


def test_what_is_heard_in_padding_is_dropped():
    made = views([{"audio.pad": {"before": 0, "behind": 0.5}}], 1, original=False)(sound(), keys=1)
    (view,) = made.samples
    found = made.back(events=[[[2.5, 2.9], *view.events.data.tolist()]], labels=[["nothing", "a", "b", "c"]])
    assert [*found[0].labels] == ["a", "b", "c"]


def test_events_of_all_views_together():
    made = views([{"audio.reverse": {"p": 1}}], 2, original=False)(sound(), keys=1)
    merged = made.merge(events=[view.events for view in made.samples])
    assert sorted(merged.data[:, 0].tolist()) == [0.25, 0.25, 0.75, 0.75, 1.5, 1.5]
    assert merged.columns["view"].tolist() == [0, 0, 0, 1, 1, 1]


def test_steps_that_mix_are_refused():
    with pytest.raises(augreg.UnsupportedError, match="audio.mixup mixes"):
        views(["audio.mixup"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 2), st.floats(0, 1), st.floats(0.5, 2), st.booleans()), min_size=1, max_size=5),
    st.integers(0, 10**6),
)
def test_the_inverse_of_a_time_map_returns_every_moment(stretches, seed):
    pieces, source, output = [], 0.0, 0.0
    for length, gap, speed, backwards in stretches:
        after = length / speed
        ends = (output + after, output) if backwards else (output, output + after)
        pieces.append((source, source + length, *ends))
        source, output = source + length + gap, output + after + gap / 2
    there = timemap.pieced(source, pieces, output)
    times = np.random.default_rng(seed).uniform(0, output, 50)
    heard = there.source(times)
    known = ~np.isnan(heard)
    assert np.allclose(there.inverse().source(heard[known]), times[known], atol=1e-9)
    again = there.inverse().inverse()
    assert np.allclose(again.source(times)[known], heard[known], atol=1e-12)
