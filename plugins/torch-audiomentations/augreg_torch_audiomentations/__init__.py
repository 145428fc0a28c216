"""The transforms of torch-audiomentations for augreg, listed in index.json; the classes are in `transforms`."""
