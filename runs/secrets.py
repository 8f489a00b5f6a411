"""What is stored but must not be read by who reads the database: encrypted with a key made of the secret key."""

import base64
from functools import lru_cache
from typing import Any

from django.conf import settings

#: Key of an errand's payload: {name: sealed text}, which the worker that claims it is told in plain.
SEALED = "sealed"


class SecretLost(ValueError):
    """It was encrypted with another secret key."""


def seal(text: str) -> str:
    """``text``, encrypted and signed."""
    return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises SecretLost where the secret key is another one by now."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(settings.SECRET_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SecretLost("It was stored under another secret key.") from None


@lru_cache(maxsize=2)
def _fernet(secret_key: str) -> Any:
    # Here: few web processes ever need it.
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    # A purpose of its own: the key that signs sessions encrypts nothing.
    key = HKDF(SHA256(), 32, salt=None, info=b"trainboard stored secrets").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
