"""Train a small classifier on WebDataset shards: DATA/train-{0000..0001}.tar, with <key>.jpg and <key>.cls."""

import argparse

import torch
import webdataset as wds
from torch import nn
from torchvision import transforms

import augreg

parser = argparse.ArgumentParser()
parser.add_argument("shards")
parser.add_argument("--classes", type=int, default=4)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--workers", type=int, default=0)
args = parser.parse_args()
torch.manual_seed(0)

transform = transforms.Compose(
    [
        transforms.RandomResizedCrop(64),
        transforms.RandomHorizontalFlip(),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)
transform = augreg.convert(transform).pipeline.bind(seed=0)

dataset = (
    wds.WebDataset(args.shards, shardshuffle=100, nodesplitter=wds.split_by_node)
    .shuffle(1000)
    .decode("pil")
    .map(transform)
    .to_tuple("jpg;png", "cls")
    .batched(args.batch_size)
)
loader = wds.WebLoader(dataset, batch_size=None, num_workers=args.workers)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, 2, 1),
    nn.GroupNorm(4, 16),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, 2, 1),
    nn.GroupNorm(4, 32),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, args.classes),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)

for epoch in range(args.epochs):
    total = seen = 0
    transform.set_epoch(epoch)
    for images, labels in loader:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, seen = total + loss.item() * len(labels), seen + len(labels)
    print(f"epoch {epoch}: loss {total / seen:.4f} over {seen} pictures")
