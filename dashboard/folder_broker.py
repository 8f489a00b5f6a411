"""kombu's filesystem transport, with messages that appear whole.

kombu writes a message into the very file that readers look for. A reader that comes between the opening and
the writing gets an empty message, which ends the Celery worker. Here the file gets its name once it is whole.
"""

import os
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes beside, then renames."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        # The clock comes first because readers take the files in the order of their names.
        name = f"{time_ns() // 1_000_000}_{uuid4()}"
        folder = Path(self.data_folder_out)
        part = folder / f"{name}.part"
        try:
            part.write_text(dumps(payload))
            os.replace(part, folder / f"{name}.{queue}.msg")
        except OSError as problem:
            raise ChannelError(f"cannot write a message into {folder}: {problem}") from problem


class Transport(filesystem.Transport):
    """The filesystem transport with the Channel above."""

    Channel = Channel
