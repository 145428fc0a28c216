"""The transforms of audiomentations for augreg, listed in index.json; the classes are in `transforms`."""
