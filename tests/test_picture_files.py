"""JPEG files that are decoded on demand: the bits and errors of the decoded file, or, asked for, nearly its pixels."""

from __future__ import annotations

import json
import math
import pickle
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageOps

import augreg
from augreg.errors import ConfigError, MediaError, SampleError
from augreg.jobs import Settings, run
from augreg.media import jpeg
from augreg.media.picturefile import PictureFile


def smooth(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return a picture as photos are: large and small shapes, a little grain."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cells in (3, 9, 27):
        for c in range(3):
            field = Pillow.fromarray(rng.normal(size=(cells, cells)).astype(np.float32))
            total[..., c] += np.asarray(field.resize((width, height), Pillow.Resampling.BICUBIC)) / cells**0.7
    total = (total - total.min()) / np.ptp(total) + rng.normal(0, 0.01, (height, width, 1))
    return (np.clip(total, 0, 1) * 255).astype(np.uint8)


def write(path: Path, pixels: np.ndarray, *, mode: str = "RGB", orientation: int = 1, quality: int = 95) -> Path:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    picture = Pillow.fromarray(pixels).convert(mode)
    picture.save(path, "JPEG", quality=quality, exif=exif)
    return path


@pytest.fixture(params=["simplejpeg", "PIL"])
def decoder(request, monkeypatch):
    """With the optional decoder, and without."""
    if request.param == "PIL":
        monkeypatch.setattr(jpeg, "_confirmed", lambda: False)
    else:
        pytest.importorskip("simplejpeg")
        assert jpeg._confirmed()
    return request.param


def by_pil(path: Path) -> np.ndarray:
    picture = ImageOps.exif_transpose(Pillow.open(path))
    picture = picture if picture.mode == "L" else picture.convert("RGB")
    pixels = np.array(picture)
    return pixels if pixels.ndim == 3 else pixels[..., None]


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_whole_picture_is_that_of_pil(tmp_path, decoder, mode, orientation):
    path = write(tmp_path / "a.jpg", smooth(37, 51), mode=mode, orientation=orientation)
    expected = by_pil(path)
    opened = augreg.Image.open(path)
    assert isinstance(opened.data, PictureFile)
    assert opened.data.shape == (expected.shape[2], *expected.shape[:2])
    for data in (opened.data.read(), augreg.media.read(path).data):
        assert np.array_equal(data.permute(1, 2, 0).numpy(), expected)


def test_other_modes_and_formats_are_read_at_once(tmp_path, decoder):
    Pillow.fromarray(smooth(20, 30)).convert("CMYK").save(tmp_path / "a.jpg")
    Pillow.fromarray(smooth(20, 30)).save(tmp_path / "a.png")
    for name in ("a.jpg", "a.png"):
        opened = augreg.Image.open(tmp_path / name, decode="fast")
        assert torch.equal(opened.data, augreg.media.read(tmp_path / name).data)


def test_what_cannot_be_opened_is_told(tmp_path):
    path = write(tmp_path / "a.jpg", smooth(8, 8))
    with pytest.raises(ConfigError, match=r"decode='fats' is unknown. Did you mean 'fast'\?"):
        augreg.Image.open(path, decode="fats")
    (tmp_path / "a.txt").write_text("a caption")
    with pytest.raises(SampleError, match="holds text, no picture"):
        augreg.Image.open(tmp_path / "a.txt")
    with pytest.raises(MediaError, match="there is no such file"):
        augreg.Image.open(tmp_path / "b.jpg")


PIPELINES = {
    "resize": [{"image.resize": {"size": [20, 30]}}],
    "crop": [{"image.resized_crop": {"size": 24, "scale": [0.3, 1.0]}}, {"image.hflip": {"p": 0.5}}],
    "turned": [{"image.rotate": {"degrees": 40, "p": 1.0, "border": "reflect"}}, {"image.resize": {"size": [25, 40]}}],
    "bent": [{"image.perspective": {"p": 1.0, "border": "edge"}}, {"image.resize": {"size": [25, 40]}}],
    "colored": [{"image.resize": {"size": [30, 30]}}, {"image.color_jitter": {"p": 1.0}}],
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(PIPELINES)),
    st.integers(240, 640),
    st.integers(240, 640),
    st.integers(1, 8),
    st.integers(0, 2**31),
)
def test_fast_decoding_changes_pixels_a_little_and_nothing_else(tmp_path, name, height, width, orientation, key):
    path = write(tmp_path / "a.jpg", smooth(height, width, key % 5), orientation=orientation)
    pipe = augreg.Pipeline({"image": PIPELINES[name]})
    boxes = augreg.Boxes(np.array([[3.0, 5.0, 40.0, 50.0]]), "xyxy")
    found = []
    for how in ("exact", "fast"):
        opened = [augreg.Image.open(path, decode=how, boxes=boxes)]
        (result,), trace = augreg.augment(opened, pipe, seed=1, keys=[key], return_trace=True)
        found.append((result, trace[0].to_dict()))
    (exact, traced), (fast, trace) = found
    assert traced == trace
    assert exact.data.shape == fast.data.shape
    assert np.array_equal(exact.boxes.data, fast.boxes.data)
    off = exact.data.float() - fast.data.float()
    assert off.abs().mean() <= 2.5
    assert 10 * math.log10(255**2 / max(1e-9, float((off**2).mean()))) >= 35


