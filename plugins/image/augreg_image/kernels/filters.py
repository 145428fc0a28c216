"""Linear filters: OpenCV on the CPU, grouped separable convolutions in torch."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augreg_image.kernels.channels import in_chunks
from augreg_image.kernels.layout import OPENCV_DTYPES, Array, white_value
from augreg_image.kernels.warp_torch import pick, put, settle, upload

Floats = NDArray[np.float64]

_MAX_INTEGER_TAPS: Final = 40
"""With this many taps that are not zero, and more, OpenCV filters floats in less time than bytes."""
_INVISIBLE: Final = 0.49
"""Levels by which no value can change for it to be rounded to itself; the rest up to 0.5 is for the sum's own error."""
_MIN_FOURIER_TAPS: Final = 130
"""Entries of a kernel from which on OpenCV goes through Fourier space, where bytes save nothing."""


def gaussian_weights(sigma: float, cut: float = 4.0) -> Floats:
    """Return the weights of a Gaussian, adding up to 1.

    Args:
        sigma: standard deviation in pixels.
        cut: where it is cut off, in standard deviations. What lies beyond 4 is 6e-5 of it, beyond 3.1 less than half
            a level in 255.

    """
    reach = max(1, int(np.ceil(cut * sigma - 0.5)))
    column: Array = cv2.getGaussianKernel(2 * reach + 1, max(sigma, 1e-12), cv2.CV_64F)
    return column[:, 0]


