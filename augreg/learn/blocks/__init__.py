"""The blocks B to J of a report: what a table shows, what stands out in it, and why there is none."""

from augreg.learn.blocks.all import blocks as blocks
from augreg.learn.blocks.base import Block as Block
