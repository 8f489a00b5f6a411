"""Everything that lets somebody in: API tokens, ingest tokens, log-in links.

Each secret is 256 random bits, shown once and kept only as its SHA-256. It is found by its hash, so how long
a look-up takes says nothing about the secret.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from runs.models import ApiToken, Attempt, IngestToken, LoginLink

#: What an API token may be allowed to do.
SCOPES = ("read", "write", "worker")
#: How exact "last used" is; a write with every request would cost more than it tells.
USED_EVERY = timedelta(minutes=1)


def hash_token(text: str) -> str:
    """What is stored of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_ingest_token() -> str:
    """The secret that lets one attempt send its events."""
    return _secret("tbi")


def claim_token(worker: str, request: str) -> str:
    """The secret of the attempt that ``worker`` claims with ``request``, the same when it asks again."""
    return f"tbi_{salted_hmac('runs.claim', f'{worker} {request}', algorithm='sha256').hexdigest()}"


def issue_ingest_token(attempt: Attempt, api_token: ApiToken | None = None) -> str:
    """One more secret for an attempt, in force as long as ``api_token``."""
    text = new_ingest_token()
    IngestToken.objects.create(attempt=attempt, api_token=api_token, token_hash=hash_token(text))
    return text


def attempt_for(text: str) -> Attempt | None:
    """The attempt that this ingest token lets send, with its run; None for an unknown or revoked one."""
    if not text:
        return None
    rows = Attempt.objects.select_related("run").defer("run__environment", "run__traceback")
    own = rows.filter(token_hash=hash_token(text)).first()
    if own is not None:
        return own
    tokens = IngestToken.objects.filter(token_hash=hash_token(text), api_token__revoked_at=None)
    tokens = tokens.exclude(api_token__user__is_active=False)
    return rows.filter(ingest_tokens__in=tokens).first()


def issue_api_token(user: User, name: str, scopes: Iterable[str]) -> tuple[ApiToken, str]:
    """A new API token and its plain text, which is shown only now. Raises ValueError on an unknown scope."""
    chosen = check_scopes(scopes)
    text = _secret("tb")
    token = ApiToken.objects.create(user=user, name=name, scopes=chosen, token_hash=hash_token(text))
    return token, text


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes in a fixed order, each once. Raises ValueError with a sentence."""
    asked = set(scopes)
    if unknown := sorted(asked.difference(SCOPES)):
        raise ValueError(f"unknown scope {', '.join(unknown)}: the scopes are {', '.join(SCOPES)}")
    if not asked:
        raise ValueError(f"a token without a scope opens nothing: name at least one of {', '.join(SCOPES)}")
    return [scope for scope in SCOPES if scope in asked]


def api_token_for(text: str) -> ApiToken | None:
    """The token with this plain text if it may still be used; notes that it was."""
    rows = ApiToken.objects.select_related("user")
    token = rows.filter(token_hash=hash_token(text), revoked_at=None, user__is_active=True).first()
    if token is not None:
        _note_use(token)
    return token


def revoke_api_tokens(name: str) -> int:
    """Close every open token of this name; how many there were."""
    return ApiToken.objects.filter(name=name, revoked_at=None).update(revoked_at=timezone.now())


def issue_login_link(user: User, valid: timedelta = timedelta(days=1)) -> str:
    """The secret of a link that logs ``user`` in once."""
    text = _secret("tbl")
    LoginLink.objects.create(user=user, token_hash=hash_token(text), expires_at=timezone.now() + valid)
    return text


def new_report_token() -> str:
    """The secret of a link that lets read one report."""
    return _secret("tbr")


def redeem_login_link(text: str) -> User | None:
    """Whom the link logs in; None when it is unknown, used or too old. Of two at once one gets in."""
    now = timezone.now()
    rows = LoginLink.objects.filter(token_hash=hash_token(text), used_at=None, expires_at__gt=now)
    if rows.filter(user__is_active=True).update(used_at=now) != 1:
        return None
    return LoginLink.objects.select_related("user").get(token_hash=hash_token(text)).user


def _secret(prefix: str) -> str:
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    due = Q(used_at=None) | Q(used_at__lt=now - USED_EVERY)
    ApiToken.objects.filter(due, pk=token.pk).update(used_at=now)
