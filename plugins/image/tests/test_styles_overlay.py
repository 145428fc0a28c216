"""Styles of other samples, text and patches against numpy's FFT, ranks, PIL and brute force."""

import numpy as np
import pytest
import torch
from augreg_image import overlay, superpixels
from augreg_image.corruptions.fields import Dice
from augreg_image.mixing import styles
from image_testkit import batch_of, noise, run, run_with, smooth
from PIL import Image, ImageDraw, ImageFont

from augreg.errors import ConfigError
from augreg.samples import Boxes


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
    np.testing.assert_allclose(styles.matched(mine, yours), styles.matched(mine.astype(np.uint16), yours), atol=1e-9)


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


def test_text_is_written_as_pil_writes_it():
    image = torch.zeros(3, 60, 120, dtype=torch.uint8)
    columns = {"text": ["Hi"], "size": [0.5], "place": [[1.0, 0.0]], "colour": [[1.0, 0.5, 0.0]]}
    found = run_with(overlay.OverlayText(), batch_of(image), **columns, opacity=[1.0]).data[0]
    face = ImageFont.load_default(30)
    left, top, _right, bottom = face.getbbox("Hi")
    canvas = Image.new("L", (120, 60))
    ImageDraw.Draw(canvas).text((-left, 60 - (bottom - top) - top), "Hi", fill=255, font=face)
    ink = np.asarray(canvas)
    assert ink.max() == 255
    np.testing.assert_allclose(found[0].numpy(), ink, atol=1)
    np.testing.assert_allclose(found[1].numpy(), ink / 2, atol=1)
    assert not found[2].any()
    half = run_with(overlay.OverlayText(), batch_of(image), **columns, opacity=[0.5]).data[0]
    np.testing.assert_allclose(half[0].numpy(), ink / 2, atol=1)


def test_text_larger_than_the_picture_is_cut_off_and_alpha_stays():
    image = noise(9, 12, 4)
    found = run(overlay.OverlayText(texts="A LONG SENTENCE", size=1.0), batch_of(image)).data[0]
    assert torch.equal(found[3], image[3])
    assert not torch.equal(found[:3], image[:3])


@pytest.mark.parametrize("texts", [[], [""], [3], 7])
def test_texts_that_are_none_are_refused(texts):
    with pytest.raises(ConfigError, match="texts="):
        overlay.OverlayText(texts=texts)


def test_a_font_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.ttf"):
        run(overlay.OverlayText(font="nowhere.ttf"), batch_of(noise(20, 20)))


def test_pixels_belong_to_near_points_and_patches_have_their_mean():
    patch, count = superpixels.patches(33, 42, 7.3, Dice(4))
    points = Dice(4).uniform(5, 6, 2).astype(float)
    points = np.floor((points + np.stack(np.mgrid[0:5, 0:6], axis=2)) * 7.3).clip(0, [32, 41]).reshape(-1, 2)
    points = points[np.lexsort(points.T[::-1])]
    assert count == len(points) == 30
    y, x = np.mgrid[0:33, 0:42].reshape(2, -1)
    far = np.hypot(points[:, :1] - y, points[:, 1:] - x)
    own = far[patch, np.arange(33 * 42)]
    assert (own <= far.min(axis=0) * 1.05 + 1e-9).all()
    image = noise(33, 42)
    found = run_with(superpixels.Superpixels(), batch_of(image), size=[7.3 / 33], noise=[4]).data[0].flatten(1)
    for k in range(count):
        inside = torch.from_numpy(patch == k)
        mean = image.flatten(1)[:, inside].double().mean(dim=1)
        assert (found[:, inside].double() - mean[:, None]).abs().max() <= 0.51
