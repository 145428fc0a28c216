"""Train a small grid detector on a data set in YOLO's layout: DATA/images/train/*.jpg, DATA/labels/train/*.txt."""

import argparse
from pathlib import Path

import albumentations as A
import cv2
import numpy as np
import torch
from albumentations.pytorch import ToTensorV2
from torch import nn
from torch.utils.data import DataLoader, Dataset

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=8)
parser.add_argument("--imgsz", type=int, default=128)
parser.add_argument("--workers", type=int, default=0)
args = parser.parse_args()
torch.manual_seed(0)


class YoloDataset(Dataset):
    def __init__(self, root, split, transform):
        self.files = sorted(Path(root, "images", split).glob("*.*"))
        self.transform = transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        image = cv2.cvtColor(cv2.imread(str(self.files[i])), cv2.COLOR_BGR2RGB)
        label = Path(str(self.files[i]).replace("images", "labels")).with_suffix(".txt")
        rows = np.array([line.split() for line in label.read_text().splitlines()], dtype=float).reshape(-1, 5)
        out = self.transform(image=image, bboxes=rows[:, 1:], class_labels=rows[:, 0])
        boxes = np.array(out["bboxes"]).reshape(-1, 4)
        targets = torch.zeros(len(boxes), 6)
        targets[:, 1] = torch.as_tensor(np.array(out["class_labels"]))
        targets[:, 2:] = torch.as_tensor(boxes)
        return out["image"], targets

    @staticmethod
    def collate_fn(batch):
        images, targets = zip(*batch, strict=True)
        for i, rows in enumerate(targets):
            rows[:, 0] = i
        return torch.stack(images), torch.cat(targets)


train_transform = A.Compose(
    [
        A.HorizontalFlip(p=0.5),
        A.Affine(scale=(0.8, 1.2), translate_percent=0.1, rotate=(-10, 10), p=0.7),
        A.RandomBrightnessContrast(p=0.3),
        A.Resize(args.imgsz, args.imgsz),
        A.Normalize(mean=(0, 0, 0), std=(1, 1, 1)),
        ToTensorV2(),
    ],
    bbox_params=A.BboxParams(format="yolo", label_fields=["class_labels"], min_visibility=0.1),
)

train_set = YoloDataset(args.data, "train", train_transform)
train_loader = DataLoader(
    train_set, args.batch_size, shuffle=True, num_workers=args.workers, collate_fn=YoloDataset.collate_fn
)

GRID = args.imgsz // 16
model = nn.Sequential(
    nn.Conv2d(3, 16, 3, 2, 1),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, 2, 1),
    nn.ReLU(),
    nn.Conv2d(32, 32, 3, 2, 1),
    nn.ReLU(),
    nn.Conv2d(32, 32, 3, 2, 1),
    nn.ReLU(),
    nn.Conv2d(32, 5, 1),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)


def loss_of(predicted, targets):
    """Objectness of the cells, and xywh in those that hold a center."""
    wanted = torch.zeros(len(predicted), GRID, GRID)
    i = targets[:, 0].long()
    x, y = (targets[:, 2:4] * GRID).long().clamp(0, GRID - 1).T
    wanted[i, y, x] = 1
    found = predicted[i, 1:, y, x].sigmoid()
    objectness = nn.functional.binary_cross_entropy_with_logits(predicted[:, 0], wanted)
    return objectness + nn.functional.l1_loss(found, targets[:, 2:])


for epoch in range(args.epochs):
    total = 0.0
    for images, targets in train_loader:
        loss = loss_of(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / len(train_loader):.4f}")
