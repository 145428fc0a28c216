"""Kernel: a clip through a video encoder and back, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from augreg import UnsupportedError

ENCODERS = {"mpeg4": "mpeg4", "h264": "libx264"}
"""Codec -> the encoder of FFmpeg that is used for it."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How to encode.

    Args:
        codec: a key of ENCODERS.
        quantizer: 2 to 31, coarser with every step (MPEG-4's own scale; H.264 takes 15 more as its CRF); only
            used without ``bit_rate``.
        bit_rate: bits per second, or None.
        gop: frames from one key frame to the next.
        rate: frames per second, which ``bit_rate`` refers to.

    """

    codec: str
    quantizer: int
    bit_rate: int | None
    gop: int
    rate: Fraction


def recode(frames: np.ndarray[Any, Any], coding: Coding) -> np.ndarray[Any, Any]:
    """Return RGB frames uint8 (T, H, W, 3) as they come out of a codec with 4:2:0 chroma.

    Odd sides are continued by their last row or column for the codec's sake.

    Raises:
        UnsupportedError: this build of FFmpeg lacks the encoder.

    """
    count, height, width, _ = frames.shape
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    encoder = _encoder(coding, even.shape[1], even.shape[2])
    decoder: Any = av.CodecContext.create(coding.codec, "r")
    decoder.thread_count = 1
    out = np.empty_like(even)
    shown = 0
    for packet in _packets(encoder, even):
        for frame in decoder.decode(packet):
            out[shown] = frame.to_ndarray(format="rgb24")
            shown += 1
    for frame in decoder.decode(None):
        out[shown] = frame.to_ndarray(format="rgb24")
        shown += 1
    if shown != count:
        raise UnsupportedError(f"{coding.codec} gave {shown} of {count} frames back. Use another codec.")
    return out[:, :height, :width]


def _packets(encoder: Any, frames: np.ndarray[Any, Any]) -> list[Any]:
    packets: list[Any] = []
    for i, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts = i
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return packets


def _encoder(coding: Coding, height: int, width: int) -> Any:
    name = ENCODERS[coding.codec]
    if name not in av.codec.codecs_available:
        raise UnsupportedError(f"this build of FFmpeg has no encoder {name} for codec={coding.codec!r}. Use 'mpeg4'.")
    context: Any = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.time_base = coding.rate, 1 / coding.rate
    # One thread and no reordering: the same bits on every call, and a packet for every frame.
    context.thread_count, context.max_b_frames, context.gop_size = 1, 0, coding.gop
    options = {"preset": "veryfast", "tune": "zerolatency"} if coding.codec == "h264" else {}
    if coding.bit_rate is not None:
        context.bit_rate = coding.bit_rate
        context.bit_rate_tolerance = max(1, int(2 * coding.bit_rate / coding.rate))
        options |= {"maxrate": str(coding.bit_rate), "bufsize": str(max(1, coding.bit_rate // 2))}
    elif coding.codec == "h264":
        options["crf"] = str(coding.quantizer + 15)
    else:
        context.qmin = context.qmax = coding.quantizer
    context.options = options
    return context
