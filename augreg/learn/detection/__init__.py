"""Object detection: boxes as what is learned, a small network that finds them, and how well it does."""
