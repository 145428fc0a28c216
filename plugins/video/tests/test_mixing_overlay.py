"""Mixing clips and laying things over them."""

import numpy as np
import pytest
import torch
from PIL import Image

import augreg
from augreg import Boxes, Params, Rng
from augreg.batch import make_batch

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


def test_what_mixing_cannot_keep_true_is_refused():
    clips = samples(frame_labels=lambda i, n: list(range(n)))
    with pytest.raises(augreg.UnsupportedError, match="frame_labels"):
        augreg.augment(clips, {"video": ["video.mixup"]}, seed=1)


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
        # Thin strokes are antialiased, so they need not reach the full grey.
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
