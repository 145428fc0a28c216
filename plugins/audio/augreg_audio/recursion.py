"""Recursive filters as matrix products: blocks of a row at once, the state handed from block to block.

A block of L frames with the state s before it gives  y = T x + O s  and leaves  s' = P s + Q x  behind: two products
for all blocks of a row, and a short recursion over the states, which is done in the same way one level up. That takes a
third of the time of an FFT round trip, and a quarter of a recursion frame by frame.

States are scaled so that what rings on after a state has the energy of that state: nothing cancels, so that float32 is
enough for sounds; states are handed on in float64.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import torch

Array = np.ndarray

BLOCK_FRAMES: Final = 32
"""Frames per block, a power of two: powers of the step are found by squaring."""

NEGLIGIBLE_STATE: Final = 0.01
"""What is left of a state is not handed on when it is smaller than this, in units of the last place of the sound."""

MOST_SECTIONS: Final = 8
"""Sections that go together; beyond that an FFT is quicker."""

MOST_MULTIPLICATIONS: Final = 1 << 18
"""Multiplications in one matrix product: with more of them, OpenBLAS starts threads of its own."""

BLOCK_BYTES: Final = 256 << 10
"""Bytes of blocks of several channels that are worked on at once."""

STRETCH_BYTES: Final = 4 << 20
"""Bytes of blocks of one channel that are worked on at once: a minute at 16 kHz; an hour would be a second sound."""


class System(NamedTuple):
    """State space of one row or of n rows: s' = a s + b x, y = c s + d x.

    float64: a (..., m, m), b (..., m, 1), c (..., 1, m), d (..., 1, 1).
    """

    a: Array
    b: Array
    c: Array
    d: Array


class Tables(NamedTuple):
    """What blocks of one row need; the factor of the result is in ``out``.

    ``into`` (L, m): x to the state behind the block. ``out`` (L + m, L): x and state before to y. ``groups`` and
    ``inside``, float64: the same one level up, over ``size`` blocks. ``powers``, float64 (k, m, m): what one group,
    two, four ... leave of a state, as long as it matters.
    """

    into: Array
    out: Array
    size: int
    groups: Array
    inside: Array
    powers: Array


def system(sections: Array) -> System:
    """Return the cascade of warped sections (n, s, 6), see :mod:`augreg_audio.biquads`, with m = 2 s.

    With 1 + a2, 1 - a2, 1 + a1 + a2 and 1 - a1 + a2 taken from the prototype, no difference of near equals occurs.
    """
    parts = [_section(sections[:, k]) for k in range(sections.shape[1])]
    whole = parts[0]
    for part in parts[1:]:
        zeros = np.zeros((*whole.a.shape[:-1], part.a.shape[-1]))
        upper = np.concatenate([whole.a, zeros], axis=-1)
        lower = np.concatenate([part.b @ whole.c, part.a], axis=-1)
        whole = System(
            np.concatenate([upper, lower], axis=-2),
            np.concatenate([whole.b, part.b @ whole.d], axis=-2),
            np.concatenate([part.d @ whole.c, part.c], axis=-1),
            part.d @ whole.d,
        )
    return whole


def _section(warped: Array) -> System:
    """Return one second-order section (n, 6) with a state whose free response has the state's energy."""
    top2, top1, top0, low2, low1, low0 = warped.T
    norm = low2 + low1 + low0
    b0, b1, b2 = (top2 + top1 + top0) / norm, 2.0 * (top0 - top2) / norm, (top2 - top1 + top0) / norm
    a1, a2 = 2.0 * (low0 - low2) / norm, (low2 - low1 + low0) / norm
    # Transposed direct form II: its free response has the Gramian energy * [[1, rho], [rho, 1]].
    energy = (low2 + low0) * norm * norm / (16.0 * low2 * low1 * low0)
    rho, rest = (low2 - low0) / (low2 + low0), 2.0 * np.sqrt(low2 * low0) / (low2 + low0)
    scale = np.sqrt(energy)
    one, none = np.ones_like(rho), np.zeros_like(rho)
    root = _matrix(scale, scale * rho, none, scale * rest)
    back = _matrix(one / scale, -rho / (scale * rest), none, one / (scale * rest))
    a = root @ _matrix(-a1, one, -a2, none) @ back
    b = root @ np.stack([b1 - a1 * b0, b2 - a2 * b0], axis=-1)[..., None]
    return System(a, b, back[:, :1], b0[:, None, None])


