"""E-mails and webhooks leave here: each is stored first, tried, tried again ever more seldom, given up after a day."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from runs.models import Delivery, Rule
from runs.rules.content import test_content
from runs.rules.webhook import NotSent, call

log = logging.getLogger(__name__)

#: Seconds until the second try, the third, …; after the last one it is given up.
WAITS = (10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
#: While one process delivers, no other takes it; if it dies meanwhile, the next one does after this time.
LEASE = timedelta(minutes=2)
#: Sent in one round.
MOST = 20
#: Those that are done are deleted after this time.
KEPT = timedelta(days=30)


def deliver_due(now: datetime | None = None) -> int:
    """Send what is due, one after the other; how many were tried. For a thread of its own: it waits for the network."""
    now = now or timezone.now()
    due = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now).order_by("next_at")
    return sum(_claimed_and_sent(delivery, now) for delivery in due[:MOST])


def send_test(rule: Rule) -> list[Delivery]:
    """Queue a test message for each of the rule's ways to the outside."""
    content = test_content(rule.project, rule)
    targets = [(Delivery.Channel.EMAIL, to) for to in rule.email_to if "email" in rule.actions]
    if "webhook" in rule.actions:
        targets.append((Delivery.Channel.WEBHOOK, rule.webhook))
    return Delivery.objects.bulk_create(
        Delivery(project=rule.project, channel=channel, target=target, content=content)
        for channel, target in targets
    )


def try_again(delivery: Delivery) -> bool:
    """Try a delivery that was given up, or waits, at once; False when it was delivered."""
    rows = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.DELIVERED)
    return rows.update(state=Delivery.State.WAITING, next_at=timezone.now(), tries=0) == 1


def delete_old(now: datetime | None = None) -> None:
    """Forget deliveries that have long been done."""
    before = (now or timezone.now()) - KEPT
    Delivery.objects.exclude(state=Delivery.State.WAITING).filter(created_at__lt=before).delete()


def _claimed_and_sent(delivery: Delivery, now: datetime) -> bool:
    """Only who moves ``next_at`` sends, so two processes do not send one delivery twice."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING, next_at=delivery.next_at)
    if mine.update(next_at=now + LEASE, tries=F("tries") + 1) != 1:
        return False
    delivery.tries += 1
    try:
        _send(delivery)
    except (NotSent, OSError, smtplib.SMTPException) as problem:
        _failed(delivery, f"{problem}" or type(problem).__name__, now)
    except Exception as problem:
        log.exception("delivery %s failed in a way nobody thought of", delivery.pk)
        _failed(delivery, f"{type(problem).__name__}: {problem}", now)
    else:
        Delivery.objects.filter(pk=delivery.pk).update(
            state=Delivery.State.DELIVERED, delivered_at=timezone.now(), last_error=""
        )
    return True


def _send(delivery: Delivery) -> None:
    if delivery.channel == Delivery.Channel.EMAIL:
        _email(delivery)
    else:
        call(
            delivery.target, delivery.content, project_id=delivery.project_id, delivery_id=delivery.pk
        )  # fmt: skip


def _email(delivery: Delivery) -> None:
    content = delivery.content
    lines = [content["text"], ""]
    if run := content.get("run"):
        lines += [
            f"Rule: {content['rule']['condition']}",
            f"Run: {run['name']}, step {run['step']}",
            content["link"],
        ]
    # A header holds one line.
    subject = " ".join(f"[Trainboard] {content['text']}".split())
    EmailMessage(subject[:200], "\n".join(lines), settings.DEFAULT_FROM_EMAIL, [delivery.target]).send()


def _failed(delivery: Delivery, problem: str, now: datetime) -> None:
    log.warning("the %s to %s was not delivered: %s", delivery.channel, delivery.target, problem)
    changes = {"last_error": problem[:2000]}
    if delivery.tries > len(WAITS):
        Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.FAILED, **changes)
    else:
        again = now + timedelta(seconds=WAITS[delivery.tries - 1])
        Delivery.objects.filter(pk=delivery.pk).update(next_at=again, **changes)
