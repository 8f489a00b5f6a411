"""Short random public ids for things that stand in URLs."""

import secrets

# Crockford's base 32: no i, l, o, u, so an id read aloud or typed is not mistaken.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(length: int = 10) -> str:
    """A random id of ``length`` characters (10 give 50 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
