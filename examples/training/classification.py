"""Image classification as torchvision's references/classification/train.py does it, with augreg's transforms.

The lines marked `# augreg` stand for `presets.ClassificationPresetTrain` as the data set's `transform`, for
`transforms.get_mixup_cutmix` in a `collate_fn`, and for the DataLoader of the training set.
"""

import argparse
import itertools
import tempfile
from pathlib import Path

import made_up
import torch
import torchvision
from torch import nn
from torchvision.ops import Conv2dNormActivation
from torchvision.transforms import v2

import augreg

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def train_one_epoch(model, criterion, optimizer, data_loader, device):
    model.train()
    total = 0.0
    for image, target in data_loader:
        image, target = image.to(device), target.to(device)
        loss = criterion(model(image), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(image)
    return total / (len(data_loader) * data_loader.batch_size)


def evaluate(model, data_loader, device):
    model.eval()
    with torch.inference_mode():
        hits = sum((model(image.to(device)).argmax(1) == target.to(device)).sum() for image, target in data_loader)
    return int(hits) / len(data_loader.dataset)


def load_data(traindir, valdir, args):
    dataset = torchvision.datasets.ImageFolder(traindir)
    to_eval = v2.Compose([v2.CenterCrop(32), v2.ToImage(), v2.ToDtype(torch.float32, True), v2.Normalize(MEAN, STD)])
    dataset_test = torchvision.datasets.ImageFolder(valdir, to_eval)
    if args.world_size > 1:
        sampler = torch.utils.data.DistributedSampler(dataset, args.world_size, args.rank)
    else:
        sampler = torch.utils.data.RandomSampler(dataset)
    return dataset, dataset_test, sampler


def training_loader(dataset, train_sampler, args):
    steps = [{"image.resized_crop": {"size": [32, 32]}}, "image.hflip", "image.color_jitter"]  # augreg
    steps += ["image.to_tensor", {"image.normalize": {"mean": MEAN, "std": STD}}]  # augreg
    steps += [{"image.mixup": {"classes": len(dataset.classes)}}] if args.mixup else []  # augreg
    return augreg.loader(  # augreg
        dataset,
        steps,  # augreg
        seed=args.seed,  # augreg
        batch_size=args.batch_size,
        sampler=train_sampler,
        num_workers=args.workers,
    )


def small_model(num_classes):
    def norm(channels):  # batch statistics would need more than a dozen batches
        return nn.GroupNorm(4, channels)

    widths = [3, 16, 32, 64]
    blocks = [Conv2dNormActivation(a, b, stride=2, norm_layer=norm) for a, b in itertools.pairwise(widths)]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], num_classes))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=12)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mixup", action="store_true")
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--world-size", type=int, default=1)
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    device = torch.device("cpu")

    with tempfile.TemporaryDirectory() as folder:
        traindir = made_up.image_folder(Path(folder, "train"), 24)
        valdir = made_up.image_folder(Path(folder, "val"), 4)
        dataset, dataset_test, train_sampler = load_data(traindir, valdir, args)
        data_loader = training_loader(dataset, train_sampler, args)
        data_loader_test = torch.utils.data.DataLoader(dataset_test, args.batch_size)
        model = small_model(len(dataset.classes)).to(device)
        criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
        optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
        losses = []
        for epoch in range(args.epochs):
            if args.world_size > 1:
                train_sampler.set_epoch(epoch)
            losses.append(train_one_epoch(model, criterion, optimizer, data_loader, device))
            print(f"epoch {epoch}: loss {losses[-1]:.4f}, accuracy {evaluate(model, data_loader_test, device):.2f}")
    return losses


if __name__ == "__main__":
    main()
