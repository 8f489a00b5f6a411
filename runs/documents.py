"""A whole launch as one text: the specification, what is swept, and how it is called, as YAML.

project: digits
name: a try
tags: [baseline]
recipe: digits-vit
params:
  hidden_size: 96
args:
  learning_rate: 1e-3
space:                      # makes a sweep of it
  args.seed: [1, 2, 3]
  args.learning_rate: {low: 1e-5, high: 1e-2, scale: log}
sweep:                      # how to search; left out: every combination
  sampler: tpe
  trials: 40
"""

from dataclasses import dataclass, field
from typing import Any

from runs.errors import SpecError
from runs.labels import label_problems
from runs.launch import launch_run
from runs.models import Project, Run, Sweep
from runs.specs import Spec, check_spec
from runs.sweeps.checks import sweep_problems
from runs.sweeps.launch import launch_sweep
from runs.sweeps.plan import SweepPlan, plan_of_json, plan_to_repeat
from runs.sweeps.space import Space
from runs.yaml_text import Loaded, Place, Problem, dump, load
from trainer_bridge.fields import did_you_mean
from trainer_bridge.spec_fields import GROUPS

_SPEC_KEYS = ("recipe", *GROUPS)
_KEYS = ("project", "name", "tags", *_SPEC_KEYS, "space", "sweep")


@dataclass(frozen=True)
class Document:
    """``project`` is a slug or "" where the text leaves it open; without a ``space`` it is one run."""

    spec: Spec
    space: Space = field(default_factory=dict)
    name: str = ""
    tags: list[str] = field(default_factory=list)
    project: str = ""
    plan: SweepPlan = field(default_factory=SweepPlan)


@dataclass(frozen=True)
class ReadDocument:
    """What a text says. ``wrong`` is what keeps it from being a document; ``places`` tells where a field stands."""

    document: Document
    wrong: list[Problem]
    places: dict[tuple[str, ...], Place]

    def place(self, key: str) -> Place:
        """Where a field stands: in its group, else in the space; else the first line."""
        group, _, name = key.partition(".")
        paths = ((group, name) if name else (group,), ("space", key), ("sweep", key), (group,))
        return next((self.places[path] for path in paths if path in self.places), Place(1, 1))

    def problems(self) -> list[Problem]:
        """Everything that keeps it from being launched, in the order of the lines."""
        told = {problem.key for problem in self.wrong}
        found = document_problems(self.document) if "yaml" not in told else {}
        placed = [Problem(self.place(key), key, text) for key, text in found.items() if key not in told]
        return sorted([*self.wrong, *placed])


class DocumentError(SpecError):
    """A text cannot be launched; each sentence begins with its line and column."""

    def __init__(self, problems: list[Problem]) -> None:
        said: dict[str, list[str]] = {}
        for place, key, sentence in problems:
            said.setdefault(key, []).append(f"Line {place.line}, column {place.column}: {sentence}")
        super().__init__({key: " ".join(sentences) for key, sentences in said.items()})


def write_document(document: Document) -> str:
    """``document`` as YAML; what is empty is left out."""
    spec = {key: document.spec[key] for key in _SPEC_KEYS if document.spec.get(key)}
    labels = {"project": document.project, "name": document.name, "tags": document.tags}
    whole = {**labels, **spec, "space": document.space}
    if document.space:
        whole["sweep"] = document.plan.to_json()
    return dump({key: value for key, value in whole.items() if value})


def read_document(text: str) -> ReadDocument:
    """What ``text`` says, every problem of its form with it; whether it can run is asked by ``problems()``."""
    loaded = load(text)
    whole = loaded.value
    if not isinstance(whole, dict):
        if not loaded.problems:
            sentence = f"A specification is a map with the keys {', '.join(_KEYS)}."
            loaded.problems.append(Problem(Place(1, 1), "yaml", sentence))
        whole = {}
    for key in whole.keys() - set(_KEYS):
        sentence = f"There is no part “{key}” in a specification.{did_you_mean(key, _KEYS)}"
        loaded.problems.append(Problem(loaded.places[(key,)], key, sentence))
    document = Document(
        spec=_spec(whole),
        space=_space(whole, loaded),
        name=_label(whole, "name", loaded),
        tags=_tags(whole, loaded),
        project=_label(whole, "project", loaded),
        plan=_plan(whole, loaded),
    )
    return ReadDocument(document, loaded.problems, loaded.places)


def parse_document(text: str) -> Document:
    """The document that ``text`` is. Raises DocumentError with every problem of its form and of its values."""
    read = read_document(text)
    if problems := read.problems():
        raise DocumentError(problems)
    return read.document


def document_problems(document: Document) -> dict[str, str]:
    """Field → why it cannot be launched, as far as that is known before training."""
    space = document.space
    found = sweep_problems(document.spec, space, document.plan) if space else check_spec(document.spec)
    return found | label_problems(document.name, document.tags)


def launch_document(project: Project, document: Document, user: Any = None) -> Run | Sweep:
    """Queue what ``document`` describes in ``project``. Raises SpecError and changes nothing when it cannot run."""
    labels: dict[str, Any] = {"name": document.name, "tags": document.tags, "user": user}
    if document.space:
        return launch_sweep(project, document.spec, document.space, plan=document.plan, **labels)
    return launch_run(project, document.spec, **labels)


def document_of(owner: Run | Sweep) -> Document:
    """The document that launches a run or a sweep once more."""
    space, plan = (owner.space, plan_to_repeat(owner)) if isinstance(owner, Sweep) else ({}, SweepPlan())
    return Document(owner.spec, space, owner.name, owner.tags, owner.project.slug, plan)


def _spec(whole: dict[str, Any]) -> Spec:
    """The parts of the specification; an empty group says the same as none."""
    return {key: whole[key] for key in _SPEC_KEYS if whole.get(key) is not None}


def _space(whole: dict[str, Any], loaded: Loaded) -> Space:
    space = whole.get("space") or {}
    if isinstance(space, dict):
        return space
    _wrong(loaded, "space", "A space is a map from fields to lists, such as “args.seed: [1, 2]”.")
    return {}


def _plan(whole: dict[str, Any], loaded: Loaded) -> SweepPlan:
    try:
        return plan_of_json(whole.get("sweep") or {})
    except SpecError as error:
        for sentence in error.problems.values():
            _wrong(loaded, "sweep", sentence)
        return SweepPlan()


def _label(whole: dict[str, Any], key: str, loaded: Loaded) -> str:
    """The words as written: a run may be called 007."""
    value = whole.get(key)
    if isinstance(value, list | dict):
        _wrong(loaded, key, f"A {key} is a text.")
        return ""
    return "" if value is None else loaded.words[(key,)][0]


def _tags(whole: dict[str, Any], loaded: Loaded) -> list[str]:
    tags = whole.get("tags")
    if isinstance(tags, dict) or (isinstance(tags, list) and any(isinstance(t, list | dict) for t in tags)):
        _wrong(loaded, "tags", "Tags are a list of texts, such as [baseline, small].")
        return []
    words = [] if tags is None else loaded.words.get(("tags",), [])
    return words if isinstance(tags, list) else [tag for text in words for tag in text.split(",")]


def _wrong(loaded: Loaded, key: str, sentence: str) -> None:
    loaded.problems.append(Problem(loaded.places[(key,)], key, sentence))
