"""Other libraries' pipelines in augreg: each transform becomes an augmenter of ours, an adapter's, or an error.

`peers.py` knows the libraries. Each has a reader, which makes a tree (`tree.py`) of an object or of plain data without
importing the library, and a table: transform -> what equals it here, or why nothing does (`equal.py`).
"""
