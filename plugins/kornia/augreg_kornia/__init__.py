"""The 2-D transforms of kornia.augmentation for augreg, listed in index.json; the classes are in `transforms`."""
