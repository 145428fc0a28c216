"""nlpaug augmenters for augreg: deterministic per sample and thread-safe."""
