"""Keyed random numbers: each is a function of what it is for, not of when or where it is drawn."""
