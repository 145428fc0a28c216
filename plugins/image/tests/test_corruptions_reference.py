"""Every corruption at every severity against its published formula, with published parameters written out again.

The references use scipy, PIL, colorsys and loops; random fields are the same on both sides.
"""

import colorsys
import io
import math

import cv2
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from augreg_image.corruptions.augmenter import elastic_field
from augreg_image.corruptions.fields import Dice
from augreg_image.corruptions.kinds import KINDS
from augreg_image.kernels import displacement
from augreg_image.kernels.resampling import Resampling
from image_testkit import share, smooth
from PIL import Image

HEIGHT, WIDTH = 63, 84
LEVEL = 1 / 255


def picture(channels=3):
    return np.ascontiguousarray(share(smooth(HEIGHT, WIDTH, channels)).transpose(1, 2, 0), dtype=np.float32)


def blurred(x, sigma):
    return scipy.ndimage.gaussian_filter(x, (sigma, sigma, 0)[: x.ndim], mode="nearest", truncate=4.0)


def gaussian_noise(x, s, dice):
    return x + [0.08, 0.12, 0.18, 0.26, 0.38][s] * dice.normal(*x.shape)


def shot_noise(x, s, dice):
    photons = [60, 25, 12, 5, 3][s]
    chance = (np.floor(dice.uniform(*x.shape) * 4096) + 0.5) / 4096
    return scipy.stats.poisson.ppf(chance, np.rint(x * 255) / 255 * photons) / photons


def impulse_noise(x, s, dice):
    amount = [0.03, 0.06, 0.09, 0.17, 0.27][s]
    u, out = dice.uniform(*x.shape), x.copy()
    out[u < amount] = 1
    out[u < amount / 2] = 0
    return out


def speckle_noise(x, s, dice):
    return x + x * [0.15, 0.2, 0.35, 0.45, 0.6][s] * dice.normal(*x.shape)


def gaussian_blur(x, s, _):
    return blurred(x, [1, 2, 3, 4, 6][s])


def defocus_blur(x, s, _):
    radius, soft = [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)][s]
    reach = 8 if radius <= 8 else radius
    disc = np.array([[float(i * i + j * j <= radius * radius) for i in range(-reach, reach + 1)]
                     for j in range(-reach, reach + 1)])  # fmt: skip
    near = 1 if radius <= 8 else 2
    soften = np.exp(-0.5 * (np.arange(-near, near + 1) / soft) ** 2)
    soften = np.outer(soften, soften) / soften.sum() ** 2
    kernel = scipy.ndimage.correlate(disc / disc.sum(), soften, mode="mirror")
    return np.stack([scipy.ndimage.correlate(x[:, :, c], kernel, mode="mirror") for c in range(x.shape[2])], axis=2)


def glass_blur(x, s, dice):
    sigma, reach, rounds = [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)][s]
    x = blurred(x, sigma)
    height, width = x.shape[:2]
    for _ in range(rounds):
        rows, columns = range(reach + 1, height - reach + 1), range(reach + 1, width - reach + 1)
        dx, dy = np.floor(dice.uniform(2, len(rows), len(columns)) * 2 * reach).astype(int) - reach
        for h in reversed(rows):
            for w in reversed(columns):
                at = h - rows[0], w - columns[0]
                x[h, w] = x[h + dy[at], w + dx[at]]
    return blurred(x, sigma)


def moved(x, radius, sigma, degrees):
    """Add up shifted pictures, whose edges go on, as ImageMagick does."""
    width = 2 * radius + 1
    weights = np.array([math.exp(-i * i / (2 * sigma * sigma)) for i in range(width)])
    height, length = x.shape[:2]
    out = np.zeros_like(x, dtype=np.float64)
    for i, weight in enumerate(weights / weights.sum()):
        dx = math.ceil(i * math.cos(math.radians(degrees)) - 0.5)
        dy = math.ceil(i * math.sin(math.radians(degrees)) - 0.5)
        rows = np.clip(np.arange(height) + dy, 0, height - 1)
        columns = np.clip(np.arange(length) + dx, 0, length - 1)
        out += weight * x[rows[:, None], columns]
    return out


def motion_blur(x, s, dice):
    radius, sigma = [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)][s]
    return moved(x, radius, sigma, dice.number(-45, 45))


def clipped_zoom(x, factor):
    height, width = x.shape[:2]
    tall, wide = math.ceil(height / factor), math.ceil(width / factor)
    top, left = (height - tall) // 2, (width - wide) // 2
    large = scipy.ndimage.zoom(x[top : top + tall, left : left + wide], (factor, factor, 1), order=1, mode="nearest")
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return large[top : top + height, left : left + width]


