"""One readable line in the run's console for everything the Trainer logs."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

#: Told elsewhere, or only noise in a line.
SILENT = ("epoch", "total_flos")


class LogPrinter(TrainerCallback):
    """Prints what is logged, in place of transformers' PrinterCallback with its raw dictionaries."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if state.is_world_process_zero and logs:
            print(log_line(state.global_step, state.max_steps, logs), flush=True)


def log_line(step: int, max_steps: int, logs: dict[str, Any]) -> str:
    """``step 40/180  loss 0.5123  learning_rate 0.0012``."""
    values = [f"{name} {_short(value)}" for name, value in logs.items() if name not in SILENT]
    return "  ".join([f"step {step}/{max_steps}", *values])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
