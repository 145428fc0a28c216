"""Kernels: what moves and colours pixels, apart from any configuration."""
