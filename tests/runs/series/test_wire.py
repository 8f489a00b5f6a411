import base64
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.series.wire import encode_array


def decoded(wire):
    return np.frombuffer(base64.b64decode(wire["bdata"]), wire["dtype"])


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [
        ([1, 2, 100], "i1"),
        ([1, 2, 30_000], "i2"),
        ([0, 2_000_000_000], "i4"),
        ([0, 2**40], "f4"),
        ([0, 2**40 + 1], "f8"),
        ([0.5, math.nan, math.inf], "f4"),
        ([0.1], "f8"),
        ([-0.0], "f4"),
        ([], "i1"),
    ],
)
def test_the_smallest_exact_dtype_travels(numbers, dtype):
    wire = encode_array(np.array(numbers))
    assert wire["dtype"] == dtype
    np.testing.assert_array_equal(decoded(wire), numbers)


@given(st.lists(st.floats(width=32) | st.floats() | st.integers(0, 2**53), max_size=30))
def test_numbers_arrive_as_they_are(numbers):
    array = np.array(numbers, "f8")
    arrived = decoded(encode_array(array)).astype("f8")
    np.testing.assert_array_equal(arrived, array)
    assert np.signbit(arrived).tolist() == np.signbit(array).tolist()


def test_to_draw_float32_will_do_unless_its_range_does_not():
    wire = encode_array(np.array([0.1, math.nan, math.inf]), single=True)
    assert wire["dtype"] == "f4"
    np.testing.assert_allclose(decoded(wire), [0.1, math.nan, math.inf], rtol=1e-7)
    assert encode_array(np.array([0.1, 1e300]), single=True)["dtype"] == "f8"
