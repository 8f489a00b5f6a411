"""What the first process of a training decides, all of its processes do at the same step.

A flag that only one of them sets makes the others wait for it until they give up.
"""

from typing import Any

import msgspec

from trainer_bridge.protocol import Command


class Wish(msgspec.Struct):
    """What the first process was asked since the last step. ``stop``: why to save and stop, "" to go on.

    ``over``: it takes no more commands.
    """

    commands: list[Command] = []
    stop: str = ""
    over: bool = False


class Alone:
    """A training of one process."""

    def share(self, wish: Wish) -> Wish:
        """The first process's wish, on every process."""
        return wish

    def meet(self) -> None:
        """Wait for the other processes: what each of them did before is done now."""


class Together(Alone):
    """A training of several processes: each of them calls ``share`` and ``meet`` at the same points.

    The messages go over gloo, whatever the training itself uses, so that no GPU need be waited for.
    """

    def __init__(self) -> None:
        self._gloo: Any = None
        self._decoder = msgspec.msgpack.Decoder(Wish)

    def share(self, wish: Wish) -> Wish:
        """Costs one message of eight bytes where nothing was asked."""
        import torch
        from torch import distributed

        data = b"" if wish == Wish() else msgspec.msgpack.encode(wish)
        size = torch.tensor([len(data)])
        distributed.broadcast(size, src=0, group=self._group())
        if not (length := int(size.item())):
            return Wish()
        # What the others bring is written over.
        told = torch.frombuffer(bytearray(data.ljust(length)[:length]), dtype=torch.uint8)
        distributed.broadcast(told, src=0, group=self._group())
        return self._decoder.decode(told.numpy().tobytes())

    def meet(self) -> None:
        from torch import distributed

        distributed.barrier(group=self._group())

    def _group(self) -> Any:
        """All processes, for these messages alone; made when they first meet here."""
        if self._gloo is None:
            from torch import distributed

            self._gloo = distributed.new_group(backend="gloo")
        return self._gloo
