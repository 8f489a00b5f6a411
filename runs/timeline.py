"""What happened to a run, in order: people's commands, its own checkpoints, starts, ends and warnings."""

from dataclasses import dataclass, replace
from datetime import datetime

from runs.checkpoints.rank import value_of
from runs.command_kinds import KINDS
from runs.models import Attempt, Checkpoint, Command, Firing, Run
from runs.naming import short_value
from runs.rules.actor import by_rule


@dataclass(frozen=True)
class Event:
    """``person``: a person did it, not the run. ``letter`` names it on the charts, "" if it has no step."""

    when: datetime
    text: str
    detail: str = ""
    step: int | None = None
    person: bool = False
    kind: str = "state"
    letter: str = ""
    #: Of a checkpoint: whether it was the best when it was saved.
    is_best: bool = False


def timeline(run: Run) -> list[Event]:
    """All events, oldest first; those on the charts lettered A, B, … in order of step: five queries."""
    attempts = list(run.attempts.order_by("number"))
    events = [
        Event(run.created_at, "Queued", f"by {run.created_by}" if run.created_by else "", person=True),
        *_fork(run),
        *(_start(attempt) for attempt in attempts),
        *(event for attempt in attempts for event in _given_up(run, attempt)),
        *(_command(command) for command in run.commands.all()),
        *_checkpoints(run),
        *(Event(row.created_at, "Warning", row.text, row.step, kind="warning") for row in run.warnings.all()),
        *(_firing(row) for row in run.firings.all()),
    ]
    if run.ended_at:
        events.append(Event(run.ended_at, run.state.capitalize(), run.reason, run.step))
    return _lettered(sorted(events, key=lambda event: event.when))


def _fork(run: Run) -> list[Event]:
    if run.forked_step is None:
        return []
    where = (
        f"Forked from {run.parent.name} at step {run.forked_step}"
        if run.parent
        else "Forked from a deleted run"
    )
    return [Event(run.created_at, where, "", run.forked_step, person=True, kind="fork")]


def _start(attempt: Attempt) -> Event:
    where = f"on {attempt.worker}" if attempt.worker else ""
    if attempt.resumed_step is not None:
        return Event(
            attempt.started_at,
            f"Resumed from step {attempt.resumed_step}",
            where,
            attempt.resumed_step,
            kind="resume",
        )
    return Event(attempt.started_at, "Started" if attempt.number == 1 else "Started again", where)


def _given_up(run: Run, attempt: Attempt) -> list[Event]:
    """The end of an attempt that nobody saw; that of a run which still is crashed is told as the run's."""
    if attempt.given_up_at is None or attempt.given_up_at == run.ended_at:
        return []
    where = f"no word from {attempt.worker or 'its worker'}"
    crashed = [Event(attempt.given_up_at, "Crashed", where)]
    return [*crashed, Event(attempt.given_up_at, "Queued again by itself")] if attempt.retried else crashed


def _command(command: Command) -> Event:
    who = f"by {command.created_by}" if command.created_by else ""
    outcome = "" if command.status == Command.Status.APPLIED else command.status
    detail = " · ".join(filter(None, [who, outcome, command.reason]))
    # A paused run that went on at its hour was resumed by nobody.
    by_itself = command.kind == "resume" and not command.created_by
    person = not by_rule(command.created_by) and not by_itself
    return Event(command.created_at, command_text(command), detail, command.step, person, "command")


def _firing(firing: Firing) -> Event:
    """What a rule found, and what came of each thing that followed."""
    detail = " · ".join([firing.text, *firing.results.values()])
    return Event(firing.created_at, f"Rule {firing.name}", detail, firing.step, kind="rule")


def command_text(command: Command) -> str:
    """What was asked, and what it changed: "Learning rate 3e-4 → 1.5e-4, held"."""
    title = KINDS[command.kind].title if command.kind in KINDS else command.kind.capitalize()
    result = command.result
    if settings := result.get("settings"):
        changed = [
            f"{key.partition('.')[2]} {short_value(a)} → {short_value(b)}" for key, (a, b) in settings.items()
        ]
        return f"{title} with {', '.join(changed)}"
    if "before" in result and "after" in result:
        extra = {"hold": ", held", "restart": ", schedule restarted"}.get(result.get("op", ""), "")
        return f"{title} {short_value(result['before'])} → {short_value(result['after'])}{extra}"
    if command.kind == "pause" and command.args.get("hold"):
        return "Held"
    return title


def _checkpoints(run: Run) -> list[Event]:
    best: float | None = None
    sign = 1 if run.greater_is_better else -1
    events = []
    for row in run.checkpoints.order_by("step"):
        value = value_of(row, run.objective)
        is_best = value is not None and value == value and (best is None or sign * value > sign * best)
        best = value if is_best else best
        events.append(_checkpoint(row, run.objective, is_best))
    return events


def _checkpoint(row: Checkpoint, objective: str, is_best: bool) -> Event:
    text = f"Checkpoint saved, new best {objective}" if is_best else "Checkpoint saved"
    return Event(row.created_at, text, row.problem, row.step, kind="checkpoint", is_best=is_best)


def _lettered(events: list[Event]) -> list[Event]:
    shown = [n for n, event in enumerate(events) if event.step is not None and event.kind != "state"]
    letters = {n: letter(place) for place, n in enumerate(sorted(shown, key=lambda n: events[n].step or 0))}
    return [replace(event, letter=letters.get(n, "")) for n, event in enumerate(events)]


def next_letter(run: Run) -> str:
    """What the next event at the run's present step will be called on the charts."""
    return letter(sum(bool(event.letter) for event in timeline(run)))


def letter(place: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text
