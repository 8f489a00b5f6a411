"""``python manage.py login_link``: a fresh link that logs in once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from runs.access import issue_login_link


class Command(BaseCommand):
    help = "Print a log-in link that works once, within a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="user name; left out: the owner, the first account made")
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="where Trainboard is reached (default %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        token = issue_login_link(_account(options["user"]))
        self.stdout.write(options["url"].rstrip("/") + reverse("login_link", args=[token]))


def _account(name: str | None) -> User:
    accounts = User.objects.filter(is_active=True)
    if name:
        accounts = accounts.filter(username=name)
    user = accounts.order_by("-is_superuser", "pk").first()
    if user is None:
        who = f"There is no open account “{name}”." if name else "There is no account yet."
        raise CommandError(f"{who} python manage.py up makes the owner's account.")
    return user
