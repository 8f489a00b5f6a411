"""Template tags: icons, marks, states and number formats."""

import json
from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard import marks, numbers
from runs.models import Preset
from runs.specs import given_config
from trainer_bridge.console_text import plain

register = template.Library()
#: Characters at the end of a name that always stay, as in static/js/dom.js.
NAME_TAIL = 8

register.filter("number", numbers.number)
register.filter("grouped", numbers.grouped)
register.filter("config", numbers.config_value)
register.filter("setting", numbers.setting_name)
register.filter("bytes_size", numbers.bytes_size)
register.filter("duration", numbers.duration)
register.filter("rough", numbers.rough)
register.filter("signed", numbers.signed)
register.filter("plain_text", plain)


@register.filter
def share(value: float | None) -> str:
    """A share between 0 and 1, or a change of one, with three decimals: 0.946."""
    if value is None:
        return numbers.UNKNOWN
    return f"{value:.3f}".replace("-", numbers.MINUS)


@register.filter
def half(value: int) -> float:
    """The middle of a length."""
    return value / 2


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """A <time> that reads "4 min ago", with the exact moment in its title."""
    if moment is None:
        return format_html("{}", numbers.UNKNOWN)
    exact = timezone.localtime(moment)
    text = numbers.relative_time(moment, timezone.now())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', exact.isoformat(), f"{exact:%Y-%m-%d %H:%M:%S}", text
    )


@register.filter
def age(moment: datetime) -> SafeString:
    """The same in its largest unit alone, for narrow columns: "4 min", "2 d"."""
    exact = timezone.localtime(moment)
    text = numbers.age(timezone.now() - moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', exact.isoformat(), f"{exact:%Y-%m-%d %H:%M:%S}", text
    )


@register.filter
def get(mapping: dict[str, Any] | None, key: str) -> Any:
    """mapping[key], or None."""
    return (mapping or {}).get(key)


@register.filter
def preset_size(preset: Preset) -> str:
    """How many fields a preset sets: "3 fields"."""
    count = len(given_config(preset.spec) | preset.space)
    return f"{count} field{'' if count == 1 else 's'}"


@register.filter
def json_text(value: Any) -> str:
    """Indented JSON to read and copy."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def plain_number(value: float) -> str:
    """A number that a script reads back whole."""
    return repr(float(value))


@register.filter
def is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


@register.simple_tag
def elapsed(start: datetime, end: datetime) -> str:
    """The time between two moments: 3 min."""
    return numbers.duration(end - start)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; without a label it is decoration."""
    access = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon" {}><use href="{}#{}"/></svg>', access, static("img/sprite.svg"), name
    )


@register.inclusion_tag("components/mark.html")
def mark(number: int) -> dict[str, str]:
    """The swatch of mark ``number`` (0: a grey stub)."""
    return {"classes": marks.css_classes(number), "shape": marks.shape(number)}


@register.inclusion_tag("components/middle.html")
def middle(text: str) -> dict[str, str]:
    """A name that loses its middle where it is too long: its tail tells trials of one sweep apart."""
    return {"text": text, "start": text[:-NAME_TAIL], "end": text[-NAME_TAIL:]}


@register.inclusion_tag("components/state_icon.html")
def state_icon(state: str) -> dict[str, str]:
    return {"state": state}


@register.inclusion_tag("components/state_pill.html")
def state_pill(state: str) -> dict[str, str]:
    return {"state": state}


@register.simple_tag
def page_url(name: str, *args: str) -> str:
    """The address of a page by its name; the start page while that page does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return "/"
