"""Augmentation inside the loaders that people use."""
