"""Things to show: samples made by formula, and contact sheets that draw any sample before and after."""

from __future__ import annotations
