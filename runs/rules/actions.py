"""What follows when a rule fires. Each action says what came of it; one that fails keeps no other from happening."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runs import notifications
from runs.commands import CommandError, send_command
from runs.models import Delivery, Firing, Rule, Run
from runs.rules.actor import RuleActor
from runs.rules.conditions import CONDITIONS
from runs.rules.content import content_of


@dataclass(frozen=True)
class Action:
    """``of_run``: it asks something of the run itself."""

    title: str
    do: Callable[[Rule, Run, Firing], str]
    of_run: bool = False


def fire(rule: Rule, run: Run, text: str, step: int | None) -> Firing:
    """Record that the rule's condition came true and do all that follows, in the caller's transaction."""
    condition = CONDITIONS[rule.kind].words(rule.options)
    firing = Firing.objects.create(
        rule=rule, run=run, name=rule.name, condition=condition, text=text, step=step
    )
    firing.results = {action: ACTIONS[action].do(rule, run, firing) for action in rule.actions}
    firing.save(update_fields=["results"])
    return firing


def _notify(rule: Rule, run: Run, firing: Firing) -> str:
    count = notifications.notify_all(firing)
    return f"told {count} {'person' if count == 1 else 'people'}"


def _email(rule: Rule, run: Run, firing: Firing) -> str:
    content = content_of(firing, rule)
    Delivery.objects.bulk_create(
        Delivery(
            project_id=run.project_id, firing=firing, channel=Delivery.Channel.EMAIL, target=to, content=content
        )
        for to in rule.email_to
    )  # fmt: skip
    return f"e-mail to {', '.join(rule.email_to)}"


def _webhook(rule: Rule, run: Run, firing: Firing) -> str:
    Delivery.objects.create(
        project_id=run.project_id,
        firing=firing,
        channel=Delivery.Channel.WEBHOOK,
        target=rule.webhook,
        content=content_of(firing, rule),
    )
    return "webhook queued"


def _command(kind: str, done: str) -> Callable[[Rule, Run, Firing], str]:
    def ask(rule: Rule, run: Run, firing: Firing) -> str:
        # A run that was started elsewhere cannot be started again from here, so it stands still instead.
        args = {"hold": True} if kind == "pause" and run.is_external else {}
        try:
            send_command(run, kind, args, RuleActor(rule.name))
        except CommandError as refused:
            return f"not done: {refused}"
        return done

    return ask


ACTIONS: Mapping[str, Action] = {
    "notify": Action("Notify in the page", _notify),
    "email": Action("Send e-mail", _email),
    "webhook": Action("Call a webhook", _webhook),
    "save": Action("Save a checkpoint", _command("save", "asked to save"), of_run=True),
    "stop": Action("Stop the run", _command("stop", "asked to stop"), of_run=True),
    "pause": Action("Pause the run", _command("pause", "asked to pause"), of_run=True),
}
