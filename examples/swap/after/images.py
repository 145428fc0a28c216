"""Train a small classifier on a folder of pictures: DATA/train/<class>/*, DATA/val/<class>/*."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

import augreg

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--workers", type=int, default=0)
args = parser.parse_args()

torch.manual_seed(0)
normalize = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])

train_transform = transforms.Compose(
    [
        transforms.RandomResizedCrop(64, scale=(0.3, 1.0)),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
        transforms.ToTensor(),
        normalize,
        transforms.RandomErasing(p=0.25),
    ]
)
val_transform = transforms.Compose(
    [
        transforms.Resize(72),
        transforms.CenterCrop(64),
        transforms.ToTensor(),
        normalize,
    ]
)

train_set = datasets.ImageFolder(f"{args.data}/train")
val_set = datasets.ImageFolder(f"{args.data}/val", transform=val_transform)
steps = augreg.convert(train_transform).pipeline
train_loader = augreg.loader(
    train_set, steps, seed=0, batch_size=args.batch_size, shuffle=True, num_workers=args.workers
)
val_loader = DataLoader(val_set, batch_size=args.batch_size, num_workers=args.workers)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, 2, 1),
    nn.GroupNorm(4, 16),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, 2, 1),
    nn.GroupNorm(4, 32),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, len(train_set.classes)),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(args.epochs):
    model.train()
    total = 0.0
    for images, labels in train_loader:
        loss = criterion(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
    model.eval()
    with torch.no_grad():
        hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in val_loader)
    print(f"epoch {epoch}: loss {total / len(train_set):.4f}, accuracy {hits / len(val_set):.2f}")
