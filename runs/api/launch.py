"""Launching a run or a sweep from one text, and what was launched as that text again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema
from ninja.responses import Status

from runs.api.body import file_response, yaml_response
from runs.documents import Document, document_of, launch_document
from runs.errors import RunError, SpecError
from runs.models import Project, Run, Sweep
from runs.projects import default_project
from runs.scripts import SCRIPT_FILE, script_of
from runs.sweeps.plan import plan_of_json
from trainer_bridge.fields import did_you_mean

router = Router(tags=["launch"])


class LaunchIn(Schema):
    """A run, or a sweep where ``space`` is not empty, searched as ``sweep`` says (docs/sweeps.md); without a project it
    goes where the newest run went.
    """

    spec: Any
    space: dict[str, Any] = Field(default_factory=dict)
    sweep: dict[str, Any] = Field(default_factory=dict)
    project: str = ""
    name: str = ""
    tags: list[str] = Field(default_factory=list)


class Launched(Schema):
    """``kind`` is "run" or "sweep"; ``trials`` is how many runs there are now, or how many trials a sampler
    will make; ``url`` is its page."""

    kind: str
    id: str
    name: str
    project: str
    trials: int
    url: str


@router.post("/launch", response={201: Launched})
def launch(request: HttpRequest, body: LaunchIn, project: str = "") -> Status:
    """Queue what the body describes: JSON, or YAML with the content type application/yaml (docs/spec.md).

    ``?project=`` wins over the body's own. Problems of a YAML body begin with its line and column.
    """
    owner = _project(project or body.project)
    document = Document(body.spec, body.space, body.name, body.tags, plan=plan_of_json(body.sweep))
    return Status(201, _launched(request, launch_document(owner, document, request.user)))


@router.get("/runs/{run_id}/spec.yaml")
def run_as_yaml(request: HttpRequest, run_id: str) -> HttpResponse:
    """A run's specification as YAML, which `POST /launch` takes back."""
    run = get_object_or_404(Run.objects.select_related("project"), pk=run_id)
    if run.is_external:
        raise RunError(f"{run.name} was started outside Trainboard: it has no specification to launch again.")
    return yaml_response(document_of(run), run.name)


@router.get("/runs/{run_id}/train.py")
def run_as_python(request: HttpRequest, run_id: str) -> HttpResponse:
    """A script that trains the same without Trainboard (docs/spec.md)."""
    run = get_object_or_404(Run, pk=run_id)
    return file_response(script_of(run.spec, run.name), "text/x-python", SCRIPT_FILE)


@router.get("/sweeps/{sweep_id}/spec.yaml")
def sweep_as_yaml(request: HttpRequest, sweep_id: str) -> HttpResponse:
    """A sweep's specification and space as YAML, which `POST /launch` takes back."""
    sweep = get_object_or_404(Sweep.objects.select_related("project"), pk=sweep_id)
    return yaml_response(document_of(sweep), sweep.name)


def _project(slug: str) -> Project:
    if not slug:
        return default_project()
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        hint = did_you_mean(slug, Project.objects.values_list("slug", flat=True))
        raise SpecError({"project": f"There is no project “{slug}”.{hint}"})
    return found


def _launched(request: HttpRequest, made: Run | Sweep) -> Launched:
    is_sweep = isinstance(made, Sweep)
    page = f"/s/{made.pk}" if is_sweep else f"/r/{made.pk}/charts"
    return Launched(
        kind="sweep" if is_sweep else "run",
        id=made.pk,
        name=made.name,
        project=made.project.slug,
        trials=max(made.runs.count(), made.trials_wanted or 0) if isinstance(made, Sweep) else 1,
        url=request.build_absolute_uri(page),
    )
