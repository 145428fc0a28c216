"""Mixing clips and laying things over them."""

import numpy as np
import pytest
import torch
from PIL import Image

import augreg
from augreg import Boxes, Events, Params, Rng
from augreg.kernel import make_batch

LENGTHS = (4, 6, 4)


def samples(**more):
    return [
        augreg.Video(
            data=(40 * (i + 1) + torch.arange(n, dtype=torch.uint8)).view(-1, 1, 1, 1).repeat(1, 3, 8, 8),
            fps=10.0,
            label=i,
            **{name: make(i, n) for name, make in more.items()},
        )
        for i, n in enumerate(LENGTHS)
    ]


@pytest.mark.parametrize("name", ["video.mixup", "video.cutmix"])
def test_clips_and_labels_are_mixed_alike(name):
    clips = samples(boxes=lambda i, n: [Boxes([[0, 0, 8, 8]], labels=[i]) for _ in range(n)])
    pipe = augreg.Pipeline({"video": [{name: {"classes": 3}}]})
    mixed, trace = augreg.augment(clips, pipe, seed=1, return_trace=True)
    again = pipe.replay(clips, [t.to_dict() for t in trace])
    for i, (out, same) in enumerate(zip(mixed, again, strict=True)):
        assert torch.equal(out.data, same.data)
        assert out.data.shape == clips[i].data.shape
        assert float(out.label.sum()) == pytest.approx(1)
        partner = int(torch.argmax(torch.where(torch.arange(3) == i, -1.0, out.label)))
        kept, n, m = float(out.label[i]), LENGTHS[i], LENGTHS[partner]
        for t in range(n):
            theirs = (2 * t + 1) * m // (2 * n)
            expected = kept * (40 * (i + 1) + t) + (1 - kept) * (40 * (partner + 1) + theirs)
            assert float(out.data[t].double().mean()) == pytest.approx(expected, abs=0.51)
        assert len(out.boxes) == n


def shares_of(out, i):
    """Own share and partner, read off one-hot labels."""
    partner = int(torch.argmax(torch.where(torch.arange(3) == i, -1.0, out.label)))
    return float(out.label[i]), partner


