"""A mixed batch through one pipeline: what came in comes back, as the same kind, in the same order."""

import numpy as np
import PIL.Image
import torch

import augreg

picture = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8))
sound = (torch.sin(torch.arange(16000) * 0.1)[None], 16000)  # what torchaudio.load returns
clip = augreg.Video(torch.zeros(16, 3, 64, 64, dtype=torch.uint8), fps=8.0)

pipe = augreg.Pipeline(
    {
        "image": ["image.hflip", {"image.rotate": {"degrees": [-20, 20], "p": 0.5}}],
        "audio": [{"audio.gain": {"decibels": [-6, 6]}}, {"audio.lowpass": {"p": 0.3}}],
        "video": [{"video.temporal_crop": {"frames": 8}}, "video.hflip"],
        "text": [{"text.keyboard": {"rate": 0.1}}],
    }
)
batch, keys = [picture, sound, clip, "a sentence to misspell"], ["p1", "s1", "c1", "t1"]  # random numbers hang on keys
out, trace = augreg.augment(batch, pipe, seed=7, keys=keys, return_trace=True)

print(out[0].size, out[1][0].shape, out[2].data.shape, repr(out[3]))
for sample in trace:
    print(sample.modality, [(step["augmenter"], step["params"]) for step in sample.steps])

# The trace repeats the augmentation bit for bit, without drawing anything.
again = pipe.replay(batch, trace)
assert again[3] == out[3]
