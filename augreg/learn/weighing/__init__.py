"""Weights of operations, learned by gradient from what training on them does to held samples."""
