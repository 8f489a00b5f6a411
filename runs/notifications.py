"""The inbox of each person: what rules had to tell them, and what of it was read."""

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from runs import live
from runs.models import Firing, Notification

#: What the page lists; older ones are deleted after so many newer ones.
MOST_LISTED = 200


def notify_all(firing: Firing) -> int:
    """Put a firing into every active person's inbox, and tell their open pages; how many people."""
    users = list(User.objects.filter(is_active=True).values_list("pk", flat=True))
    Notification.objects.bulk_create(Notification(user_id=user, firing=firing) for user in users)
    counts = {
        row["user"]: row["n"]
        for row in _unread().filter(user__in=users).values("user").annotate(n=Count("id"))
    }
    for user in users:
        live.notified(user, counts.get(user, 0), f"{firing.run.name}: {firing.text}")
    return len(users)


def unread_count(user: User) -> int:
    """How many notifications this person has not read."""
    return _unread().filter(user=user).count()


def inbox(user: User) -> QuerySet[Notification]:
    """A person's notifications with their firings, runs and projects, newest first."""
    rows = Notification.objects.filter(user=user, firing__run__deleted_at=None)
    return rows.select_related("firing__run__project", "firing__rule")


def mark_read(user: User, ids: list[int] | None = None) -> int:
    """Note that these were read (all without ``ids``), and tell the other pages; how many were new."""
    chosen = Q() if ids is None else Q(pk__in=ids)
    count = _unread().filter(chosen, user=user).update(read_at=timezone.now())
    live.notified(user.pk, unread_count(user), "")
    return count


def _unread() -> QuerySet[Notification]:
    return Notification.objects.filter(read_at=None, firing__run__deleted_at=None).order_by()
