"""stdout and stderr of a training, which must not end because their disk is full."""

import errno
import io
from collections.abc import Callable
from typing import Any

#: What the kernel says when a file cannot grow.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LenientFile(io.FileIO):
    """A file that leaves out what a full disk does not take; ``lost`` counts those bytes.

    ``on_loss`` is called once, with the first of them.
    """

    lost = 0
    on_loss: Callable[[], None] | None = None

    def write(self, data: Any) -> int:
        """Write ``data`` or leave it out; how many bytes are done with."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _FULL:
                raise
        size = memoryview(data).nbytes
        self.lost += size
        if self.on_loss is not None:
            tell, self.on_loss = self.on_loss, None
            tell()
        return size


def open_lines(descriptor: int) -> tuple[io.TextIOWrapper, LenientFile]:
    """A text stream that writes each line at once, and the file under it."""
    file = LenientFile(descriptor, "w", closefd=False)
    stream = io.TextIOWrapper(
        io.BufferedWriter(file), encoding="utf-8", errors="replace", line_buffering=True
    )
    return stream, file
