"""What a data folder needs before its first page: tables, an owner, a worker's token, a way in."""

from dataclasses import dataclass

from dashboard.up import StartError

OWNER = "owner"
WORKER_TOKEN = "worker of this installation"  # noqa: S105 - the token's name


@dataclass(frozen=True)
class Keys:
    """Secrets made at this start: the path of the one-time log-in link and the worker's bearer token."""

    login_path: str
    worker_token: str


def prepare() -> Keys:
    """Migrate the database, make the owner's account when it is missing, and issue this start's keys.

    Raises StartError with the database's own words when it cannot be prepared.
    """
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import DatabaseError, connections

    django.setup()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        return _issue_keys()
    except (DatabaseError, CommandError, ImproperlyConfigured) as error:
        raise StartError(f"The database could not be prepared: {error}") from error
    finally:
        connections.close_all()


def _issue_keys() -> Keys:
    from django.contrib.auth import get_user_model

    from runs import access
    from runs.models import ApiToken

    users = get_user_model().objects
    owner = users.filter(username=OWNER).first()
    if owner is None:
        # Without a password until the owner sets one: the way in is the log-in link.
        owner = users.create_superuser(OWNER, password=None)
    # Deleted, not revoked: one more row a start would only bury the tokens that people made.
    ApiToken.objects.filter(name=WORKER_TOKEN).delete()
    _, worker_token = access.issue_api_token(owner, WORKER_TOKEN, ["worker"])
    # Not through reverse(): that would load every page and the API into this process.
    return Keys(f"/login/link/{access.issue_login_link(owner)}", worker_token)
