"""Braces in names of tars mean what they mean to a shell and to webdataset."""

from __future__ import annotations

import re
from itertools import accumulate

import braceexpand
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webdataset.shardlists import expand_urls

from augreg.errors import ConfigError
from augreg.jobs.sources.braces import expand

PIECES = ["{", "}", ",", "a", "b", "0", "1", "-", ".", "\\", "..", "{a..c}", "{01..03}", "{3..1}", "{0..8..4}", "{x,y}"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
@settings(max_examples=200, deadline=None)
def test_braces_mean_what_braceexpand_says(pattern: str) -> None:
    try:
        wanted = list(braceexpand.braceexpand(pattern))
    except braceexpand.UnbalancedBracesError:
        wanted = None
    # braceexpand counts only, and takes "}{" for a pair.
    closed = list(accumulate((sign == "{") - (sign == "}") for sign in re.sub(r"\\.", "", pattern)))
    if wanted is None or min(closed, default=0) < 0:
        with pytest.raises(ConfigError, match="brace of .* is not (opened|closed)"):
            expand(pattern)
    else:
        assert expand(pattern) == wanted


@pytest.mark.parametrize(
    "url",
    ["train-{000..012}.tar", "{train,val}-{0..2}.tar", "a/{b,c{1..2}}/x.tar", "x.tar", "{9..11}.tar", "{a..e..2}.tar"],
)
def test_ranges_are_those_of_webdataset(url: str) -> None:
    assert expand(url) == expand_urls(url)


def test_a_range_that_is_a_slip_of_the_pen_is_refused() -> None:
    with pytest.raises(ConfigError, match="stands for more than 1,000,000 names"):
        expand("{0..99999999}{0..99999999}.tar")
