"""Runs that were started elsewhere: a Trainer in somebody's script joins, and gets a secret to report with."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from runs import access, live
from runs.clean import plain
from runs.errors import RunError, SpecError
from runs.labels import clean_tags, label_problems
from runs.models import ApiToken, Attempt, Project, Run
from runs.naming import unique_name
from runs.states import ENDED, State, move
from runs.workers import announce_overview
from trainer_bridge.values import MAX_CONFIG_KEYS, flatten

Config = dict[str, Any]


@dataclass(frozen=True)
class Joined:
    """``token`` lets one process of the attempt send its events; it is told only now."""

    run: Run
    attempt: int
    token: str


@dataclass(frozen=True)
class Wish:
    """What somebody who joins says of the run. ``run_id`` and ``attempt`` make joining again harmless."""

    name: str = ""
    tags: tuple[str, ...] = ()
    config: Config | None = None
    run_id: str = ""
    attempt: int | None = None
    host: str = ""


def join(project: Project, wish: Wish, *, user: Any = None, api_token: ApiToken | None = None) -> Joined:
    """Make the run and its attempt, as far as they are not there yet, and a new secret for the attempt.

    Without ``attempt`` it is the newest one, or the next when that has ended. Raises SpecError (a name, tag
    or id that cannot be), RunError (the run is another's, or finished).
    """
    if problems := _problems(wish):
        raise SpecError(problems)
    with transaction.atomic():
        run, made = _run_of(project, wish, user)
        if made:
            live.runs_changed(project.slug)
        attempt = _attempt_of(run, wish)
        return Joined(run, attempt.number, access.issue_ingest_token(attempt, api_token))


def learned(run: Run, environment: dict[str, Any]) -> dict[str, Any]:
    """Columns of an external run that its Trainer tells only once it exists; taken out of ``environment``.

    "config" and "args" become its configuration, "objective" {"key", "greater_is_better"} what it is judged by.
    """
    spec = dict(run.spec)
    for part in ("config", "args"):
        if isinstance(values := environment.pop(part, None), dict):
            spec[part] = {**spec.get(part, {}), **values}
    columns: dict[str, Any] = {"spec": spec}
    objective = environment.get("objective")
    if not run.objective and isinstance(objective, dict) and isinstance(objective.get("key"), str):
        columns["objective"] = objective["key"][:250]
        columns["greater_is_better"] = bool(objective.get("greater_is_better"))
    return columns


def _problems(wish: Wish) -> dict[str, str]:
    problems = label_problems(wish.name, list(wish.tags))
    if wish.run_id and not (wish.run_id.isascii() and wish.run_id.isalnum() and 8 <= len(wish.run_id) <= 16):
        problems["id"] = f"“{wish.run_id[:40]}” is no run id: 8 to 16 letters and digits."
    count = sum(1 for _ in zip(flatten(wish.config or {}), range(MAX_CONFIG_KEYS + 1), strict=False))
    if count > MAX_CONFIG_KEYS:
        problems["config"] = f"Has more than {MAX_CONFIG_KEYS} values, which is the most."
    return problems


def _run_of(project: Project, wish: Wish, user: Any) -> tuple[Run, bool]:
    """The run of this id, locked, or a new one; whether it is new."""
    if wish.run_id:
        found = Run.everything.select_for_update().filter(pk=wish.run_id).first()
        if found is not None:
            return _checked(found), False
    values = _values(project, wish, user)
    if not wish.run_id:
        return Run.objects.create(**values), True
    # Two processes of one training join at the same time.
    return Run.everything.get_or_create(pk=wish.run_id, defaults=values)


def _checked(run: Run) -> Run:
    if not run.is_external:
        raise RunError(
            f"{run.name} ({run.pk}) was started here by a worker; nobody can join it from elsewhere."
        )
    if run.deleted_at is not None:
        raise RunError(
            f"{run.name} ({run.pk}) was deleted. Undo that on its project's page, or take another id."
        )
    return run


def _values(project: Project, wish: Wish, user: Any) -> dict[str, Any]:
    Project.objects.filter(pk=project.pk).update(last_mark=F("last_mark") + 1)
    mark = Project.objects.values_list("last_mark", flat=True).get(pk=project.pk)
    return {
        "project": project,
        "origin": Run.Origin.EXTERNAL,
        "state": State.STARTING,
        "spec": {"config": plain(wish.config or {})},
        "name": unique_name(Run, project.pk, wish.name.strip() or f"run-{mark}"),
        "tags": clean_tags(list(wish.tags)),
        "mark": mark,
        "worker": wish.host[:100],
        "created_by": user.get_username() if user is not None and user.is_authenticated else "",
    }


def _attempt_of(run: Run, wish: Wish) -> Attempt:
    newest = run.attempts.aggregate(last=Max("number"))["last"] or 0
    number = wish.attempt or (newest + (newest == 0 or run.state in ENDED))
    if number > newest and newest:
        _go_on(run)
    attempt, _ = Attempt.objects.get_or_create(run=run, number=number, defaults={"worker": wish.host[:100]})
    announce_overview()
    return attempt


def _go_on(run: Run) -> None:
    """An ended run is taken up again by a new attempt, which says itself from where."""
    if run.state == State.FINISHED:
        raise RunError(f"{run.name} is finished. Start a new run, or leave out its id.")
    if run.state in ENDED:
        # Over "queued", as every ended run goes on; nobody sees it in between.
        move(run.pk, State.QUEUED)
        move(run.pk, State.STARTING, ended_at=None, traceback="")
        live.state_changed(run.pk)
