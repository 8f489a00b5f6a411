"""Does the web answer?"""

import http.client
from urllib.parse import urlsplit


def answers(url: str) -> bool:
    """True when the web at ``url`` answers its health page with 200 within two seconds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
