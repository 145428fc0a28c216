"""Image classification as timm's train.py does it, with repeated augmentation and several splits of a batch.

The lines marked `# augreg` stand for the training set's `create_loader(...)` and for `AugMixDataset`: timm's sampler,
`fast_collate` and `PrefetchLoader` stay. Steps leave uint8, which the PrefetchLoader normalizes. All splits are
augmented; the first one of AugMixDataset is not.
"""

import argparse
import tempfile
from pathlib import Path

import made_up
import timm.data
import timm.loss
import timm.optim
import torch
from timm.data.distributed_sampler import RepeatAugSampler
from timm.data.loader import PrefetchLoader, fast_collate
from timm.models.vision_transformer import VisionTransformer

import augreg

MEAN, STD = timm.data.IMAGENET_DEFAULT_MEAN, timm.data.IMAGENET_DEFAULT_STD


def collate_splits(splits):
    return fast_collate([item for split in splits for item in split])  # augreg


def training_loader(dataset_train, args):
    ops = [
        {"image.resized_crop": {"size": [32, 32]}},
        "image.hflip",
        {"image.to_tensor": {"dtype": "uint8"}},
    ]  # augreg
    loader_train = augreg.loader(  # augreg
        dataset_train,
        ops,  # augreg
        seed=args.seed,  # augreg
        # timm's sampler for one process: augreg counts the repeats of all before it takes a process's share.
        sampler=RepeatAugSampler(dataset_train, 1, 0, num_repeats=args.aug_repeats),  # augreg
        distributed=(args.rank, args.world_size),  # augreg
        views=args.aug_splits,  # augreg
        then=collate_splits,  # augreg
        batch_size=args.batch_size,
        num_workers=args.workers,
        persistent_workers=args.workers > 0,
        drop_last=True,
    )
    return PrefetchLoader(loader_train, mean=MEAN, std=STD, device=torch.device("cpu"))  # augreg


def train_one_epoch(model, loader, optimizer, loss_fn):
    model.train()
    total = 0.0
    for image, target in loader:
        loss = loss_fn(model(image), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def validate(model, loader):
    model.eval()
    with torch.inference_mode():
        return sum(int((model(image).argmax(1) == target).sum()) for image, target in loader) / len(loader.dataset)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=12)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--aug-repeats", type=int, default=3)
    parser.add_argument("--aug-splits", type=int, default=2)
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--world-size", type=int, default=1)
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)

    with tempfile.TemporaryDirectory() as folder:
        traindir = made_up.image_folder(Path(folder, "train"), 24)
        valdir = made_up.image_folder(Path(folder, "validation"), 4)
        dataset_train = timm.data.create_dataset("", root=str(traindir), is_training=True)
        dataset_eval = timm.data.create_dataset("", root=str(valdir))
        loader_train = training_loader(dataset_train, args)
        loader_eval = timm.data.create_loader(
            dataset_eval, (3, 32, 32), args.batch_size, num_workers=0, device=torch.device("cpu")
        )
        model = VisionTransformer(img_size=32, patch_size=8, num_classes=3, embed_dim=32, depth=1, num_heads=2)
        optimizer = timm.optim.create_optimizer_v2(model, "adamw", lr=2e-3)
        loss_fn = timm.loss.JsdCrossEntropy(args.aug_splits)
        losses = []
        for epoch in range(args.epochs):
            if hasattr(loader_train.sampler, "set_epoch"):
                loader_train.sampler.set_epoch(epoch)
            losses.append(train_one_epoch(model, loader_train, optimizer, loss_fn))
            print(f"epoch {epoch}: loss {losses[-1]:.4f}, accuracy {validate(model, loader_eval):.2f}")
    return losses


if __name__ == "__main__":
    main()
