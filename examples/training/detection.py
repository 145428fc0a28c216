"""Detection as torchvision's references/detection/train.py does it, with augreg's transforms.

The lines marked `# augreg` stand for `presets.DetectionPresetTrain`, which the data set calls as
`transforms(img, target)`. Targets are tv_tensors, as `wrap_dataset_for_transforms_v2` gives them; with `--plain` they
are the bare tensors that older scripts have, and two lines more say what they are.
"""

import argparse
import itertools

import made_up
import PIL.Image
import torch
from torch import nn
from torchvision import tv_tensors
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import Conv2dNormActivation
from torchvision.transforms import v2

import augreg


class Rectangles(torch.utils.data.Dataset):
    """Dark pictures with a bright rectangle, as a data set of COCO's kind."""

    def __init__(self, numbers, transforms, plain=False):
        self.numbers, self.transforms, self.plain = numbers, transforms, plain

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, idx):
        pixels, (x1, y1, x2, y2) = made_up.rectangle(self.numbers[idx])
        img = PIL.Image.fromarray(pixels)
        masks = torch.from_numpy((pixels > 100).all(-1))[None].to(torch.uint8)
        boxes = torch.tensor([[x1, y1, x2, y2]], dtype=torch.float32)
        if not self.plain:
            masks = tv_tensors.Mask(masks)
            boxes = tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(img.height, img.width))
        area = torch.tensor([(x2 - x1) * (y2 - y1)], dtype=torch.float32)
        target = {"boxes": boxes, "labels": torch.ones(1, dtype=torch.int64), "masks": masks}
        target |= {"image_id": self.numbers[idx], "area": area, "iscrowd": torch.zeros(1, dtype=torch.int64)}
        if self.plain:
            target["masks"] = tv_tensors.Mask(masks)  # augreg
            size = (img.height, img.width)
            target["boxes"] = tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=size)  # augreg
        return self.transforms(img, target)


def get_transform(is_train, args):
    if is_train:
        steps = ["image.photometric_distort", {"image.iou_crop": {"p": 0.5}}, "image.hflip"]  # augreg
        steps += [{"image.resize": {"size": [64, 64]}}, "image.to_tensor"]  # augreg
        return augreg.Pipeline(steps).bind(seed=args.seed, key="image_id")  # augreg
    return v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


def collate_fn(batch):
    return tuple(zip(*batch, strict=True))


def small_detector():
    widths = [3, 16, 32, 64]
    norm = {"norm_layer": lambda channels: nn.GroupNorm(4, channels)}
    backbone = nn.Sequential(*[Conv2dNormActivation(a, b, stride=2, **norm) for a, b in itertools.pairwise(widths)])
    backbone.out_channels = widths[-1]
    return FCOS(backbone, 2, min_size=64, max_size=64, anchor_generator=AnchorGenerator(((8,),), ((1.0,),)))


def train_one_epoch(model, optimizer, data_loader, device):
    model.train()
    total = 0.0
    for images, targets in data_loader:
        images = [image.to(device) for image in images]
        targets = [{k: v.to(device) if isinstance(v, torch.Tensor) else v for k, v in t.items()} for t in targets]
        losses = sum(model(images, targets).values())
        optimizer.zero_grad()
        losses.backward()
        optimizer.step()
        total += losses.item()
    return total / len(data_loader)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--plain", action="store_true")
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    device = torch.device("cpu")

    dataset = Rectangles(range(40), get_transform(True, args), args.plain)
    train_sampler = torch.utils.data.RandomSampler(dataset)
    train_batch_sampler = torch.utils.data.BatchSampler(train_sampler, args.batch_size, drop_last=True)
    data_loader = torch.utils.data.DataLoader(
        dataset, batch_sampler=train_batch_sampler, num_workers=args.workers, collate_fn=collate_fn
    )
    model = small_detector().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for epoch in range(args.epochs):
        dataset.transforms.set_epoch(epoch)  # augreg
        losses.append(train_one_epoch(model, optimizer, data_loader, device))
        print(f"epoch {epoch}: loss {losses[-1]:.4f}")
    return losses


if __name__ == "__main__":
    main()
