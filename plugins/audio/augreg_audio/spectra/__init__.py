"""Spectrograms as samples of their own, and augmenters for them."""
