"""Samples with their targets, the batches made of them, and the parameters drawn for them."""
