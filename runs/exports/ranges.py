"""Which stretch of a file a request asks for (RFC 9110, section 14)."""

import re
from collections.abc import Mapping

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class RangeNotSatisfiable(ValueError):
    """The stretch asked for begins behind the end."""


def asked_range(headers: Mapping[str, str], length: int, etag: str) -> tuple[int, int] | None:
    """(start, stop) of the one stretch asked for; None for the whole.

    The whole also where the request's If-Range names another version, asks for several stretches, or is no range at
    all. Raises RangeNotSatisfiable.
    """
    if headers.get("If-Range", etag) != etag:
        return None
    found = _RANGE.fullmatch(headers.get("Range", "").replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    start = int(first) if first else max(length - int(last), 0)
    stop = min(int(last) + 1, length) if first and last else length
    if start >= length or (not first and not int(last)):
        raise RangeNotSatisfiable(f"There are {length} bytes.")
    return (start, stop) if stop > start else None
