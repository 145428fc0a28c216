"""Histograms and spectra of pictures: what of a style one sample can take from another."""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg_image.kernels.layout import Array

Floats = NDArray[np.float64]
Spectrum = NDArray[np.complex64]

MAX_PRIME_FACTOR: Final = 31
"""OpenCV transforms lengths that are products of small primes; with a large one its time grows with the square."""


def matched(plane: Array, other: Array) -> Floats:
    """Return a plane whose values are those of the same rank in another."""
    if plane.dtype == np.uint8:
        return matching(plane, other)[plane]
    _, where, counts = np.unique(plane, return_inverse=True, return_counts=True)
    theirs, their_counts = np.unique(other, return_counts=True)
    rank, their_rank = np.cumsum(counts) / plane.size, np.cumsum(their_counts) / other.size
    found: Floats = np.interp(rank, their_rank, theirs.astype(np.float64))[where].reshape(plane.shape)
    return found


def matching(plane: Array, other: Array) -> Floats:
    """Return the table (256,) by which :func:`matched` changes bytes."""
    counts = [cv2.calcHist([np.ascontiguousarray(x)], [0], None, [256], [0, 256]).ravel() for x in (plane, other)]
    ranks = [np.cumsum(count, dtype=np.float64) / x.size for count, x in zip(counts, (plane, other), strict=True)]
    some = np.flatnonzero(counts[1])
    return np.interp(ranks[0], ranks[1][some], some.astype(np.float64))


def matched_torch(planes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return planes (..., n) whose values are those of the same rank in others (..., m), as :func:`matched`."""
    (n, m), own = (planes.shape[-1], others.shape[-1]), planes.contiguous()
    theirs = others.sort(dim=-1).values
    # As whole numbers, so that equal ranks are equal: rank / n, counted in steps of 1 / (n m).
    rank = torch.searchsorted(own.sort(dim=-1).values, own, right=True) * m
    above = theirs.gather(-1, (rank + n - 1).div(n, rounding_mode="floor") - 1)
    high = torch.searchsorted(theirs, above, right=True) * n
    smaller = torch.searchsorted(theirs, above)
    below, low = theirs.gather(-1, (smaller - 1).clamp(min=0)), smaller * n
    share = (rank - low).to(torch.float64) / (high - low)
    found = torch.lerp(below.to(torch.float64), above.to(torch.float64), share)
    return torch.where(smaller > 0, found, above.to(torch.float64)).float()


def low_rows(height: int, reach: int) -> NDArray[np.int64]:
    """Return the rows of a spectrum that hold frequencies up to a reach, of either sign."""
    every = np.arange(-reach, reach + 1) % height
    return np.unique(every)


def low_columns(width: int, reach: int) -> int:
    """Return how many columns of half a spectrum hold frequencies up to a reach."""
    return min(reach, width // 2) + 1


def spectrum(plane: Array, columns: int) -> Spectrum:
    """Return the first columns (H, columns) of the spectrum (H, W // 2 + 1) of real numbers (H, W)."""
    height, width = plane.shape
    wide = np.ascontiguousarray(plane, dtype=np.float32)
    if not _quick(height, width):
        return np.asarray(np.fft.fft(np.fft.rfft(wide, axis=1)[:, :columns], axis=0), dtype=np.complex64)
    packed: Array = cv2.dft(wide)
    found = np.empty((height, columns), np.complex64)
    inner = min(columns, (width + 1) // 2)
    found[:, 0] = _unpacked(packed[:, 0])
    found[:, 1:inner] = np.ascontiguousarray(packed[:, 1 : 2 * inner - 1]).view(np.complex64)
    if columns > inner:
        found[:, inner] = _unpacked(packed[:, -1])
    return found


def from_spectrum(some: Spectrum, width: int) -> NDArray[np.float32]:
    """Return the real numbers (H, W) whose spectrum has these first columns (H, k), and zeros beyond them."""
    height, columns = some.shape
    if not _quick(height, width):
        half = np.zeros((height, width // 2 + 1), np.complex64)
        half[:, :columns] = np.fft.ifft(some, axis=0)
        return np.asarray(np.fft.irfft(half, n=width, axis=1), dtype=np.float32)
    packed, inner = np.zeros((height, width), np.float32), min(columns, (width + 1) // 2)
    packed[:, 0] = _packed(some[:, 0])
    packed[:, 1 : 2 * inner - 1] = np.ascontiguousarray(some[:, 1:inner]).view(np.float32)
    if columns > inner:
        packed[:, -1] = _packed(some[:, inner])
    found: Array = cv2.dft(packed, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
    return found


def _unpacked(column: NDArray[np.float32]) -> Spectrum:
    """Return the spectrum (n,) of real numbers that OpenCV packs as re(0), re(1), im(1), ..., and re(n / 2)."""
    n = len(column)
    inner = np.ascontiguousarray(column[1 : 1 + (n - 1) // 2 * 2]).view(np.complex64)
    middle = column[-1:] if n % 2 == 0 else column[:0]
    return np.concatenate([column[:1], inner, middle, inner[::-1].conj()])


def _packed(column: Spectrum) -> NDArray[np.float32]:
    """Undo :func:`_unpacked`."""
    n = len(column)
    inner = np.ascontiguousarray(column[1 : 1 + (n - 1) // 2]).view(np.float32)
    middle = column[n // 2 : n // 2 + 1].real if n % 2 == 0 else column[:0].real
    return np.concatenate([column[:1].real, inner, middle])


@cache
def _quick(height: int, width: int) -> bool:
    return all(_largest_prime(n) <= MAX_PRIME_FACTOR for n in (height, width))


def _largest_prime(n: int) -> int:
    largest, p = 1, 2
    while n > 1:
        if n % p:
            p += 1
        else:
            largest, n = p, n // p
    return largest
