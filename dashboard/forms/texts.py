"""A draft as YAML and YAML as a draft: the form and its text say the same."""

from dataclasses import dataclass, replace

from dashboard.forms.draft import LABELS, Draft, from_spec
from dashboard.forms.reading import Reading
from dashboard.forms.sweep import split_values
from runs.documents import Document, ReadDocument, read_document, write_document
from runs.models import Project
from runs.specs import shape_problems, spec_with
from runs.sweeps.checks import plan_problems
from runs.sweeps.plan import PLAN_KEYS
from runs.sweeps.space import Space, SpaceError, read_space
from runs.yaml_text import Problem, load
from trainer_bridge.fields import did_you_mean


@dataclass(frozen=True)
class TextRead:
    """``problems`` are all, by line; ``draft`` is None where one of them keeps the text from being shown as a form."""

    problems: list[Problem]
    draft: Draft | None


def to_yaml(draft: Draft, reading: Reading) -> str:
    """The text of ``draft``. What cannot be read as a value stands in it as it was typed."""
    spec = spec_with(reading.spec, {key: _typed(draft, key, text) for key, text in reading.unread.items()})
    tags = [tag for part in draft.tag_list() if (tag := part.strip())]
    space = {key: _values(draft, reading, key) for key in draft.sweeps}
    return write_document(Document(spec, space, draft.name, tags, draft.project, reading.plan))


def read_yaml(text: str, base: Draft) -> TextRead:
    """The draft that ``text`` describes; labels that it leaves open and ranges that it repeats stay those of ``base``.

    A wrong value is no obstacle: the form shows it at its field. An unknown field has no place there.
    """
    read = read_document(text)
    found = read.problems()
    if sentence := _project_problem(read.document.project):
        found = sorted([*found, Problem(read.place("project"), "project", sentence)])
    if not _has_shape(read.document):
        return TextRead(found, None)
    draft = from_spec(read.document.spec, read.document.space, read.document.plan)
    at_home = {*draft.fields, *LABELS, "sweep", *PLAN_KEYS, "objective"} - {"project"}
    if read.wrong or any(problem.key not in at_home for problem in found):
        return TextRead(found, None)
    return TextRead(found, _labelled(draft, read, base))


def _has_shape(document: Document) -> bool:
    """Whether a form can be made of it: groups are maps, what is swept are lists or ranges, the plan is one."""
    try:
        read_space(document.space)
    except SpaceError:
        return False
    return not shape_problems(document.spec) and not plan_problems(document.plan)


def _labelled(draft: Draft, read: ReadDocument, base: Draft) -> Draft:
    document = read.document
    kept = {key: sweep for key, sweep in base.sweeps.items() if _same(base, key, document.space)}
    project = document.project or base.project
    return replace(
        draft,
        sweeps={key: kept.get(key, sweep) for key, sweep in draft.sweeps.items()},
        name=document.name,
        tags=", ".join(document.tags),
        project=project,
        new_project="" if document.project else base.new_project,
        # What a fork goes on from is no part of the text.
        ckpt=base.ckpt if draft.recipe is base.recipe else "",
    )


def _same(base: Draft, key: str, space: Space) -> bool:
    """Whether the text has the very values that the form's range came to."""
    try:
        field, sweep = base.fields[key].field, base.sweeps[key]
        return not sweep.when_field and sweep.expand(field) == space.get(key)
    except ValueError:
        return False


def _values(draft: Draft, reading: Reading, key: str) -> object:
    """What a field is swept over; where that cannot be read, the texts."""
    if key in reading.space:
        return reading.space[key]
    sweep = draft.sweeps[key]
    texts = split_values(sweep.values) if sweep.mode == "list" else [sweep.low, sweep.high]
    return [_typed(draft, key, text) for text in texts]


def _typed(draft: Draft, key: str, text: str) -> object:
    """A text that is no value of its field, as YAML reads it: -1 stays a number, "fast" a text."""
    if not draft.fields[key].is_number:
        return text
    loaded = load(text)
    whole = loaded.words.get(()) == [text.strip()]  # no comment behind it
    return loaded.value if whole and isinstance(loaded.value, int | float) else text


def _project_problem(slug: str) -> str:
    if not slug or Project.objects.filter(slug=slug).exists():
        return ""
    hint = did_you_mean(slug, Project.objects.values_list("slug", flat=True))
    return f"There is no project “{slug}”.{hint} A new one is made at “new project”."
