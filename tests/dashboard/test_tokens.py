"""The pairs of colours that text and controls are made of keep their contrast in both themes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
THEMES = ("light", "dark")
#: (foreground, ground, least ratio), as DESIGN asks: text 4.5, controls and lines 3.
PAIRS = [
    *(
        (text, ground, 4.5)
        for text in ("tx", "tx2", "tx3")
        for ground in ("surface", "canvas", "sunken", "hover", "selected")
    ),
    *(("ctl", ground, 3.0) for ground in ("surface", "canvas", "sunken", "hover", "selected")),
    *((state, f"{state}-ground", 4.5) for state in ("running", "paused", "failed", "crashed")),
    # What a terminal printed in colours, on the Console tab and in the rail.
    *(
        (colour, ground, 4.5)
        for colour in ("running", "paused", "failed", "crashed", "accent", "cyan")
        for ground in ("surface", "sunken")
    ),
    ("on-ink", "ink", 4.5),
    ("on-danger", "danger-fill", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "canvas", 4.5),
    ("accent-line", "surface", 3.0),
    ("best", "best-ground", 4.5),
    ("tick", "surface", 4.5),
    *((f"mark-{number}", "surface", 3.0) for number in range(1, 13)),
]


def tokens(theme: str) -> dict[str, str]:
    text = (CSS / "tokens.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    return {name: (light, dark)[THEMES.index(theme)] for name, light, dark in pairs}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(theme: str, front: str, ground: str, least: float):
    found = tokens(theme)
    assert contrast(found[front], found[ground]) >= least


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("path", sorted(CSS.glob("*.css")), ids=lambda path: path.name)
def test_colours_stand_in_the_token_file_only(path: Path):
    if path.name != "tokens.css":
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|\brgba?\(", path.read_text())