def zoom_blur(x, s, _):
    end, step = [(1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)][s]
    factors = np.arange(1, end, step)
    return (x + sum(clipped_zoom(x, factor) for factor in factors)) / (len(factors) + 1)


def snow(x, s, dice):
    mean, std, zoom, least, radius, sigma, kept = [
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ][s]  # fmt: skip
    layer = clipped_zoom(mean + std * dice.normal(*x.shape[:2], 1), zoom)
    layer[layer < least] = 0
    layer = moved(np.clip(layer, 0, 1), radius, sigma, dice.number(-135, -45))
    gray = (x @ [0.299, 0.587, 0.114])[:, :, None]
    x = kept * x + (1 - kept) * np.maximum(x, gray * 1.5 + 0.5)
    return x + layer + np.rot90(layer, k=2)


def plasma(size, decay, dice):
    """Diamonds and squares, point by point, on a map that wraps around."""
    cloud, step, rough = np.zeros((size, size)), size, 100.0
    while step >= 2:
        half = step // 2
        centres = [(y, x) for y in range(half, size, step) for x in range(half, size, step)]
        tops = [(y, x) for y in range(0, size, step) for x in range(half, size, step)]
        lefts = [(y, x) for y in range(half, size, step) for x in range(0, size, step)]
        diagonal, straight = ((-1, -1), (-1, 1), (1, -1), (1, 1)), ((-1, 0), (1, 0), (0, -1), (0, 1))
        for points, around in ((centres, diagonal), (tops, straight), (lefts, straight)):
            side = size // step
            jitter = 2.0 * dice.uniform(side, side).ravel() - 1.0
            old = cloud.copy()
            for (y, x), j in zip(points, jitter, strict=True):
                near = [old[(y + half * a) % size, (x + half * b) % size] for a, b in around]
                cloud[y, x] = sum(near) / 4 + rough * rough * j
        step, rough = half, rough / decay
    return (cloud - cloud.min()) / (cloud.max() - cloud.min())


def fog(x, s, dice):
    strength, decay = [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)][s]
    cloud = plasma(128, decay, dice)[:HEIGHT, :WIDTH, None]
    return (x + strength * cloud) * x.max() / (x.max() + strength)


def in_hsv(x, change):
    out = [colorsys.hsv_to_rgb(*change(*colorsys.rgb_to_hsv(*pixel))) for pixel in x.reshape(-1, 3).tolist()]
    return np.array(out).reshape(x.shape)


def brightness(x, s, _):
    return in_hsv(x, lambda h, c, v: (h, c, min(v + [0.1, 0.2, 0.3, 0.4, 0.5][s], 1)))


def saturate(x, s, _):
    gain, shift = [(0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)][s]
    return in_hsv(x, lambda h, c, v: (h, min(c * gain + shift, 1), v))


def contrast(x, s, _):
    mean = x.mean(axis=(0, 1), keepdims=True)
    return (x - mean) * [0.4, 0.3, 0.2, 0.1, 0.05][s] + mean


def through_pil(x, change):
    return np.asarray(change(Image.fromarray(np.rint(x * 255).astype(np.uint8)))) / 255


def pixelate(x, s, _):
    share_ = [0.6, 0.5, 0.4, 0.3, 0.25][s]
    small = int(WIDTH * share_), int(HEIGHT * share_)
    box = Image.Resampling.BOX
    return through_pil(x, lambda image: image.resize(small, box).resize((WIDTH, HEIGHT), box))


def jpeg_compression(x, s, _):
    def change(image):
        memory = io.BytesIO()
        image.save(memory, "JPEG", quality=[25, 18, 15, 10, 7][s])
        return Image.open(memory)

    return through_pil(x, change)


