"""Checkpoint folders as the Trainer writes them, small and made without torch."""

import json
import struct
import zipfile
from pathlib import Path

from django.utils import timezone

from runs.ids import new_id
from runs.models import Checkpoint, Project, Run
from trainer_bridge import protocol


def write_checkpoint(folder: Path, step: int, *, resume: bool = True, weights: int = 64) -> Path:
    """A whole checkpoint of ``step`` in ``folder``; ``weights`` float32 numbers in two tensors."""
    folder.mkdir(parents=True)
    config = {"architectures": ["ViTForImageClassification"], "model_type": "vit"}
    (folder / "config.json").write_text(json.dumps(config))
    write_safetensors(folder / "model.safetensors", weights)
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"image_processor_type": "ViTImageProcessor"})
    )
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin") if resume else ():
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("archive/data.pkl", b"never read " * 20)
    (folder / "trainer_state.json").write_text(f'{{"global_step": {step}, "log_history": [{{"loss": NaN}}]}}')
    return folder


def write_safetensors(path: Path, count: int = 64) -> None:
    """``count`` zeros of float32 as two tensors."""
    half = count // 2 * 4
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [count // 2], "data_offsets": [0, half]},
        "b": {"dtype": "F32", "shape": [2, count // 4], "data_offsets": [half, 2 * half]},
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(2 * half))


def new_run(project: str = "digits", **fields: object) -> Run:
    """A run in ``project`` (made when it is not there), judged by eval/accuracy."""
    row, _ = Project.objects.get_or_create(slug=project, defaults={"name": project})
    defaults = {"name": "vit", "objective": "eval/accuracy", "spec": {"recipe": "digits-vit"}}
    return Run.objects.create(project=row, **{**defaults, **fields})


def new_checkpoint(
    run: Run, step: int, metrics: dict[str, object] | None = None, **fields: object
) -> Checkpoint:
    """A row as ``register`` would make it; its folder need not exist."""
    row = {
        "attempt": 1,
        "path": f"checkpoints/checkpoint-{step}",
        "created_at": timezone.now(),
        **fields,
    }
    return Checkpoint.objects.create(id=new_id(), run=run, step=step, metrics=metrics or {}, **row)


def event(step: int, path: str | None = None, **fields: object) -> protocol.Checkpoint:
    """What the callback reports about the checkpoint of ``step``."""
    row = {
        "time": 1.7e9,
        "files": [],
        "path": f"checkpoints/checkpoint-{step}" if path is None else path,
        **fields,
    }
    return protocol.Checkpoint(step=step, **row)