def separable_cpu(image: Array, weights: Floats) -> Array:
    """Filter rows and columns of an image (H, W, C) with the same odd number of weights; edges are mirrored."""
    if image.dtype not in OPENCV_DTYPES:
        return separable_cpu(image.astype(np.float32), weights).astype(image.dtype)
    beside = 1.0 - float(weights[len(weights) // 2]) ** 2
    if image.dtype.kind == "u" and beside * white_value(image.dtype) < _INVISIBLE:
        return image
    kernel = weights.astype(np.float32)
    # OpenCV has vectors for bytes and floats, none for 16 bits.
    wide = image.astype(np.float32) if image.dtype == np.uint16 else image
    found = in_chunks(lambda x: cv2.sepFilter2D(x, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT), wide)
    return saturated(found, image.dtype)


def filter_cpu(image: Array, kernel: NDArray[Any]) -> Array:
    """Correlate an image (H, W, C) with a kernel (k, k), k odd, and clip to black and white; edges are mirrored."""
    if image.dtype not in OPENCV_DTYPES:
        return filter_cpu(image.astype(np.float32), kernel).astype(image.dtype)
    taps = trimmed(kernel).astype(np.float32)
    # OpenCV filters floats in half the time of integers, but for bytes and kernels with few taps.
    few = image.dtype == np.uint8 and np.count_nonzero(taps) < _MAX_INTEGER_TAPS and taps.size < _MIN_FOURIER_TAPS
    wide = image if few else image.astype(np.float32, copy=False)
    found = in_chunks(lambda x: cv2.filter2D(x, -1, taps, borderType=cv2.BORDER_REFLECT), wide)
    return saturated(found, image.dtype)


def trimmed(kernel: NDArray[Any]) -> NDArray[Any]:
    """Cut off outer rows and columns of zeros, as many on either side, so that the middle stays the middle.

    OpenCV skips taps that are zero, but goes through Fourier space where the kernel has too many of them.
    """
    down, across = np.nonzero(kernel)
    if not len(down):
        return kernel
    height, width = kernel.shape
    rows = min(down.min(), height - 1 - down.max())
    columns = min(across.min(), width - 1 - across.max())
    return kernel[rows : height - rows, columns : width - columns]


def saturated(values: Array, dtype: np.dtype[Any]) -> Array:
    """Bring floats in units of a dtype to it: clipped to black and white, rounded for integers.

    Integers have seen to that themselves. Floats may be changed in place.
    """
    if values.dtype.kind == "u":
        return values
    if dtype.kind == "f":
        return np.clip(values, 0.0, 1.0, out=values).astype(dtype, copy=False)
    kind = cv2.CV_8U if dtype == np.uint8 else cv2.CV_16U
    whole: Array = cv2.add(values.reshape(len(values), -1), 0.0, dtype=kind)  # type: ignore[call-overload]  # OpenCV's stubs know of no numbers
    return whole.reshape(values.shape)


def separable_torch(images: torch.Tensor, weights: list[Floats]) -> torch.Tensor:
    """Filter images (B, C, H, W) with one list of weights per image, as :func:`separable_cpu`."""
    n, channels, height, width = images.shape
    reach = max(len(w) for w in weights) // 2
    bank = np.stack([np.pad(w, reach - len(w) // 2) for w in weights])
    wide = mirrored(images.float(), reach, reach).reshape(1, n * channels, height + 2 * reach, width + 2 * reach)
    taps = upload(bank, wide).repeat_interleave(channels, dim=0)
    found = F.conv2d(wide, taps[:, None, :, None], groups=n * channels)
    found = F.conv2d(found, taps[:, None, None, :], groups=n * channels)
    return _bounded(found.view(images.shape), images.dtype)


def filter_torch(images: torch.Tensor, kernels: list[NDArray[Any]]) -> torch.Tensor:
    """Correlate images (B, C, H, W) with one kernel (k, k) each, as :func:`filter_cpu`."""
    n, channels, height, width = images.shape
    reach = max(len(k) for k in kernels) // 2
    bank = np.stack([np.pad(k, reach - len(k) // 2) for k in kernels])
    wide = mirrored(images.float(), reach, reach).reshape(1, n * channels, height + 2 * reach, width + 2 * reach)
    taps = upload(bank, wide).repeat_interleave(channels, dim=0)[:, None]
    found = F.conv2d(wide, taps, groups=n * channels)
    return _bounded(found.view(images.shape), images.dtype)


def _bounded(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return settle(values.clamp_(0.0, 1.0) if dtype.is_floating_point else values, dtype)


def mirrored(images: torch.Tensor, down: int, across: int) -> torch.Tensor:
    """Extend images on all sides by their mirror image, edge pixels included, any number of times over."""
    height, width = images.shape[-2:]
    rows, columns = (_folded(size, by, images.device) for size, by in ((height, down), (width, across)))
    return images.index_select(-2, rows).index_select(-1, columns)


def _folded(size: int, by: int, device: torch.device) -> torch.Tensor:
    index = torch.arange(-by, size + by, device=device) % (2 * size)
    return torch.minimum(index, 2 * size - 1 - index)


def motion_kernel(length: float, degrees: float) -> Floats:
    """Return the weights (k, k) of a line through the middle, as long as given, drawn with soft ends."""
    reach = max(1, int(np.ceil(length / 2)))
    steps = max(2, int(8 * length))
    along = (np.arange(steps) + 0.5) / steps * length - length / 2
    x = reach + along * np.cos(np.deg2rad(degrees))
    y = reach - along * np.sin(np.deg2rad(degrees))
    kernel = np.zeros((2 * reach + 3, 2 * reach + 3))
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    for dx, dy, weight in (
        (0, 0, (1 - x + column) * (1 - y + row)),
        (1, 0, (x - column) * (1 - y + row)),
        (0, 1, (1 - x + column) * (y - row)),
        (1, 1, (x - column) * (y - row)),
    ):
        np.add.at(kernel, (row + dy + 1, column + dx + 1), weight)
    total: np.float64 = kernel.sum()
    return kernel / total


def median_torch(images: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    """Take medians of images (B, C, H, W) over windows of one odd size each; edges are repeated."""
    out = images.clone()
    for size in sorted(set(sizes) - {1}):
        rows = torch.as_tensor([i for i, s in enumerate(sizes) if s == size], device=images.device)
        padded = F.pad(pick(images, rows).float(), (size // 2,) * 4, mode="replicate")
        windows = padded.unfold(2, size, 1).unfold(3, size, 1).flatten(-2)
        out = put(out, rows, windows.median(dim=-1).values.to(images.dtype))
    return out
