"""What policy.trivial does to a small model: Fashion-MNIST, 500 pictures, paired seeds.

    apt-get install dataset-fashion-mnist    # Debian, or the four files from anywhere else
    uv run python examples/effect/fashion.py --data /usr/share/datasets/fashion-mnist

A LeNet learns from 500 pictures and is asked about the 10,000 of the test set. The arms see the same pictures in the
same order and start from the same weights; only what is done to the pictures differs. docs/policies.md has the results.
"""

import gzip
from pathlib import Path

import numpy as np
import torch
from paired import accuracy, arguments, compare, train

import augreg

ARMS = {
    "none": [],
    "policy.trivial": ["policy.trivial"],
    "flip, shift, erase": [
        "image.hflip",
        {"image.translate": {"x": 0.07, "y": 0.07, "p": 1.0}},
        {"image.erasing": {"scale": [0.02, 0.2], "p": 0.5}},
    ],
}


def read(folder, name):
    """Return the numbers of a file in MNIST's format as uint8, plain or gzipped."""
    path = next((p for p in (Path(folder) / name, Path(folder) / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise SystemExit(f"{folder} holds no {name}.gz. Install Debian's dataset-fashion-mnist, or give its folder.")
    raw = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes())
    shape = np.frombuffer(raw, dtype=">i4", count=raw[3], offset=4).tolist()
    return torch.from_numpy(np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * raw[3]).reshape(shape).copy())


def lenet():
    """Return LeCun's network with rectifiers, for pictures of 28 pixels."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 5, padding=2),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(16, 32, 5),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(800, 120),
        torch.nn.ReLU(),
        torch.nn.Linear(120, 84),
        torch.nn.ReLU(),
        torch.nn.Linear(84, 10),
    )


def prepared(pictures):
    """Return pictures (N, 1, H, W) uint8 as a model takes them."""
    return pictures.float().div(127.5).sub(1)


def main(argv=None):
    """Compare the arms; return arm -> accuracies."""
    parser = arguments(__doc__, 1500, "folder of Fashion-MNIST's four files")
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    pictures, labels = read(args.data, "train-images-idx3-ubyte")[:, None], read(args.data, "train-labels-idx1-ubyte")
    test, answers = read(args.data, "t10k-images-idx3-ubyte")[:, None], read(args.data, "t10k-labels-idx1-ubyte")

    def run(pipeline, seed):
        """Train once: 500 pictures, as many of each class as the seed happens to draw, in batches of 64."""
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(pictures))[:500]
        x, y = pictures[chosen], labels[chosen].long()

        def batches():
            for step in range(args.steps):
                at = rng.integers(0, len(chosen), 64)
                # The step counts as the epoch, so that a picture looks otherwise each time it comes.
                batch = pipeline(x[at], seed=seed, keys=at.tolist(), epoch=step, modality="image")
                yield prepared(batch), y[at]

        torch.manual_seed(seed)
        model = train(lenet(), batches(), args.steps)
        return accuracy(model, prepared(test), answers.long())

    return compare(run, {name: augreg.Pipeline({"image": steps}) for name, steps in ARMS.items()}, args.seeds)


if __name__ == "__main__":
    main()
