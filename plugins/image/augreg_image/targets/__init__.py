"""Boxes, masks and keypoints that follow the pixels."""

from augreg_image.targets.boxes import corners, from_corners, settle_boxes
from augreg_image.targets.move import erase_targets, move_targets, move_with

__all__ = ["corners", "erase_targets", "from_corners", "move_targets", "move_with", "settle_boxes"]
