"""Draws a picture with its targets, or the frames of a clip, into a rectangle of a contact sheet."""

from __future__ import annotations

import zlib

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from augreg.data.targets import Boxes, Keypoints
from augreg.media.encode import as_frames, frame_times
from augreg.media.images import as_pixels, without_alpha
from augreg.modalities.image import Image
from augreg.modalities.video import Video
from augreg.showcase import style
from augreg.showcase.lettering import length, write
from augreg.showcase.style import Rect

DARK = (24, 26, 32)


def picture(canvas: Pillow.Image, sample: Image, rect: Rect) -> None:
    """Draw an image with its boxes and keypoints, as large as fits."""
    pixels = viewable(without_alpha(as_pixels(sample.data)))
    place = style.fit(pixels.shape[1], pixels.shape[0], rect)
    style.paste(canvas, pixels, place)
    scale = place[2] / pixels.shape[1]
    draw = ImageDraw.Draw(canvas)
    if sample.boxes is not None:
        _boxes(draw, sample.boxes, place, scale)
    if sample.keypoints is not None:
        _points(draw, sample.keypoints, place, scale)


def viewable(pixels: np.ndarray) -> np.ndarray:
    """Return pixels (H, W) or (H, W, C) of any dtype as uint8 RGB (H, W, 3); floats outside [0, 1] are stretched."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if np.issubdtype(pixels.dtype, np.floating):
        low, high = min(0.0, float(pixels.min())), max(1.0, float(pixels.max()))
        pixels = (pixels - low) / (high - low) * 255.0
    elif pixels.dtype == np.uint16:
        pixels = pixels / 257.0
    elif pixels.dtype == bool:
        pixels = pixels * 255
    eight = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return np.repeat(eight, 3, axis=2) if eight.shape[2] < 3 else np.ascontiguousarray(eight[..., :3])


def _boxes(draw: ImageDraw.ImageDraw, boxes: Boxes, place: Rect, scale: float, names: bool = True) -> None:
    labels = boxes.labels if boxes.labels is not None else [""] * len(boxes)
    for corners, name in zip(outlines(boxes), labels, strict=True):
        # By the name, so that an object has one colour on every tile.
        colour = style.BOXES[zlib.crc32(str(name).encode()) % len(style.BOXES)]
        points = [(place[0] + x * scale, place[1] + y * scale) for x, y in corners]
        draw.line([*points, points[0]], fill=colour, width=3, joint="curve")
        if names and str(name):
            left, top = min(points, key=lambda p: (p[1], p[0]))
            plate = min(left, place[0] + place[2] - length(str(name), 15) - 9)
            style.label(draw, max(plate, place[0]), max(top, place[1] + 20), str(name), colour)


def outlines(boxes: Boxes) -> np.ndarray:
    """Return the corners of every box, float64 (n, 4, 2), whatever its format."""
    data = boxes.data
    if boxes.format == "xyxyxyxy":
        return data.reshape(-1, 4, 2)
    if boxes.format == "xyxy":
        x0, y0, x1, y1 = data.T
    else:
        at_corner = boxes.format.startswith("xywh")
        x0, y0 = data[:, 0] - (0 if at_corner else data[:, 2] / 2), data[:, 1] - (0 if at_corner else data[:, 3] / 2)
        x1, y1 = x0 + data[:, 2], y0 + data[:, 3]
    corners = np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=1).reshape(-1, 4, 2)
    if not boxes.format.endswith("r"):
        return corners
    pivot = (corners[:, 0] if boxes.format == "xywhr" else corners.mean(axis=1))[:, None]
    angle = np.deg2rad(data[:, 4])
    turn = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
    return np.asarray(np.einsum("nij,nkj->nki", turn, corners - pivot) + pivot)


def _points(draw: ImageDraw.ImageDraw, points: Keypoints, place: Rect, scale: float) -> None:
    for x, y in points.data[points.flags > 0]:
        px, py = place[0] + x * scale, place[1] + y * scale
        draw.ellipse([px - 5, py - 5, px + 5, py + 5], fill=(255, 255, 255), outline=style.INK, width=2)


def film(canvas: Pillow.Image, sample: Video, rect: Rect, rows: int = 1) -> None:
    """Draw a clip as strips of film: as many frames as fit, evenly spaced in time, each with its second."""
    left, top, width, height = rect
    frames, times = as_frames(sample.data), frame_times(sample)
    draw = ImageDraw.Draw(canvas)
    draw.rounded_rectangle([left, top, left + width - 1, top + height - 1], radius=6, fill=DARK)
    for row in range(rows):
        _holes(draw, left, top + row * height // rows, width, height // rows)
    cells = film_cells(rect, frames.shape[2] / frames.shape[1], rows)
    picks = np.unique(np.rint(np.linspace(0, len(frames) - 1, min(len(cells), len(frames)))).astype(int))
    for cell, pick in zip(cells, picks, strict=False):
        place = style.fit(frames.shape[2], frames.shape[1], cell)
        style.paste(canvas, viewable(frames[pick]), place)
        if sample.boxes is not None:
            _boxes(draw, sample.boxes[pick], place, place[2] / frames.shape[2], names=False)
        at = (place[0] + 4, place[1] + place[3] - 18)
        write(draw, at, f"{times[pick]:.2f} s", 13, (255, 255, 255))


def film_cells(rect: Rect, aspect: float, rows: int) -> list[Rect]:
    """Return where the frames of a strip go: 2 to 12 in a row, by their width over height."""
    left, top, width, height = rect
    row = height // rows
    columns = min(12, max(2, round((width - 8) / ((row - 32) * aspect + 8))))
    step = (width - 8) / columns
    return [
        (left + 8 + round(column * step), top + number * row + 16, round(step) - 8, row - 32)
        for number in range(rows)
        for column in range(columns)
    ]


def _holes(draw: ImageDraw.ImageDraw, left: int, top: int, width: int, height: int) -> None:
    for x in range(left + 10, left + width - 14, 22):
        for y in (top + 5, top + height - 11):
            draw.rounded_rectangle([x, y, x + 10, y + 6], radius=2, fill=(214, 212, 205))
