"""Inside a DataLoader: the same result for any number of workers, and a new one every epoch."""

import torch
from torch.utils.data import Dataset

import augreg


class Pictures(Dataset):
    """Stands for a data set of (image, class)."""

    def __len__(self) -> int:
        return 32

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return torch.full((3, 40, 40), i * 8 % 256, dtype=torch.uint8), i % 10


def main() -> None:
    pipe = augreg.Pipeline({"image": [{"image.resized_crop": {"size": [32, 32]}}, "image.hflip", "image.brightness"]})
    sums = {}
    for workers in (0, 2):
        # An item's random numbers hang on its index and the epoch, not on the worker or the batch. Each pass over the
        # loader is the next epoch; loader.set_epoch(n) says otherwise.
        loader = augreg.loader(
            Pictures(), pipe, seed=7, modality="image", batch_size=8, shuffle=True, num_workers=workers
        )
        for epoch in range(2):
            sums[workers, epoch] = sum(int(images.sum()) for images, labels in loader)
    print(sums)
    assert sums[0, 0] == sums[2, 0]
    assert sums[0, 0] != sums[0, 1]


if __name__ == "__main__":
    main()
