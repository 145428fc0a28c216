"""An example plugin for augreg."""
