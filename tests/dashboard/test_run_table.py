"""Numbers of the runs table, and the direction of metrics in the page's own script."""

import re

import numpy as np
from django.conf import settings

from dashboard.run_table import _decimals, _number, _numbers
from runs.directions import _LOWER


def test_a_column_has_equal_decimals_and_small_values_are_not_made_zero():
    values = np.array([38.866, 9.375e-5, 0.0, 0.077, -4e-4])
    decimals = _decimals(values)
    assert _numbers(values, decimals) == ["38.866", "9.375e-5", "0.000", "0.077", "\u22124e-4"]
    assert [_number(value, decimals) for value in values.tolist()] == _numbers(values, decimals)


def test_the_script_knows_the_words_of_the_server():
    script = (settings.BASE_DIR / "static" / "js" / "directions.js").read_text()
    words = re.search(r"new Set\(\[(.*?)\]\)", script)
    assert words is not None
    assert set(re.findall(r'"(\w+)"', words[1])) == _LOWER
