"""A brush of parallel coordinates by keys (static/js/axis_keys.js), in a real browser without a server."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

_PRESS = """async ([dim, brush, keys]) => {
  const { brushAfter } = await import("/js/axis_keys.js");
  const { scaleOf } = await import("/js/scales.js");
  for (const key of keys) {
    brush = brushAfter({ key: key.replace("Shift+", ""), shiftKey: key.startsWith("Shift+") }, scaleOf(dim, []), brush);
  }
  return brush ?? null;
}"""
RANGE: dict[str, Any] = {"low": 0, "high": 100}
LOG: dict[str, Any] = {"low": 1e-4, "high": 1, "log": True}
NUMBERS: dict[str, Any] = {"values": [16, 32, 64]}
WORDS: dict[str, Any] = {"values": ["linear", "cosine", "constant"]}
UP, DOWN, WIDER, NARROWER = "ArrowUp", "ArrowDown", "Shift+ArrowUp", "Shift+ArrowDown"


@pytest.mark.parametrize(
    ("dim", "brush", "keys", "wanted"),
    [
        (RANGE, None, [UP], [0, 25]),
        (RANGE, None, [DOWN], [75, 100]),
        (RANGE, [20, 40], [UP], [25, 45]),
        (RANGE, [20, 40], [DOWN, DOWN], [10, 30]),
        (RANGE, [2, 12], [DOWN], [0, 10]),
        (RANGE, [90, 100], [UP], [90, 100]),
        (RANGE, [20, 40], [WIDER], [15, 45]),
        (RANGE, [0, 40], [WIDER], [0, 45]),
        (RANGE, [20, 40], [NARROWER], [25, 35]),
        (RANGE, [20, 26], [NARROWER], [20.5, 25.5]),
        (RANGE, [20, 40], ["End"], [80, 100]),
        (RANGE, [20, 40], ["Home"], [0, 20]),
        (LOG, [1e-4, 1e-2], [UP], [1.585e-4, 1.585e-2]),
        (NUMBERS, None, [UP], [16, 16]),
        (NUMBERS, [16, 16], [UP, WIDER], [16, 64]),
        (NUMBERS, [20, 40], [NARROWER], [32, 32]),
        (WORDS, None, [DOWN], ["constant"]),
        (WORDS, ["linear"], [UP], ["cosine"]),
        (WORDS, ["linear"], [DOWN], ["linear"]),
        (WORDS, ["linear"], [WIDER], ["linear", "cosine"]),
        (RANGE, [20, 40], ["Enter"], None),
    ],
)
def test_keys_move_and_widen_a_brush(
    module_page: Page, dim: dict[str, Any], brush: list[Any] | None, keys: list[str], wanted: list[Any] | None
) -> None:
    after = module_page.evaluate(_PRESS, [dim, brush, keys])
    assert after == (pytest.approx(wanted) if wanted and not isinstance(wanted[0], str) else wanted)