def _matrix(a: Array, b: Array, c: Array, d: Array) -> Array:
    made = np.empty((*a.shape, 2, 2))  # three np.stack take four times as long, and every section has three matrices
    made[..., 0, 0], made[..., 0, 1], made[..., 1, 0], made[..., 1, 1] = a, b, c, d
    return made


def tables(of: System, gain: Array, frames: int, dtype: np.dtype[Any]) -> list[Tables]:
    """Return the tables of every row for at most ``frames`` frames; ``gain`` (n,) multiplies the result."""
    n = len(of.a)
    power, free, into = of.a, of.c, of.b
    for _ in range(BLOCK_FRAMES.bit_length() - 1):
        free = np.concatenate([free, free @ power], axis=-2)
        into = np.concatenate([power @ into, into], axis=-1)
        power = power @ power
    impulse = np.concatenate([of.d, free[:, :-1] @ of.b], axis=-2)[..., 0]
    toeplitz = np.zeros((n, BLOCK_FRAMES, BLOCK_FRAMES))
    for k in range(BLOCK_FRAMES):
        toeplitz[:, k, k:] = impulse[:, : BLOCK_FRAMES - k]
    out = np.concatenate([toeplitz, free.swapaxes(-1, -2)], axis=-2) * gain[:, None, None]
    size, groups, inside, powers = _upper(power, frames)
    matter = np.abs(powers).max(axis=(2, 3)) > NEGLIGIBLE_STATE * np.finfo(dtype).eps
    heard = (matter * np.arange(1, powers.shape[1] + 1)).max(axis=1)
    into = np.ascontiguousarray(into.swapaxes(-1, -2)).astype(dtype)
    out = out.astype(dtype)
    return [Tables(into[i], out[i], size, groups[i], inside[i], powers[i, : heard[i]]) for i in range(n)]


