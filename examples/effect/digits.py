"""What policy.trivial does to a small model: spoken digits of speakers that it has never heard, paired seeds.

    uv run python examples/effect/digits.py --data fsdd.zip

The Free Spoken Digit Dataset (CC BY-SA 4.0), a folder or a zip of `digit_speaker_index.wav`, 8 kHz. Two speakers give
100 clips each to learn from, the others 150 each to be asked about: which two hangs on the seed. The model sees log-mel
spectrograms; sounds are changed before. docs/policies.md has the results.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio
from paired import accuracy, arguments, compare, train

import augreg

RATE, LENGTH = 8000, 8000
ARMS = {
    "none": [],
    "policy.trivial": ["policy.trivial"],
    "gain and noise": [
        {"audio.gain": {"decibels": 6, "p": 0.5}},
        {"audio.gaussian_snr": {"snr": [10, 40], "p": 0.5}},
    ],
}


def read(place):
    """Return [(digit, speaker, samples)] of all recordings."""
    place = Path(place)
    if place.is_dir():
        files = {p.stem: p.read_bytes() for p in sorted(place.rglob("*_*_*.wav"))}
    elif zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as archive:
            files = {Path(n).stem: archive.read(n) for n in sorted(archive.namelist()) if n.endswith(".wav")}
    else:
        raise SystemExit(f"{place} is neither a folder nor a zip of recordings called digit_speaker_index.wav.")
    found = []
    for name, raw in files.items():
        digit, speaker, _ = name.split("_")
        data, rate = soundfile.read(io.BytesIO(raw), dtype="float32")
        if rate != RATE:
            raise SystemExit(f"{name}.wav has {rate} samples a second, not {RATE}.")
        found.append((int(digit), speaker, torch.from_numpy(data)))
    return found


def fitted(sounds):
    """Return sounds (T,) as one tensor (N, 8000): a second each, cut or followed by silence."""
    return torch.stack([torch.nn.functional.pad(s[:LENGTH], (0, max(0, LENGTH - len(s)))) for s in sounds])


class Model(torch.nn.Module):
    """A small convolutional network on log-mel spectrograms."""

    def __init__(self):
        super().__init__()
        self.mel = torchaudio.transforms.MelSpectrogram(RATE, n_fft=256, hop_length=160, n_mels=40)
        parts = []
        for channels, wider in ((1, 16), (16, 32), (32, 64)):
            parts += [torch.nn.Conv2d(channels, wider, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        self.body = torch.nn.Sequential(*parts, torch.nn.AdaptiveAvgPool2d((5, 3)), torch.nn.Flatten())
        self.head = torch.nn.Linear(64 * 15, 10)

    def forward(self, sounds):
        """Return scores (N, 10) of sounds (N, T)."""
        mel = (self.mel(sounds) + 1e-5).log()
        mel = (mel - mel.mean((1, 2), keepdim=True)) / (mel.std((1, 2), keepdim=True) + 1e-5)
        return self.head(self.body(mel[:, None]))


def split(recordings, seed):
    """Return the recordings to learn from and to be asked about: of two speakers, and of all others."""
    rng = np.random.default_rng(seed)
    speakers = rng.permutation(sorted({speaker for _, speaker, _ in recordings})).tolist()
    drawn = [recordings[i] for i in rng.permutation(len(recordings))]
    of = {s: [r for r in drawn if r[1] == s] for s in speakers}
    return [r for s in speakers[:2] for r in of[s][:100]], [r for s in speakers[2:] for r in of[s][:150]]


def main(argv=None):
    """Compare the arms; return arm -> accuracies."""
    args = arguments(__doc__, 1000, "fsdd.zip, or a folder of its recordings").parse_args(argv)
    torch.set_num_threads(args.threads)
    recordings = read(args.data)

    def run(pipeline, seed):
        """Train once, in batches of 32."""
        known, unknown = split(recordings, seed)
        rng = np.random.default_rng(seed)
        labels = torch.tensor([digit for digit, _, _ in known])

        def batches():
            for step in range(args.steps):
                at = rng.integers(0, len(known), 32).tolist()
                sounds = [known[i][2] for i in at]
                out = pipeline(sounds, seed=seed, keys=at, epoch=step, modality="audio", sample_rate=RATE)
                yield fitted(out), labels[at]

        torch.manual_seed(seed)
        model = train(Model(), batches(), args.steps, 2e-3)
        return accuracy(model, fitted([s for _, _, s in unknown]), torch.tensor([d for d, _, _ in unknown]))

    return compare(run, {name: augreg.Pipeline({"audio": steps}) for name, steps in ARMS.items()}, args.seeds)


if __name__ == "__main__":
    main()
