"""Frames decoded on demand against the whole file decoded: the same bits, whatever the encoder did."""

from __future__ import annotations

import pickle
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from films import KINDS, film
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import augreg
from augreg import MediaError, SampleError, Video, media
from augreg.media.clipfile import ClipFile
from augreg.media.frameindex import FrameIndex
from augreg.media.limits import Limits


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    made = {}
    for number, (kind, arguments) in enumerate(KINDS.items()):
        made[kind] = folder / f"{number}.mp4"
        film(made[kind], **arguments)
        if kind in ("B-frames", "variable rate"):
            made[f"{kind}, Matroska"] = folder / f"{number}.mkv"
            film(made[f"{kind}, Matroska"], **arguments)
    return made


ALL = [*KINDS, "B-frames, Matroska", "variable rate, Matroska"]


def lazy(path: Path) -> ClipFile:
    data = Video.open(path).data
    assert isinstance(data, ClipFile)
    return data


@pytest.mark.parametrize("kind", ALL)
def test_facts_without_decoding_are_the_facts_of_the_decoded_file(films: dict[str, Path], kind: str) -> None:
    whole, opened = media.load(films[kind]), media.load(films[kind], lazy=True)
    a, b = whole.sample, opened.sample
    assert isinstance(a, Video)
    assert isinstance(b, Video)
    assert isinstance(b.data, ClipFile)
    assert b.data.shape == tuple(a.data.shape)
    assert b.data.dtype == a.data.dtype
    assert b.data.nbytes == a.data.nbytes
    assert b.fps == a.fps
    np.testing.assert_array_equal(b.timestamps, a.timestamps)
    np.testing.assert_array_equal(opened.origin.details["times"], whole.origin.details["times"])
    assert {**opened.origin.details, "times": 0} == {**whole.origin.details, "times": 0}
    assert (opened.origin.notes, opened.origin.as_stored) == (whole.origin.notes, whole.origin.as_stored)
    assert b.data.decoded == 0


@pytest.mark.parametrize("kind", ALL)
def test_any_frames_in_any_order_are_those_of_the_decoded_file(films: dict[str, Path], kind: str) -> None:
    whole = media.load(films[kind]).sample.data  # type: ignore[attr-defined]
    chosen = [[0], [39], [17], [11, 12, 13], [39, 0, 20, 20], list(range(40)), list(range(0, 40, 7)), [38, 5], []]
    for index in chosen:
        found = lazy(films[kind]).take(np.asarray(index, dtype=np.int64))
        assert torch.equal(found, whole[index]), f"{kind}: frames {index}"
    assert torch.equal(lazy(films[kind]).read(), whole)


@given(index=st.lists(st.integers(0, 39), max_size=12), kind=st.sampled_from(ALL))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_drawn_at_random(films: dict[str, Path], index: list[int], kind: str) -> None:
    whole = media.load(films[kind]).sample.data  # type: ignore[attr-defined]
    assert torch.equal(lazy(films[kind]).take(np.asarray(index, dtype=np.int64)), whole[index])


def test_frames_that_lead_an_open_group_are_decoded_with_the_group_before(films: dict[str, Path]) -> None:
    index = lazy(films["open groups"]).index
    leading = [
        frame
        for frame in range(40)
        for key, place in zip(index.keys, index.key_places, strict=True)
        if index.stamps[frame] < key and index.places[frame] > place
    ]
    assert leading, "the encoder made no open groups; the test shows nothing"
    for frame in leading:
        (run,) = index.plan(np.asarray([frame]))
        assert index.keys[run.key] <= index.stamps[frame]


def test_far_frames_are_reached_by_a_jump(films: dict[str, Path]) -> None:
    index = lazy(films["B-frames"]).index
    runs = index.plan(np.asarray([0, 38]))
    assert [run.frames.tolist() for run in runs] == [[0], [38]]
    assert sum(run.packets for run in runs) < 16
    assert len(index.plan(np.arange(40))) == 1


