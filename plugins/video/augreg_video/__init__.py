"""Video augmenters for augreg."""
