"""Each person's token of the Hub: stored encrypted, given only to the process that pushes, never shown or logged."""

import re
from typing import Any

from runs.errors import ExportError
from runs.models import HubToken
from runs.secrets import SecretLost, seal, unseal

#: The Hub's begin with hf_; one of another endpoint may not.
_TOKEN = re.compile(r"[\x21-\x7e]{8,512}")


def save_token(user: Any, text: str) -> HubToken:
    """Keep the person's token in place of a former one. Raises ExportError for a text that can be none."""
    text = text.strip()
    if not _TOKEN.fullmatch(text):
        raise ExportError(
            "This is no token of the Hub: it is one word such as hf_…, of its page Settings › Access Tokens.",
            "token",
        )
    row, _ = HubToken.objects.update_or_create(user=user, defaults={"sealed": seal(text), "tail": text[-4:]})
    return row


def token_of(user: Any) -> str:
    """The person's token. Raises ExportError, which asks for one, where there is none that can be read."""
    row = HubToken.objects.filter(user=user).first()
    if row is None:
        raise ExportError("Pushing needs your token of the Hub, with the right to write.", "token")
    try:
        return unseal(row.sealed)
    except SecretLost:
        raise ExportError(
            "Your token was stored under another secret key and cannot be read. Type it again.", "token"
        ) from None


def forget_token(user: Any) -> None:
    HubToken.objects.filter(user=user).delete()
