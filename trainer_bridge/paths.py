"""Every file name of a run, in one object."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """Where a run keeps its files under ``root`` (the ``runs`` folder of the data folder)."""

    root: Path
    run_id: str

    def __post_init__(self) -> None:
        if not self.run_id.isalnum():
            raise ValueError(f"not a run id: {self.run_id!r}")

    @property
    def folder(self) -> Path:
        return self.root / self.run_id

    @property
    def checkpoints(self) -> Path:
        """The Trainer's ``output_dir``: holds ``checkpoint-<step>`` folders."""
        return self.folder / "checkpoints"

    @property
    def evaluated(self) -> Path:
        """Weights, configuration and tokenizer of another run's checkpoint, where the run only measures that."""
        return self.folder / "evaluated"

    def attempt_folder(self, attempt: int) -> Path:
        return self.folder / f"attempt-{attempt}"

    def console_log(self, attempt: int, rank: int = 0) -> Path:
        """What a training process wrote to stdout and stderr."""
        return self.attempt_folder(attempt) / (f"console-rank{rank}.log" if rank else "console.log")

    def spool(self, attempt: int, source: str) -> Path:
        """Events that the server has not acknowledged yet."""
        return self.attempt_folder(attempt) / f"{source}.spool"

    def exit_record(self, attempt: int, rank: int = 0) -> Path:
        """JSON written last by a training process: how it ended."""
        return self.attempt_folder(attempt) / (f"exit-rank{rank}.json" if rank else "exit.json")