def _upper(power: Array, frames: int) -> tuple[int, Array, Array, Array]:
    """Return the tables of the recursion s' = power s + u over the blocks, in groups of ``size``."""
    n, m = power.shape[:2]
    size = 16 if m <= 2 else 8 if m <= 4 else 4
    steps = [np.broadcast_to(np.eye(m), power.shape)]
    for _ in range(size):
        steps.append(steps[-1] @ power)
    turned = [step.swapaxes(-1, -2) for step in steps]
    groups = np.concatenate(turned[size - 1 :: -1], axis=-2)
    # Row j, column k: what the input of block j adds to the state before block k > j; the last rows: the state before.
    inside = np.zeros((n, size + 1, m, size, m))
    for j in range(size):
        for k in range(j + 1, size):
            inside[:, j, :, k] = turned[k - 1 - j]
    for k in range(size):
        inside[:, size, :, k] = turned[k]
    powers, last = [], turned[size]
    for _ in range(max(1, (-(-frames // (BLOCK_FRAMES * size))).bit_length())):
        powers.append(last)
        last = last @ last
    return size, groups, inside.reshape(n, (size + 1) * m, size * m), np.stack(powers, axis=1)


def filter_row(x: Array, by: Tables, out: Array) -> None:
    """Fill ``out`` with x (channels, frames) filtered from rest; both may be the same memory."""
    channels, frames = x.shape
    count = -(-frames // (BLOCK_FRAMES * by.size)) * by.size
    width = BLOCK_FRAMES + by.into.shape[-1]
    some = max(1, BLOCK_BYTES // (count * width * x.itemsize))
    rows = max(2, STRETCH_BYTES // (width * x.itemsize))
    for first in range(0, channels, some):
        sound, made = x[first : first + some], out[first : first + some]
        buffer = np.zeros((len(sound), min(rows, count), width), dtype=x.dtype)
        stretches = [(at, min(at + rows, count)) for at in range(0, count, rows)]
        added = np.empty((len(sound), count, width - BLOCK_FRAMES))
        for at, end in stretches:
            added[:, at:end] = product(_blocks(sound, buffer, at, end)[..., :BLOCK_FRAMES], by.into)
        states = _states(added, by)
        for at, end in stretches:
            blocks = buffer if len(stretches) == 1 else _blocks(sound, buffer, at, end)
            blocks[..., BLOCK_FRAMES:] = states[:, at:end]
            _filtered(blocks, by.out, made[:, at * BLOCK_FRAMES : end * BLOCK_FRAMES])


def _blocks(sound: Array, buffer: Array, at: int, end: int) -> Array:
    """Copy blocks ``at`` to ``end`` of a sound (channels, frames) into a buffer, with silence behind the sound."""
    found = buffer[:, : end - at]
    frames = sound[:, at * BLOCK_FRAMES : end * BLOCK_FRAMES]
    full, rest = divmod(frames.shape[1], BLOCK_FRAMES)
    found[:, :full, :BLOCK_FRAMES] = frames[:, : full * BLOCK_FRAMES].reshape(len(sound), full, BLOCK_FRAMES)
    found[:, full:, :BLOCK_FRAMES] = 0.0
    if rest:
        found[:, full, :rest] = frames[:, full * BLOCK_FRAMES :]
    return found


def _filtered(blocks: Array, table: Array, made: Array) -> None:
    """Fill ``made`` (channels, frames) with the products of blocks and their states."""
    full, rest = divmod(made.shape[1], BLOCK_FRAMES)
    if rest == 0 and made.flags.c_contiguous:
        product(blocks[:, :full], table, made.reshape(len(made), full, BLOCK_FRAMES))
    else:
        made[...] = product(blocks, table).reshape(len(made), -1)[:, : made.shape[1]]


def _states(added: Array, by: Tables) -> Array:
    """Return the state before every block from what the blocks add to it, both float64 (channels, blocks, m)."""
    channels, blocks, m = added.shape
    grouped = added.reshape(channels, -1, by.size * m)
    state = grouped @ by.groups
    for k, power in enumerate(by.powers):
        step = 1 << k
        if step >= state.shape[1]:
            break
        state[:, step:] += state[:, :-step] @ power
    both = np.empty((channels, state.shape[1], (by.size + 1) * m))
    both[..., :-m], both[:, 0, -m:], both[:, 1:, -m:] = grouped, 0.0, state[:, :-1]
    result: Array = (both @ by.inside).reshape(channels, blocks, m)
    return result


def product(x: Array, table: Array, out: Array | None = None) -> Array:
    """Return x (..., rows, k) times a table (k, columns), in pieces that no BLAS spreads over threads of its own."""
    made = np.empty((*x.shape[:-1], table.shape[1]), dtype=x.dtype) if out is None else out
    if x.shape[-2] == 1:
        # Of a single row BLAS makes a product with a vector, which rounds otherwise than one of several rows.
        made[...] = np.matmul(np.repeat(x, 2, axis=-2), table)[..., :1, :]
        return made
    rows = max(2, MOST_MULTIPLICATIONS // table.size)
    if x.shape[-2] <= rows:
        return np.matmul(x, table, out=made)
    for first in range(0, x.shape[-2], rows):
        piece = slice(min(first, x.shape[-2] - 2), first + rows)  # the last one alone is made again with its neighbor
        np.matmul(x[..., piece, :], table, out=made[..., piece, :])
    return made


def filter_batch(x: torch.Tensor, by: Tables) -> torch.Tensor:
    """Return x (n, channels, frames) on a device filtered from rest, every row alike."""
    (n, channels, frames), span = x.shape, BLOCK_FRAMES * by.size
    into, out = (torch.from_numpy(table).to(x.device, x.dtype) for table in (by.into, by.out))
    groups, inside, powers = (torch.from_numpy(t).to(x.device) for t in (by.groups, by.inside, by.powers))
    blocks = torch.nn.functional.pad(x, (0, -frames % span)).reshape(
        n, channels, -(-frames // span) * by.size, BLOCK_FRAMES
    )
    grouped = (blocks @ into).double().reshape(n, channels, -(-frames // span), by.size * into.shape[1])
    state = grouped @ groups
    for k, power in enumerate(powers):
        later = torch.nn.functional.pad(state @ power, (0, 0, 1 << k, 0))[..., : state.shape[-2], :]
        state = state + later
    before = torch.nn.functional.pad(state, (0, 0, 1, 0))[..., :-1, :]
    states = (torch.cat([grouped, before], dim=-1) @ inside).reshape(*blocks.shape[:-1], into.shape[1])
    made = torch.cat([blocks, states.to(x.dtype)], dim=-1) @ out
    return made.flatten(-2)[..., :frames]
