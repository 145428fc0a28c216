"""What FFmpeg measures and codes on its own account agrees with ours."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest
import torch
from augreg_audio.codecs import ALaw, MuLaw
from augreg_audio.dynamics import LoudnessNormalize
from av.filter import Graph


def syllables(seconds: float, rate: int, channels: int) -> np.ndarray:
    """Noise that is loud, soft and silent in turns, float64 (channels, frames)."""
    generator = np.random.default_rng(3)
    steps = int(seconds * 4)
    levels = np.repeat(generator.choice([0.0, 0.03, 0.2, 0.5], steps), rate // 4)
    return levels * generator.standard_normal((channels, len(levels)))


def integrated_loudness(wave: np.ndarray, rate: int) -> float:
    """What the filter ebur128 says of (channels, frames) at the end, in LUFS."""
    layout = ("mono", "stereo")[len(wave) - 1]
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout=layout)
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    packed = np.ascontiguousarray(wave.T.reshape(1, -1), dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    frame.sample_rate, frame.pts = rate, 0
    source.push(frame)
    source.push(None)
    found = float("nan")
    while True:
        try:
            found = float(sink.pull().metadata.get("lavfi.r128.I", found))
        except (av.error.BlockingIOError, av.error.EOFError):
            return found


@pytest.mark.skipif(not hasattr(av.AudioFrame, "metadata"), reason="this PyAV does not pass on what filters measure")
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("target", [-31.0, -16.0])
def test_loudness_is_what_ffmpeg_measures(rate: int, channels: int, target: float, run: Any):
    x = torch.from_numpy(syllables(6.0, rate, channels)).float()
    out = run(LoudnessNormalize(target=(target, target)), [x], rate=rate)
    assert abs(integrated_loudness(out.data[0].numpy(), rate) - target) < 0.1


@pytest.mark.parametrize(("step", "codec"), [(MuLaw(), "pcm_mulaw"), (ALaw(), "pcm_alaw")], ids=["mu_law", "a_law"])
def test_companding_is_as_coarse_as_that_of_telephony(step: Any, codec: str, run: Any):
    x = torch.from_numpy(np.clip(syllables(2.0, 8000, 1), -0.99, 0.99)).float()
    ours, theirs = run(step, [x], rate=8000).data[0].numpy(), coded(x.numpy(), codec)
    noise = [float(np.square(made - x.numpy()).mean()) for made in (ours, theirs)]
    assert abs(10 * np.log10(noise[0] / noise[1])) < 1.0
    # Two roundings of one number with steps of a sixteenth (mu-law: of what lies above 1/255 of full scale).
    assert (np.abs(ours - theirs) < 0.07 * np.abs(x.numpy()) + 2e-3).all()


def coded(wave: np.ndarray, codec: str) -> np.ndarray:
    encoder, decoder = av.codec.CodecContext.create(codec, "w"), av.codec.CodecContext.create(codec, "r")
    for side in (encoder, decoder):
        side.sample_rate, side.layout, side.format = 8000, "mono", "s16"
    packed = np.rint(wave * 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="mono")
    frame.sample_rate = 8000
    made = [out.to_ndarray() for packet in encoder.encode(frame) for out in decoder.decode(packet)]
    return np.concatenate(made, axis=1) / 32767.0
