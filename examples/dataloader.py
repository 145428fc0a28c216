"""Inside a DataLoader: the same result for any number of workers, and a new one every epoch."""

import torch
from torch.utils.data import DataLoader, Dataset

import augreg


class Pictures(Dataset):
    """Stands for a data set of (image, class)."""

    def __len__(self) -> int:
        return 32

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return torch.full((3, 40, 40), i * 8 % 256, dtype=torch.uint8), i % 10


def main() -> None:
    pipe = augreg.Pipeline({"image": [{"image.resized_crop": {"size": [32, 32]}}, "image.hflip", "image.brightness"]})
    collate = augreg.collate(pipe, seed=7, modality="image")
    sums = {}
    for workers in (0, 2):
        # Keyed gives every item its index as key: its random numbers hang on that, not on worker or batch.
        loader = DataLoader(augreg.Keyed(Pictures()), batch_size=8, num_workers=workers, collate_fn=collate)
        for epoch in range(2):
            collate.set_epoch(epoch)
            sums[workers, epoch] = sum(int(images.sum()) for images, labels in loader)
    print(sums)
    assert sums[0, 0] == sums[2, 0]
    assert sums[0, 0] != sums[0, 1]


if __name__ == "__main__":
    main()
