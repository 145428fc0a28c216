"""The transforms of torchaudio for augreg, listed in index.json; the classes are in `transforms`."""
