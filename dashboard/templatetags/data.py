"""The tools of the data section of the New run page: where data comes from, and what it looks like."""

from typing import Any

from django import template
from django.conf import settings

from dashboard.forms.rows import Section
from runs import uploads
from trainer_bridge import example_data

register = template.Library()


#: The height of a sound's outline, and the width of one of its strokes, in its own units.
OUTLINE, STROKE = 32, 2


@register.filter
def outline(peaks: list[float]) -> str:
    """The path of a sound's outline: a stroke for each peak, 0 to 1, around the middle."""
    middle = OUTLINE / 2
    halves = [max(0.5, middle * min(1.0, peak)) for peak in peaks]
    return "".join(f"M{STROKE * n + 1} {middle - h:.1f}V{middle + h:.1f}" for n, h in enumerate(halves))


@register.simple_tag
def data_place(sections: list[Section]) -> str:
    """The section that shows the preview: that of the data, or the first one where a recipe has data of its own."""
    names = [section.id for section in sections]
    return "data" if "data" in names else names[0]


@register.inclusion_tag("new_run/data_sources.html")
def data_sources() -> dict[str, Any]:
    """Upload a file, what was uploaded, and the examples."""
    examples = example_data.catalog().values()
    return {"uploads": uploads.listed(), "examples": examples, "limit": settings.UPLOAD_LIMIT}


@register.inclusion_tag("new_run/data_look.html", takes_context=True)
def data_preview(context: dict[str, Any]) -> dict[str, Any]:
    """The preview, before it was asked for."""
    return {"project": context["project"]}
