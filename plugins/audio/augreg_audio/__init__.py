"""Audio augmenters for augreg."""
