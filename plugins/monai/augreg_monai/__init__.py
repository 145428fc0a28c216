"""The random 2-D array transforms of MONAI for augreg, listed in index.json; the classes are in `transforms`."""
