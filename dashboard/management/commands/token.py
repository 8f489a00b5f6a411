"""API tokens from the command line."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from runs.access import SCOPES, issue_api_token, revoke_api_tokens
from runs.models import ApiToken


class Command(BaseCommand):
    help = "Make an API token and print it once; or list the tokens, or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="what the token is for, as the list shows it")
        parser.add_argument("--scopes", default="read", help=f"with commas between: {', '.join(SCOPES)}")
        parser.add_argument("--user", help="whose rights it has; needed when there are several accounts")
        parser.add_argument("--list", action="store_true", help="list the tokens; their texts are not known")
        parser.add_argument("--revoke", metavar="NAME", help="close the tokens of this name")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
        elif options["revoke"]:
            self._revoke(options["revoke"])
        else:
            self._make(options["name"], options["scopes"], options["user"])

    def _make(self, name: str | None, scopes: str, user_name: str | None) -> None:
        if not name:
            raise CommandError("Say what the token is for: --name ci")
        try:
            _, text = issue_api_token(_user(user_name), name, [scope.strip() for scope in scopes.split(",")])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stderr.write("This is shown only now; send it as “Authorization: Bearer …”.")
        self.stdout.write(text)

    def _list(self) -> None:
        for token in ApiToken.objects.select_related("user").order_by("created_at"):
            used = f"used {token.used_at:%Y-%m-%d %H:%M}" if token.used_at else "never used"
            state = "revoked" if token.revoked_at else used
            self.stdout.write(f"{token.name}  {','.join(token.scopes)}  {token.user}  {state}")

    def _revoke(self, name: str) -> None:
        count = revoke_api_tokens(name)
        if not count:
            raise CommandError(f"There is no open token “{name}”; --list shows them all.")
        self.stdout.write(f"revoked: {name}" + (f" ({count} tokens)" if count > 1 else ""))


def _user(name: str | None) -> Any:
    """The account the token belongs to: the one named, or the only one."""
    users = get_user_model().objects.filter(is_active=True)
    if name:
        user = users.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no active account “{name}”.")
        return user
    found = list(users[:2])
    if not found:
        raise CommandError(
            "There is no account yet: start `python manage.py up` once, or use createsuperuser."
        )
    if len(found) > 1:
        raise CommandError("There are several accounts; say whose rights the token has: --user NAME")
    return found[0]
