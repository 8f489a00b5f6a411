"""What an example's data looks like, for its card: real samples, read without any training library."""

import gettext
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from django.utils.text import Truncator

#: The darkest grey of a scanned digit.
_FULL = 16
_LANGUAGES = {"de": "German", "fr": "French", "pl": "Polish", "tr": "Turkish"}
_SENTENCE = "Enter a whole number."
_CODE_LINES = 6
_LINE_WIDTH = 36


@dataclass(frozen=True)
class Preview:
    """``template`` draws ``content``, whose shape is its own matter."""

    template: str
    content: object


@dataclass(frozen=True)
class Pixel:
    """A square of a digit: column, row and how dark it is, 0 to 1."""

    x: int
    y: int
    shade: float


@cache
def preview_of(recipe_name: str) -> Preview | None:
    """The preview of a built-in example; None for any other recipe."""
    make = _MAKERS.get(recipe_name)
    return make() if make else None


def _digits() -> Preview:
    """Six scans of 8 × 8 pixels, copied from scikit-learn's digits: reading them there would import it."""
    samples = json.loads((Path(__file__).parent / "digits.json").read_text())
    return Preview("previews/digits.html", [(s["digit"], _pixels(s["pixels"])) for s in samples])


def _pixels(values: list[int]) -> list[Pixel]:
    return [Pixel(i % 8, i // 8, round(value / _FULL, 2)) for i, value in enumerate(values) if value]


def _languages() -> Preview:
    """One sentence out of the catalogues that Django installs, the recipe's own data."""
    found = [(text, name) for code, name in _LANGUAGES.items() if (text := _translation(code))]
    return Preview("previews/languages.html", found)


def _translation(code: str) -> str:
    spec = find_spec("django.conf.locale")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    try:
        catalogue = gettext.translation("django", folder, languages=[code])
    except OSError:
        return ""
    return catalogue.gettext(_SENTENCE)


def _source() -> Preview:
    """The first lines of code of the standard library, the recipe's own data."""
    spec = find_spec("heapq")
    lines = Path(spec.origin).read_text().splitlines() if spec and spec.origin else []
    start = next((n for n, line in enumerate(lines) if line.startswith("def ")), 0)
    shown = [Truncator(line).chars(_LINE_WIDTH) for line in lines[start:] if line.strip()][:_CODE_LINES]
    return Preview("previews/source.html", "\n".join(shown))


_MAKERS: dict[str, Callable[[], Preview]] = {
    "digits-vit": _digits,
    "language-id": _languages,
    "stdlib-lm": _source,
}
