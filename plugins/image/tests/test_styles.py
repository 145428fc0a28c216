"""Styles of other samples against numpy's FFT, ranks and each other's backends."""

import numpy as np
import pytest
import torch
from augreg_image.mixing import spectra, styles
from image_testkit import batch_of, from_share, noise, rng_for, run, run_with, share, smooth

import augreg
from augreg import Boxes, Events, Keypoints, Video
from augreg.data.batch import Batch


def names(*keys):
    return [[f"{key:016x}"] for key in keys]


def test_a_matched_histogram_is_that_of_the_other_picture():
    mine, yours = noise(60, 50, seed=1) // 2, noise(40, 70, seed=2) // 3 + 90
    out = run_with(styles.HistogramMatch(), batch_of(mine, yours), partner=names(1, 0), amount=[1.0, 0.0])
    assert out.data[1] is yours
    for c in range(3):
        found, expected = (np.quantile(x[c].numpy(), np.linspace(0.02, 0.98, 25)) for x in (out.data[0], yours))
        np.testing.assert_allclose(found, expected, atol=2)
        order = np.argsort(mine[c].numpy().ravel(), kind="stable")
        assert (np.diff(out.data[0][c].numpy().ravel()[order].astype(int)) >= 0).all()


def test_the_table_of_bytes_is_the_matching_of_any_numbers():
    mine, yours = (noise(30, 31, 1, seed=s).numpy()[0] for s in (1, 2))
    yours = yours // 7 * 3
    np.testing.assert_allclose(spectra.matched(mine, yours), spectra.matched(mine.astype(np.uint16), yours), atol=1e-9)


def test_only_low_amplitudes_are_exchanged_and_no_phase():
    mine, yours = (smooth(41, 52, seed=s, dtype=torch.float32) * 0.5 + 0.25 for s in (1, 2))
    style = styles.FourierStyle(reach=0.1)
    out = style.styled(
        mine.permute(1, 2, 0).numpy(),
        yours.permute(1, 2, 0).numpy(),
        {"reach": [0.1]},
        0,  # type: ignore[arg-type]
    )
    a, b, c = (np.fft.fftshift(np.fft.fft2(x, axes=(0, 1)), axes=(0, 1)) for x in (
        mine.permute(1, 2, 0).numpy(), yours.permute(1, 2, 0).numpy(), out
    ))  # fmt: skip
    low = np.zeros((41, 52), dtype=bool)
    low[20 - 4 : 20 + 5, 26 - 4 : 26 + 5] = True
    np.testing.assert_allclose(np.abs(c)[low], np.abs(b)[low], rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(c[~low], a[~low], atol=2e-3)
    strong = low[:, :, None] & (np.abs(a) > 0.1) & (np.abs(b) > 0.1)
    np.testing.assert_allclose(np.exp(1j * np.angle(c))[strong], np.exp(1j * np.angle(a))[strong], atol=0.02)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (2, 1), (1, 30), (17, 1), (3, 2), (8, 8), (7, 8), (9, 15), (37, 53), (41, 12)]
)
def test_spectra_are_those_of_numpy(shape):
    """Lengths with and without large primes, even and odd: the packed columns differ."""
    plane = np.random.default_rng(0).random(shape).astype(np.float32)
    whole = np.fft.rfft2(plane.astype(np.float64))
    for columns in range(1, shape[1] // 2 + 2):
        part = np.where(np.arange(whole.shape[1]) < columns, whole, 0)
        found = spectra.spectrum(plane, columns)
        np.testing.assert_allclose(found, whole[:, :columns], atol=3e-6 * plane.size)
        back = spectra.from_spectrum(part[:, :columns].astype(np.complex64), shape[1])
        np.testing.assert_allclose(back, np.fft.irfft2(part, s=shape), atol=2e-6)


@pytest.mark.parametrize("augmenter", [styles.HistogramMatch(), styles.FourierStyle(reach=(0.0, 0.5))])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float16, torch.float32])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_styles_of_both_backends_agree(augmenter, dtype, channels):
    rows = [smooth(21, 30, channels, seed=s, dtype=dtype) for s in range(3)]
    rows[2] = from_share(torch.full((channels, 21, 30), 0.25), dtype)
    batch = batch_of(*rows)
    params = augmenter.draw(batch.info, rng_for(batch))
    plain = augmenter.apply(batch, params).data
    listed = augmenter.apply(Batch(torch.stack(rows), batch.info), params).data
    assert all(torch.equal(a, b) for a, b in zip(plain, listed, strict=True))
    places = {f"{int(k):016x}": i for i, k in enumerate(batch.info.keys)}
    found = augmenter.on_device(torch.stack(rows), [places[name] for (name,) in params["partner"]], params)
    level = {torch.uint8: 1.01 / 255, torch.uint16: 2e-4, torch.float16: 2e-3, torch.float32: 2e-5}[dtype]
    for a, b in zip(plain, found, strict=True):
        assert a.dtype == b.dtype == dtype
        assert (np.abs(share(a) - share(b)) > level).mean() <= 0.002
    # Alone, a picture is its own partner.
    assert torch.equal(augmenter.on_device(torch.stack(rows[:1]), [0], params.take(np.array([0])))[0], rows[0])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_ranks_in_torch_are_those_of_the_cpu(dtype):
    """Few values and many, one value alone, and planes of different sizes."""
    rng = np.random.default_rng(0)
    planes = [rng.integers(0, top, 60) for top in (1, 2, 5, 256)]
    others = [rng.integers(0, top, 77) + 3 for top in (250, 1, 3, 90)]
    for mine in planes:
        for yours in others:
            a, b = (torch.from_numpy(x % 256).to(dtype) for x in (mine, yours))
            expected = spectra.matched(a[None].numpy(), b[None].numpy())[0]
            np.testing.assert_allclose(spectra.matched_torch(a.float(), b.float()), expected, atol=2e-5)


