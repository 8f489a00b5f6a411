"""Where the web listens: the socket, its URL, and the names a browser may call it by."""

import contextlib
import errno
import socket

from dashboard.up import StartError

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - only recognised here


def bind(host: str, port: int) -> socket.socket:
    """A bound socket, not listening yet; `up` keeps it, so the port stays ours while the web restarts.

    Raises StartError when the port is taken or the address is not this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise StartError(f"{host} is not an address of this machine ({error.strerror}).") from error
    # A port whose last connections are still dying down may be taken again at once; one in use may not.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise StartError(_bind_sentence(host, port, error)) from error
    return listener


def _bind_sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: choose another, for example --port {port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs administrator rights: choose one above 1023, for example --port 8000."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."


def url(host: str, port: int) -> str:
    """The URL by which this machine itself reaches the web."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    if ":" in name and not name.startswith("["):
        name = f"[{name}]"
    return f"http://{name}:{port}"


def host_names(host: str) -> list[str]:
    """The Host headers to accept beside loopback: the address, or for all of them this machine's names."""
    if host not in WILDCARDS:
        return [f"[{host}]" if ":" in host else host]
    names = {socket.gethostname(), socket.getfqdn()}
    with contextlib.suppress(OSError):
        names |= {
            str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        }
    return sorted(names)
