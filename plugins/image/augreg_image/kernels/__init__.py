"""Kernels: what moves and colors pixels, apart from any configuration."""