def spatter(x, s, dice):
    mean, std, sigma, least, strength, mud = [
        (0.65, 0.3, 4, 0.69, 0.6, 0), (0.65, 0.3, 3, 0.68, 0.6, 0), (0.65, 0.3, 2, 0.68, 0.5, 0),
        (0.65, 0.3, 1, 0.65, 1.5, 1), (0.67, 0.4, 1, 0.65, 1.5, 1),
    ][s]  # fmt: skip
    liquid = blurred(mean + std * dice.normal(*x.shape[:2], 1)[:, :, 0], sigma)
    liquid[liquid < least] = 0
    if mud:
        cover = blurred((liquid > least).astype(float), strength)[:, :, None]
        cover[cover < 0.8] = 0
        return x * (1 - cover) + np.array([63, 42, 20]) / 255 * cover
    wet = (liquid * 255).astype(np.uint8)
    edges = cv2.Canny(wet, 50, 150) > 0
    away = cv2.distanceTransform(np.where(edges, 0, 255).astype(np.uint8), cv2.DIST_L2, 5)
    away = scipy.ndimage.uniform_filter(np.minimum(away, 20).astype(np.float64), 3, mode="mirror")
    away = cv2.equalizeHist((away + 1e-4).astype(np.uint8)).astype(np.float64)
    kernel = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], dtype=np.float64)
    away = np.clip(scipy.ndimage.correlate(away, kernel, mode="mirror"), 0, 255)
    drops = wet * np.rint(scipy.ndimage.uniform_filter(away, 3, mode="mirror"))
    return x + (strength * drops / drops.max())[:, :, None] * np.array([175, 238, 238]) / 255


REFERENCES = [
    gaussian_noise, shot_noise, impulse_noise, defocus_blur, glass_blur, motion_blur, zoom_blur, snow, fog, brightness,
    contrast, pixelate, jpeg_compression, speckle_noise, gaussian_blur, spatter, saturate,
]  # fmt: skip


def test_all_but_frost_and_elastic_transform_have_a_reference():
    assert {f.__name__ for f in REFERENCES} == set(KINDS) - {"frost"}


@pytest.mark.parametrize("severity", range(1, 6))
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda f: f.__name__)
def test_corruption_is_the_published_one(reference, severity):
    found = KINDS[reference.__name__](picture(), severity - 1, Dice(7))
    expected = np.clip(reference(picture().astype(np.float64), severity - 1, Dice(7)), 0, 1)
    difference = np.abs(np.clip(found, 0, 1) - expected)
    assert expected.std() > 0.005
    # A value at a threshold may fall on either side; everything else is within a level, as PIL rounds twice.
    assert (difference > 1.01 * LEVEL).mean() < 5e-3
    assert difference.mean() < 0.51 * LEVEL


@pytest.mark.parametrize("severity", range(1, 6))
def test_elastic_transform_is_the_published_one(severity):
    """Affine map first, then displacement; the published code interpolates twice, this one once."""
    alpha, sigma, jitter = [(2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02)][
        severity - 1
    ]
    side = 244 / 224 * HEIGHT
    x, dice = picture(), Dice(3)
    square = HEIGHT // 3
    corner = np.array([WIDTH // 2, HEIGHT // 2])
    points = np.float32([corner + square, [corner[0] + square, corner[1] - square], corner - square])
    moved_points = points + (2 * dice.uniform(3, 2) - 1) * np.float32(jitter * side)
    affine = cv2.getAffineTransform(points, moved_points)
    noise = 2 * dice.uniform(HEIGHT, WIDTH, 2) - 1
    dx, dy = (
        scipy.ndimage.gaussian_filter(noise[:, :, k], sigma * side, mode="reflect", truncate=3) * alpha * side
        for k in (0, 1)
    )
    inverse = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    places = np.stack([columns + dx, rows + dy, np.ones_like(rows)], axis=-1) @ inverse.T
    found = elastic_field(HEIGHT, WIDTH, severity - 1, Dice(3))
    np.testing.assert_allclose(found, places[:, :, :2] - np.stack([columns, rows], axis=-1), atol=2e-3)
    shown = displacement.remap(x, found, Resampling("reflect", interpolation="bilinear"))
    at = [places[..., 1], places[..., 0]]
    for c in range(3):
        expected = scipy.ndimage.map_coordinates(x[:, :, c], at, order=1, mode="reflect")
        assert np.abs(shown[:, :, c] - expected).mean() < LEVEL


def test_frost_has_the_published_weights():
    """Black shows the ice by itself; its light is that of the published photographs."""
    kept, added = zip((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75), strict=True)
    black, gray = np.zeros((64, 64, 3), np.float32), np.full((64, 64, 3), 0.5, np.float32)
    for s in range(5):
        ice = [KINDS["frost"](black, s, Dice(k)) / added[s] for k in range(24)]
        assert np.mean(ice) == pytest.approx(0.64, abs=0.06)
        assert np.mean([i.std(axis=(0, 1)).mean() for i in ice]) == pytest.approx(0.1, abs=0.02)
        difference = KINDS["frost"](gray, s, Dice(1)) - KINDS["frost"](black, s, Dice(1))
        np.testing.assert_allclose(difference, 0.5 * kept[s], atol=1e-6)
