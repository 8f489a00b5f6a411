"""How a form differs from a run: only the fields that do."""

from dataclasses import dataclass

from dashboard.forms.draft import Draft
from dashboard.forms.reading import Reading
from dashboard.forms.rows import html_id
from dashboard.forms.swept import swept_text
from dashboard.forms.values import value_text
from runs.models import Run
from runs.specs import effective_config


@dataclass(frozen=True)
class Difference:
    """One field: ``there`` is the run's value, ``here`` the form's; "—" where a side has no such field."""

    id: str
    name: str
    there: str
    here: str


def differences(draft: Draft, reading: Reading, run: Run) -> list[Difference]:
    """The fields whose value differs, in the order of the form, then those that only the run has."""
    here, there = _form(draft, reading), {key: _text(v) for key, v in effective_config(run.spec).items()}
    keys = [*here, *(key for key in there if key not in here)]
    return [
        Difference(
            id=html_id(key) if key in here else "",
            name=draft.fields[key].label if key in draft.fields else key.partition(".")[2] or key,
            there=there.get(key, "—"),
            here=here.get(key, "—"),
        )
        for key in keys
        if here.get(key) != there.get(key)
    ]


def _form(draft: Draft, reading: Reading) -> dict[str, str]:
    """Key → text of every field as it would run; what cannot be read as typed, a sweep as its values."""
    found = {key: _text(value) for key, value in effective_config(reading.spec).items()}
    swept = {key: swept_text(given) for key, given in reading.space.items()}
    return found | reading.unread | dict.fromkeys(draft.sweeps, "sweep") | swept


def _text(value: object) -> str:
    return "not set" if value is None else value_text(value)  # type: ignore[arg-type]
