"""What a run ran on and with, as plain JSON for its record."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer_bridge.spec import BuiltTraining

PACKAGES = (
    "torch",
    "transformers",
    "accelerate",
    "datasets",
    "peft",
    "tokenizers",
    "safetensors",
    "scikit-learn",
    "numpy",
)


def describe(built: "BuiltTraining") -> dict[str, Any]:
    """Resolved arguments, model, data, packages and hardware of a training; JSON values only, no token in it."""
    from trainer_bridge.rehearsal.facts import dropped_columns
    from trainer_bridge.trainer_record import trainer_record

    trainer = built.trainer
    return {
        "trainer": trainer_record(trainer, dropped_columns(built)),
        "arguments": resolved_arguments(trainer.args),
        "model": _model(trainer.model),
        "data": _sizes(trainer, built.test_dataset) | {"notes": _json(built.notes)},
        "objective": {"key": built.objective, "greater_is_better": built.greater_is_better},
        "packages": packages(),
        "hardware": hardware(),
        "device": str(trainer.args.device),
    }


def resolved_arguments(training_arguments: Any) -> dict[str, Any]:
    """Every training argument as it is used. Tokens are left out: what is stored may be shown to others."""
    values = training_arguments.to_dict()
    return {name: _json(value) for name, value in values.items() if not name.endswith("_token")}


def packages() -> dict[str, str]:
    """Python and the training libraries with their versions; what is not installed is left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """Platform, processor, logical CPUs this process may use, memory in GiB, threads in use, accelerators."""
    import psutil
    import torch

    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "platform": platform.platform(),
        "processor": processor(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
    }


def _model(model: Any) -> dict[str, Any]:
    parameters = list(model.parameters())
    return {
        "class": type(model).__name__,
        "parameters": sum(p.numel() for p in parameters),
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
    }


def _sizes(trainer: Any, test_dataset: Any) -> dict[str, int | None]:
    """Samples per split; None where a stream has no length or there is no such split."""
    splits = {"train": trainer.train_dataset, "validation": trainer.eval_dataset, "test": test_dataset}
    return {name: len(split) if hasattr(split, "__len__") else None for name, split in splits.items()}


def processor() -> str:
    """The CPU's name; Linux keeps it in a file, and platform.processor() is often empty there."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
