"""Parameter tables: rows survive JSON bit for bit, and rows of a table are rows of its parts."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augreg.data.params import Params
from augreg.errors import ContractError

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(FLOATS, st.integers(-(2**62), 2**62), st.booleans(), st.text()), min_size=1, max_size=5))
def test_rows_survive_json(rows):
    params = Params(
        len(rows),
        {
            "f": np.array([r[0] for r in rows]),
            "i": np.array([r[1] for r in rows]),
            "b": np.array([r[2] for r in rows]),
            "s": [r[3] for r in rows],
            "pair": np.array([[r[0], r[0] / 3] for r in rows]),
        },
    )
    again = Params.from_rows(json.loads(json.dumps([params.row(i) for i in range(len(rows))])))
    for name in params:
        assert np.array_equal(np.asarray(params[name]), np.asarray(again[name]))
    assert again["i"].dtype == np.int64
    assert again["b"].dtype == bool


@given(st.lists(st.lists(st.integers(0, 99), max_size=4), min_size=1, max_size=5))
def test_ragged_rows_are_arrays(rows):
    params = Params(len(rows), {"index": [np.array(r, dtype=np.int64) for r in rows]})
    again = Params.from_rows([params.row(i) for i in range(len(rows))])
    for i, row in enumerate(rows):
        assert np.asarray(again["index"][i]).tolist() == row


def test_take():
    params = Params(3, {"a": np.arange(3.0), "l": ["x", "y", "z"]}).take(np.array([2, 0]))
    assert params["a"].tolist() == [2, 0]
    assert params["l"] == ["z", "x"]
    assert params.n == 2


def test_lengths_are_checked():
    with pytest.raises(ContractError, match="'a' has 2 entries for 3 samples"):
        Params(3, {"a": np.zeros(2)})


def test_no_columns_and_no_rows():
    assert Params(2).row(1) == {}
    assert Params.from_rows([{}, {}]).n == 2
    assert Params.from_rows([]).n == 0


def test_extreme_floats():
    values = np.array([5e-324, math.pi, 1e308, -0.0])
    params = Params(4, {"x": values})
    again = Params.from_rows(json.loads(json.dumps([params.row(i) for i in range(4)])))
    assert again["x"].tobytes() == values.tobytes()
