"""Augmenters that make one sample from several."""
