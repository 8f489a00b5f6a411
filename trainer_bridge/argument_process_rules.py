"""Rules about how a training runs: loading data, precision, evaluation, one process or several."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.titled import Broken

Arguments = Mapping[str, Any]

#: Of the data loader's arguments, those that make sense with processes of its own only.
LOADER = ("dataloader_persistent_workers", "dataloader_prefetch_factor", "dataloader_multiprocessing_context")
#: What a JSON argument may hold, with the kind of each value.
_KEYS: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "accelerator_config": {
            "split_batches": bool,
            "dispatch_batches": bool,
            "even_batches": bool,
            "use_seedable_sampler": bool,
            "non_blocking": bool,
            "gradient_accumulation_kwargs": dict,
            "use_configured_state": bool,
        },
        "parallelism_config": {
            "dp_replicate_size": int,
            "dp_shard_size": int,
            "tp_size": int,
            "cp_size": int,
            "sp_size": int,
        },
        "activation_checkpointing_kwargs": {
            "every_n_layers": int,
            "offload": bool,
            "use_reentrant": bool,
            "preserve_rng_state": bool,
            "determinism_check": str,
            "debug": bool,
            "early_stop": bool,
        },
    }
)
_ACCUMULATION = ("num_steps", "adjust_scheduler", "sync_with_dataloader", "sync_each_batch")
_WORDS = {bool: "true or false", int: "a whole number", dict: "an object", str: "text"}
_SWITCHES = {
    "activation_checkpointing_kwargs": "activation_checkpointing",
    "liger_kernel_config": "use_liger_kernel",
    "fsdp_config": "fsdp",
    "generation_max_length": "predict_with_generate",
    "generation_num_beams": "predict_with_generate",
    "generation_config": "predict_with_generate",
}
#: Arguments that only several processes have a use for.
_SEVERAL = (
    "ddp_find_unused_parameters", "ddp_bucket_cap_mb", "ddp_broadcast_buffers", "ddp_static_graph",
)  # fmt: skip
_RAISE = "raise processes under Launch"


def keys_are_known(args: Arguments) -> Broken | None:
    """The objects behind these arguments take certain names and no others."""
    for name, known in _KEYS.items():
        for key, value in (args[name] or {}).items():
            if key not in known:
                sentence = (
                    f"“{key}” is not known here.{did_you_mean(key, known)} It may hold {', '.join(known)}."
                )
                return Broken(name, sentence)
            if type(value) is not known[key] and value is not None:
                return Broken(name, f"{key} must be {_WORDS[known[key]]}, not {value!r}.")
    return None


def accelerator_state_is_ours(args: Arguments) -> Broken | None:
    """A training starts in a new process, in which nothing is configured before it."""
    if (args["accelerator_config"] or {}).get("use_configured_state"):
        return Broken("accelerator_config", "use_configured_state must be off: nothing is configured before.")
    return None


def accumulation_is_said_once(args: Arguments) -> Broken | None:
    """Accelerate and the Trainer both have a number of batches to accumulate."""
    inner = (args["accelerator_config"] or {}).get("gradient_accumulation_kwargs") or {}
    strange = [name for name in inner if name not in _ACCUMULATION]
    if strange:
        sentence = f"gradient_accumulation_kwargs: “{strange[0]}” is not one of {', '.join(_ACCUMULATION)}."
        return Broken("accelerator_config", sentence)
    if "num_steps" in inner and args["gradient_accumulation_steps"] > 1:
        return Broken(
            "accelerator_config", "num_steps and gradient_accumulation_steps say the same: leave one out."
        )
    return None


def loaders_have_processes(args: Arguments) -> Broken | None:
    """Without processes of its own the data loader refuses what is said about them."""
    if args["dataloader_num_workers"] > 0:
        return None
    name = next((name for name in LOADER if args[name]), None)
    return Broken(name, "Needs dataloader_num_workers above 0.") if name else None


def one_precision(args: Arguments) -> Broken | None:
    """bfloat16 or float16, not both."""
    if args["fp16"] and args["bf16"]:
        return Broken("fp16", "bf16 is on as well: only one of them can be.")
    if args["fp16_full_eval"] and args["bf16_full_eval"]:
        return Broken("fp16_full_eval", "bf16_full_eval is on as well: only one of them can be.")
    return None


def loss_only_has_the_metric(args: Arguments) -> Broken | None:
    """With prediction_loss_only an evaluation gives the loss and nothing else."""
    metric = (args["metric_for_best_model"] or "loss").removeprefix("eval_")
    if args["prediction_loss_only"] and metric != "loss" and args["eval_strategy"] != "no":
        return Broken("prediction_loss_only", f"Leaves only the loss, and metric_for_best_model is {metric}.")
    return None


def has_several_processes(args: Arguments, processes: int) -> Broken | None:
    """What shards a training, or lets its processes speak, needs more than one."""
    if processes > 1:
        return None
    name = next((name for name in ("fsdp", "ddp_backend") if args[name]), None)
    return Broken(name, f"Needs several processes: {_RAISE}.") if name else None


def dimensions_are_the_processes(args: Arguments, processes: int) -> Broken | None:
    """Accelerate refuses a mesh that is not made of exactly the processes there are."""
    sizes = {key: size for key, size in (args["parallelism_config"] or {}).items() if isinstance(size, int)}
    wanted = math.prod(size for size in sizes.values() if size > 0)
    if not sizes or wanted in (1, processes):
        return None
    sentence = f"Its sizes make {wanted} processes, and this run has {processes}: {_RAISE}, or change them."
    return Broken("parallelism_config", sentence)


def backend_fits(args: Arguments, processes: int) -> Broken | None:
    """NCCL moves tensors between GPUs only."""
    if processes > 1 and args["use_cpu"] and args["ddp_backend"] == "nccl":
        return Broken("ddp_backend", "nccl needs GPUs, and use_cpu is on: choose gloo, or leave it out.")
    return None


def has_effect(args: Arguments) -> Broken | None:
    """A caution: an argument whose switch is off is not read."""
    for name, switch in _SWITCHES.items():
        if {name, switch} <= args.keys() and args[name] and not args[switch]:
            return Broken(name, f"{switch} is off: this has no effect.")
    return None


def several_have_effect(args: Arguments, processes: int) -> Broken | None:
    """A caution: one process has nobody to agree with."""
    if processes > 1:
        return None
    name = next((name for name in _SEVERAL if args[name] is not None), None)
    return Broken(name, f"With one process this has no effect: {_RAISE}.") if name else None


def can_be_resumed(args: Arguments) -> Broken | None:
    """A caution: what cannot be resumed is known beforehand."""
    if args["save_only_model"] and args["save_strategy"] != "no":
        return Broken("save_only_model", "A stopped or crashed run cannot be resumed from such checkpoints.")
    return None


def metrics_follow(args: Arguments) -> Broken | None:
    """A caution: these change what compute_metrics is given, and few are written for it."""
    if args["batch_eval_metrics"]:
        return Broken(
            "batch_eval_metrics", "compute_metrics must take compute_result; most recipes' does not."
        )
    if not args["eval_do_concat_batches"]:
        return Broken(
            "eval_do_concat_batches", "compute_metrics is given lists of batches; most expect arrays."
        )
    return None


def lengths_are_known(args: Arguments) -> Broken | None:
    """A caution: only texts have lengths to sort by."""
    if args["train_sampling_strategy"] in ("group_by_length", "batch_rebalance"):
        return Broken("train_sampling_strategy", "Needs data with input_ids or a column of lengths.")
    return None


def labels_are_found(args: Arguments) -> Broken | None:
    """A caution: under a wrong name the evaluation has no loss and no metric."""
    if args["label_names"] is not None:
        return Broken("label_names", "Must be names that the model's forward takes, or nothing is measured.")
    return None


def half_precision_on_cpu(args: Arguments) -> Broken | None:
    """A caution, for a training that is told to stay on the CPU."""
    name = next((name for name in ("fp16", "fp16_full_eval") if args[name] and args["use_cpu"]), None)
    return Broken(name, "On a CPU float16 is slow, and small gradients become 0.") if name else None
