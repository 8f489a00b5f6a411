"""Arrays as Plotly reads them: a dtype and base64 bytes, in the smallest dtype that is exact."""

import base64

import numpy as np

_INTEGERS = (("i1", np.int8), ("i2", np.int16), ("i4", np.int32))


def encode_array(array: np.ndarray, *, single: bool = False) -> dict[str, str]:
    """{"dtype", "bdata"} of a one-dimensional array of numbers; NaN, ±Inf and -0.0 arrive as they are.

    Integers beyond 32 bits travel as float64 (exact up to 2**53): Plotly knows no 64-bit integers. ``single``:
    seven digits will do, so float32 wherever its range does.
    """
    dtype, small = _single(array) if single else _smallest(np.asarray(array))
    return {"dtype": dtype, "bdata": base64.b64encode(np.ascontiguousarray(small).tobytes()).decode("ascii")}


def _single(array: np.ndarray) -> tuple[str, np.ndarray]:
    with np.errstate(over="ignore"):
        small = array.astype("<f4")
    fits = np.array_equal(np.isfinite(small), np.isfinite(array))
    return ("f4", small) if fits else ("f8", array.astype("<f8"))


def _smallest(array: np.ndarray) -> tuple[str, np.ndarray]:
    floats = array.astype("<f8")
    with np.errstate(invalid="ignore", over="ignore"):
        for name, kind in _INTEGERS:
            if _same(small := floats.astype(kind), floats):
                return name, small
        if _same(small := floats.astype("<f4"), floats):
            return "f4", small
    return "f8", floats


def _same(small: np.ndarray, floats: np.ndarray) -> bool:
    # Bits, not values: -0.0 is not 0. Two NaN may differ in bits that nobody sees; then float64 it is.
    return np.array_equal(small.astype("<f8").view("<i8"), floats.view("<i8"))
