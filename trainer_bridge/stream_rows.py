"""Which rows of a stream each optimizer step learned from: a stream's rows have no numbers but the running one.

Counted where the Trainer takes the batches of a step, so what its loader reads ahead does not matter.
"""

from typing import Any

from accelerate.utils import find_batch_size
from transformers.trainer_utils import has_length

from trainer_bridge.batch_rows import batches_behind


class StreamRows:
    """Listens where ``trainer`` takes its batches. A stream that is over begins anew: how often it was begun
    in this attempt is ``times_read``."""

    def __init__(self, trainer: Any, loader: Any, step: int) -> None:
        args = trainer.args
        self._ranks = args.world_size
        # What an attempt that goes on has behind it is read and skipped.
        skipped = 0 if args.ignore_data_skip else _skipped(loader, args, step)
        self._begin = self._read = skipped * args.train_batch_size * self._ranks
        self.times_read = 1
        self._first = True
        self._listen(trainer)

    def begin_epoch(self) -> None:
        """The stream is read from its beginning."""
        if not self._first:
            self._begin = self._read = 0
            self.times_read += 1
        self._first = False

    def substep(self) -> None:
        """The batches of a step are taken together."""

    def take_step(self) -> list[int]:
        """The running numbers of the rows of the step that is over."""
        return list(range(self._begin, self._read))

    def said(self, rows: list[int]) -> str:
        """The rows in a sentence."""
        if not rows:
            return "its rows could not be counted"
        begun = f", begun {self.times_read} times" if self.times_read > 1 else ""
        return f"rows {rows[0]} to {rows[-1]} of the stream{begun}"

    def _listen(self, trainer: Any) -> None:
        take = trainer.get_batch_samples

        def overheard(*args: Any, **kwargs: Any) -> Any:
            batches, items = take(*args, **kwargs)
            if batches:
                self._begin = self._read
                self._read += sum(find_batch_size(batch) or 0 for batch in batches) * self._ranks
            return batches, items

        trainer.get_batch_samples = overheard


def _skipped(loader: Any, args: Any, step: int) -> int:
    """Without a length the Trainer takes the whole training for one epoch."""
    return (
        batches_behind(loader, args, step) if has_length(loader) else step * args.gradient_accumulation_steps
    )
