"""What the snapshot cannot know about the less common arguments: bounds, the values a text can take, better words.

`TrainingArguments` lets most of the values through that are outside; they fail later, or are passed over in silence.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_MANY = 1_000_000_000
#: What accelerate takes.
_COMPILERS = (
    "inductor", "eager", "aot_eager", "cudagraphs", "onnxrt", "tensorrt", "tvm", "aot_ts_nvfuser", "nvprims_nvfuser",
    "ofi", "fx2trt", "aot_torchxla_trace_once", "torchxla_trace_once", "hpu_backend", "neuron",
)  # fmt: skip
_NO_PATH = " A file is not read from here."

#: Argument → what is different from the snapshot, in the words of TitledField.
BOUNDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "lr_scheduler_kwargs": {
            "help": 'What else the scheduler takes: {"num_cycles": 2} for cosine, {"power": 2} for polynomial, '
            '{"min_lr_rate": 0.1} for cosine_with_min_lr, {"num_decay_steps": 200} for warmup_stable_decay.'
        },
        "optim_args": {
            "help": "What else the optimizer takes, as name=value, separated by commas: momentum=0.9,nesterov=true "
            "for sgd."
        },
        "optim_target_modules": {
            "help": 'Modules that GaLore or APOLLO optimizes: all-linear, a pattern, or a list ["attn", "mlp"].'
        },
        "neftune_noise_alpha": {"above": 0},
        "eval_delay": {"minimum": 0, "maximum": _MANY},
        "eval_accumulation_steps": {"minimum": 1, "maximum": _MANY},
        "include_num_input_tokens_seen": {"kind": "choice", "choices": ("no", "all", "non_padding")},
        "include_for_metrics": {"choices": ("inputs", "loss")},
        "torch_empty_cache_steps": {"minimum": 1, "maximum": _MANY},
        "torch_compile_backend": {"kind": "choice", "choices": _COMPILERS},
        "torch_compile_mode": {
            "kind": "choice",
            "choices": ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"),
        },
        "dataloader_num_workers": {
            "minimum": 0,
            "maximum": 1024,
            "help": "Processes that load data beside the training; 0 loads it in the training's own.",
        },
        "dataloader_persistent_workers": {
            "help": "Keep the loading processes from one epoch to the next: quicker, and more memory."
        },
        "dataloader_multiprocessing_context": {
            "help": "How the loading processes start. spawn for data whose objects cannot be forked; collators and "
            "data must then be importable."
        },
        "dataloader_prefetch_factor": {"minimum": 1, "maximum": 10_000},
        "ddp_bucket_cap_mb": {"minimum": 1, "maximum": _MANY},
        "ddp_timeout": {"minimum": 1, "maximum": _MANY},
        "fsdp": {"kind": "bool", "help": "Shard the model over the devices (PyTorch FSDP)."},
        "fsdp_config": {"help": "How FSDP shards, as a JSON object." + _NO_PATH},
        "deepspeed": {"help": "DeepSpeed's configuration as a JSON object." + _NO_PATH},
        "accelerator_config": {
            "help": 'Options for Accelerate as a JSON object: {"split_batches": true}.' + _NO_PATH
        },
        "parallelism_config": {
            "help": 'Sizes of the parallel groups as a JSON object: {"tp_size": 2}.' + _NO_PATH
        },
        "liger_kernel_config": {"help": 'Which Liger kernels are used, as a JSON object: {"rope": true}.'},
        "use_cpu": {"help": "Train on the CPU even where there is a GPU."},
        "generation_max_length": {"minimum": 1, "maximum": _MANY},
        "generation_num_beams": {"minimum": 1, "maximum": 10_000},
        "generation_config": {
            "help": 'How texts are generated, as a JSON object: {"do_sample": true, "top_p": 0.9}.' + _NO_PATH
        },
    }
)