@pytest.mark.parametrize(("side", "scale"), [(200, 1), (101, 1), (100, 2), (51, 2), (50, 4), (26, 4), (25, 8), (4, 8)])
def test_there_is_one_pixel_at_least_for_each_of_the_result(tmp_path, decoder, side, scale):
    picture = augreg.Image.open(write(tmp_path / "a.jpg", smooth(200, 300)), decode="fast")
    augreg.augment(picture, [{"image.resize": {"size": [side, side * 3 // 2]}}], seed=1, keys=0)
    assert picture.data.scale == scale


def test_labels_are_read_exactly(tmp_path):
    picture = augreg.Image.open(write(tmp_path / "a.jpg", smooth(64, 64)), decode="fast")
    nearest = picture.changed(options={"interpolation": "nearest"})
    out = augreg.augment(nearest, [{"image.resize": {"size": [8, 8]}}], seed=1, keys=0)
    whole = nearest.changed(data=picture.data.read())
    assert torch.equal(out.data, augreg.augment(whole, [{"image.resize": {"size": [8, 8]}}], seed=1, keys=0).data)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_what_is_shrunk_lies_where_it_says(tmp_path, decoder, orientation, scale):
    height, width = 61, 83  # no multiples: turning brings a part of a block to the beginning
    y, x = np.mgrid[:height, :width]
    ramps = np.stack([3 * x, 4 * y, np.full_like(x, 128)], 2).astype(np.uint8)
    path = write(tmp_path / "a.jpg", ramps, orientation=orientation, quality=100)
    data = augreg.Image.open(path, decode="fast").data
    whole, found = data.read().float(), data.shrunk(float(scale))
    assert found.scale == scale
    small = found.data.float()
    for y, x in ((1, 1), (3, 2), (small.shape[1] - 2, small.shape[2] - 2)):
        top, left = found.top + scale * y, found.left + scale * x
        expected = whole[:2, top : top + scale, left : left + scale].mean((1, 2))
        assert (small[:2, y, x] - expected).abs().max() <= 3.0  # a pixel is 3 or 4


def test_a_sample_is_the_same_alone_and_in_a_batch(tmp_path, decoder):
    paths = [write(tmp_path / f"{i}.jpg", smooth(90 + 31 * i, 200)) for i in range(4)]
    pipe = augreg.Pipeline({"image": [{"image.resized_crop": {"size": 24}}, "image.hflip", "image.to_tensor"]})
    opened = [augreg.Image.open(path, decode="fast") for path in paths]
    batch = augreg.augment(opened, pipe, seed=3, keys=list(range(4)))
    bound = pipe.bind(seed=3)
    for i, picture in enumerate(opened):
        assert torch.equal(augreg.augment(picture, pipe, seed=3, keys=i).data, batch[i].data)
        assert torch.equal(bound(pickle.loads(pickle.dumps(picture)), key=i).data, batch[i].data)


def test_steps_that_move_nothing_are_given_whole_pictures(tmp_path):
    picture = augreg.Image.open(write(tmp_path / "a.jpg", smooth(64, 64)))
    out = augreg.augment([picture, picture], [{"image.gaussian_noise": {"p": 1.0}}], seed=1, keys=[0, 1])
    whole = picture.changed(data=picture.data.read())
    expected = augreg.augment([whole, whole], [{"image.gaussian_noise": {"p": 1.0}}], seed=1, keys=[0, 1])
    assert all(torch.equal(a.data, b.data) for a, b in zip(out, expected, strict=True))


def damaged(path: Path, how: str) -> Path:
    data = write(path, smooth(120, 160)).read_bytes()
    path.write_bytes(data[: len(data) // 2] if how == "cut" else data[:-300] + bytes(298) + b"\xff\xd9")
    return path


def code(work) -> str:
    try:
        work()
    except MediaError as error:
        return f"{error.code}: {error.reason}"
    return "read"


@pytest.mark.parametrize("how", ["cut", "zeros"])
def test_damage_gives_the_errors_of_reading_the_file(tmp_path, monkeypatch, how):
    path = damaged(tmp_path / "a.jpg", how)
    resize = [{"image.resize": {"size": [20, 20]}}]
    with monkeypatch.context() as patch:
        patch.setattr(jpeg, "_confirmed", lambda: False)
        expected = code(lambda: augreg.media.read(path))
    assert (how == "cut") == expected.startswith("E_TRUNCATED")
    assert code(lambda: augreg.media.read(path)) == expected
    assert code(lambda: augreg.Image.open(path).data.read()) == expected
    for confirmed in (True, False):
        with monkeypatch.context() as patch:
            if not confirmed:
                patch.setattr(jpeg, "_confirmed", lambda: False)
            assert (
                code(lambda: augreg.augment(augreg.Image.open(path, decode="fast"), resize, seed=1, keys=0)) == expected
            )


def test_a_file_that_changed_its_size_is_told(tmp_path, decoder):
    path = write(tmp_path / "a.jpg", smooth(120, 160))
    picture = augreg.Image.open(path, decode="fast")
    write(path, smooth(100, 160))
    for work in (picture.data.read, lambda: picture.data.shrunk(4.0)):
        with pytest.raises(MediaError, match="it changed since it was opened") as caught:
            work()
        assert caught.value.code == "E_CHANGED"


def test_a_job_records_how_it_decoded(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    write(source / "a.jpg", smooth(160, 200))
    damaged(source / "b.jpg", "cut")
    found = {}
    for how in ("exact", "fast"):
        steps = [{"image.resize": {"size": [40, 50]}}]
        out = tmp_path / how
        run(augreg.Pipeline({"image": steps}), Settings(source=source, out=out, seed=1, decode=how, engine="inline"))
        assert json.loads((out / "run.json").read_text())["decode"] == how
        found[how] = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert found["fast"][0]["notes"] == ["decode fast: decoded at 1/4 of its size"]
    assert found["exact"][0]["notes"] == []
    for name in ("in", "out", "steps", "outcome", "source_sha256"):
        assert found["fast"][0][name] == found["exact"][0][name]
    assert found["fast"][1] == found["exact"][1]
    assert found["fast"][1]["code"] == "E_TRUNCATED"


def test_a_job_does_not_copy_what_it_has_not_looked_at(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    damaged(source / "b.jpg", "cut")
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": 0.0}}]})
    summary = run(pipe, Settings(source=source, out=tmp_path / "out", seed=1, decode="fast", engine="inline"))
    assert summary.tally.codes == {"E_TRUNCATED": 1}


def test_a_job_that_decoded_otherwise_is_not_resumed(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    write(source / "a.jpg", smooth(60, 80))
    pipe = augreg.Pipeline({"image": ["image.hflip"]})
    run(pipe, Settings(source=source, out=tmp_path / "out", seed=1, engine="inline"))
    with pytest.raises(ConfigError, match="its decode was 'exact' and is 'fast' now"):
        run(pipe, Settings(source=source, out=tmp_path / "out", seed=1, engine="inline", decode="fast", resume=True))


def test_decode_is_checked():
    with pytest.raises(ConfigError, match="decode is 'quick'; it must be 'exact' or 'fast'"):
        Settings(source="a", out=Path("b"), seed=1, decode="quick")


def test_every_picture_of_a_batch_is_decoded_once(tmp_path, monkeypatch):
    paths = [write(tmp_path / f"{i}.jpg", smooth(80, 80, i)) for i in range(3)]
    monkeypatch.setenv("AUGREG_THREADS", "1")
    order = []
    read = PictureFile._read
    monkeypatch.setattr(PictureFile, "_read", lambda self, **how: order.append(self.path.name) or read(self, **how))
    augreg.augment([augreg.Image.open(p) for p in paths], [{"image.resize": {"size": [8, 8]}}], seed=1, keys=[0, 1, 2])
    assert sorted(order) == ["0.jpg", "1.jpg", "2.jpg"]


def test_bytes_that_end_early_are_not_taken_for_a_picture(decoder):
    memory = BytesIO()
    Pillow.fromarray(smooth(64, 64)).save(memory, "JPEG")
    assert jpeg.decoded(memory.getvalue()[:-40], "RGB", (64, 64)) is None
