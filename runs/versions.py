"""Which versions of the protocol this server speaks, with bridges and with workers."""

from trainer_bridge import protocol

#: The first protocol version that this server still speaks.
OLDEST_VERSION = 1


def version_problem(version: int, who: str) -> str:
    """Why this server cannot speak with ``who``, in words that say what to update; "" when it can."""
    if OLDEST_VERSION <= version <= protocol.VERSION:
        return ""
    ours = f"version {protocol.VERSION}"
    if protocol.VERSION != OLDEST_VERSION:
        ours = f"versions {OLDEST_VERSION} to {protocol.VERSION}"
    where = "on the server" if version > protocol.VERSION else "where it trains"
    return (
        f"the {who} speaks protocol version {version}, this server {ours}: "
        f"update the trainboard package {where}"
    )
