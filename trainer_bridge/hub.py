"""The hub from a machine that may have no way to it: asked once, briefly, instead of waiting half a minute."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlparse

#: Seconds to wait for a connection.
PATIENCE = 3.0
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def is_reachable() -> bool:
    """Whether the hub's machine takes a connection. Behind a proxy nobody knows: then it is tried in earnest."""
    import huggingface_hub.constants

    if huggingface_hub.constants.HF_HUB_OFFLINE:
        return False
    if any(os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES):
        return True
    address = urlparse(huggingface_hub.constants.ENDPOINT)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname or "", port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True


@contextmanager
def offline_unless_reachable() -> Iterator[bool]:
    """Within it, what is in the cache is used at once where the hub cannot be reached; gives whether it can."""
    import datasets.config
    import huggingface_hub.constants

    reachable = is_reachable()
    modules: list[Any] = [huggingface_hub.constants, datasets.config]
    before = [module.HF_HUB_OFFLINE for module in modules]
    if not reachable:
        for module in modules:
            module.HF_HUB_OFFLINE = True
    try:
        yield reachable
    finally:
        for module, value in zip(modules, before, strict=True):
            module.HF_HUB_OFFLINE = value
