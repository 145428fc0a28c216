"""Image augmenters for augreg."""
