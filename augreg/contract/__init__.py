"""What an augmenter is: what it declares, draws and applies, and the operators by which steps fuse."""