@pytest.mark.parametrize("augmenter", ["image.histogram_match", "image.fourier_style"])
def test_clips_with_targets_take_a_style_and_keep_all_else(augmenter):
    pytest.importorskip("augreg_video")
    clips = []
    for k in range(2):
        boxes = [Boxes([[1, 2, 5, 6]], labels=["a"])] * 3
        points = [Keypoints([[3.0, 4.0]])] * 3
        frames = torch.stack([smooth(20, 30, seed=5 * k + t) for t in range(3)])
        clips.append(
            Video(frames, fps=5.0, boxes=boxes, masks=torch.ones(3, 2, 20, 30), keypoints=points, label=k,
                  events=Events([[0, 0.4]]), frame_labels=["x", "y", "z"])
        )  # fmt: skip
    for before, after in zip(clips, augreg.augment(clips, {"video": [augmenter]}, seed=1), strict=True):
        assert not torch.equal(before.data, after.data)
        assert all(np.array_equal(a.data, b.data) for a, b in zip(before.boxes, after.boxes, strict=True))
        assert all(np.array_equal(a.data, b.data) for a, b in zip(before.keypoints, after.keypoints, strict=True))
        assert torch.equal(before.masks, after.masks)
        assert (after.label, after.frame_labels) == (before.label, before.frame_labels)
        assert np.array_equal(after.events.data, before.events.data)


@pytest.mark.parametrize("augmenter", [styles.HistogramMatch(), styles.FourierStyle()])
def test_styles_of_pictures_of_other_sizes_and_dtypes(augmenter):
    boxes = [Boxes([[1, 2, 5, 6]], labels=["a"]), None]
    for dtype in (torch.uint8, torch.uint16, torch.float16, torch.float32):
        batch = batch_of(smooth(20, 30, dtype=dtype), smooth(25, 18, seed=3, dtype=dtype), boxes=boxes, label=[1, 2])
        out = run(augmenter, batch)
        assert [row.dtype for row in out.data] == [dtype] * 2
        assert [row.shape for row in out.data] == [row.shape for row in batch.data]
        assert not torch.equal(out.data[0], batch.data[0])
        assert out.info.target("boxes")[0] is boxes[0]
        assert out.info.target("label") == [1, 2]