def test_a_key_frame_that_is_none_costs_a_decode_from_the_start(
    films: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that is refreshed bit by bit marks key frames from which decoding does not work at once."""
    starts = []
    straight = ClipFile._straight
    monkeypatch.setattr(ClipFile, "_straight", lambda *a: starts.append(1) or straight(*a))  # type: ignore[func-returns-value]
    whole = media.load(films["refreshed bit by bit"]).sample.data  # type: ignore[attr-defined]
    assert torch.equal(lazy(films["refreshed bit by bit"]).take(np.asarray([11])), whole[[11]])
    assert starts == [1]
    lazy(films["constant rate"]).take(np.asarray([11]))
    assert starts == [1]


def test_only_what_is_asked_for_is_decoded_and_converted(films: dict[str, Path]) -> None:
    data = lazy(films["constant rate"])
    data.take(np.asarray([3, 30, 3]))
    assert data.decoded == 2


def test_a_clip_used_often_is_decoded_once(films: dict[str, Path]) -> None:
    data = lazy(films["one group"])
    data.uses = 3
    first, second = data.take(np.asarray([30])), data.take(np.asarray([5, 39]))
    assert data.decoded == 40
    whole = media.load(films["one group"]).sample.data  # type: ignore[attr-defined]
    assert torch.equal(first, whole[[30]])
    assert torch.equal(second, whole[[5, 39]])


def test_it_pickles_small(films: dict[str, Path]) -> None:
    clip = Video.open(films["variable rate"], key="a.mp4", label=3)
    clip.data.read()
    packed = pickle.dumps(clip)
    again = pickle.loads(packed)
    assert len(packed) < 10_000
    assert (again.key, again.label, again.fps) == ("a.mp4", 3, clip.fps)
    assert torch.equal(again.data.take(np.asarray([7, 2])), clip.data.take(np.asarray([7, 2])))


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_a_stream_that_begins_in_the_middle_is_read_whole(films: dict[str, Path], tmp_path: Path) -> None:
    """Cut without decoding: the first packets are no key frame, and which of them decode, only decoding tells."""
    with av.open(str(films["B-frames"])) as source, av.open(str(tmp_path / "cut.mkv"), "w") as out:
        track = out.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            if number >= 5 and packet.size:
                packet.stream = track
                out.mux(packet)
    clip = Video.open(tmp_path / "cut.mkv")
    assert isinstance(clip.data, torch.Tensor)
    assert torch.equal(clip.data, media.read(tmp_path / "cut.mkv").data)  # type: ignore[attr-defined]


def test_damage_shows_when_the_damaged_frames_are_needed(films: dict[str, Path], tmp_path: Path) -> None:
    data = lazy(films["key frames only"])
    bytes_ = bytearray(films["key frames only"].read_bytes())
    with av.open(str(films["key frames only"])) as source:
        packet = [p for p in source.demux(video=0) if p.size][20]
    assert packet.pos is not None
    bytes_[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    (tmp_path / "hurt.mp4").write_bytes(bytes(bytes_))
    hurt = lazy(tmp_path / "hurt.mp4")
    assert torch.equal(hurt.take(np.asarray([2])), data.take(np.asarray([2])))
    with pytest.raises(MediaError) as caught:
        hurt.take(np.asarray([20]))
    assert caught.value.code == "E_CORRUPT"


def test_limits_hold_for_what_is_decoded(films: dict[str, Path]) -> None:
    frame = 48 * 64 * 3
    clip = media.load(films["constant rate"], Limits(video_bytes=3 * frame), lazy=True).sample
    assert clip.data.take(np.asarray([1, 5, 9])).shape == (3, 3, 48, 64)  # type: ignore[attr-defined]
    with pytest.raises(MediaError, match="4 frames of 64x48 are more than the limit"):
        clip.data.take(np.asarray([1, 5, 9, 13]))  # type: ignore[attr-defined]
    with pytest.raises(MediaError, match="40 frames are more than the limit"):
        media.load(films["constant rate"], Limits(frames=39), lazy=True)


def test_wrong_frames_and_wrong_files_are_named(films: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(IndexError, match="frames 3 to 40 of a clip of 40; give 0 to 39"):
        lazy(films["constant rate"]).take(np.asarray([40, 3]))
    media.write(augreg.Audio(torch.zeros(1, 8_000), 8_000), tmp_path / "voice.mp4")
    with pytest.raises(SampleError, match="holds audio, not video"):
        Video.open(tmp_path / "voice.mp4")
    with pytest.raises(MediaError, match="there is no such file"):
        Video.open(tmp_path / "none.mp4")


def test_an_index_needs_orderly_packets(films: dict[str, Path]) -> None:
    with av.open(str(films["B-frames"])) as source:
        stream = source.streams.video[0]
        packets = [p for p in source.demux(stream) if p.size]
        assert FrameIndex.of(stream, packets) is not None
        assert FrameIndex.of(stream, packets[1:]) is None
        assert FrameIndex.of(stream, [*packets, packets[-1]]) is None
        assert FrameIndex.of(stream, []) is None
