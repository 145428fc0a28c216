"""Settings for every test: hypothesis draws the same examples in every run, so that a red run is a real change."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("repeatable")
