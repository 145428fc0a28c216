"""The transforms v2 of torchvision for augreg, listed in index.json; the classes are in `transforms`."""
