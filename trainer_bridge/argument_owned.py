"""Training arguments that nobody sets here, each with the reason; names that went away, with what is used now."""

from collections.abc import Mapping
from types import MappingProxyType

_HUB = "Checkpoints stay on this machine; export the one you want under Checkpoints."
_LOGS = "Trainboard records the run itself; it reports to no other tracker."
_SCRIPT = "The Trainer does not read it; it is a flag for scripts."

#: What Trainboard sets itself: a run stays in its folder, on its machine, and shows what happens.
OWNED: Mapping[str, str] = MappingProxyType(
    {
        "output_dir": "Each run has a folder of its own in the data folder.",
        "resume_from_checkpoint": "Resume and Fork choose a checkpoint that was found complete.",
        "run_name": "The run's name stands under Launch.",
        "project": "The project is chosen under Launch.",
        "report_to": _LOGS,
        "trackio_space_id": _LOGS,
        "trackio_bucket_id": _LOGS,
        "trackio_static_space_id": _LOGS,
        "disable_tqdm": "On: the page shows the progress, and bars would fill the console.",
        "logging_nan_inf_filter": "Off: a diverged loss is shown as NaN, not as 0.",
        "enable_jit_checkpoint": "A training that is asked to end saves a checkpoint first in any case.",
        "local_rank": "Whoever starts the processes of a training numbers them.",
        "do_train": _SCRIPT,
        "do_eval": _SCRIPT,
        "do_predict": _SCRIPT,
        "push_to_hub": _HUB,
        "hub_token": _HUB,
        "hub_private_repo": _HUB,
        "hub_model_id": _HUB,
        "hub_strategy": _HUB,
        "hub_always_push": _HUB,
        "hub_revision": _HUB,
    }
)
#: Arguments of later releases that would be owned as well, by how they begin.
_OWNED_LATER = {"hub_": _HUB, "trackio_": _LOGS}

#: Names that older releases of transformers knew, and what is used now.
RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "evaluation_strategy": "eval_strategy",
        "warmup_ratio": "warmup_steps",
        "per_gpu_train_batch_size": "per_device_train_batch_size",
        "per_gpu_eval_batch_size": "per_device_eval_batch_size",
        "no_cuda": "use_cpu",
        "include_inputs_for_metrics": "include_for_metrics",
        "group_by_length": "train_sampling_strategy",
        "half_precision_backend": "fp16",
        "fp16_backend": "fp16",
        "push_to_hub_token": "hub_token",
    }
)


def reason_owned(name: str) -> str:
    """Why Trainboard sets the argument ``name``; "" if it does not."""
    later = (reason for start, reason in _OWNED_LATER.items() if name.startswith(start))
    return OWNED.get(name) or next(later, "")
