"""Looks for what is wrong with a data set before it is augmented: broken, blank, doubled, leaked."""
