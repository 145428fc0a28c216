"""What augmentation does to models, and data sets that grow by it."""
