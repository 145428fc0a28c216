"""Joint augmenters for augreg."""
