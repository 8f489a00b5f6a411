"""The colours of the tokens for pictures that leave the pages, where no style sheet of ours follows them."""

import functools
import re

from django.conf import settings

_TOKEN = re.compile(r"--(?P<name>[\w-]+):\s*(?:light-dark\((?P<light>#\w+),\s*#\w+\)|(?P<both>#\w+));")
#: The style of a picture in words of the tokens, as static/css/report.css has it for pictures in a page.
_RULES = """
.picture text { font: 11px Inter, system-ui, sans-serif; fill: @tx3; font-variant-numeric: tabular-nums; }
.picture .title { font-size: 13px; font-weight: 600; fill: @tx; }
.picture .strong { font-weight: 600; fill: @tx; }
.picture .name { fill: @tx2; }
.picture .ground { fill: @surface; }
.picture .grid { stroke: @grid; }
.picture .curve { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; }
.picture .band { fill: currentColor; opacity: .16; stroke: none; }
.picture .point { fill: currentColor; stroke: @surface; }
.picture .better { fill: @running; }
.picture .worse { fill: @failed; }
.picture .mark-dashed .curve { stroke-dasharray: 5 3; }
.picture .mark-dotted .curve { stroke-dasharray: 1 3; }
"""


@functools.cache
def light_tokens() -> dict[str, str]:
    """{token: colour} of the light theme."""
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    return {match["name"]: match["light"] or match["both"] for match in _TOKEN.finditer(text)}


@functools.cache
def picture_style() -> str:
    """The style sheet of a picture that stands alone."""
    tokens = light_tokens()
    marks = "".join(f".picture .mark-{n} {{ color: {tokens[f'mark-{n}']}; }}\n" for n in range(1, 13))
    return re.sub(r"@([\w-]+)", lambda match: tokens[match[1]], _RULES) + marks
