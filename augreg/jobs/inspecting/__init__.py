"""Looks at what a job made: a sample of its outputs beside their inputs, and how far both are apart in numbers."""