@pytest.mark.parametrize("name", ["video.mixup", "video.cutmix"])
@pytest.mark.parametrize("kind", ["weights", "array weights", "flags", "several", "numbers", "words", "classes"])
def test_labels_of_frames_are_mixed_with_those_shown_with_them(name, kind):
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, 3, n) for n in LENGTHS]
    hot = [np.eye(3, dtype=np.float32)[d] for d in drawn]
    given = {
        "weights": [torch.from_numpy(h) for h in hot],
        "array weights": hot,
        "flags": [torch.from_numpy(d > 0) for d in drawn],
        "several": [torch.from_numpy(h).long() for h in hot],
        "numbers": [d.tolist() for d in drawn],
        "words": [["abc"[k] for k in d] for d in drawn],
        "classes": drawn,
    }[kind]
    clips = samples(frame_labels=lambda i, n: given[i])
    if kind != "classes":
        plain = [c.changed(label=torch.eye(3)[c.label]) for c in clips]
        mixed = augreg.augment(plain, {"video": [name]}, seed=1)
    else:
        mixed = augreg.augment(clips, {"video": [{name: {"classes": 3}}]}, seed=1)
    for i, out in enumerate(mixed):
        kept, j = shares_of(out, i)
        n, m = LENGTHS[i], LENGTHS[j]
        assert type(out.frame_labels) is (torch.Tensor if kind == "classes" else type(given[i]))
        for t in range(n):
            mine, theirs = drawn[i][t], drawn[j][(2 * t + 1) * m // (2 * n)]
            found = out.frame_labels[t]
            if kind in ("weights", "array weights", "classes"):
                expected = kept * np.eye(3)[mine] + (1 - kept) * np.eye(3)[theirs]
                np.testing.assert_allclose(np.asarray(found), expected, atol=1e-6)
            elif kind == "flags":
                assert bool(found) == (mine > 0 or theirs > 0)
            elif kind == "several":
                assert found.tolist() == np.maximum(np.eye(3)[mine], np.eye(3)[theirs]).tolist()
            else:
                named = ["abc"[mine], "abc"[theirs]] if kind == "words" else [mine, theirs]
                if named[0] == named[1]:
                    assert found in (named[0], {named[0]: pytest.approx(1)})
                else:
                    assert found == pytest.approx({named[0]: kept, named[1]: 1 - kept})


@pytest.mark.parametrize("name", ["video.mixup", "video.cutmix"])
def test_events_of_both_clips_are_there_when_their_frames_are(name):
    """An event on one frame of the partner lies on the frames of the mixture that show that frame."""

    def each_frame(i, n):
        starts = np.arange(n) / 10.0
        return Events(
            np.stack([starts, starts + 0.1], 1), [(i, t) for t in range(n)], {"id": np.arange(n), "own": [i] * n}
        )

    clips = [c.changed(label=torch.eye(3)[c.label]) for c in samples(events=each_frame)]
    mixed = augreg.augment(clips, {"video": [name]}, seed=1)
    for i, out in enumerate(mixed):
        _, j = shares_of(out, i)
        n, m = LENGTHS[i], LENGTHS[j]
        assert len(out.events) == n + m
        np.testing.assert_array_equal(out.events.data[:n], clips[i].events.data)
        assert out.events.labels == [(i, t) for t in range(n)] + [(j, t) for t in range(m)]
        assert out.events.columns["own"] == [i] * n + [j] * m
        assert out.events.columns["id"].tolist() == [*range(n), *range(m)]
        for t in range(n):
            shown = (2 * t + 1) * m // (2 * n)
            middle = (t + 0.5) / 10
            (start, end) = out.events.data[n + shown]
            assert start - 1e-9 <= middle <= end + 1e-9


def test_a_clip_that_another_covers_whole_has_the_other_ones_events():
    clips = [
        augreg.Video(
            torch.zeros(n, 3, 1, 1, dtype=torch.uint8), fps=10.0, label=i, events=Events([[0.1, 0.2]], labels=[i])
        )
        for i, n in enumerate(LENGTHS)
    ]
    covered = 0
    for seed in range(20):
        mixed = augreg.augment(clips, {"video": [{"video.cutmix": {"alpha": 0.001, "classes": 3}}]}, seed=seed)
        for i, out in enumerate(mixed):
            j = int(out.label.argmax())
            assert out.label.tolist() == np.eye(3)[j].tolist()
            assert list(out.events.labels) == [j]
            pace = LENGTHS[i] / LENGTHS[j]
            np.testing.assert_allclose(out.events.data, [[0.1 * pace, 0.2 * pace]])
            covered += i != j
    assert covered > 5


def test_mixtures_without_time_line_or_with_half_the_labels_are_refused():
    events = [c.changed(fps=None, events=Events([[0.0, 0.1]])) for c in samples()]
    with pytest.raises(augreg.SampleError, match="no frame rate and no timestamps"):
        augreg.augment(events, {"video": ["video.mixup"]}, seed=1)
    some = samples(frame_labels=lambda i, n: list(range(n)) if i else None)
    with pytest.raises(augreg.SampleError, match="some clips that are mixed have frame_labels and some none"):
        augreg.augment(some, {"video": ["video.mixup"]}, seed=1)


def test_a_clip_alone_in_its_batch_stays_as_it_is():
    clip = samples(frame_labels=lambda i, n: list(range(n)), events=lambda i, n: Events([[0.0, 0.1]]))[0]
    (out,) = augreg.augment([clip], {"video": ["video.mixup"]}, seed=1)
    assert torch.equal(out.data, clip.data)
    assert (out.label, out.frame_labels, len(out.events)) == (0, [0, 1, 2, 3], 1)


def batch_of(value=100, size=(40, 60), channels=3, dtype=torch.uint8):
    rows = [torch.full((n, channels, *size), value).to(dtype) for n in (2, 3)]
    return make_batch("video", rows, rates=10.0)


@pytest.mark.parametrize(
    ("upright", "covered"), [(False, (slice(None), slice(0, 4))), (True, (slice(0, 6), slice(None)))]
)
def test_letterbox_covers_two_edges(upright, covered):
    params = Params(2, fraction=np.asarray([0.1, 0.0]), upright=np.asarray([upright, upright]))
    batch = batch_of()
    out = augreg.make("video.letterbox", fill=1.0).apply(batch, params)
    x, y = covered
    expected = torch.full((40, 60), 100)
    expected[y, x] = 255
    expected = torch.maximum(expected, expected.flip(0, 1))
    assert torch.equal(out.data[0].int(), expected.expand(2, 3, 40, 60).int())
    assert out.data[1] is batch.data[1]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_text_is_written_on_every_frame_and_stays_inside(channels, dtype):
    batch = batch_of(0, channels=channels, dtype=dtype)
    augmenter = augreg.make("video.text_overlay", texts=["ON AIR"], opacity=1.0, size=[0.2, 0.2])
    params = augmenter.draw(batch.info, Rng(3, batch.info.keys))
    out = augmenter.apply(batch, params)
    for i, row in enumerate(out.data):
        assert torch.equal(row, row[:1].expand_as(row))
        white = 255 if dtype == torch.uint8 else 1
        # Thin strokes are antialiased, so they need not reach the full gray.
        share = float(row.double().max()) / white / float(params["grey"][i])
        assert 0.6 < share <= 1.02
        assert 0.005 < float((row[0, 0] > 0).double().mean()) < 0.3
        assert not batch.data[i].any()


def test_a_logo_lies_where_it_was_drawn(tmp_path):
    picture = np.zeros((10, 20, 4), dtype=np.uint8)
    picture[:, :10] = [255, 0, 0, 255]
    Image.fromarray(picture).save(tmp_path / "logo.png")
    augmenter = augreg.make("video.logo", path=str(tmp_path / "logo.png"))
    params = Params(2, size=np.full(2, 0.25), opacity=np.asarray([0.5, 0.0]), x=np.full(2, 1.0), y=np.full(2, 0.0))
    batch = batch_of()
    out = augmenter.apply(batch, params)
    expected = torch.full((3, 40, 60), 100.0)
    expected[:, :10, 40:50] = torch.tensor([177.5, 50, 50])[:, None, None]
    assert (out.data[0].float() - expected).abs().max() <= 0.5
    assert out.data[1] is batch.data[1]


def test_overlays_are_checked_when_built(tmp_path):
    with pytest.raises(augreg.ConfigError, match="no file"):
        augreg.make("video.logo", path=str(tmp_path / "none.png"))
    (tmp_path / "broken.png").write_text("no picture")
    with pytest.raises(augreg.ConfigError, match="holds no picture"):
        augreg.make("video.logo", path=str(tmp_path / "broken.png"))
    with pytest.raises(augreg.ConfigError, match="expected a list of texts"):
        augreg.make("video.text_overlay", texts=[""])
