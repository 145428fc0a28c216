"""Text augmenters for augreg."""
