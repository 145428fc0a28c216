"""The transforms of albumentations for augreg, listed in index.json; the classes are in `transforms`."""
